"""A study file and its mappings in, one frozen Spec out; every problem of all of them at once.

Validation happens in three steps, each over all files: YAML, the language (`study`, `mapping`), and what refers to
what (`check`). The first step that finds problems reports all of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reportgen.errors import Problem, SpecError, did_you_mean
from reportgen.origin import Origin
from reportgen.spec.check import check_mapping, check_study
from reportgen.spec.mapping import Mapping
from reportgen.spec.source import Source, read_source
from reportgen.spec.study import Study

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
class Spec:
    """Everything that was declared: the study, its mappings, and where each line of them stands."""

    study: Study
    source: Source
    mappings: tuple[LocatedMapping, ...]

    @property
    def name(self) -> str:
        """The name of the study's folder, or of its file where that is not called `study.yaml`."""
        path = self.source.path.resolve()
        return path.parent.name if path.stem == "study" else path.stem

    def at(self, *path: str | int) -> Origin:
        """Return where a path of the study file was written."""
        return self.source.at(*path)


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
    source = read_source(path / "study.yaml" if path.is_dir() else path)
    study, problems = _validated(Study, source)
    named = study.trials if study else _trials_written(source)
    mappings, mapping_problems = _load_mappings(source, named)
    problems += mapping_problems
    if study is not None:
        problems += check_study(study, source)
        for located in mappings:
            problems += check_mapping(located.mapping, located.source, study)
    if problems or study is None:
        raise SpecError(problems)
    return Spec(study, source, tuple(mappings))


def _trials_written(source: Source) -> tuple[str, ...]:
    """The mappings that a study file names, even where the rest of it is wrong, so that theirs are found as well."""
    written = source.content.get("trials", ())
    return tuple(item for item in written if isinstance(item, str)) if isinstance(written, list) else ()


def _load_mappings(source: Source, named: tuple[str, ...]) -> tuple[list[LocatedMapping], list[Problem]]:
    mappings: list[LocatedMapping] = []
    problems: list[Problem] = []
    for index, name in enumerate(named):
        try:
            written = read_source(source.path.parent / name)
        except SpecError as error:
            place = source.at("trials", index)
            problems += [Problem(p.message, p.origin or place, p.hint, p.where) for p in error.problems]
            continue
        mapping, found = _validated(Mapping, written)
        problems += found
        if mapping is not None:
            mappings.append(LocatedMapping(mapping, written))
    return mappings, problems


def _validated(model: type[ModelT], source: Source) -> tuple[ModelT | None, list[Problem]]:
    try:
        return model.model_validate(source.content), []
    except ValidationError as error:
        return None, [_problem(detail, model, source) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails, model: type[BaseModel], source: Source) -> Problem:
    """Say what pydantic found in the words of the study file."""
    path = tuple(detail["loc"])
    kind, given = detail["type"], detail.get("input")
    context = detail.get("ctx", {})
    name = path[-1] if path else ""
    if kind == "extra_forbidden":
        return Problem(f"unknown key '{name}'", source.at(*path, key=True), did_you_mean(str(name), _known_keys(model, path)))
    if kind == "missing":
        return Problem(f"'{name}' is missing", source.at(*path[:-1], key=True), f"Add `{name}:` here.")
    place = source.at(*path)
    if kind == "literal_error":
        return Problem(f"{_shown(given)} is not known here", place, f"Write one of {context['expected']}.")
    if kind == "union_tag_invalid":
        hint = f"Methods of this version: {context['expected_tags']}."
        return Problem(f"unknown method '{context['tag']}'", source.at(*path, "method"), hint)
    if kind == "union_tag_not_found":
        return Problem("'method' is missing", source.at(*path, key=True), "Add `method:` here, as in `method: meta-analysis`.")
    if kind == "value_error":
        return Problem(str(context["error"]), place)
    return Problem(f"{_shown(given)} is not {_wanted(kind, context)}", place)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping of keys"
    if isinstance(value, list | tuple):
        return "a list"
    return "nothing" if value is None else f"'{value}'"


_WANTED = {
    "float": "a number",
    "int": "a whole number",
    "string": "a text",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "a mapping of keys",
    "model": "a mapping of keys",
}


def _wanted(kind: str, context: dict[str, Any]) -> str:
    bounds = {"greater_than_equal": "ge", "greater_than": "gt", "less_than_equal": "le", "less_than": "lt"}
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    if kind in bounds:
        return f"{words[bounds[kind]]} {context[bounds[kind]]:g}"
    if kind in ("too_short", "too_long"):
        return f"a list of {context.get('min_length', context.get('max_length'))} values"
    return _WANTED.get(kind.split("_", 1)[0], kind.replace("_", " "))


def _known_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Return the keys that may stand where the unknown one does."""
    here: Any = model
    for step in path[:-1]:
        here = _inside(here, step)
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return []
    return [field.alias or name for name, field in here.model_fields.items()]


def _inside(here: Any, step: int | str) -> Any:
    if isinstance(here, type) and issubclass(here, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in here.model_fields.items()}
        return _unwrapped(fields.get(str(step)), step)
    if isinstance(here, dict):
        return here.get(step, here)
    return here


def _unwrapped(annotation: Any, step: int | str) -> Any:
    """Find the model inside `dict[str, Model]`, `tuple[Model, ...]`, `Model | None` or a union told apart by method."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    models = [m for arg in getattr(annotation, "__args__", ()) if (m := _unwrapped(arg, step)) is not None]
    if len(models) > 1:
        return {m.model_fields["method"].annotation.__args__[0]: m for m in models if "method" in m.model_fields}
    return models[0] if models else None
