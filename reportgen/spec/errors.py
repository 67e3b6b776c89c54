"""What a validator found wrong, in the words of the study file: what, where, and how to fix it.

In: one error of pydantic, the model that was read, and the source. Out: a `Problem`. A rule of ours that says itself how
to fix it is a `RuleError`; for everything else the fix is given here, from the kind of the error and what was written.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic_core import ErrorDetails

from reportgen.errors import Problem, did_you_mean
from reportgen.origin import Origin
from reportgen.spec.model import RuleError
from reportgen.spec.registered import Registered, keys_of
from reportgen.spec.source import KeyPath, Source

BOUNDS = {"greater_than_equal": "ge", "greater_than": "gt", "less_than_equal": "le", "less_than": "lt"}
WANTED = {
    "float": "a number",
    "int": "a whole number",
    "string": "a text",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "a mapping of keys",
    "model": "a mapping of keys",
    "finite": "a finite number",
    "literal": "one of the allowed values",
}
MAY_BE_NAMED = (
    "reference",
    "otherwise",
    "class",
    "yes",
    "instrument",
    "like",
)  # keys that may be left out, and name something
LONGEST = 60  # characters of a value that a message repeats
PERCENT = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*%\s*")
DECIMAL_COMMA = re.compile(r"\s*[-−+]?\d+,\d+\s*")


def problem_of(detail: ErrorDetails, model: type[BaseModel], source: Source) -> Problem:
    """Say what pydantic found in the words of the study file.

    Parameters
    ----------
    detail : dict
        One of `ValidationError.errors()`.
    model : type
        What was read.
    source : Source
        The file it was read from.
    """
    path = _without_kind(path_written(model, detail["loc"]), source)
    kind, given = detail["type"], detail.get("input")
    context = detail.get("ctx", {})
    name = path[-1] if path else ""
    if kind == "extra_forbidden":
        place = source.at(*path, key=True)
        belongs = getattr(_annotation(model, detail["loc"][:-1]), "belongs", {}).get(name, "")
        return _elsewhere(model, detail["loc"], place) or Problem(
            f"unknown key '{name}'", place, belongs or did_you_mean(str(name), _known_keys(model, detail["loc"]))
        )
    if kind == "missing":
        example = ", as in `method: meta-analysis`" if name == "method" else ""
        return Problem(f"'{name}' is missing", source.at(*path[:-1], key=True), f"Add `{name}:` here{example}.")
    if kind == "too_short":
        found, part = ("an empty mapping", "key") if isinstance(given, dict) else ("an empty list", "value")
        return Problem(f"{found} found where a {part} is expected", source.at(*path), f"Write at least one {part}.")
    word = _word_for_nothing(source.at(*path)) if given is None else ""
    place = source.at(*path, key=given is None and not word)  # nothing has no place of its own
    if word and kind != "value_error":
        hint = f"If `{word}` is meant as a word, put it in quotes: '{word}'; otherwise remove it."
        return Problem(f"`{word}` is an empty value, not {_wanted(kind, context)}", place, hint)
    if kind == "literal_error":
        words = allowed(model, detail["loc"])
        hint = _near(given, words) or f"Write one of {_either(words)}."
        return Problem(f"invalid value {_shown(given)}", place, hint)
    if kind == "union_tag_invalid":
        registered = _registered(_annotation(model, detail["loc"]))
        methods = list(registered.kinds) if registered else []
        hint = _near(context["tag"], methods) or f"Methods of this version: {', '.join(map(_quoted, methods))}."
        return Problem(f"unknown method '{context['tag']}'", source.at(*path, "method"), hint)
    if kind == "value_error":
        error = context["error"]
        if isinstance(error, RuleError) and error.at:
            place = source.at(*path, *error.at)
            word = _word_for_nothing(place)
        if word:
            hint = f"If `{word}` is meant as a code, put it in quotes: '{word}'; otherwise remove it."
            return Problem(f"`{word}` is an empty value where a word is expected", place, hint)
        if isinstance(error, RuleError):
            return Problem(str(error), place, error.hint)
        return Problem(str(error), place)
    if kind == "invalid_key":
        hint = "If it is the rest of a number with a decimal comma, write a dot; otherwise put it in quotes."
        return Problem(f"'{name}' found where a key is expected", source.at(*path, key=True), hint)
    return Problem(f"{_shown(given)} is not {_wanted(kind, context)}", place, _fix(detail, model))


def plainly(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return errors with those of the word that tells kinds apart, `method` or `show`, put as errors of a key.

    A word that is not known is one that is not allowed there; but nothing may be guessed of a part that others name, so that
    it stays as it is there.
    """
    plain: list[ErrorDetails] = []
    for detail in details:
        word = detail.get("ctx", {}).get("discriminator", "").strip("'")
        given = detail.get("input")
        if detail["type"] == "union_tag_not_found" and isinstance(given, dict):
            near = difflib.get_close_matches(word, map(str, given), n=1, cutoff=0.6)
            missing: ErrorDetails = {**detail, "type": "missing", "loc": (*detail["loc"], word)}
            plain += [{**detail, "type": "extra_forbidden", "loc": (*detail["loc"], item)} for item in near]
            plain.append(missing)
        elif detail["type"] == "union_tag_invalid" and isinstance(detail["loc"][-1], int):
            plain.append({**detail, "type": "literal_error", "loc": (*detail["loc"], word), "input": given[word]})
        else:
            plain.append(detail)
    return plain


