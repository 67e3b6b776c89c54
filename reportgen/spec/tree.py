"""YAML text in, a tree of nodes out: what was written, where, and as which kind.

The language needs little of YAML 1.2: mappings, lists, texts and numbers. A plain word is a number only where it is
written as one would print it (`7`, `-0.5`, `1.25`); `01`, `1.10`, `0x8`, `1_0`, `2020-01-01`, `true` and `NO` stay the
texts that they are, so that a code or a level is what was written, while a key that takes a number reads them as one.
Tags, merge keys and keys that are no words are reported, not guessed at. Nodes are counted while they are read, so that no
file can take minutes: an alias counts as much as what it repeats.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from reportgen.errors import Problem, SpecError
from reportgen.origin import Origin
from reportgen.spec.text import lines_of

MOST_NODES = 25_000
MOST_LEVELS = 40
MOST_CHARACTERS = 20_000
Scalar = str | int | float | None

_NULL = ("", "~", "null", "Null", "NULL")
_WHOLE = re.compile(r"-?[1-9][0-9]{0,299}|0")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@dataclass(slots=True)
class Node:
    """One value as it was written.

    Attributes
    ----------
    place : Origin
    scalar : str, int, float or None
        What it is, where it is neither of the following.
    pairs : list of (Node, Node), optional
        Keys and values of a mapping.
    items : list of Node, optional
        What a list holds.
    size : int
        How many nodes it is, with everything in it.
    """

    place: Origin
    scalar: Scalar = None
    pairs: list[tuple[Node, Node]] | None = None
    items: list[Node] | None = None
    size: int = 1


def read_tree(text: str, shown: str) -> Node:
    """Return the tree of a YAML text.

    Raises
    ------
    SpecError
        With everything that is not of the language's YAML.
    """
    reader = _Reader(text, shown)
    try:
        root = reader.document()
    except MarkedYAMLError as error:
        reader.problems.append(syntax_problem(error, shown, reader.lines))
    except YAMLError as error:
        reader.problems.append(Problem(f"this is not YAML: {error}", Origin(shown, 1)))
    if reader.problems:
        raise SpecError(reader.problems)
    return root


@dataclass(slots=True)
class _Reader:
    """Goes through the events of a YAML parser once; what is wrong is gathered on the way."""

    text: str
    shown: str
    lines: list[str] = field(init=False)
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        self.lines = [_INVISIBLE.sub("\ufffd", line) for line in lines_of(self.text)]

    def document(self) -> Node:
        """Return the only document of the file."""
        events = self._events()
        root = Node(Origin(self.shown, 1))
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and self.count:
                self._say("a second document begins here", event, "Keep one document per file: remove `---`.")
                return root
            if kind == "DocumentStartEvent" and event.version not in (None, (1, 2)):
                hint = "Study files are read as YAML 1.2: remove the line `%YAML`."
                self._say("the file declares another version of YAML", event, hint)
            if kind in ("MappingStartEvent", "SequenceStartEvent", "ScalarEvent", "AliasEvent"):
                root = self._node(event, events, 0)
        return root

    def _events(self) -> Iterator[Any]:
        """Yield the events of the parser; what it stumbles over (as `"\\UFFFFFFFF"`) stands behind the last of them."""
        event = None
        try:
            for event in YAML(typ="safe", pure=True).parse(self.text):
                yield event
        except YAMLError:
            raise
        except (ValueError, OverflowError, LookupError, TypeError, AttributeError) as error:
            place = self._place(event) if event is not None else Origin(self.shown, 1)
            hint = "Check the characters, quotes and backslashes after this place."
            raise SpecError([*self.problems, Problem(f"this is not YAML: {error}", place, hint)]) from error

    def _node(self, event: Any, events: Iterator[Any], level: int) -> Node:
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._repeated(event)
        self._count(1, event)
        if level > MOST_LEVELS:
            hint = "Remove brackets or indentation: nothing in these files is nested as deeply."
            self._stop(f"more than {MOST_LEVELS} nested levels", event, hint)
        self._tag(event)
        if event.anchor is not None:
            self.anchors.pop(event.anchor, None)  # it is not known within itself
        node = Node(self._place(event), None)
        if kind == "ScalarEvent":
            node.scalar = self._scalar(event)
        elif kind == "SequenceStartEvent":
            node.items = [self._node(item, events, level + 1) for item in _until(events, "SequenceEndEvent")]
            node.size += sum(item.size for item in node.items)
        else:
            node.pairs = [
                (self._node(item, events, level + 1), self._node(next(events), events, level + 1))
                for item in _until(events, "MappingEndEvent")
            ]
            self._keys(node.pairs)
            node.size += sum(key.size + value.size for key, value in node.pairs)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _repeated(self, event: Any) -> Node:
        node = self.anchors.get(event.anchor)
        if node is None:
            self._say(f"`*{event.anchor}` refers to no earlier anchor", event, "Write the value itself.")
            return Node(self._place(event))
        self._count(node.size, event)
        return replace(node, place=self._place(event))

    def _count(self, nodes: int, event: Any) -> None:
        self.count += nodes
        if self.count > MOST_NODES:
            hint = "Aliases count as what they repeat. Split the file, or remove repetitions."
            self._stop(f"the file holds more than {MOST_NODES:,} values", event, hint)

    def _tag(self, event: Any) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in ("!", "tag:yaml.org,2002:str"):
            word = str(tag).replace("tag:yaml.org,2002:", "!!")
            self._say(f"the tag '{_short(word)}' is not supported", event, "Remove it and write the plain value.")

    def _scalar(self, event: Any) -> Scalar:
        text = event.value
        if len(text) > MOST_CHARACTERS:
            hint = f"A text has at most {MOST_CHARACTERS:,} characters."
            self._say(f"this text has {len(text):,} characters", event, hint)
            return ""
        found = _INVISIBLE.search(text)
        if found is not None:
            message = f"the text holds the {_kind(found[0])} U+{ord(found[0]):04X}, which cannot be printed"
            self._say(message, event, "Remove it.")
            return _INVISIBLE.sub("\ufffd", text)
        plain = event.style is None and getattr(event, "tag", None) is None
        return plain_value(text) if plain else str(text)

    def _keys(self, pairs: list[tuple[Node, Node]]) -> None:
        seen: dict[Any, Node] = {}
        for key, _ in pairs:
            if key.pairs is not None or key.items is not None:
                what = "a list" if key.items is not None else "a mapping of keys"
                self._say_at(f"{what} found where a key is expected", key.place, "Write one word before the colon.")
            elif key.scalar is None:
                written = key.place.text[key.place.column - 1 :][: key.place.length].strip()
                word = written if written in _NULL[1:] else ""
                hint = (
                    f"If it is a code or a name, put it in quotes: '{word}'."
                    if word
                    else "Write a word before the colon."
                )
                self._say_at(
                    f"{f'the empty value `{word}`' if word else 'an empty value'} found where a key is expected",
                    key.place,
                    hint,
                )
            elif key.scalar == "<<" and key.place.text[key.place.column - 1 :][:2] == "<<":
                hint = "Write out the keys that it would merge."
                self._say_at("merge keys (`<<`) are not read", key.place, hint)
            elif key.scalar in seen:
                first = seen[key.scalar].place
                self._say_at("duplicate key", key.place, f"Keep one of the two: the other is on line {first.line}.")
            else:
                seen[key.scalar] = key

    def _place(self, event: Any) -> Origin:
        start, end = event.start_mark, event.end_mark
        text = self.lines[start.line] if start.line < len(self.lines) else ""
        length = 1
        if type(event).__name__ in ("ScalarEvent", "AliasEvent"):
            length = (end.column if end.line == start.line else len(text.rstrip())) - start.column
        return Origin(self.shown, start.line + 1, start.column + 1, max(1, length), text)

    def _say(self, message: str, event: Any, hint: str) -> None:
        self._say_at(message, self._place(event), hint)

    def _say_at(self, message: str, place: Origin, hint: str) -> None:
        self.problems.append(Problem(message, place, hint))

    def _stop(self, message: str, event: Any, hint: str) -> None:
        self._say(message, event, hint)
        raise SpecError(self.problems)


def plain_value(text: str) -> Scalar:
    """Return what a word without quotes is: nothing, a number as one would print it, or else the text itself.

    Examples
    --------
    >>> [plain_value(text) for text in ("7", "-0.5", "07", "1.10", "0x8", "1e5", "yes", "~")]
    [7, -0.5, '07', '1.10', '0x8', '1e5', 'yes', None]
    """
    if text in _NULL:
        return None
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) and math.isfinite(number := float(text)) and repr(number) == text:
        return number
    return str(text)


def _until(events: Iterator[Any], end: str) -> Iterator[Any]:
    for event in events:
        if type(event).__name__ == end:
            return
        yield event


def _kind(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "half of a character"
    if character in "\u2028\u2029":
        return "line separator"
    return (
        "control of the direction of writing" if character > "\u2000" and character < "\ufffe" else "control character"
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


def syntax_problem(error: MarkedYAMLError, shown: str, lines: Sequence[str]) -> Problem:
    """Return where a YAML parser stopped, and why.

    Parameters
    ----------
    error : MarkedYAMLError
    shown : str
        How messages name the file.
    lines : sequence of str
        Of its text.
    """
    message = f"this is not YAML: {error.problem or error.context or 'it cannot be read'}"
    hint = "Check the indentation, the brackets and the quotes on this line and the one before it."
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Problem(message, Origin(shown, 1), hint)
    line = min(mark.line, len(lines) - 1)
    return Problem(message, Origin(shown, line + 1, mark.column + 1, 1, lines[line]), hint)
