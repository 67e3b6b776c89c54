"""What a mapping refers to in the study file: arm classes, covariates with their levels, instruments, outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reportgen.errors import Problem, did_you_mean
from reportgen.spec.mapping import Mapping, visit_time
from reportgen.spec.model import DECIMAL, months_of, number_of
from reportgen.spec.outcomes import uses_of
from reportgen.spec.references import baseline_of, each_unknown, unknown
from reportgen.spec.source import Source, Step
from reportgen.spec.study import Covariate, Study
from reportgen.spec.units import convertible
from reportgen.spec.variables import Variable


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
            problems += unknown("arm class", arm.class_, study.arm_classes, source, "arms", "codes", code, "class")
    for name, variable in mapping.variables.items():
        problems += _variable_rule(name, variable, mapping, source, study)
    problems += _site(mapping, source)
    problems += _characteristics(mapping, source, study)
    problems += _published(mapping, source, study)
    return problems


def _site(mapping: Mapping, source: Source) -> Iterator[Problem]:
    """A column of people or of arms, which is none of sites."""
    columns = {**{data.participant: "participants" for data in mapping.data}, mapping.arms.column: "arms"}
    if mapping.site in columns:
        message = f"'{mapping.site}' is the column of {columns[mapping.site]}, and no site"
        yield Problem(
            message, source.at("site"), "Name the column of the practice, hospital or centre, or remove `site`."
        )


def _characteristics(mapping: Mapping, source: Source, study: Study) -> Iterator[Problem]:
    """Values of trials as a whole: of covariates of trials alone, each a number in its range or one of its levels."""
    of_trials = [name for name, covariate in study.covariates.items() if covariate.of_trials]
    for name, given in mapping.characteristics.items():
        here = ("characteristics", name)
        covariate = study.covariates.get(name)
        if covariate is not None and not covariate.of_trials:
            message = f"'{name}' is a covariate of participants: it has no value of the trial"
            hint = "Give it a column under `variables`, or declare it with `level: trial` in the study file."
            yield Problem(message, source.at(*here, key=True), hint)
            continue
        if covariate is None:
            yield from unknown("covariate of trials", name, of_trials, source, *here)
            continue
        for trial, value in given.items() if isinstance(given, dict) else ((None, given),):
            place = here if trial is None else (*here, trial)
            yield from _characteristic(name, value, covariate, source, *place)


def _characteristic(name: str, value: str, covariate: Covariate, source: Source, *here: Step) -> Iterator[Problem]:
    if covariate.categorical:
        yield from unknown("level", value, covariate.levels, source, *here)
        return
    number = number_of(value)
    if number is None:
        message = f"'{value}' is not a number, but '{name}' is numeric"
        yield Problem(message, source.at(*here), f"Give the number, or declare `levels` of '{name}' in the study file.")
    elif covariate.range is not None and not covariate.range[0] <= number <= covariate.range[1]:
        low, high = covariate.range
        message = f"{number:g} is outside the range of '{name}', {low:g} to {high:g}"
        yield Problem(message, source.at(*here), "Correct it, or the `range` in the study file.")


def _published(mapping: Mapping, source: Source, study: Study) -> Iterator[Problem]:
    if mapping.published is None:
        return
    for name in mapping.published.means:
        here = ("published", "means", name)
        if (measured := baseline_of(name)) is not None:
            yield from unknown("outcome or instrument", measured, [*study.outcomes, *study.instruments], source, *here)
        else:
            quantities = [known for known, covariate in study.covariates.items() if not covariate.categorical]
            yield from unknown("numeric covariate", name, quantities, source, *here)
    for index, effect in enumerate(mapping.published.effects):
        place = ("published", "effects", index)
        yield from unknown("outcome", effect.outcome, study.outcomes, source, *place, "outcome")
        if effect.outcome in study.outcomes and study.outcomes[effect.outcome].of_events:
            message = f"published effects are compared of continuous outcomes, and '{effect.outcome}' is an event"
            yield Problem(message, source.at(*place, "outcome"), "Remove it.")
        yield from unknown("follow-up", effect.follow_up, study.follow_up, source, *place, "follow_up")
        for side in ("intervention", "control"):
            yield from each_unknown("arm class", getattr(effect, side), study.arm_classes, source, *place, side)


def _variable_rule(name: str, variable: Variable, mapping: Mapping, source: Source, study: Study) -> Iterator[Problem]:
    here = ("variables", name)
    if name not in study.covariates and name not in study.instruments:
        if name not in source.pruned:
            known = [*study.covariates, *study.instruments]
            yield Problem(
                f"there is no covariate or instrument '{name}'", source.at(*here, key=True), did_you_mean(name, known)
            )
        return
    if name in study.covariates and study.covariates[name].of_trials:
        message = f"'{name}' is a covariate of trials: no column holds it"
        hint = f"Write `characteristics: {{{name}: ...}}` with the value of the trial, or remove `level: trial` in the study file."
        yield Problem(message, source.at(*here, key=True), hint)
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
    yield from _dated_rule(name, variable, source, study)
    yield from _levels_rule(name, variable, covariate.levels, "a covariate", source)
    if not covariate.categorical:
        yield from _codes_are_numbers(name, variable, source, study)
    if variable.visits:
        yield Problem(f"'{name}' is a covariate: it is measured once", source.at(*here, "visits"), "Remove `visits`.")
    if isinstance(variable.column, dict):
        yield Problem(
            f"'{name}' is a covariate: it has one column", source.at(*here, "column"), "Name the baseline column."
        )
    if variable.from_range is not None and covariate.range is None:
        yield Problem(
            f"'{name}' has no range to rescale to",
            source.at(*here, "from_range"),
            "Give its `range` in the study file.",
        )
    yield from _unit_rule(variable, covariate.unit, source, *here)


def _levels_rule(
    name: str, variable: Variable, levels: tuple[str, ...], what: str, source: Source
) -> Iterator[Problem]:
    """What gives levels names declared ones; what makes numbers has no use for levels, and the other way round."""
    here = ("variables", name)
    for key in ("cut", "flags"):
        for level in getattr(variable, key):
            if not levels:
                yield Problem(
                    f"'{name}' has no levels", source.at(*here, key), "Declare its `levels` in the study file."
                )
                break
            yield from unknown("level", str(level), levels, source, *here, key, level)
    if not levels:
        return
    for code, level in variable.codes.items():
        if level is not None:
            yield from unknown("level", str(level), levels, source, *here, "codes", code)
    if not variable.cut:
        for key in sorted(variable.model_fields_set & {"unit", "from_range", "times", "plus", "outside", "items"}):
            yield Problem(
                f"'{key}' does not apply to {what} with levels",
                source.at(*here, key),
                "Add `cut:`, or remove it.",
            )
        if variable.labels == "values" and not variable.flags:
            message = f"`labels: values` does not apply to {what} with levels, where every value is a level"
            yield Problem(message, source.at(*here, "labels"), "Remove it.")
    if variable.otherwise is not None:
        yield from unknown("level", variable.otherwise, levels, source, *here, "otherwise")


def _instrument_rule(
    name: str, variable: Variable, mapping: Mapping, source: Source, study: Study
) -> Iterator[Problem]:
    here = ("variables", name)
    instrument = study.instruments[name]
    yield from _dated_rule(name, variable, source, study)
    if variable.flags or (variable.cut and not instrument.levels):
        key = "flags" if variable.flags else "cut"
        kind = "answered at visits" if instrument.levels else "numeric"
        hint = "Use `column` with `codes` or `cut`." if instrument.levels else "Use `column` or `items`."
        yield Problem(f"'{name}' is {kind} and does not take '{key}'", source.at(*here, key), hint)
    elif instrument.levels:
        yield from _levels_rule(name, variable, instrument.levels, "an instrument", source)
    if variable.from_range is not None and instrument.range is None:
        yield Problem(
            f"'{name}' has no range to rescale to",
            source.at(*here, "from_range"),
            "Give its `range` in the study file.",
        )
    if not instrument.levels:
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
        yield Problem(f"no visit is given for '{name}'", source.at(*here), hint)
    if "{visit}" in pattern and not mapping.visits:
        yield Problem(
            "`{visit}` stands for the keys of `visits`, but there are none", source.at(*here), "Add `visits:`."
        )


def _dated_rule(name: str, variable: Variable, source: Source, study: Study) -> Iterator[Problem]:
    """A date says whether there was an event, which only a binary outcome reads."""
    if variable.dated is None:
        return
    place = source.at("variables", name, "dated")
    if name in study.covariates:
        yield Problem(f"'{name}' is a covariate, and a date says whether there was an event", place, "Remove `dated`.")
    elif study.instruments[name].levels:
        message = f"'{name}' has levels, and `dated` gives 1 for an event and 0 for none"
        yield Problem(message, place, "Remove its `levels`, and `event` of the outcome, in the study file.")
    elif uses_of(name, study.outcomes) != {"binary"}:
        message = f"'{name}' is no event of an outcome with `kind: binary`, and `dated` gives nothing else"
        yield Problem(message, place, "Remove it, or give the outcome its `kind`.")


def _codes_are_numbers(name: str, variable: Variable, source: Source, study: Study) -> Iterator[Problem]:
    for code, value in variable.codes.items():
        if isinstance(value, str) and DECIMAL.fullmatch(value) is None:
            hint = "Give the number that the code stands for."
            if name in study.covariates:
                hint = f"{hint[:-1]}, or declare `levels` of '{name}' in the study file."
            message = f"'{value}' is not a number, but '{name}' is numeric"
            yield Problem(message, source.at("variables", name, "codes", code), hint)


def _visits_known(named: Iterable[str], mapping: Mapping, source: Source, *here: Step) -> Iterator[Problem]:
    """A visit is a key of `visits`, or a time such as `3 months` itself."""
    known = [str(key) for key in mapping.visits]
    for index, visit in enumerate(named):
        if visit not in known and months_of(visit_time(visit)) is None:
            yield from unknown("visit", visit, known, source, *here, visit if here[-1] == "column" else index)


def _unit_rule(variable: Variable, wanted: str, source: Source, *here: str) -> Iterator[Problem]:
    if variable.unit is None:
        return
    if not wanted:
        yield Problem(
            "the study file gives no unit to convert to",
            source.at(*here, "unit"),
            "Give `unit:` there, or remove it here.",
        )
    elif not convertible(variable.unit, wanted):
        hint = "Use `times` and `plus` instead."
        yield Problem(f"no conversion from '{variable.unit}' to '{wanted}' is known", source.at(*here, "unit"), hint)
