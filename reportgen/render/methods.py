"""The methods in prose, written from what was fitted: every option of the study file has its wording here.

In: the study file and the records. Out: sections of running text, whose numbers have ids like all others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reportgen.records.agreement import Agreement
from reportgen.records.estimate import ComparisonRecord
from reportgen.records.model import Descriptive, Failure, MetaAnalysis, ModelSettings, Records
from reportgen.records.moderation import Moderation
from reportgen.records.numbers import Inline, Number, Press, plain, slug
from reportgen.records.partition import RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling
from reportgen.render.methods_model import INFERENCE, adjusted_for, adjusters_lost, planned_only
from reportgen.render.methods_moderators import screening_methods
from reportgen.render.methods_partition import partition_sections
from reportgen.render.methods_peeling import agreement_methods, peeling_methods
from reportgen.render.said_once import said_once
from reportgen.spec import Spec
from reportgen.spec.study import Window
from reportgen.tables.adjusters import Fits, fits_of
from reportgen.tables.phrases import counted, enumerated, joined

INTERCEPT = {
    "stratified": "an intercept for each trial",
    "random": "random intercepts of the trials around a common one",
}
TREATMENT = {
    "random": "a treatment effect that varies at random between trials",
    "common": "one treatment effect common to all trials",
}
COVARIANCE = {
    "independent": "Random intercepts and treatment effects were taken to be independent.",
    "unstructured": "Random intercepts and treatment effects were allowed to be correlated.",
}
SLOPES = {"common": "with slopes common to all trials", "stratified": "with slopes of each trial's own"}
RESIDUAL = {
    "common": "The residual variance was common to all trials.",
    "by-trial": "Each trial had a residual variance of its own.",
}
ESTIMATION = {"reml": "restricted maximum likelihood (REML)", "ml": "maximum likelihood"}
DF_FLOOR = {
    "trials-1": "; degrees of freedom are never allowed below the number of trials minus one",
    "none": "",
}
POOLING = {
    "reml": "restricted maximum likelihood",
    "dersimonian-laird": "the method of DerSimonian and Laird",
    "paule-mandel": "the method of Paule and Mandel",
}
TEST = {
    "knha": "the Hartung–Knapp–Sidik–Jonkman adjustment, guarded so that it never narrows an interval (factor of at least one; "
    "t distribution with trials minus one degrees of freedom)",
    "knha-plain": "the Hartung–Knapp–Sidik–Jonkman adjustment without a guard (t distribution with trials minus one degrees of "
    "freedom), so that with trials that are alike an interval may be narrower than that of a common effect",
    "normal": "the normal distribution",
}
TIE = {"earlier": "the earlier one", "later": "the later one"}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its paragraphs."""

    heading: Inline
    paragraphs: tuple[Inline, ...]


def methods(spec: Spec, records: Records) -> tuple[Section, ...]:
    """Return the sections of the methods."""
    sections = [Section(("Data",), tuple(_data(records)))]
    fitted = [r for r in records.analyses.values() if isinstance(r, MetaAnalysis)]
    if fitted:
        sections.append(Section(("Outcomes and follow-up",), tuple(_outcomes(spec, fitted))))
    sections += _meta_analyses(fitted)
    screened = [r for r in records.analyses.values() if isinstance(r, Moderation)]
    headings = [_heading("Screening of moderators", r.name, "moderators", len(screened)) for r in screened]
    sections += [Section(*said) for said in said_once(zip(headings, map(screening_methods, screened), strict=True))]
    searched = [r for r in records.analyses.values() if isinstance(r, RecursivePartitioning)]
    headings = [_heading("Recursive partitioning", r.name, "recursive-partitioning", len(searched)) for r in searched]
    sections += [Section(heading, paragraphs) for heading, paragraphs in partition_sections(searched, headings)]
    peeled = [r for r in records.analyses.values() if isinstance(r, DirectedPeeling)]
    headings = [_heading("Directed peeling", r.name, "directed-peeling", len(peeled)) for r in peeled]
    paragraphs = said_once(zip(headings, map(peeling_methods, peeled), strict=True))
    sections += [Section(heading, said) for heading, said in paragraphs]
    compared = [r for r in records.analyses.values() if isinstance(r, Agreement)]
    if compared:
        said_of_each = tuple(paragraph for record in compared for paragraph in agreement_methods(record))
        sections.append(Section(("Agreement of the two searches",), said_of_each))
    described = [r for r in records.analyses.values() if isinstance(r, Descriptive)]
    if described:
        sections.append(Section(("Baseline characteristics",), tuple(_described(described[0]))))
    broken = [r for r in records.analyses.values() if isinstance(r, Failure)]
    if broken:
        said = joined([(record.reason,) for record in broken])
        sections.append(Section(("Analyses that failed",), (("Not in this report: ", *said, "."),)))
    sections.append(Section(("Numbers",), (_numbers(guarded=spec.study.policy.minimum_cell > 1),)))
    return tuple(section for section in sections if section.paragraphs)


