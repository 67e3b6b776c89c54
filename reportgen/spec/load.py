"""A study file and its mappings in, one frozen Spec out; every problem of all of them at once.

Validation goes on past a fault: what is wrong is reported, left out, and the rest is checked (YAML, the language in
`study` and `mapping`, what refers to what in `check`), so that one run shows everything.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reportgen.errors import Problem, SpecError
from reportgen.origin import Origin
from reportgen.spec.check import check_study
from reportgen.spec.check_mapping import check_mapping
from reportgen.spec.check_report import check_report
from reportgen.spec.declared import settled
from reportgen.spec.errors import (
    ambiguous_nothing,
    belongs_elsewhere,
    is_guess,
    nearest_allowed,
    path_written,
    plainly,
    problem_of,
    spoken_for,
)
from reportgen.spec.fidelity import Fidelity, check_fidelity
from reportgen.spec.mapping import Mapping
from reportgen.spec.source import KeyPath, Source, read_source
from reportgen.spec.study import Study
from reportgen.spec.templates import OwnTemplate, read_templates
from reportgen.spec.text import as_text, is_folder

READING = ("trial", "data", "arms", "visits")  # with a fault in these parts of a mapping its data would be misread
ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class LocatedMapping:
    """A mapping together with the file it was written in."""

    mapping: Mapping
    source: Source

    @property
    def folder(self) -> Path:
        """The folder that data files are named from."""
        return self.source.path.parent


@dataclass(frozen=True, slots=True)
class LocatedFidelity:
    """A fidelity file together with the places of its lines."""

    file: Fidelity
    source: Source


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything that was declared: the study, its mappings, and where each line of them stands."""

    study: Study
    source: Source
    mappings: tuple[LocatedMapping, ...]
    fidelity: LocatedFidelity | None = None
    templates: tuple[OwnTemplate, ...] = ()

    @property
    def name(self) -> str:
        """The name of the study's folder, or of its file where that is not called `study.yaml`."""
        path = self.source.path.resolve()
        return as_text(path.parent.name if path.stem == "study" else path.stem)

    def at(self, *path: str | int) -> Origin:
        """Return where a path of the study file was written."""
        return self.source.at(*path)


@dataclass(frozen=True, slots=True)
class Examined:
    """What could be read of a study, and everything that is wrong with it."""

    spec: Spec | None
    problems: tuple[Problem, ...]


def load_study(path: Path) -> Spec:
    """Read and check a study file and all its mappings.

    Parameters
    ----------
    path : Path
        The study file, or a folder that holds `study.yaml`.

    Raises
    ------
    SpecError
        With every problem found.

    Examples
    --------
    >>> from reportgen.resources import specs_folder
    >>> load_study(specs_folder() / "periodontal-therapy").study.study.data
    'real'
    """
    examined = examine_study(path)
    if examined.spec is None or examined.problems:
        raise SpecError(examined.problems)
    return examined.spec


def examine_study(path: Path) -> Examined:
    """Read as much of a study as can be read, so that the data are checked even where the study file has faults.

    What is wrong is left out of the Spec that is returned; names that were written but could not be understood are
    remembered, so that no error is reported twice.
    """
    try:
        source = read_source(path / "study.yaml" if is_folder(path) else path, "a study file")
    except SpecError as error:
        return Examined(None, error.problems)
    study, problems, source = read_tolerantly(Study, source)
    named = study.trials if study else _trials_written(source)
    mappings, mapping_problems = _load_mappings(source, named)
    if study is None:
        return Examined(None, (*problems, *mapping_problems))
    problems += [*check_study(study, source), *check_report(study, source)]
    study = settled(study, [located.mapping for located in mappings])
    usable = []
    for located in mappings:
        found = check_mapping(located.mapping, located.source, study, source.pruned)
        mapping_problems += found
        error_places = _error_places(located, mapping_problems)
        if not any(path[0] in READING for path in error_places):
            usable.append(_without_errors(located, study, error_places))
    fidelity, fidelity_problems = _load_fidelity(source, study)
    templates, template_problems = _load_templates(source, study)
    problems += [*fidelity_problems, *template_problems]
    spec = Spec(study, source, tuple(usable), fidelity, templates) if usable else None
    if not usable and not (problems or mapping_problems):
        problems.append(
            Problem("no trial is named", source.at("trials"), "List the mapping of each trial under `trials:`.")
        )
    return Examined(spec, (*problems, *mapping_problems))


