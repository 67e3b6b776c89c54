"""Values as bytes and back, exactly, for a store that outlives the process: never a pickle.

In: None, truths, numbers, texts, bytes, tuples, lists, dictionaries, frozen dataclasses, enumerations, arrays and scalars
of numpy. Out: bytes that depend on the value alone (not on what of it is shared in memory), so that their sha256 says
whether two values are the same. Every node of a value has a number. What cannot change is written once however often it
is met; objects of one class are written column by column, so that both ways are a few passes in C over whole columns.

    bytes     B, then the bytes as they are
    others    C (nothing in it can be changed) or T (something can), length of the structure (8 bytes), the structure (JSON: texts, whole numbers, classes), then the sections
              (numbers of nodes as 4 bytes each, floats as 8, arrays as they lie in memory)

A value of participants must never be written. Nothing can tell a vector with a number for each participant from another
but its length: the caller says from which length on a vector is refused.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import struct
import sys
from array import array
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from itertools import accumulate, chain, pairwise, repeat
from operator import attrgetter
from typing import Any

from reportgen.canonical import is_frozen

PACKAGES = ("reportgen",)
"""Packages whose classes may be written and read."""

CONSTANTS: tuple[Any, ...] = (None, False, True)  # the first nodes of every value
GROUPS = ("texts", "whole", "floats", "bytes", "enums", "arrays", "scalars", "tuples", "lists", "dicts")
LONGEST_DECIMAL = 2**63  # whole numbers from here on are written to base 16: Python limits decimal ones
NUMBERS = frozenset({int, float, bool, type(None)})


class EncodingError(TypeError):
    """A value holds something that cannot be written."""


class DecodingError(ValueError):
    """Bytes that this version of the package cannot read."""


class ParticipantsError(Exception):
    """A value is as long as the participants are many: a defect of ours, for participants are never written."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value as bytes: `encode` makes one, and what a store gives back is one again.

    Attributes
    ----------
    content : bytes
    digest : str
        sha256 of the content.
    """

    content: bytes
    digest: str

    @property
    def constant(self) -> bool:
        """Whether nothing in the value can be changed, so that one copy may serve all who read it."""
        return self.content[:1] in (b"B", b"C")


def encode(value: object, *, forbidden_length: int | None = None, packages: Collection[str] = PACKAGES) -> Encoded:
    """Return a value as bytes.

    Parameters
    ----------
    value : object
    forbidden_length : int, optional
        Arrays with a side of this length or more are refused, and so are tuples, lists and dictionaries of as many
        plain numbers; nothing is where None.
    packages : collection of str
        The packages whose classes may be written.

    Raises
    ------
    EncodingError
        The value holds something else; the text says where.
    ParticipantsError
        It holds a vector of a forbidden length.

    Examples
    --------
    >>> decode(encode({"effect": (1.5, None, float("inf")), "arms": ["a", "b"]}).content)
    {'effect': (1.5, None, inf), 'arms': ['a', 'b']}
    >>> encode((1, 1)).digest == encode((1, 1.0)).digest
    False
    >>> encode((0.5, 1.5, 2.5), forbidden_length=3)
    Traceback (most recent call last):
        ...
    reportgen.encoding.ParticipantsError: 3 numbers in a tuple: a vector with a number for each participant is not kept
    """
    if type(value) is bytes:
        return _sealed(b"B" + value)
    writer = _Writer(forbidden_length or sys.maxsize, tuple(packages))
    try:
        root = writer.node(value)
    except EncodingError as error:
        raise EncodingError(f"{_place(value, packages)}: {error}") from error
    except RecursionError as error:
        raise EncodingError("the value holds itself, or is too deep") from error
    return _sealed(writer.content(root))


def _sealed(content: bytes) -> Encoded:
    return Encoded(content, hashlib.sha256(content).hexdigest())


class _Writer:
    """Numbers the nodes of a value, children first."""

    def __init__(self, forbidden: int, packages: tuple[str, ...]) -> None:
        self._forbidden = forbidden
        self._packages = packages
        self._count = len(CONSTANTS)
        self._atoms: dict[type, dict[Any, int]] = {str: {}, int: {}, float: {}}
        self._atoms[type(None)], self._atoms[bool] = {None: 0}, {False: 1, True: 2}
        self._positions: dict[str, list[int]] = {group: [] for group in GROUPS}
        self._items: dict[str, list[Any]] = {group: [] for group in GROUPS}
        self._classes: dict[type, _Column] = {}
        self._known: dict[Any, int] = {}  # constant nodes by what they are
        self._seen: dict[int, int] = {}  # constant nodes by their object, which the value keeps alive
        self.changeable: set[int] = set()

    def node(self, value: Any) -> int:
        """Return the number of the node of a value."""
        kind = type(value)
        atoms = self._atoms.get(kind)
        if atoms is None:
            found = self._seen.get(id(value))
            return self._compound(kind, value) if found is None else found
        found = atoms.get(value if kind is not float or value else repr(value))
        return self._atom(kind, value) if found is None else found

    def _atom(self, kind: type, value: Any) -> int:
        group, key = {str: ("texts", value), int: ("whole", value), float: ("floats", value)}[kind]
        if kind is float and not (value and value == value):  # 0.0 equals -0.0, and nan not even itself
            key = repr(value)
            if key in self._atoms[float]:
                return self._atoms[float][key]
            value = math.nan if key == "nan" else value
        self._atoms[kind][key] = number = self._new(group, value)
        return number

    def _new(self, group: str, item: Any) -> int:
        number = self._count
        self._count += 1
        self._positions[group].append(number)
        self._items[group].append(item)
        return number

    def _compound(self, kind: type, value: Any) -> int:
        column = self._classes.get(kind)
        if column is not None:
            return self._object(column, value)
        writer = _COMPOUNDS.get(kind)
        if writer is not None:
            return writer(self, value)
        if isinstance(value, Enum):
            return self._once(("enums", kind, value.name), "enums", [self._class_name(kind), value.name])
        if is_frozen(kind):
            self._classes[kind] = _Column(self._class_name(kind), [field.name for field in fields(kind)])
            return self._object(self._classes[kind], value)
        return self._of_numpy(kind, value)

    def _class_name(self, kind: type) -> str:
        name = f"{kind.__module__}:{kind.__qualname__}"
        if "<" in name or kind.__module__.partition(".")[0] not in self._packages:
            raise EncodingError(f"class {name} cannot be found again by its name in {', '.join(self._packages)}")
        return name

    def _once(self, key: Any, group: str, item: Any) -> int:
        """Return the number of a node that cannot change."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._new(group, item)
        return found

    def _object(self, column: _Column, value: Any) -> int:
        children = tuple(map(self.node, column.values(value)))
        key = (column.name, children)
        found = self._known.get(key)
        if found is None:
            found, self._count = self._count, self._count + 1
            column.positions.append(found)
            column.rows.append(children)
            if self._inherits(children, found):
                return found
            self._known[key] = found
        self._seen[id(value)] = found
        return found

    def _inherits(self, children: Iterable[int], number: int) -> bool:
        """Mark a node that holds one which can be changed: it is written as often as it is met."""
        if not self.changeable or self.changeable.isdisjoint(children):
            return False
        self.changeable.add(number)
        return True

    def _tuple(self, value: tuple[Any, ...]) -> int:
        self._guard(value, "tuple")
        children = tuple(map(self.node, value))
        found = self._known.get(children)
        if found is None:
            found = self._new("tuples", children)
            if self._inherits(children, found):
                return found
            self._known[children] = found
        self._seen[id(value)] = found
        return found

    def _list(self, value: list[Any]) -> int:
        self._guard(value, "list")
        return self._changing("lists", tuple(map(self.node, value)))

    def _dict(self, value: dict[Any, Any]) -> int:
        self._guard(value.values(), "dictionary")
        return self._changing("dicts", tuple(map(self.node, chain.from_iterable(value.items()))))

    def _changing(self, group: str, item: Any) -> int:
        number = self._new(group, item)
        self.changeable.add(number)
        return number

    def _bytes(self, value: bytes) -> int:
        return self._once(("bytes", value), "bytes", value)

    def _guard(self, values: Collection[Any], kind: str) -> None:
        if len(values) >= self._forbidden and NUMBERS.issuperset(map(_plain_kind, values)):
            raise _refused(f"{len(values)} numbers in a {kind}")

    def _of_numpy(self, kind: type, value: Any) -> int:
        numpy = sys.modules.get("numpy")
        if numpy is not None and kind is numpy.ndarray:
            return self._array(value)
        if numpy is not None and isinstance(value, numpy.generic) and value.dtype.kind not in "OV":
            key = (value.dtype.str, value.tobytes())
            return self._once(("scalars", *key), "scalars", key)
        raise EncodingError(f"a value of type {kind.__module__}.{kind.__qualname__} cannot be kept")

    def _array(self, value: Any) -> int:
        if any(side >= self._forbidden for side in value.shape):
            raise _refused(f"an array of {' by '.join(map(str, value.shape))}")
        order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
        if value.dtype.kind == "O":
            texts = value.ravel(order).tolist()
            if not all(type(text) is str for text in texts):
                raise EncodingError("an array of objects that are not texts cannot be kept")
            content = _numbers(map(self.node, texts))
        elif value.dtype.kind == "V":
            raise EncodingError("an array of records cannot be kept")
        else:
            content = value.tobytes(order)
        return self._changing("arrays", (value.dtype.str, value.shape, order, self._bytes(content)))

    def content(self, root: int) -> bytes:
        """Return everything that was numbered, with the node to begin with."""
        sections: list[bytes] = [_numbers(self._positions[group]) for group in GROUPS]
        sections.append(_floats(self._items["floats"]))
        for group in ("tuples", "lists", "dicts"):
            sections += [_numbers(map(len, self._items[group])), _numbers(chain.from_iterable(self._items[group]))]
        for column in self._classes.values():
            sections += [_numbers(column.positions), *(map(_numbers, zip(*column.rows, strict=True)))]
        blobs = [*self._items["bytes"], *(content for _, content in self._items["scalars"])]
        structure = {
            "nodes": self._count,
            "root": root,
            "texts": self._items["texts"],
            "whole": [item if abs(item) < LONGEST_DECIMAL else f"{item:x}" for item in self._items["whole"]],
            "enums": self._items["enums"],
            "arrays": self._items["arrays"],
            "scalars": [kind for kind, _ in self._items["scalars"]],
            "classes": [[column.name, column.names] for column in self._classes.values()],
            "sections": [len(section) for section in sections],
            "blobs": [len(blob) for blob in blobs],
        }
        head = json.dumps(structure, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        return b"".join([b"T" if self.changeable else b"C", struct.pack("<Q", len(head)), head, *sections, *blobs])


_COMPOUNDS: dict[type, Callable[[_Writer, Any], int]] = {
    tuple: _Writer._tuple,
    list: _Writer._list,
    dict: _Writer._dict,
    bytes: _Writer._bytes,
}


class _Column:
    """The objects of one class."""

    def __init__(self, name: str, names: list[str]) -> None:
        self.name = name
        self.names = names
        self.positions: list[int] = []
        self.rows: list[tuple[int, ...]] = []
        self.values: Callable[[object], Iterable[Any]] = (
            attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, name) for name in names]
        )