def _heading(title: str, name: str, what: str, several: int) -> Inline:
    if several < 2:
        return (title,)
    return (f"{title} ", Press("methods", f"analyses.{name}", {}).at(name).quote(what, f"“{name}”"))


def _data(records: Records) -> Iterator[Inline]:
    study, included = records.study, records.included
    kind = "Simulated data" if study.simulated else "Individual participant data"
    yield (
        f"{kind} of ",
        *counted(included.number, "trial"),
        " were analysed: ",
        *counted(included.n, "participant"),
        *((" of the ", included.in_file, " in the files") if included.in_file.value != included.n.value else ()),
        ". Each recoding of a value, and each person left out on loading, stands in the ledger.",
    )
    if study.source.text:
        yield ("Source of the data: ", study.source, "" if study.source.text.endswith(".") else ".")


def _outcomes(spec: Spec, fitted: list[MetaAnalysis]) -> Iterator[Inline]:
    yield (
        "Every outcome is the change from baseline to follow-up, turned by the direction of its scale so that positive "
        "values are improvements and positive effects favour the intervention.",
    )
    if any(len(outcome.first_available) > 1 for outcome in spec.study.outcomes.values()):
        yield (
            "Where trials used different instruments for an outcome, each trial brings the first listed one that it "
            "measured at baseline and at follow-up, rescaled linearly to the range of the outcome and turned to its "
            "direction.",
        )
    used = tuple(dict.fromkeys(effect.follow_up for record in fitted for effect in record.effects))
    labels = {e.follow_up: e.follow_up_label for record in fitted for e in record.effects}
    windows = [
        _window(labels[name], spec.study.follow_up[name], Press("methods", "follow_up", {}).at("follow-up", name))
        for name in used
    ]
    if windows:
        yield ("Follow-up, in months since randomisation: ", *joined(windows), ". ", *_nearest(spec, used))


def _nearest(spec: Spec, used: tuple[str, ...]) -> Inline:
    ties = {spec.study.follow_up[name].tie for name in used}
    rule = f"of two equally near, {TIE[ties.pop()]}" if len(ties) == 1 else "ties as said with each window"
    return (f"Of several visits in a window the one nearest to its aim was taken; {rule}.",)


def _window(label: Number, window: Window, press: Press) -> Inline:
    low, high = window.months
    aimed: Inline = (", aiming at ", _months(press, "aim", window.centre))
    return (label, ", from ", _months(press, "from", low), " to ", _months(press, "to", high), *aimed)


def _months(press: Press, name: str, value: float) -> Number:
    """Return a month with as many decimals as it needs, two at most."""
    decimals = next((d for d in range(2) if round(value, d) == value), 2)
    return press.figure(name, value, decimals, "months")


def _meta_analyses(fitted: list[MetaAnalysis]) -> Iterator[Section]:
    """One section each; what two of them have in common is said once."""
    said: dict[str, Inline] = {}
    for record in fitted:
        heading = _heading("Meta-analysis", record.name, "meta-analysis", len(fitted))
        model = tuple(_alone(record) if record.alone else _fitted(record))
        words = "".join(map(plain, model))
        if words in said:
            model = (("Model, inference and checks are those of the section ", *said[words], "."),)
        said.setdefault(words, heading)
        yield Section(heading, (*(_comparison(comparison) for comparison in record.comparisons), *model))


def _fitted(record: MetaAnalysis) -> Iterator[Inline]:
    settings, fits = record.settings, fits_of(record)
    if not fits:
        yield planned_only("No effect could be estimated")
    yield _model(settings, fits)
    yield from adjusters_lost(record.name, settings.adjust_for, fits, [effect.left_out for effect in record.effects])
    yield _uncertainty(settings)
    yield _who(settings)
    yield _checks(settings)


def _alone(record: MetaAnalysis) -> Iterator[Inline]:
    settings, fits = record.settings, fits_of(record)
    yield (
        "No outcome stands in more than one trial at a follow-up of a comparison. Each effect is that of its trial, by analysis "
        "of covariance",
        *adjusted_for(settings.adjust_for, fits),
        ": nothing is pooled, and no variation between trials is estimated. Intervals use the t distribution with the residual "
        "degrees of freedom, and have a level of ",
        settings.level,
        "%.",
    )
    yield from adjusters_lost(record.name, settings.adjust_for, fits, [effect.left_out for effect in record.effects])
    yield _who(settings)