def is_guess(detail: ErrorDetails) -> bool:
    """Return whether it has to be guessed from now on what artefact a part of the report is."""
    return detail["type"] == "literal_error" and detail["loc"][-1] == "show"


def belongs_elsewhere(model: type[BaseModel], detail: ErrorDetails) -> bool:
    """Return whether a key that is not known in its place is one of another artefact or method."""
    return detail["type"] == "extra_forbidden" and bool(_others(model, detail["loc"]))


def spoken_for(details: list[ErrorDetails], paths: list[KeyPath]) -> list[bool]:
    """Return which errors are worth telling: a value that may be of several kinds breaks the rules of each of them.

    Told is what is wrong inside a mapping or list that one kind allows, else the first kind alone.
    """
    kinds = [detail["type"].endswith(("_type", "_parsing")) for detail in details]
    inside = {path[:depth] for path in paths for depth in range(len(path))}
    # a mapping that one kind allows and that breaks a rule of it has the message of that rule
    pairs = zip(details, paths, strict=True)
    inside |= {
        path for detail, path in pairs if detail["type"] == "value_error" and isinstance(detail.get("input"), dict)
    }
    seen: set[KeyPath] = set()
    reported = []
    for detail, path, kind in zip(details, paths, kinds, strict=True):
        whole = isinstance(detail.get("input"), dict | list)
        misspelt = detail["type"] == "missing" and _misspelt(detail, details)
        reported.append(not misspelt and not (kind and (path in seen or (whole and path in inside))))
        seen.update({path} if kind else ())
    return reported