def _numbers(values: Iterable[int]) -> bytes:
    return _little(array("I", values))


def _floats(values: Iterable[float]) -> bytes:
    return _little(array("d", values))


def _little(values: array[Any]) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def _plain_kind(value: object) -> type:
    """Return the type of a value, that of numpy's numbers as Python's."""
    return float if type(value).__module__ == "numpy" else type(value)


def _refused(found: str) -> ParticipantsError:
    return ParticipantsError(f"{found}: a vector with a number for each participant is not kept")


def _place(value: object, packages: Collection[str], place: str = "the value") -> str:
    """Return where in a value that which cannot be written stands."""
    for name, child in _children(value):
        try:
            _Writer(sys.maxsize, tuple(packages)).node(child)
        except (EncodingError, RecursionError):
            return _place(child, packages, f"{place}{name}")
    return place


def _children(value: Any) -> Iterable[tuple[str, object]]:
    if type(value) in (tuple, list):
        return ((f"[{index}]", child) for index, child in enumerate(value))
    if type(value) is dict:
        return chain(
            ((f" (a key, {key!r})", key) for key in value), ((f"[{key!r}]", item) for key, item in value.items())
        )
    if is_dataclass(value) and not isinstance(value, type):
        return ((f".{field.name}", getattr(value, field.name)) for field in fields(value))
    return ()