def _error_places(located: LocatedMapping, problems: list[Problem]) -> set[KeyPath]:
    """Return what was written at the places of those problems that a mapping has."""
    source = located.source
    places = {
        (problem.origin.line, problem.origin.column)
        for problem in problems
        if problem.origin and problem.origin.file == source.shown
    }
    written = (*source.keys.items(), *source.values.items())
    return {path for path, place in written if path and (place.line, place.column) in places}


def _without_errors(located: LocatedMapping, study: Study, error_places: set[KeyPath]) -> LocatedMapping:
    """Leave out the variables of a mapping that the study does not know or that are wrong themselves."""
    mapping = located.mapping
    wrong = {path[1] for path in error_places if path[0] == "variables" and len(path) > 1}
    known = study.covariates.keys() | study.instruments.keys()
    variables = {name: variable for name, variable in mapping.variables.items() if name in known and name not in wrong}
    return LocatedMapping(mapping.model_copy(update={"variables": variables}), located.source)


def _trials_written(source: Source) -> tuple[str, ...]:
    """The mappings that a study file names, even where the rest of it is wrong, so that theirs are found as well."""
    written = source.content.get("trials", ())
    return tuple(item for item in written if isinstance(item, str)) if isinstance(written, list) else ()


def _load_fidelity(source: Source, study: Study) -> tuple[LocatedFidelity | None, list[Problem]]:
    if study.fidelity is None:
        return None, []
    try:
        written = read_source(source.path.parent / study.fidelity, "a fidelity file")
    except SpecError as error:
        place = source.at("fidelity")
        return None, [Problem(p.message, p.origin or place, p.hint, p.where) for p in error.problems]
    file, problems, written = read_tolerantly(Fidelity, written)
    if file is None:
        return None, problems
    return LocatedFidelity(file, written), [*problems, *check_fidelity(file, written)]


def _load_templates(source: Source, study: Study) -> tuple[tuple[OwnTemplate, ...], list[Problem]]:
    name = study.report.templates
    if name is None:
        return (), []
    folder, place = source.path.parent / name, source.at("report", "templates")
    if folder.resolve() in source.path.resolve().parents:
        hint = "Put your templates into a folder of their own, and name that one."
        return (), [Problem(f"'{name}' is the folder of the study, not one of templates", place, hint)]
    return read_templates(folder, place)


def templates_of(spec: Spec) -> Path | None:
    """Return the folder of a study's own templates; None where it has none."""
    name = spec.study.report.templates
    return None if name is None else spec.source.path.parent / name


def _load_mappings(source: Source, named: tuple[str, ...]) -> tuple[list[LocatedMapping], list[Problem]]:
    mappings: list[LocatedMapping] = []
    problems: list[Problem] = []
    for index, name in enumerate(named):
        try:
            written = read_source(source.path.parent / name, "a mapping")
        except SpecError as error:
            place = source.at("trials", index)
            problems += [Problem(p.message, p.origin or place, p.hint, p.where) for p in error.problems]
            continue
        mapping, found, written = read_tolerantly(Mapping, written)
        problems += found
        if mapping is not None:
            mappings.append(LocatedMapping(mapping, written))
    return mappings, problems


