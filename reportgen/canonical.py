"""Arguments as bytes: two arguments have the same bytes exactly if a task cannot tell them apart.

In: plain values (texts, numbers, None, bytes, tuples, lists, dictionaries, enumerations, frozen dataclasses, models of the
study file, arrays). Out: bytes for a key, and the same values with their dictionaries in one order. The order of the
keys of a dictionary is no part of the bytes, so a task must not see it either: what it is given is `arranged`.
Everything else (a path, an open file, a function) could change behind a key and is refused.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from operator import attrgetter
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
    try:
        return _written(value)
    except _UnknownKindError:
        raise _not_plain(value, place) from None


class _UnknownKindError(TypeError):
    """A value that cannot be an argument, wherever it stands: looking for its place would cost all others time."""


def _not_plain(value: Any, place: str) -> NotPlainError:
    """Return the error that names the first value, in a value or the value itself, that cannot be an argument."""
    for name, child in _children(value):
        try:
            _written(child)
        except _UnknownKindError:
            return _not_plain(child, f"a key of {place}" if name is None else f"{place}{name}")
    return NotPlainError(place, value)


def _children(value: Any) -> Iterable[tuple[str | None, object]]:
    """Yield what a value holds, each after its place in it; that of a key is None."""
    if isinstance(value, dict):
        yield from ((None, key) for key in value)
        yield from ((f"[{key!r}]", item) for key, item in value.items())
    elif isinstance(value, tuple | list):
        yield from ((f"[{index}]", item) for index, item in enumerate(value))
    elif is_array(value):
        yield from ((f"[{index}]", item) for index, item in enumerate(value.ravel().tolist()))
    elif is_frozen(type(value)) or _is_model(value):
        yield from ((f".{name}", item) for name, item in _members(value))


def _written(value: object) -> bytes:
    kind = type(value)
    writer = _WRITERS.get(kind)
    if writer is None and is_frozen(kind) and not issubclass(kind, Enum):
        writer = _WRITERS[kind] = _frozen_writer(kind)
    return writer(value) if writer else _composed(value)


def _piece(kind: bytes, content: bytes) -> bytes:
    return b"%s%d:%s" % (kind, len(content), content)


def _text(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _float(value: float) -> bytes:
    return b"nan" if value != value else struct.pack("<d", value)


def _items(value: Iterable[object]) -> bytes:
    return b"".join(map(_written, value))


def _pairs(value: Mapping[Any, object]) -> bytes:
    return b"".join(sorted(_written(key) + _written(item) for key, item in value.items()))


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: lambda value: _piece(b"i", b"%x" % value),
    float: lambda value: _piece(b"f", _float(value)),
    str: lru_cache(1 << 16)(lambda value: _piece(b"s", _text(value))),  # ids and words come again and again
    bytes: lambda value: _piece(b"b", value),
    tuple: lambda value: _piece(b"t", _items(value)),
    list: lambda value: _piece(b"l", _items(value)),
    dict: lambda value: _piece(b"d", _pairs(value)),
}
"""How values of each type are written; classes of records are added when they are first met."""


def _frozen_writer(kind: type) -> Callable[[Any], bytes]:
    """Return what writes the frozen dataclasses of one class."""
    names = [field.name for field in fields(kind)]
    heads = [_piece(b"n", _text(name)) for name in names]
    members: Callable[[Any], tuple[object, ...]] = attrgetter(*names) if len(names) > 1 else _one_by_one(names)
    begin, end, writer_of = _named(kind), _written([]), _WRITERS.get

    def write(value: Any) -> bytes:
        parts = [begin]
        for head, item in zip(heads, members(value), strict=True):
            writer = writer_of(type(item))
            parts += (head, writer(item) if writer else _written(item))
        return _piece(b"c", b"".join((*parts, end)))

    return write


def _one_by_one(names: Sequence[str]) -> Callable[[Any], tuple[object, ...]]:
    return lambda value: tuple(getattr(value, name) for name in names)


def _composed(value: Any) -> bytes:
    """Return the bytes of an enumeration, a model or an array."""
    if isinstance(value, Enum):
        return _piece(b"e", _named(type(value)) + _text(value.name))
    if _is_model(value):
        given = sorted(value.__pydantic_fields_set__)  # what was given, and what is a default
        parts = [_piece(b"n", _text(name)) + _written(item) for name, item in _members(value)]
        return _piece(b"c", b"".join([_named(type(value)), *parts, _written(given)]))
    if is_array(value):
        return _array(value)
    raise _UnknownKindError


def _named(kind: type) -> bytes:
    return _piece(b"n", _text(f"{kind.__module__}:{kind.__qualname__}"))


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


def _array(value: Any) -> bytes:
    head = _text(type(value).__name__) + _written(value.dtype.str) + _written(value.shape)
    if value.dtype.kind == "O":
        return _piece(b"a", head + _items(value.ravel().tolist()))
    if value.dtype.kind == "V":
        raise _UnknownKindError
    return _piece(b"a", head + value.tobytes())


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