def _comparison(comparison: ComparisonRecord) -> Inline:
    def listed(classes: tuple[Number, ...]) -> Inline:
        return enumerated([(arm_class,) for arm_class in classes]) or ("no arm",)

    return (
        "In the comparison ",
        comparison.title,
        ", the intervention side holds the arms of class ",
        *listed(comparison.intervention),
        "; the control side, ",
        *listed(comparison.control),
        ".",
    )


def _model(settings: ModelSettings, fits: Fits) -> Inline:
    adjusted = adjusted_for(settings.adjust_for, fits)
    slopes = f", {SLOPES[settings.adjuster_slopes]}" if adjusted else ""
    both_random = settings.intercept == "random" and settings.treatment_effect == "random"
    covariance = f" {COVARIANCE[settings.covariance]}" if both_random else ""
    return (
        "For each outcome and follow-up of a comparison, one linear mixed model was fitted to the participants of all "
        f"trials at once (one-step meta-analysis), with {INTERCEPT[settings.intercept]} and "
        f"{TREATMENT[settings.treatment_effect]}",
        *adjusted,
        f"{slopes}.{covariance} {RESIDUAL[settings.residual]} The model was estimated by {ESTIMATION[settings.estimation]}.",
    )


def _uncertainty(settings: ModelSettings) -> Inline:
    heterogeneity = (
        "Variation of the effect between trials is given as its variance τ²; the prediction interval is where the effect in "
        "a new trial is expected."
        if settings.treatment_effect == "random"
        else "Variation between trials is not part of this model."
    )
    floored = settings.inference != "normal" and settings.treatment_effect == "random"
    floor = DF_FLOOR[settings.df_floor] if floored else ""
    return (
        f"{INFERENCE[settings.inference]}{floor}. Intervals have a level of ",
        settings.level,
        f"%. {heterogeneity}",
    )


def _who(settings: ModelSettings) -> Inline:
    least = settings.minimum_trials
    needed: Inline = ()
    if (least.value or 0) > 1:
        needed = (" A pooled effect is estimated from ", least, " trials or more; with fewer it is not estimable.")
    else:
        needed = (
            " Where one trial alone has an outcome at a follow-up, its own effect is given, by analysis of covariance in that "
            "trial with the same adjusters: nothing is pooled, and no variation between trials is estimated.",
        )
    return (
        "Participants with complete values of outcome and adjusters entered (complete cases), in trials with people on both "
        "sides of the comparison; all others are counted with the reason.",
        *needed,
    )


def _checks(settings: ModelSettings) -> Inline:
    common = (
        "Two checks stand beside each pooled effect: the same model with a common treatment effect, and"
        if settings.treatment_effect == "random"
        else "A check stands beside each pooled effect (the column of the common effect repeats the model):"
    )
    return (
        f"{common} a two-stage meta-analysis of the effects estimated in each trial, pooled by "
        f"{POOLING[settings.two_stage_method]} with {TEST[settings.two_stage_test]}. The weights of the trials belong to the "
        "two-stage model, as do Cochran's Q with its p, "
        "I², and the interval of its own τ², which comes from the profile of Q and gives that of I². A trial whose own effect "
        "cannot be estimated, for want of residual variance or of people, stays in the one-step model and out of the two-stage "
        "one.",
    )


def _described(record: Descriptive) -> Iterator[Inline]:
    least = record.minimum_cell
    hidden: Inline = ()
    if (least.value or 0) > 1:
        hidden = (
            " Counts of people with a characteristic above zero and below ",
            least,
            " are not printed, nor neighbours in their table from which they could be worked out, nor effects that rest on "
            "so few people of an arm.",
        )
    yield (
        "Characteristics are described by mean and standard deviation or by counts, of participants with a value, in the "
        "trials that collected them; what a trial never collected is not counted as missing.",
        *hidden,
    )


def _numbers(*, guarded: bool) -> Inline:
    kept = ", or the printed one where more digits would tell of few people," if guarded else ""
    return (
        "Numbers are rounded half away from zero when they are printed, and only then; a p value has more figures where it "
        "would be printed as a limit that it is not, and so has the end of an interval that is clear of zero, and a share that "
        "is not none or all. Each of them has a row in the results "
        f"table beside this report, with its unrounded value{kept} and its origin.",
    )


def where_written(spec: Spec) -> tuple[tuple[Number, Number], ...]:
    """Return each analysis with the line of the study file that asked for it."""
    return tuple(
        (
            press.quote("analysis", name),
            press.quote("place", spec.at("analyses", name).short),
        )
        for name in spec.study.analyses
        for press in [Press(slug("provenance", "asked for", name), f"analyses.{name}", {})]
    )