def _misspelt(missing: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a key that is missing was written beside it in another spelling, which is reported already."""
    *within, name = missing["loc"]
    unknown = [
        str(detail["loc"][-1])
        for detail in details
        if detail["type"] == "extra_forbidden" and [*detail["loc"][:-1]] == within
    ]
    return bool(difflib.get_close_matches(str(name), unknown, n=1, cutoff=0.6))


_KIND = re.compile(r"str|int|float|bool|(?:function-\w+|dict|list|tuple|constrained-\w+|nullable)\[.*")


def _without_kind(path: KeyPath, source: Source) -> KeyPath:
    """Return a path without the kind of a value that pydantic adds where several kinds are allowed."""
    while path and isinstance(path[-1], str) and _KIND.fullmatch(path[-1]) and path not in source.values:
        path = path[:-1]
    return path


def ambiguous_nothing(source: Source) -> list[Problem]:
    """Return where a name may have been meant and nothing was written: `reference: NULL`."""
    words = {path: word for path, place in source.values.items() if (word := _word_for_nothing(place))[1:]}
    return [
        Problem(
            f"`{word}` is an empty value where a word is expected",
            source.values[path],
            f"If `{word}` is meant as a word, put it in quotes: '{word}'; otherwise remove it.",
        )
        for path, word in words.items()
        if path[-1] in MAY_BE_NAMED
    ]


def _word_for_nothing(place: Origin) -> str:
    """Return how nothing was written, where it was: `~`, `null`, `NULL`."""
    word = place.text[place.column - 1 :][: place.length].strip()
    return word if word in ("~", "null", "Null", "NULL") else ""


def path_written(model: type[BaseModel], path: tuple[int | str, ...]) -> KeyPath:
    """Return a path of pydantic as it stands in the file: without the names of alternatives that pydantic adds.

    An alternative may be called like a key that was written, as the method `moderators` with its list of moderators.
    """
    here: Any = model
    kept: list[int | str] = []
    for step in path:
        if step not in _alternatives(here):
            kept.append(step)
        here = _inside(here, step)
    return tuple(kept)


def allowed(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Return the words that may stand at a path of pydantic.

    Examples
    --------
    >>> from reportgen.spec.study import Study
    >>> allowed(Study, ("study", "data"))
    ['real', 'simulated']
    """
    registered = _registered(_annotation(model, path[:-1])) if path else None
    if registered is not None and path[-1] == registered.word:
        return list(registered.kinds)
    return list(_words(_annotation(model, path)))


def nearest_allowed(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """Return the allowed word that is nearest to the one that was written."""
    words = allowed(model, detail["loc"])
    return (difflib.get_close_matches(str(detail.get("input")), words, n=1, cutoff=0.0) or words)[0]


def _words(annotation: Any) -> Iterator[str]:
    """Yield the words of all literals in a type."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        yield from arguments
    elif get_origin(annotation) is Annotated:
        yield from _words(arguments[0])
    else:
        for argument in arguments:
            yield from _words(argument)


def _quoted(word: str) -> str:
    return f"'{word}'"


def _either(words: Sequence[str]) -> str:
    """Return a choice of words.

    Examples
    --------
    >>> _either(["sum", "mean"])
    "'sum' or 'mean'"
    """
    *others, last = map(_quoted, words)
    return f"{', '.join(others)} or {last}" if others else last


def _near(word: Any, known: list[str]) -> str:
    """Return "Did you mean 'x'?", or nothing where no known word is near."""
    hint = did_you_mean(str(word), known)
    return hint if hint.startswith("Did you mean") else ""


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping of keys"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value)
    return f"'{text}'" if len(text) <= LONGEST else f"'{text[:LONGEST]}…'"


def _wanted(kind: str, context: dict[str, Any]) -> str:
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    if kind in BOUNDS:
        return f"{words[BOUNDS[kind]]} {context[BOUNDS[kind]]:g}"
    return WANTED.get(kind.split("_", 1)[0], kind.replace("_", " "))


def _fix(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """Return how to fix a value that is of another kind, or outside its bounds."""
    kind, given = detail["type"], detail.get("input")
    context = detail.get("ctx", {})
    if kind in BOUNDS:
        return _within(kind, float(context[BOUNDS[kind]]), given)
    if given is None:
        return "Write a value behind the colon, or remove the key."
    sort = kind.split("_", 1)[0]
    keys = _known_keys(model, (*detail["loc"], 0, ""))
    if sort in ("tuple", "list") and keys:
        return f"Write keys with values, as in `{{key: value}}`. Known here: {', '.join(keys)}."
    if sort in ("tuple", "list"):
        return "Write a list in brackets, separated by commas, as in `[2, 3]`."
    if sort == "finite":
        return "Write a number, or remove the key where there is no limit."
    if sort in ("dict", "model"):
        known = _known_keys(model, (*detail["loc"], ""))
        return "Write keys with values, as in `{key: value}`." + (f" Known here: {', '.join(known)}." if known else "")
    if isinstance(given, list | tuple | dict):
        return "Write one value, without brackets."
    if sort in ("float", "int"):
        return _number(str(given), whole=sort == "int")
    return {"string": "Put it in quotes.", "bool": "Write `true` or `false`."}.get(sort, "Correct the value.")


def _within(kind: str, bound: float, given: Any) -> str:
    """Return how to write a number that lies outside its bounds; a share is often given in per cent."""
    if kind.startswith("less") and bound <= 1 < float(given) <= 100:
        return f"This is a proportion: if you mean {given:g}%, write {given / 100:g}."
    words = {
        "greater_than_equal": f"Write {bound:g} or more.",
        "greater_than": f"Write a number above {bound:g}.",
        "less_than_equal": f"Write {bound:g} or less.",
        "less_than": f"Write a number below {bound:g}.",
    }
    return words[kind]


def _number(given: str, *, whole: bool) -> str:
    """Return how to write a number that was written otherwise.

    Examples
    --------
    >>> _number("0,20", whole=False)
    'Write it with a dot: 0.20.'
    >>> _number("20%", whole=False)
    'Write a bare number: 20% is 0.2.'
    """
    percent = PERCENT.fullmatch(given)
    if whole:
        return "Write a whole number such as 3."
    if percent:
        share = float(percent[1].replace(",", ".")) / 100
        return f"Write a bare number: {given.strip()} is {share:g}."
    if DECIMAL_COMMA.fullmatch(given):
        return f"Write it with a dot: {given.strip().replace(',', '.')}."
    return "Write a bare number such as 0.5, with a dot and without a unit."


def _known_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Return the keys that may stand where the last step of a path does."""
    here = _annotation(model, path[:-1])
    registered = _registered(here)
    if registered:
        return registered.shared_keys()
    return keys_of(here) if _is_model(here) else []


def _elsewhere(model: type[BaseModel], path: tuple[int | str, ...], place: Origin) -> Problem | None:
    """Return that a key does not apply to the artefact or method that has it, if it is one of others."""
    others = _others(model, path)
    if not others:
        return None
    reason = getattr(_annotation(model, path[:-1]), "refused", {}).get(path[-1], "")
    named = listed_in_words([f"'{name}'" for name in others])
    hint = "Remove it." if reason else f"Remove it: it applies to {named}."
    return Problem(f"'{path[-1]}' does not apply to '{path[-2]}'{': ' if reason else ''}{reason}", place, hint)


def _others(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Return the artefacts, or methods, that have the key at the end of a path."""
    registered = _registered(_annotation(model, path[:-2]))
    return registered.having(str(path[-1])) if registered and path[-2] in registered.kinds else []


def listed_in_words(words: list[str]) -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> listed_in_words(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _registered(annotation: Any) -> Registered | None:
    """Return the registry of the kinds that may stand somewhere; None where there is one kind."""
    marks = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((mark for mark in marks if isinstance(mark, Registered)), None)


def _annotation(model: type[BaseModel], path: tuple[int | str, ...]) -> Any:
    """Return the type of what stands at a path of pydantic."""
    here: Any = model
    for step in path:
        here = _inside(here, step)
    return here


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _inside(here: Any, step: int | str) -> Any:
    """Follow one step of a path through the types: a field, an item of a list or mapping, or one of several methods."""
    if _is_model(here):
        fields = {field.alias or name: field.annotation for name, field in here.model_fields.items()}
        return fields.get(str(step))
    origin, arguments = get_origin(here), get_args(here)
    registered = _registered(here)
    if registered:
        return registered.kinds.get(str(step))
    if origin is Annotated:
        return _inside(arguments[0], step)
    if origin in (dict, tuple, list):
        return arguments[1] if origin is dict else arguments[0]
    chosen = _alternatives(here).get(step)
    models = [model for model in map(_bare, arguments) if _is_model(model)]
    return chosen or (_inside(models[0], step) if models else None)


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _alternatives(here: Any) -> Mapping[Any, Any]:
    """Return the alternatives of a union by the names that pydantic gives them: a method, an artefact, a tag, a class."""
    registered = _registered(here)
    if registered:
        return registered.kinds
    here = _bare(here)
    if _is_model(here) or get_origin(here) in (None, dict, tuple, list):
        return {}
    named: dict[int | str, Any] = {}
    for choice in get_args(here):
        tags = (
            [item.tag for item in get_args(choice)[1:] if isinstance(item, Tag)] if choice is not _bare(choice) else []
        )
        bare = _bare(choice)
        named |= dict.fromkeys(tags, bare)
        if _is_model(bare):
            named[bare.__name__] = bare
    return named