def read_tolerantly(model: type[ModelT], source: Source) -> tuple[ModelT | None, list[Problem], Source]:
    """Validate; leave out what is wrong and validate again, until the rest stands or nothing is left."""
    problems = ambiguous_nothing(source)
    pruned: set[str] = set()
    taken: set[KeyPath] = set()
    guessed: set[KeyPath] = set()
    content = copy.deepcopy(source.content)
    while True:
        try:
            valid = model.model_validate(content)
            return valid, problems, replace(source, pruned=frozenset(pruned))
        except ValidationError as error:
            details = plainly(error.errors(include_url=False))
        known = {(problem.origin, problem.message) for problem in problems}
        fresh = [problem_of(detail, model, source) for detail in details]
        paths = [source.as_written(path_written(model, detail["loc"])) for detail in details]
        guessed.update(path[:-1] for detail, path in zip(details, paths, strict=True) if is_guess(detail))
        reported = spoken_for(details, [_known_part(source, path) for path in paths])
        # What is missing only because its faulty value was left out has been reported as a fault already, and what a
        # rule says of the rest of a part from which something was left out may be true of the rest alone. Nor is an option wrong for an
        # artefact of which the kind had to be guessed.
        problems += [
            problem
            for detail, problem, path, tell in zip(details, fresh, paths, reported, strict=True)
            if tell
            and (problem.origin, problem.message) not in known
            and not (detail["type"] == "missing" and _written(source, path))
            and not (path[:-1] in guessed and belongs_elsewhere(model, detail))
            and not (detail["type"] == "value_error" and any(other[: len(path)] == path for other in taken))
        ]
        taken.update(paths)
        removed = _prune(content, details, model, pruned)
        if removed is None:
            return None, problems, source
        source = source.without(removed)


def _known_part(source: Source, path: KeyPath) -> KeyPath:
    """Return a path without the names of alternatives in it, as far as it was written."""
    known: KeyPath = ()
    for step in path:
        if (*known, step) in source.values:
            known = (*known, step)
    return known


def _written(source: Source, path: KeyPath) -> bool:
    known = _known_part(source, path)
    return known[-1:] == path[-1:]


def _prune(
    content: dict[Any, Any], details: list[ErrorDetails], model: type[BaseModel], pruned: set[str]
) -> dict[KeyPath, set[int]] | None:
    """Take the faulty parts out of the content; None where one of them would be the whole of it.

    Returns which items went from which lists. All parts are found before the first is taken out, since places move.
    """
    found = [(detail, _nodes(content, path_written(model, detail["loc"]))) for detail in details]
    if any(len(nodes) + (item["type"] == "missing") <= (item["type"] != "extra_forbidden") for item, nodes in found):
        return None
    removed: dict[KeyPath, set[int]] = {}
    lists: dict[KeyPath, list[Any]] = {}
    for detail, nodes in found:
        holder, step = nodes[-1]
        if detail["type"] == "literal_error":  # one allowed word is as good as another for checking the rest
            holder[step] = nearest_allowed(detail, model)
            continue
        pruned.update(str(name) for _, name in nodes[1:] if isinstance(name, str))
        if isinstance(holder, list) and isinstance(holder[step], dict):
            place = tuple(name for _, name in nodes[:-1])
            lists[place] = holder
            removed.setdefault(place, set()).add(step)
        elif isinstance(holder, list) and len(nodes) > 1:  # a list of words goes as a whole
            nodes[-2][0].pop(nodes[-2][1], None)
        else:
            holder.pop(step, None)
    for place, indices in removed.items():
        lists[place][:] = [item for index, item in enumerate(lists[place]) if index not in indices]
    return removed


def _nodes(content: dict[Any, Any], path: KeyPath) -> list[tuple[Any, Any]]:
    """Return what a path goes through, as far as it was written: each dict or list with the step into it."""
    nodes: list[tuple[Any, Any]] = []
    here: Any = content
    for step in path:
        written = step in here if isinstance(here, dict) else isinstance(here, list) and step in range(len(here))
        if written:
            nodes.append((here, step))
            here = here[step]
    return nodes