def decode(content: bytes, *, packages: Collection[str] = PACKAGES) -> Any:
    """Return the value that was written.

    Parameters
    ----------
    content : bytes
    packages : collection of str
        The packages whose classes may be imported; no other class ever is.

    Raises
    ------
    DecodingError
        The bytes are not what this version of the package writes.

    Examples
    --------
    >>> decode(encode(b"a page").content)
    b'a page'
    >>> decode(b"something else")
    Traceback (most recent call last):
        ...
    reportgen.encoding.DecodingError: the bytes are no encoded value
    """
    if content[:1] == b"B":
        return content[1:]
    if content[:1] not in (b"C", b"T"):
        raise DecodingError("the bytes are no encoded value")
    try:
        return _Reader(content, packages).value()
    except DecodingError:
        raise
    except Exception as error:  # whatever bytes that are not ours lead to
        raise DecodingError(f"the bytes cannot be decoded ({type(error).__name__}: {error})") from error


class _Reader:
    """Makes the nodes of a value: first what has no parts, then empty objects, then tuples, at last what holds them."""

    def __init__(self, content: bytes, packages: Collection[str]) -> None:
        (length,) = struct.unpack_from("<Q", content, 1)
        self._structure = json.loads(content[9 : 9 + length].decode("utf-8", "surrogatepass"))
        self._packages = packages
        parts = [9 + length, *self._structure["sections"], *self._structure["blobs"]]
        ends = list(accumulate(parts))
        if ends[-1] != len(content):
            raise DecodingError("the bytes are more or fewer than their structure says")
        pieces = (content[start:end] for start, end in pairwise(ends))
        self._sections = iter([next(pieces) for _ in self._structure["sections"]])
        self._blobs = list(pieces)
        self._nodes: list[Any] = [None] * self._structure["nodes"]
        self._nodes[: len(CONSTANTS)] = CONSTANTS

    def _numbers(self) -> Sequence[int]:
        return _read("I", next(self._sections))

    def _placed(self, positions: Sequence[int], items: Iterable[Any]) -> None:
        for position, item in zip(positions, items, strict=True):
            self._nodes[position] = item

    def value(self) -> Any:
        """Return the value."""
        structure = self._structure
        positions = {group: self._numbers() for group in GROUPS}
        self._placed(positions["texts"], structure["texts"])
        self._placed(positions["whole"], (int(item, 16) if type(item) is str else item for item in structure["whole"]))
        self._placed(positions["floats"], _read("d", next(self._sections)))
        self._placed(positions["bytes"], self._blobs[: len(positions["bytes"])])
        self._placed(positions["enums"], (self._class(name)[member] for name, member in structure["enums"]))
        self._placed(positions["arrays"], (self._array(*item) for item in structure["arrays"]))
        scalars = zip(structure["scalars"], self._blobs[len(positions["bytes"]) :], strict=True)
        self._placed(positions["scalars"], (_raw_array(kind, content)[0] for kind, content in scalars))
        tuples, lists, dicts = ((self._numbers(), self._numbers()) for _ in range(3))
        self._placed(positions["lists"], ([] for _ in positions["lists"]))
        self._placed(positions["dicts"], ({} for _ in positions["dicts"]))
        filling = [self._emptied(*item) for item in structure["classes"]]
        for position, children in zip(positions["tuples"], self._runs(*tuples), strict=True):
            self._nodes[position] = tuple(children)
        for fill in filling:
            fill()
        for position, children in zip(positions["lists"], self._runs(*lists), strict=True):
            self._nodes[position].extend(children)
        for position, children in zip(positions["dicts"], self._runs(*dicts), strict=True):
            found = list(children)
            self._nodes[position].update(zip(found[::2], found[1::2], strict=True))
        return self._nodes[structure["root"]]

    def _runs(self, lengths: Sequence[int], children: Sequence[int]) -> Iterable[Iterable[Any]]:
        ends = accumulate(lengths, initial=0)
        return (map(self._nodes.__getitem__, children[start:end]) for start, end in pairwise(ends))

    def _emptied(self, name: str, names: list[str]) -> Callable[[], None]:
        """Make the objects of a class without their fields; return what fills them when all nodes are there."""
        kind = self._class(name)
        if not is_dataclass(kind) or [field.name for field in fields(kind)] != names:
            raise DecodingError(f"class {name} has other fields than when it was written")
        positions = self._numbers()
        columns = [self._numbers() for _ in names]
        make: Callable[[Any], object] = object.__new__
        objects = list(map(make, repeat(kind, len(positions))))
        self._placed(positions, objects)

        def fill() -> None:
            for field, column in zip(names, columns, strict=True):
                items = map(self._nodes.__getitem__, column)
                deque(map(object.__setattr__, objects, repeat(field), items), maxlen=0)

        return fill

    def _class(self, name: str) -> Any:
        module, _, path = name.partition(":")
        if module.partition(".")[0] not in self._packages:
            raise DecodingError(f"class {name} is of none of the packages {', '.join(self._packages)}")
        kind = attrgetter(path)(importlib.import_module(module))
        if not (isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, Enum))):
            raise DecodingError(f"{name} is no class of values")
        return kind

    def _array(self, kind: str, shape: list[int], order: str, node: int) -> Any:
        content = self._nodes[node]
        if kind == "|O":
            import numpy as np

            texts = np.empty(math.prod(shape), dtype=object)
            texts[:] = [self._nodes[number] for number in _read("I", content)]
            return texts.reshape(shape, order="C" if order == "C" else "F")
        return _raw_array(kind, content).reshape(shape, order=order)


def _raw_array(kind: str, content: bytes) -> Any:
    import numpy as np

    return np.frombuffer(content, dtype=kind).copy()


def _read(kind: str, content: bytes) -> Sequence[Any]:
    values = array(kind)
    values.frombytes(content)
    if sys.byteorder == "big":
        values.byteswap()
    return values
