"""Arguments as bytes: two arguments have the same bytes exactly if a task cannot tell them apart.

In: plain values (texts, numbers, None, bytes, tuples, lists, dictionaries, enumerations, frozen dataclasses, models of the
study file, arrays). Out: bytes for a key, and the same values with their dictionaries in one order. The order of the
keys of a dictionary is no part of the bytes, so a task must not see it either: what it is given is `arranged`.
Everything else (a path, an open file, a function) could change behind a key and is refused.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any


class NotPlainError(TypeError):
    """A value that cannot be an argument, with the place where it stands."""

    def __init__(self, place: str, value: object) -> None:
        super().__init__(
            f"{place} is of type {type(value).__module__}.{type(value).__qualname__}: only texts, numbers, None, bytes, tuples, "
            "lists, dictionaries, enumerations, frozen dataclasses, models of the study file and arrays can be arguments"
        )


def canonical(value: object, place: str = "the value") -> bytes:
    """Return the bytes of a value.

    Parameters
    ----------
    value : object
    place : str
        What an error calls the value.

    Raises
    ------
    NotPlainError
        The value, or one inside it, is none of the kinds that can be arguments; the text says where it stands.

    Examples
    --------
    >>> canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})
    True
    >>> len({canonical(one) for one in (1, 1.0, True, "1", b"1", (1,), [1], 0.0, -0.0)})
    9
    >>> canonical({"file": (1, sys.stdout)}, "x")
    Traceback (most recent call last):
        ...
    reportgen.canonical.NotPlainError: x['file'][1] is of type ...
    """
    writer = _WRITERS.get(type(value))
    return writer(value, place) if writer else _composed(value, place)


def _piece(kind: bytes, content: bytes) -> bytes:
    return b"%s%d:%s" % (kind, len(content), content)


def _pieces(kind: bytes, contents: Iterable[bytes]) -> bytes:
    return _piece(kind, b"".join(contents))


def _text(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _float(value: float) -> bytes:
    return b"nan" if value != value else struct.pack("<d", value)


def _items(value: Iterable[object], place: str) -> Iterable[bytes]:
    return (canonical(item, f"{place}[{index}]") for index, item in enumerate(value))


def _pairs(value: Mapping[Any, object], place: str) -> Iterable[bytes]:
    written = ((canonical(key, f"a key of {place}"), item, key) for key, item in value.items())
    return (
        key + canonical(item, f"{place}[{name!r}]") for key, item, name in sorted(written, key=lambda pair: pair[0])
    )


_WRITERS: dict[type, Callable[[Any, str], bytes]] = {
    type(None): lambda value, place: b"N",
    bool: lambda value, place: b"T" if value else b"F",
    int: lambda value, place: _piece(b"i", b"%x" % value),
    float: lambda value, place: _piece(b"f", _float(value)),
    str: lambda value, place: _piece(b"s", _text(value)),
    bytes: lambda value, place: _piece(b"b", value),
    tuple: lambda value, place: _pieces(b"t", _items(value, place)),
    list: lambda value, place: _pieces(b"l", _items(value, place)),
    dict: lambda value, place: _pieces(b"d", _pairs(value, place)),
}


def _composed(value: object, place: str) -> bytes:
    """Return the bytes of an enumeration, a frozen dataclass, a model or an array."""
    if isinstance(value, Enum):
        return _named(b"e", value, [_text(value.name)])
    if is_frozen(type(value)) or _is_model(value):
        given = sorted(getattr(value, "__pydantic_fields_set__", ()))  # what was given, and what is a default
        parts = (_piece(b"n", _text(name)) + canonical(item, f"{place}.{name}") for name, item in _members(value))
        return _named(b"c", value, [*parts, canonical(given)])
    if is_array(value):
        return _array(value, place)
    raise NotPlainError(place, value)


def _named(kind: bytes, value: object, contents: Iterable[bytes]) -> bytes:
    of = type(value)
    return _pieces(kind, [_piece(b"n", _text(f"{of.__module__}:{of.__qualname__}")), *contents])


def is_frozen(kind: Any) -> bool:
    """Whether a class is a frozen dataclass."""
    settings = vars(kind).get("__dataclass_params__")  # its own: a class derived from it may hold more than fields
    return settings is not None and bool(settings.frozen)


def _is_model(value: object) -> bool:
    """Whether a value is a model of pydantic that holds its fields and nothing else; pydantic is not imported for it."""
    if not isinstance(getattr(type(value), "__pydantic_fields__", None), dict) or is_dataclass(value):
        return False
    return not (getattr(value, "__pydantic_extra__", None) or getattr(value, "__pydantic_private__", None))


def _members(value: Any) -> list[tuple[str, object]]:
    """Return names and values of a frozen dataclass or a model."""
    names = [field.name for field in fields(value)] if is_dataclass(value) else type(value).__pydantic_fields__
    return [(name, getattr(value, name)) for name in names]


def is_array(value: object) -> bool:
    """Whether a value is an array or a scalar of numpy, without importing it."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and (type(value) is numpy.ndarray or isinstance(value, numpy.generic))


def _array(value: Any, place: str) -> bytes:
    head = [_text(type(value).__name__), canonical(value.dtype.str), canonical(value.shape)]
    if value.dtype.kind == "O":
        return _pieces(b"a", [*head, *_items(value.ravel().tolist(), place)])
    if value.dtype.kind == "V":
        raise NotPlainError(place, value)
    return _pieces(b"a", [*head, value.tobytes()])


def arranged(value: Any) -> Any:
    """Return a value that is equal to the given one, with the keys of its dictionaries in one order.

    Examples
    --------
    >>> arranged({"b": ({"y": 1, "x": 2},), "a": 0})
    {'a': 0, 'b': ({'x': 2, 'y': 1},)}
    """
    kind = type(value)
    if kind is dict:
        return {key: arranged(value[key]) for key in sorted(value, key=canonical)}
    if kind is tuple or kind is list:
        return kind(map(arranged, value))
    if _is_model(value):
        changed = _rearranged(_members(value))
        return value.model_copy(update=changed) if changed else value
    if is_frozen(type(value)):
        return _with(value, _rearranged(_members(value)))
    return value


def _rearranged(members: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return the members that hold a dictionary, arranged."""
    return {name: arranged(item) for name, item in members if _holds_keys(item)}


def _holds_keys(value: object) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_holds_keys, value))
    if is_frozen(type(value)) or _is_model(value):
        return any(_holds_keys(item) for _, item in _members(value))
    return isinstance(value, dict)


def _with(value: Any, changed: Mapping[str, object]) -> Any:
    """Return a copy of a frozen dataclass with some fields changed, whether its constructor takes them or not."""
    if not changed:
        return value
    copy = object.__new__(type(value))
    for name, item in _members(value):
        object.__setattr__(copy, name, changed.get(name, item))
    return copy
