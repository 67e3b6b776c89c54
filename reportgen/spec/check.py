"""What refers to what in a study file: every name that is used must have been declared. The report has `check_report`.

Each function returns the problems it found, with the place of the guilty word; none of them stops at the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from reportgen.errors import Problem
from reportgen.spec.analyses import (
    Agreement,
    Descriptive,
    DirectedPeeling,
    Events,
    FromScreening,
    MetaAnalysis,
    Moderators,
    Pooled,
    RecursivePartitioning,
    Search,
    SubgroupDifferences,
)
from reportgen.spec.check_instruments import check_instruments
from reportgen.spec.check_outcomes import check_outcomes
from reportgen.spec.check_subgroup_differences import check_subgroup_differences
from reportgen.spec.check_subset import check_subset
from reportgen.spec.check_trial_covariates import ADJUSTER, ROW, check_searched, not_of_trials
from reportgen.spec.normal import in_ids
from reportgen.spec.outcomes import sharing_values
from reportgen.spec.references import ALL, BASELINE, baseline_of, each_unknown, expanded, unknown
from reportgen.spec.source import Source, Step
from reportgen.spec.study import Study

FEW = 3  # levels up to which a moderator is not peeled, because a peel would take a large share of the people at once


def means_disclosed_by(outcome: str, follow_up: str, study: Study) -> str | None:
    """Return the one analysis that may tell means, or events, of an outcome at a follow-up: the first that analyses its values.

    Of several outcomes with the same values that is the first of this analysis; for the others no analysis may, and the text is
    empty. None where the policy guards nobody, so that any may. Of two analyses with nearly the same people, the means of both are the
    values of those few who make the difference.
    """
    if study.policy.minimum_cell <= 1:
        return None
    alike = sharing_values(outcome, study.outcomes)
    for name, node in study.analyses.items():
        if not isinstance(node, MetaAnalysis | Events) or follow_up not in expanded(node.follow_up, study.follow_up):
            continue
        asked = node.asked(study) if isinstance(node, Events) else expanded(node.outcomes, study.outcomes)
        sharing = [other for other in asked if other in alike]
        if sharing:
            return name if sharing[0] == outcome else ""
    return None


def check_study(study: Study, source: Source) -> list[Problem]:
    """Return every reference of the study file to something that was not declared."""
    return [
        *check_outcomes(study, source),
        *check_instruments(study, source),
        *_comparisons(study, source),
        *_analyses(study, source),
        *_names(study, source),
    ]


def _comparisons(study: Study, source: Source) -> Iterator[Problem]:
    for name, comparison in study.comparisons.items():
        for side in ("intervention", "control"):
            here = ("comparisons", name, side)
            yield from each_unknown("arm class", getattr(comparison, side), study.arm_classes, source, *here)
            yield from _listed(getattr(comparison, side), "arm class", source, *here)


def _variable(study: Study, variable: str) -> tuple[str, str, list[str]]:
    """What a variable of an analysis refers to: the kind, the name, and what is declared of that kind."""
    measured = baseline_of(variable)
    if measured is not None:
        return "outcome or instrument", measured, list(dict.fromkeys([*study.outcomes, *study.instruments]))
    return "covariate", variable, [*study.covariates, *(f"{BASELINE}{name}" for name in study.outcomes)]


def _analyses(study: Study, source: Source) -> Iterator[Problem]:
    for name, analysis in study.analyses.items():
        here = ("analyses", name)
        if isinstance(analysis, Descriptive):
            yield from unknown("comparison", analysis.sides_of, study.comparisons, source, *here, "sides_of")
            yield from _listed(analysis.variables, "variable", source, *here, "variables")
            for index, variable in enumerate(analysis.variables):
                kind, referred, known = _variable(study, variable)
                yield from unknown(kind, referred, known, source, *here, "variables", index)
            yield from not_of_trials(study, analysis.variables, "described", ROW, source, *here, "variables")
        elif isinstance(analysis, Events):
            yield from _referred(study, analysis, analysis.asked(study), source, *here)
        elif isinstance(analysis, Pooled):
            yield from _pooled(study, analysis, source, *here)
        if isinstance(analysis, Moderators):
            yield from _moderators(study, analysis.moderators, source, *here)
            yield from _among(analysis.expected, analysis.moderators, source, *here, "expected")
        elif isinstance(analysis, Search):
            yield from _search(study, analysis, source, *here)
        elif isinstance(analysis, Agreement):
            yield from _agreement(study, analysis, source, *here)
        elif isinstance(analysis, SubgroupDifferences):
            yield from check_subgroup_differences(study, analysis, source, *here)


def _referred(
    study: Study, analysis: Pooled | Events, outcomes: tuple[str, ...], source: Source, *here: str
) -> Iterator[Problem]:
    for key, kind, known in (
        ("outcomes", "outcome", study.outcomes),
        ("follow_up", "follow-up", study.follow_up),
        ("comparisons", "comparison", study.comparisons),
    ):
        asked = outcomes if key == "outcomes" else expanded(getattr(analysis, key), known)
        yield from each_unknown(kind, asked, known, source, *here, key)
        yield from _listed(getattr(analysis, key), kind, source, *here, key)


def _pooled(study: Study, analysis: Pooled, source: Source, *here: str) -> Iterator[Problem]:
    yield from _referred(study, analysis, expanded(analysis.outcomes, study.outcomes), source, *here)
    for index, adjuster in enumerate(analysis.adjust_for):
        if adjuster == BASELINE.strip():
            continue
        kind, referred, declared = _variable(study, adjuster)
        for problem in unknown(kind, referred, [BASELINE.strip(), *declared], source, *here, "adjust_for", index):
            nothing = "" if problem.hint.startswith("Did") else "\nTo adjust for nothing write `adjust_for: []`."
            yield replace(problem, hint=problem.hint + nothing)
    yield from not_of_trials(study, analysis.adjust_for, "an adjuster", ADJUSTER, source, *here, "adjust_for")
    yield from check_subset(study, analysis, source, *here)


def _moderators(study: Study, moderators: Collection[str], source: Source, *here: str) -> Iterator[Problem]:
    for index, moderator in enumerate(moderators):
        kind, referred, known = _variable(study, moderator)
        yield from unknown(kind, referred, known, source, *here, "moderators", index)
    yield from _listed(moderators, "moderator", source, *here, "moderators")


def _listed(names: Collection[str], kind: str, source: Source, *here: Step) -> Iterator[Problem]:
    """A list that would leave nothing to do, or do something twice."""
    if not names:
        yield Problem(f"no {kind} is listed", source.at(*here), "List at least one, or remove the key.")
    for index, name in enumerate(names):
        if name in tuple(names)[:index]:
            yield Problem(f"the {kind} '{name}' is listed twice", source.at(*here, index), "Remove one.")


def _among(named: Iterable[str], moderators: Iterable[str], source: Source, *here: Step) -> Iterator[Problem]:
    for name in named:
        yield from unknown("moderator", name, moderators, source, *here, name, key=True)


def _search(study: Study, analysis: Search, source: Source, *here: str) -> Iterator[Problem]:
    listed: Iterable[str] = ()
    if isinstance(analysis.moderators, FromScreening):
        screening = study.analyses.get(analysis.moderators.from_)
        if isinstance(screening, Moderators):
            listed = screening.moderators
        yield from _screened(study, analysis, analysis.moderators.from_, source, *here)
    else:
        listed = analysis.moderators
        yield from _moderators(study, listed, source, *here)
    yield from check_searched(study, analysis, source, *here)
    if analysis.min_arm < study.policy.minimum_cell:
        message = f"`min_arm` is {analysis.min_arm}, but `minimum_cell` of the policy is {study.policy.minimum_cell}"
        hint = "Subgroups smaller than the policy allows would be printed: raise `min_arm`."
        yield Problem(message, source.at(*here, "min_arm"), hint)
    yield from _least(analysis, source, *here)
    if isinstance(analysis, DirectedPeeling):
        yield from _among(analysis.directions, listed, source, *here, "directions")
        yield from _directions(study, analysis, source, *here, "directions")
    if not isinstance(analysis, RecursivePartitioning):
        return
    if analysis.information == "within" and analysis.criterion != "interaction":
        message = f"`information: within` does not apply to the criterion '{analysis.criterion}'"
        yield Problem(message, source.at(*here, "information"), "Remove it, or write `criterion: interaction`.")
    if analysis.adjuster_slopes == "stratified" and analysis.criterion != "interaction":
        message = f"`adjuster_slopes: stratified` does not apply to the criterion '{analysis.criterion}'"
        yield Problem(message, source.at(*here, "adjuster_slopes"), "Remove it, or write `criterion: interaction`.")
    gamma = analysis.gamma
    if gamma and len(gamma) > 1 and len(gamma) != analysis.depth:
        message = f"`gamma` has {len(gamma)} values, but `depth` is {analysis.depth}"
        yield Problem(message, source.at(*here, "gamma"), "Give one value, or one for each level.")


def _least(analysis: Search, source: Source, *here: str) -> Iterator[Problem]:
    """A least size that another rule makes idle; 5 people are often meant to be 5%."""
    size = analysis.min_size
    if size is None:
        return
    place = source.at(*here, "min_size")
    if 1 <= size < 2 * analysis.min_arm:
        message = f"`min_size` is {size:g} participants, but `min_arm` already requires {analysis.min_arm} in each of two arms"
        yield Problem(message, place, f"For a percentage write {size:g}%; otherwise raise or remove it.")
    if isinstance(analysis, DirectedPeeling) and size < min(1, analysis.min_fraction):
        message = f"`min_size` is {size:.3g} of the participants, but `min_fraction` already requires {analysis.min_fraction:.3g}"
        yield Problem(message, place, "Lower `min_fraction`, or remove `min_size`.")


def _directions(study: Study, analysis: DirectedPeeling, source: Source, *here: Step) -> Iterator[Problem]:
    """A direction of something that is not peeled would do nothing."""
    for name in analysis.directions:
        covariate = study.covariates.get(name)
        if covariate is not None and covariate.categorical and (not covariate.ordered or len(covariate.levels) <= FEW):
            message = f"'{name}' cannot be peeled: it has {FEW} or fewer levels, or unordered levels"
            yield Problem(message, source.at(*here, name, key=True), "Remove it.")


def _screened(study: Study, analysis: Search, name: str, source: Source, *here: str) -> Iterator[Problem]:
    """A search that takes its moderators from a screening asks for nothing that was not screened."""
    place = (*here, "moderators", "from")
    screening = study.analyses.get(name)
    if screening is None:
        suited = with_method(study, "moderators")
        yield from unknown("analysis", name, study.analyses, source, *place, suited=suited)
        return
    if not isinstance(screening, Moderators):
        message = f"'{name}' is a '{screening.method}' analysis, but moderators are taken from a 'moderators' analysis"
        yield Problem(message, source.at(*place), "Name an analysis with `method: moderators`.")
        return
    for key, known in (
        ("outcomes", study.outcomes),
        ("follow_up", study.follow_up),
        ("comparisons", study.comparisons),
    ):
        missing = set(expanded(getattr(analysis, key), known)) - set(expanded(getattr(screening, key), known))
        if missing:
            message = f"'{name}' does not screen {', '.join(sorted(missing))}"
            yield Problem(message, source.at(*place), f"Add to `{key}` there, or list the moderators here.")


def _agreement(study: Study, analysis: Agreement, source: Source, *here: str) -> Iterator[Problem]:
    for key, method in (("partition", "recursive-partitioning"), ("peeling", "directed-peeling")):
        name = getattr(analysis, key)
        named = study.analyses.get(name)
        if named is None:
            suited = with_method(study, method)
            yield from unknown("analysis", name, study.analyses, source, *here, key, suited=suited)
        elif named.method != method:
            message = f"'{name}' is a '{named.method}'"
            yield Problem(message, source.at(*here, key), f"Name an analysis with `method: {method}`.")
    first, second = study.analyses.get(analysis.partition), study.analyses.get(analysis.peeling)
    if isinstance(first, RecursivePartitioning) and isinstance(second, DirectedPeeling):
        yield from _nothing_in_common(study, analysis, first, second, source, *here)


def _nothing_in_common(
    study: Study, analysis: Agreement, first: Pooled, second: Pooled, source: Source, *here: str
) -> Iterator[Problem]:
    for key, kind in (("outcomes", "outcome"), ("follow_up", "follow-up"), ("comparisons", "comparison")):
        known = getattr(study, key)
        if known and not set(expanded(getattr(first, key), known)) & set(expanded(getattr(second, key), known)):
            message = f"'{analysis.partition}' and '{analysis.peeling}' have no {kind} in common"
            yield Problem(message, source.at(*here, key=True), f"Change `{key}` of either so that they share one.")


def with_method(study: Study, *methods: str) -> list[str]:
    """Return the analyses that have one of some methods."""
    return [name for name, analysis in study.analyses.items() if analysis.method in methods]


def _same_id(section: str, names: Iterable[str], source: Source) -> Iterator[Problem]:
    """Names that ids of results cannot tell apart: they are written there in small letters, all else a hyphen."""
    seen: dict[str, str] = {}
    for name in names:
        plain = in_ids(name)
        if plain in seen:
            message = f"'{seen[plain]}' and '{name}' give the same result ids"
            yield Problem(
                message, source.at(section, name, key=True), "Rename one: result ids ignore case and punctuation."
            )
        seen.setdefault(plain, name)


def _names(study: Study, source: Source) -> Iterator[Problem]:
    for section in ("follow_up", "instruments", "outcomes", "covariates", "comparisons", "analyses"):
        yield from _same_id(section, getattr(study, section), source)
    for name in study.covariates:
        if name in study.instruments:
            place = source.at("covariates", name)
            yield Problem(
                f"'{name}' is a covariate and an instrument", place, "Mappings could not distinguish them: rename one."
            )
    for section in ("outcomes", "comparisons", "follow_up"):
        if not getattr(study, section) and not source.content.get(section):  # not where its faulty parts were left out
            yield Problem(f"'{section}' is empty", source.at(section), "Declare at least one.")
        if ALL in getattr(study, section):
            yield Problem(
                "'all' selects everything and cannot be a name", source.at(section, ALL), "Choose another name."
            )
