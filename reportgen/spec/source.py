"""YAML in, plain values out, with the place of each key and value kept beside them.

What leaves is ordinary dicts and lists, and a map from a path, such as `("analyses", "pooled", "outcomes")`, to the place
where it was written. What YAML means here is said in `tree`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reportgen.errors import Problem, SpecError
from reportgen.origin import Origin
from reportgen.spec.kinds import Kind, of_another_kind
from reportgen.spec.normal import composed, normal, on_disk
from reportgen.spec.text import read_text, shown_path
from reportgen.spec.tree import Node, read_tree

_TWICE = "Keep one of the two: accents, blanks and invisible characters are written in two ways."
Step = str | int | float
KeyPath = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One YAML file, read.

    Attributes
    ----------
    path : Path
        Where the file is.
    shown : str
        How messages name it.
    content : dict
        Its content as plain Python values.
    keys, values : dict of KeyPath to Origin
        Where each key, and each value, was written.
    pruned : frozenset of str
        Names that were written with a fault and left out: to refer to them is no second fault.
    removed : dict of KeyPath to frozenset of int
        Items of lists that were left out because of a fault: those behind them have moved up.
    sha256 : str
        Of the bytes that were read.
    """

    path: Path
    shown: str
    content: dict[Any, Any]
    keys: Mapping[KeyPath, Origin] = field(default_factory=dict)
    values: Mapping[KeyPath, Origin] = field(default_factory=dict)
    pruned: frozenset[str] = frozenset()
    removed: Mapping[KeyPath, frozenset[int]] = field(default_factory=dict)
    sha256: str = ""

    def without(self, removed: Mapping[KeyPath, Iterable[int]]) -> Source:
        """Return the same with further items of lists left out, at the places where they stand by now."""
        more = dict(self.removed)
        for path, indices in removed.items():
            before = self.removed.get(self.as_written(path), frozenset())
            moved = (self.as_written((*path, index))[-1] for index in indices)
            more[self.as_written(path)] = before | {int(index) for index in moved}
        return replace(self, removed=more)

    def as_written(self, path: KeyPath) -> KeyPath:
        """Return a path with the places that items of lists had before others were left out."""
        written: KeyPath = ()
        for step in path:
            removed = self.removed.get(written, frozenset())
            written = (*written, _place_before(step, removed) if removed and isinstance(step, int) else step)
        return written

    def at(self, *path: Step, key: bool = False) -> Origin:
        """Return the place of a path; of its nearest written ancestor where it was not written itself.

        Words of the path that do not exist (names of alternatives that a validator adds) are passed over.
        """
        path = self.as_written(path)
        known = self._written(path)
        if known in self.keys and (key or known[-1:] != self._unlisted(path)[-1:]):
            return self.keys[known]
        return self.values.get(known) or self.keys.get(known) or Origin(self.shown, 1)

    def _unlisted(self, path: KeyPath) -> KeyPath:
        """Return a path as it was written where one value may stand for a list of one."""
        return path[:-1] if path not in self.values and path and isinstance(path[-1], int) else path

    def _written(self, path: KeyPath) -> KeyPath:
        known: KeyPath = ()
        for step in path:
            if (*known, step) in self.values:
                known = (*known, step)
        return known


def _place_before(place: int, removed: frozenset[int]) -> int:
    """Return the place that an item of a list had before others went.

    Examples
    --------
    >>> _place_before(1, frozenset({0, 2}))
    3
    """
    return [before for before in range(place + len(removed) + 1) if before not in removed][place]


def read_source(path: Path, kind: Kind) -> Source:
    """Read one YAML file.

    Raises
    ------
    SpecError
        The file cannot be read, is not YAML, not a mapping of keys, or of another kind.
    """
    called_so = on_disk(path)
    path = called_so[0] if len(called_so) == 1 else path
    shown = shown_path(path)
    if len(called_so) > 1:
        hint = "Their names differ in characters that look the same: rename one of them."
        raise SpecError([Problem(f"{len(called_so)} files are called '{shown}'", hint=hint)])
    text, sha256 = read_text(path, shown)
    root = read_tree(text, shown)
    if root.pairs is None:
        raise SpecError(
            [
                Problem(
                    "the file does not hold a mapping of keys",
                    Origin(shown, 1),
                    f"It should be {kind}: keys with values.",
                )
            ]
        )
    keys: dict[KeyPath, Origin] = {}
    values: dict[KeyPath, Origin] = {}
    content = _plain(root, (), keys, values)
    values[()] = Origin(shown, 1)
    other = of_another_kind(shown, content.keys(), kind)
    if other is not None:
        raise SpecError([other])
    return Source(path, shown, content, keys, values, sha256=sha256)


def _plain(node: Node, path: KeyPath, keys: dict[KeyPath, Origin], values: dict[KeyPath, Origin]) -> Any:
    """Return plain values, and note on the way where each of them stands."""
    values[path] = node.place
    if node.items is not None:
        return [_plain(item, (*path, index), keys, values) for index, item in enumerate(node.items)]
    if node.pairs is None:
        return composed(node.scalar) if isinstance(node.scalar, str) else node.scalar
    plain: dict[Any, Any] = {}
    for key, value in node.pairs:
        assert key.scalar is not None  # the tree has reported it
        word = _key(key.scalar) if isinstance(key.scalar, str) else key.scalar
        if word in plain:
            raise SpecError([Problem("duplicate key, written with different characters", key.place, _TWICE)])
        keys[(*path, word)] = key.place
        plain[word] = _plain(value, (*path, word), keys, values)
    return plain


def _key(text: str) -> str:
    """The form in which keys are compared; a key that is broken over lines stays so, to be refused by who knows what it names."""
    return text if len(text.splitlines()) > 1 else normal(text)
