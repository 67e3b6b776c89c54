"""YAML in, plain values out, with the place of each key and value kept beside them.

`ruamel.yaml` reads YAML 1.2 (so `no` stays a word) and knows line and column. What leaves is ordinary dicts and lists,
and a map from a path, such as `("analyses", "pooled", "outcomes")`, to the place where it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from reportgen.errors import Problem, SpecError
from reportgen.origin import Origin

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
    gone : dict of KeyPath to frozenset of int
        Items of lists that were left out because of a fault: those behind them have moved up.
    """

    path: Path
    shown: str
    content: dict[Any, Any]
    keys: Mapping[KeyPath, Origin] = field(default_factory=dict)
    values: Mapping[KeyPath, Origin] = field(default_factory=dict)
    pruned: frozenset[str] = frozenset()
    gone: Mapping[KeyPath, frozenset[int]] = field(default_factory=dict)

    def without(self, gone: Mapping[KeyPath, Iterable[int]]) -> Source:
        """Return the same with further items of lists left out, at the places where they stand by now."""
        more = dict(self.gone)
        for path, indices in gone.items():
            before = self.gone.get(self.as_written(path), frozenset())
            moved = (self.as_written((*path, index))[-1] for index in indices)
            more[self.as_written(path)] = before | {int(index) for index in moved}
        return replace(self, gone=more)

    def as_written(self, path: KeyPath) -> KeyPath:
        """Return a path with the places that items of lists had before others were left out."""
        written: KeyPath = ()
        for step in path:
            gone = self.gone.get(written, frozenset())
            written = (*written, _place_before(step, gone) if isinstance(step, int) else step)
        return written

    def at(self, *path: Step, key: bool = False) -> Origin:
        """Return the place of a path; of its nearest written ancestor where it was not written itself.

        Words of the path that do not exist (names of alternatives that a validator adds) are passed over.
        """
        path = self.as_written(path)
        known = self._written(path)
        if known in self.keys and (key or known != self._unlisted(path)):
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


def _place_before(place: int, gone: frozenset[int]) -> int:
    """Return the place that an item of a list had before others went.

    Examples
    --------
    >>> _place_before(1, frozenset({0, 2}))
    3
    """
    return [before for before in range(place + len(gone) + 1) if before not in gone][place]


def shown_path(path: Path) -> str:
    """Return the path as a user would type it: relative to the working directory where it is inside."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def read_source(path: Path) -> Source:
    """Read one YAML file.

    Raises
    ------
    SpecError
        The file is missing, a folder, not UTF-8, not YAML, or not a mapping of keys.
    """
    shown = shown_path(path)
    text = _read_text(path, shown)
    lines = text.splitlines()
    try:
        tree = YAML(typ="rt").load(text)
    except DuplicateKeyError as error:
        raise SpecError(
            [_syntax_problem(error, shown, lines, "a key is written twice", "Keep one of the two.")]
        ) from error
    except MarkedYAMLError as error:
        hint = "Check the indentation, the brackets and the quotes on this line and the one before it."
        raise SpecError([_syntax_problem(error, shown, lines, f"this is not YAML: {_reason(error)}", hint)]) from error
    except YAMLError as error:
        raise SpecError([Problem(f"this is not YAML: {error}", Origin(shown, 1))]) from error
    if not isinstance(tree, CommentedMap):
        raise SpecError([Problem("the file does not hold a mapping of keys", Origin(shown, 1), "Start with `study:`.")])
    keys: dict[KeyPath, Origin] = {}
    values: dict[KeyPath, Origin] = {(): Origin(shown, 1)}
    content = _plain(tree, (), shown, lines, keys, values)
    return Source(path, shown, content, keys, values)


def _read_text(path: Path, shown: str) -> str:
    if path.is_dir():
        raise SpecError([Problem(f"'{shown}' is a folder, not a file", hint="Name the YAML file inside it.")])
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        near = sorted(p.name for p in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
        hint = f"In that folder: {', '.join(near)}." if near else "Check the spelling of the path."
        raise SpecError([Problem(f"there is no file '{shown}'", hint=hint)]) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        problem = Problem("the file is not UTF-8 text", Origin(shown, line), "Save it again with the encoding UTF-8.")
        raise SpecError([problem]) from error


def _reason(error: MarkedYAMLError) -> str:
    return str(error.problem or error.context or "it cannot be read")


def _syntax_problem(error: MarkedYAMLError, shown: str, lines: list[str], message: str, hint: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Problem(message, Origin(shown, 1), hint)
    line = min(mark.line, max(len(lines) - 1, 0))
    text = lines[line] if lines else ""
    return Problem(message, Origin(shown, line + 1, mark.column + 1, 1, text), hint)


def _plain(
    node: Any,
    path: KeyPath,
    shown: str,
    lines: list[str],
    keys: dict[KeyPath, Origin],
    values: dict[KeyPath, Origin],
) -> Any:
    def place(mark: tuple[int, int], value: Any) -> Origin:
        line, column = mark
        text = lines[line] if line < len(lines) else ""
        return Origin(shown, line + 1, column + 1, _length(value, text, column), text)

    if isinstance(node, CommentedMap):
        plain: dict[Any, Any] = {}
        for key, value in node.items():
            here = (*path, key)
            keys[here] = place(node.lc.key(key), key)
            values[here] = place(node.lc.value(key), value)
            plain[_scalar(key)] = _plain(value, here, shown, lines, keys, values)
        return plain
    if isinstance(node, CommentedSeq):
        items = []
        for index, value in enumerate(node):
            here = (*path, index)
            values[here] = place(node.lc.item(index), value)
            items.append(_plain(value, here, shown, lines, keys, values))
        return items
    return _scalar(node)


def _scalar(value: Any) -> Any:
    """Turn ruamel's scalar subclasses into the plain types they stand for."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _length(value: Any, text: str, column: int) -> int:
    """How many characters a scalar takes on its line; containers are pointed at with one caret."""
    if isinstance(value, dict | list):
        return 1
    rest = text[column:]
    word = str(value)
    if rest[:1] in "'\"":
        word = f"'{word}'"
    return max(1, min(len(word), len(rest.rstrip())))
