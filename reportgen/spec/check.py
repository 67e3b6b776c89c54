"""What refers to what: every name used in a study file or a mapping must have been declared.

Each function returns the problems it found, with the place of the guilty word; none of them stops at the first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from reportgen.errors import Problem, did_you_mean
from reportgen.spec.mapping import Mapping, Variable, visit_time
from reportgen.spec.model import DECIMAL, months_of
from reportgen.spec.normal import in_ids
from reportgen.spec.shows import Limited, OfAnalysis
from reportgen.spec.source import Source, Step
from reportgen.spec.study import (
    Agreement,
    Descriptive,
    DirectedPeeling,
    FromScreening,
    Moderators,
    Pooled,
    RecursivePartitioning,
    Search,
    Study,
)
from reportgen.spec.units import convertible

BASELINE = "baseline "
FEW = 3  # levels up to which a moderator is not peeled, because a peel would take a large share of the people at once
ALL = "all"


def baseline_of(variable: str) -> str | None:
    """Return the outcome or instrument whose baseline value is meant, or None for a covariate.

    Examples
    --------
    >>> baseline_of("baseline RMDQ"), baseline_of("age")
    ('RMDQ', None)
    """
    return variable.removeprefix(BASELINE) if variable.startswith(BASELINE) else None


def expanded(names: Iterable[str], declared: Iterable[str]) -> tuple[str, ...]:
    """Return the names, with `all` standing for everything declared.

    Examples
    --------
    >>> expanded(("all",), ["pain", "function"])
    ('pain', 'function')
    """
    listed = tuple(names)
    return tuple(declared) if listed == (ALL,) else listed


def check_study(study: Study, source: Source) -> list[Problem]:
    """Return every reference of the study file to something that was not declared."""
    return [
        *_outcomes(study, source),
        *_comparisons(study, source),
        *_analyses(study, source),
        *_report(study, source),
        *_names(study, source),
    ]


def _unknown(
    kind: str,
    name: str,
    known: Iterable[str],
    source: Source,
    *path: Step,
    key: bool = False,
    suited: Iterable[str] = (),
) -> Iterator[Problem]:
    """A name that was not declared; `suited` are those that could stand there, `key` says that it is one."""
    choices = list(known)
    if name not in choices and name not in source.pruned:
        hint = did_you_mean(name, list(suited) or choices)
        yield Problem(f"there is no {kind} '{name}'", source.at(*path, key=key), hint)


def _each_unknown(
    kind: str, names: Iterable[str], known: Iterable[str], source: Source, *path: Step
) -> Iterator[Problem]:
    choices = list(known)
    for index, name in enumerate(names):
        yield from _unknown(kind, name, choices, source, *path, index)


def _outcomes(study: Study, source: Source) -> Iterator[Problem]:
    for name, outcome in study.outcomes.items():
        if outcome.first_available:
            yield from _each_unknown(
                "instrument", outcome.first_available, study.instruments, source, "outcomes", name, "first_available"
            )
            for index, used in enumerate(outcome.first_available):
                if used in study.instruments and study.instruments[used].range is None and outcome.range is not None:
                    hint = f"Give `range:` of the instrument '{used}', from which it is rescaled."
                    yield Problem(f"'{used}' has no range", source.at("outcomes", name, "first_available", index), hint)
        else:
            key = ("outcomes", name, "instrument") if outcome.instrument else ("outcomes", name)
            for problem in _unknown("instrument", outcome.instrument or name, study.instruments, source, *key):
                other = "" if outcome.instrument else ", or name one with `instrument:`"
                yield replace(problem, hint=f"{problem.hint}\nDeclare it under `instruments`{other}.")
            if (
                outcome.range
                and study.instruments.get(outcome.instrument or name)
                and study.instruments[outcome.instrument or name].range is None
            ):
                hint = f"Give `range:` of the instrument '{outcome.instrument or name}', from which it is rescaled."
                yield Problem(
                    "the instrument has no range to be rescaled from", source.at("outcomes", name, "range"), hint
                )


def _comparisons(study: Study, source: Source) -> Iterator[Problem]:
    for name, comparison in study.comparisons.items():
        for side in ("intervention", "control"):
            here = ("comparisons", name, side)
            yield from _each_unknown("arm class", getattr(comparison, side), study.arm_classes, source, *here)
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
            yield from _unknown("comparison", analysis.sides_of, study.comparisons, source, *here, "sides_of")
            yield from _listed(analysis.variables, "variable", source, *here, "variables")
            for index, variable in enumerate(analysis.variables):
                kind, referred, known = _variable(study, variable)
                yield from _unknown(kind, referred, known, source, *here, "variables", index)
        elif isinstance(analysis, Pooled):
            yield from _pooled(study, analysis, source, *here)
        if isinstance(analysis, Moderators):
            yield from _moderators(study, analysis.moderators, source, *here)
            yield from _among(analysis.expected, analysis.moderators, source, *here, "expected")
        elif isinstance(analysis, Search):
            yield from _search(study, analysis, source, *here)
        elif isinstance(analysis, Agreement):
            yield from _agreement(study, analysis, source, *here)


def _pooled(study: Study, analysis: Pooled, source: Source, *here: str) -> Iterator[Problem]:
    for key, kind, known in (
        ("outcomes", "outcome", study.outcomes),
        ("follow_up", "follow-up", study.follow_up),
        ("comparisons", "comparison", study.comparisons),
    ):
        yield from _each_unknown(kind, expanded(getattr(analysis, key), known), known, source, *here, key)
        yield from _listed(getattr(analysis, key), kind, source, *here, key)
    for index, adjuster in enumerate(analysis.adjust_for):
        if adjuster == BASELINE.strip():
            continue
        kind, referred, declared = _variable(study, adjuster)
        for problem in _unknown(kind, referred, [BASELINE.strip(), *declared], source, *here, "adjust_for", index):
            nothing = "" if problem.hint.startswith("Did") else "\nTo adjust for nothing write `adjust_for: []`."
            yield replace(problem, hint=problem.hint + nothing)


def _moderators(study: Study, moderators: Collection[str], source: Source, *here: str) -> Iterator[Problem]:
    for index, moderator in enumerate(moderators):
        kind, referred, known = _variable(study, moderator)
        yield from _unknown(kind, referred, known, source, *here, "moderators", index)
    yield from _listed(moderators, "moderator", source, *here, "moderators")


def _listed(names: Collection[str], kind: str, source: Source, *here: Step) -> Iterator[Problem]:
    """A list that would leave nothing to do, or do something twice."""
    if not names:
        yield Problem(f"no {kind} is listed", source.at(*here), "List one at least, or take the key out.")
    for index, name in enumerate(names):
        if name in tuple(names)[:index]:
            yield Problem(f"the {kind} '{name}' is listed twice", source.at(*here, index), "Take one out.")


def _among(named: Iterable[str], moderators: Iterable[str], source: Source, *here: Step) -> Iterator[Problem]:
    for name in named:
        yield from _unknown("moderator", name, moderators, source, *here, name, key=True)


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
    if analysis.min_arm < study.policy.minimum_cell:
        message = f"`min_arm` is {analysis.min_arm}, and `minimum_cell` of the policy {study.policy.minimum_cell}"
        hint = "Subgroups smaller than the policy allows would be printed: raise `min_arm`."
        yield Problem(message, source.at(*here, "min_arm"), hint)
    yield from _least(analysis, source, *here)
    if isinstance(analysis, DirectedPeeling):
        yield from _among(analysis.directions, listed, source, *here, "directions")
        yield from _directions(study, analysis, source, *here, "directions")
    if not isinstance(analysis, RecursivePartitioning):
        return
    if analysis.information == "within" and analysis.criterion != "interaction":
        message = f"`information: within` means nothing for the criterion '{analysis.criterion}'"
        yield Problem(message, source.at(*here, "information"), "Take it out, or write `criterion: interaction`.")
    gamma = analysis.gamma
    if gamma and len(gamma) > 1 and len(gamma) != analysis.depth:
        message = f"`gamma` has {len(gamma)} values, and `depth` is {analysis.depth}"
        yield Problem(message, source.at(*here, "gamma"), "Give one value, or one for each level.")


def _least(analysis: Search, source: Source, *here: str) -> Iterator[Problem]:
    """A least size that another rule makes idle; 5 people are often meant to be 5%."""
    size = analysis.min_size
    if size is None:
        return
    place = source.at(*here, "min_size")
    if 1 <= size < 2 * analysis.min_arm:
        message = (
            f"`min_size` is {size:g} people, and `min_arm` already asks for {analysis.min_arm} in each of two arms"
        )
        yield Problem(message, place, f"For a share write {size:g}%; else raise it, or take it out.")
    if isinstance(analysis, DirectedPeeling) and size < min(1, analysis.min_fraction):
        message = (
            f"`min_size` is {size:.3g} of the people, and `min_fraction` already asks for {analysis.min_fraction:.3g}"
        )
        yield Problem(message, place, "Lower `min_fraction`, or take `min_size` out.")


def _directions(study: Study, analysis: DirectedPeeling, source: Source, *here: Step) -> Iterator[Problem]:
    """A direction of something that is not peeled would do nothing."""
    for name in analysis.directions:
        covariate = study.covariates.get(name)
        if covariate is not None and covariate.categorical and (not covariate.ordered or len(covariate.levels) <= FEW):
            message = f"'{name}' is not peeled: it has {FEW} levels or fewer, or levels without an order"
            yield Problem(message, source.at(*here, name, key=True), "Take it out.")


def _screened(study: Study, analysis: Search, name: str, source: Source, *here: str) -> Iterator[Problem]:
    """A search that takes its moderators from a screening asks for nothing that was not screened."""
    place = (*here, "moderators", "from")
    screening = study.analyses.get(name)
    if screening is None:
        suited = _with_method(study, "moderators")
        yield from _unknown("analysis", name, study.analyses, source, *place, suited=suited)
        return
    if not isinstance(screening, Moderators):
        message = f"'{name}' is a '{screening.method}', and moderators come from a 'moderators'"
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
            suited = _with_method(study, method)
            yield from _unknown("analysis", name, study.analyses, source, *here, key, suited=suited)
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
            yield Problem(message, source.at(*here, key=True), f"Let them share one: mend `{key}` of either.")


def _with_method(study: Study, *methods: str) -> list[str]:
    """Return the analyses that have one of some methods."""
    return [name for name, analysis in study.analyses.items() if analysis.method in methods]


def _report(study: Study, source: Source) -> Iterator[Problem]:
    named: dict[str, int] = {}
    wanting = [
        index
        for index, artefact in enumerate(study.report.contents)
        if isinstance(artefact, OfAnalysis) and artefact.of
    ]
    if wanting and "analyses" not in source.content:
        place = source.at("report", "contents", wanting[0], "of")
        yield Problem("the report shows analyses, and none are declared", place, "Declare them under `analyses:`.")
        return
    for index, artefact in enumerate(study.report.contents):
        here = ("report", "contents", index)
        if isinstance(artefact, OfAnalysis) and _written(source, *here).get("show") == artefact.show:
            yield from _artefact(study, artefact, source, *here)  # else it is a guess, and that is reported
        name = artefact.name
        if name and re.fullmatch(r"[\w-]+", name) is None:
            hint = "Use letters, digits, - and _: it becomes the name of a file."
            yield Problem(f"'{name}' cannot be the name of an artefact", source.at(*here, "name"), hint)
        if name and name in named:
            yield Problem(f"two artefacts are named '{name}'", source.at(*here, "name"), "Give each a name of its own.")
        named.setdefault(name, index)


def _artefact(study: Study, artefact: OfAnalysis, source: Source, *here: Step) -> Iterator[Problem]:
    if _written(source, *here).get("of") is None:
        methods = artefact.shown_methods()
        named = _with_method(study, *methods)
        hint = (
            f"Add `of:` with one of: {', '.join(named)}."
            if named
            else f"Declare an analysis with `method: {' or '.join(methods)}` first."
        )
        yield Problem(f"'{artefact.show}' needs the name of an analysis", source.at(*here), hint)
    if artefact.of is not None:
        yield from _shown_analysis(study, artefact, artefact.of, source, *here, "of")
    for index, name in enumerate(getattr(artefact, "beside", ())):
        yield from _shown_analysis(study, artefact, name, source, *here, "beside", index)
    if isinstance(artefact, Limited):
        for key, kind, known in (
            ("comparison", "comparison", study.comparisons),
            ("outcome", "outcome", study.outcomes),
            ("follow_up", "follow-up", study.follow_up),
        ):
            yield from _each_unknown(kind, getattr(artefact, key), known, source, *here, key)
        yield from _limits(study, artefact, source, *here)


def _written(source: Source, *path: Step) -> dict[Any, Any]:
    """Return a part of the file as it was written; faults in it have been left out of the study."""
    here: Any = source.content
    for step in source.as_written(path):
        here = here[step]
    return here if isinstance(here, dict) else {}


def _limits(study: Study, artefact: Limited, source: Source, *here: Step) -> Iterator[Problem]:
    """An artefact is limited to something that its analysis does not have."""
    analysis = study.analyses.get(artefact.of or "")
    if not isinstance(analysis, Pooled):
        return
    for key, listed in (("comparison", "comparisons"), ("outcome", "outcomes"), ("follow_up", "follow_up")):
        known = getattr(study, listed)
        analysed = expanded(getattr(analysis, listed), known)
        for index, name in enumerate(getattr(artefact, key)):
            if name in known and name not in analysed:
                hint = f"Add it to `{listed}` of '{artefact.of}', or take it out here. Analysed: {', '.join(analysed)}."
                yield Problem(f"'{artefact.of}' does not analyse '{name}'", source.at(*here, key, index), hint)


def _shown_analysis(study: Study, artefact: OfAnalysis, name: str, source: Source, *here: Step) -> Iterator[Problem]:
    analysis, methods = study.analyses.get(name), artefact.shown_methods()
    if analysis is None:
        suited = _with_method(study, *methods)
        yield from _unknown("analysis", name, study.analyses, source, *here, suited=suited)
    elif analysis.method not in methods:
        wanted = " or ".join(f"'{method}'" for method in methods)
        message = f"'{artefact.show}' shows {_a(wanted)}, and '{name}' is {_a(repr(analysis.method))}"
        yield Problem(message, source.at(*here), f"Name an analysis with `method: {' or '.join(methods)}`.")


def _same_id(section: str, names: Iterable[str], source: Source) -> Iterator[Problem]:
    """Names that ids of results cannot tell apart: they are written there in small letters, all else a hyphen."""
    seen: dict[str, str] = {}
    for name in names:
        plain = in_ids(name)
        if plain in seen:
            message = f"'{seen[plain]}' and '{name}' are the same name to the results"
            yield Problem(message, source.at(section, name, key=True), "Rename one: case and signs tell nothing apart.")
        seen.setdefault(plain, name)


def _a(quoted: str) -> str:
    return f"{'an' if quoted.strip(chr(39))[0] in 'aeiou' else 'a'} {quoted}"


def _names(study: Study, source: Source) -> Iterator[Problem]:
    for section in ("follow_up", "instruments", "outcomes", "covariates", "comparisons", "analyses"):
        yield from _same_id(section, getattr(study, section), source)
    for name in study.covariates:
        if name in study.instruments:
            place = source.at("covariates", name)
            yield Problem(
                f"'{name}' is a covariate and an instrument", place, "Mappings could not tell them apart: rename one."
            )
    for section in ("outcomes", "comparisons", "follow_up"):
        if not getattr(study, section) and not source.content.get(section):  # not where its faulty parts were left out
            yield Problem(f"'{section}' is empty", source.at(section), "Declare at least one.")
        if ALL in getattr(study, section):
            yield Problem(
                "'all' stands for everything and cannot be a name", source.at(section, ALL), "Choose another name."
            )


def check_mapping(
    mapping: Mapping, source: Source, study: Study, pruned: frozenset[str] = frozenset()
) -> list[Problem]:
    """Return every reference of a mapping to something that the study file does not declare.

    `pruned` are names that the study file declares with a fault, which has been reported there.
    """
    source = replace(source, pruned=source.pruned | pruned)
    problems: list[Problem] = []
    for code, arm in mapping.arms.codes.items():
        if arm.class_ is not None:
            problems += _unknown("arm class", arm.class_, study.arm_classes, source, "arms", "codes", code, "class")
    for name, variable in mapping.variables.items():
        problems += _variable_rule(name, variable, mapping, source, study)
    problems += _published(mapping, source, study)
    return problems


def _published(mapping: Mapping, source: Source, study: Study) -> Iterator[Problem]:
    if mapping.published is None:
        return
    for name in mapping.published.means:
        here = ("published", "means", name)
        if (measured := baseline_of(name)) is not None:
            yield from _unknown("outcome or instrument", measured, [*study.outcomes, *study.instruments], source, *here)
        else:
            quantities = [known for known, covariate in study.covariates.items() if not covariate.categorical]
            yield from _unknown("covariate measured in numbers", name, quantities, source, *here)
    for index, effect in enumerate(mapping.published.effects):
        place = ("published", "effects", index)
        yield from _unknown("outcome", effect.outcome, study.outcomes, source, *place, "outcome")
        yield from _unknown("follow-up", effect.follow_up, study.follow_up, source, *place, "follow_up")
        for side in ("intervention", "control"):
            yield from _each_unknown("arm class", getattr(effect, side), study.arm_classes, source, *place, side)


def _variable_rule(name: str, variable: Variable, mapping: Mapping, source: Source, study: Study) -> Iterator[Problem]:
    here = ("variables", name)
    if name not in study.covariates and name not in study.instruments:
        if name not in source.pruned:
            known = [*study.covariates, *study.instruments]
            yield Problem(
                f"there is no covariate or instrument '{name}'", source.at(*here, key=True), did_you_mean(name, known)
            )
        return
    if variable.data is not None and variable.data > len(mapping.data):
        yield Problem(
            f"there is no data file {variable.data}",
            source.at(*here, "data"),
            f"The mapping lists {len(mapping.data)}.",
        )
        return
    if name in study.covariates:
        yield from _covariate_rule(name, variable, source, study)
    else:
        yield from _instrument_rule(name, variable, mapping, source, study)


def _covariate_rule(name: str, variable: Variable, source: Source, study: Study) -> Iterator[Problem]:
    here = ("variables", name)
    covariate = study.covariates[name]
    for key in ("cut", "flags"):
        for level in getattr(variable, key):
            if not covariate.categorical:
                yield Problem(
                    f"'{name}' has no levels", source.at(*here, key), "Declare its `levels` in the study file."
                )
                break
            yield from _unknown("level", str(level), covariate.levels, source, *here, key, level)
    if covariate.categorical:
        for code, level in variable.codes.items():
            if level is not None:
                yield from _unknown("level", str(level), covariate.levels, source, *here, "codes", code)
        if not variable.cut:
            for key in sorted(variable.model_fields_set & {"unit", "from_range", "times", "plus", "outside", "items"}):
                yield Problem(
                    f"'{key}' means nothing for a covariate with levels",
                    source.at(*here, key),
                    "Add `cut:`, or take it out.",
                )
            if variable.labels == "values" and not variable.flags:
                message = "`labels: values` means nothing for a covariate with levels, whose every value is a level"
                yield Problem(message, source.at(*here, "labels"), "Take it out.")
        if variable.otherwise is not None:
            yield from _unknown("level", variable.otherwise, covariate.levels, source, *here, "otherwise")
    else:
        yield from _codes_are_numbers(name, variable, source, study)
    if variable.visits:
        yield Problem(f"'{name}' is a covariate: it is measured once", source.at(*here, "visits"), "Take `visits` out.")
    if isinstance(variable.column, dict):
        yield Problem(
            f"'{name}' is a covariate: it has one column", source.at(*here, "column"), "Name the baseline column."
        )
    if variable.from_range is not None and covariate.range is None:
        yield Problem(
            f"'{name}' has no range to be rescaled to",
            source.at(*here, "from_range"),
            "Give its `range` in the study file.",
        )
    yield from _unit_rule(variable, covariate.unit, source, *here)


def _instrument_rule(
    name: str, variable: Variable, mapping: Mapping, source: Source, study: Study
) -> Iterator[Problem]:
    here = ("variables", name)
    instrument = study.instruments[name]
    if variable.cut or variable.flags:
        key = "cut" if variable.cut else "flags"
        yield Problem(
            f"'{name}' is measured in numbers and takes no '{key}'", source.at(*here, key), "Use `column` or `items`."
        )
    if variable.from_range is not None and instrument.range is None:
        yield Problem(
            f"'{name}' has no range to be rescaled to",
            source.at(*here, "from_range"),
            "Give its `range` in the study file.",
        )
    yield from _codes_are_numbers(name, variable, source, study)
    yield from _unit_rule(variable, instrument.unit, source, *here)
    yield from _visits_known(variable.visits, mapping, source, *here, "visits")
    if variable.items is not None and instrument.items not in (None, len(variable.item_numbers)):
        message = f"{len(variable.item_numbers)} items, and '{name}' has {instrument.items} in the study file"
        yield Problem(message, source.at(*here, "items"), "Name every item once, or correct `items` there.")
    if isinstance(variable.column, dict):
        yield from _visits_known(variable.column, mapping, source, *here, "column")
    pattern = variable.column if isinstance(variable.column, str) else "".join(variable.items or ())
    files = mapping.data if variable.data is None else (mapping.data[variable.data - 1],)
    if (
        all(data.layout == "wide" for data in files)
        and not isinstance(variable.column, dict)
        and "{visit}" not in pattern
    ):
        hint = "Write `{visit}` in the name of the column and list `visits`, or give `column: {baseline: ..., 3 months: ...}`."
        yield Problem(f"it is not said at which visit '{name}' was measured", source.at(*here), hint)
    if "{visit}" in pattern and not mapping.visits:
        yield Problem(
            "`{visit}` stands for the keys of `visits`, and there are none", source.at(*here), "Add `visits:`."
        )


def _codes_are_numbers(name: str, variable: Variable, source: Source, study: Study) -> Iterator[Problem]:
    for code, value in variable.codes.items():
        if isinstance(value, str) and DECIMAL.fullmatch(value) is None:
            hint = "Give the number that the code stands for."
            if name in study.covariates:
                hint = f"{hint[:-1]}, or declare `levels` of '{name}' in the study file."
            message = f"'{value}' is not a number, and '{name}' is measured in numbers"
            yield Problem(message, source.at("variables", name, "codes", code), hint)


def _visits_known(named: Iterable[str], mapping: Mapping, source: Source, *here: Step) -> Iterator[Problem]:
    """A visit is a key of `visits`, or a time such as `3 months` itself."""
    known = [str(key) for key in mapping.visits]
    for index, visit in enumerate(named):
        if visit not in known and months_of(visit_time(visit)) is None:
            yield from _unknown("visit", visit, known, source, *here, visit if here[-1] == "column" else index)


def _unit_rule(variable: Variable, wanted: str, source: Source, *here: str) -> Iterator[Problem]:
    if variable.unit is None:
        return
    if not wanted:
        yield Problem(
            "the study file gives no unit to convert to",
            source.at(*here, "unit"),
            "Give `unit:` there, or take it out here.",
        )
    elif not convertible(variable.unit, wanted):
        hint = "Use `times` and `plus` instead."
        yield Problem(f"no conversion from '{variable.unit}' to '{wanted}' is known", source.at(*here, "unit"), hint)
