"""Where the labels of a file say another thing than the mapping: code 1 is male here and "Female" in the file.

Labels and mapping are compared as a whole: a label that merely differs in wording ("gym" for exercise) says nothing, but
one that says what the mapping gives to **another** code, and not what it gives to its own, turns every effect round. A
text code is its own label. `labels: ignore` says that the mapping is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from reportgen.data.codes import Cell, code_key, shown_code
from reportgen.data.columns import Cells, Column, listed
from reportgen.data.notes import Notes, Path
from reportgen.data.visits import Visit
from reportgen.data.wording import NEGATIONS, answer_of, months_stated, phrase, phrases, sex_of, side_of_arm
from reportgen.spec.normal import normal

_FIRST_WEEK = 0.25  # months
Side = Callable[[str], str]
IGNORE = "Correct the codes; if the mapping is right, write `labels: ignore` beside them."

_SAME, _WHOLE, _PART, _SIDE, _PREFIX, _NONE = 5, 4, 3, 2, 1, 0


def label_of(column: Column, code: Cell) -> str:
    """Return what a file calls a code: its label, or the code itself where that is a word; "" for a bare number."""
    key = code_key(code)
    label = column.labels.get(key, key if isinstance(code, str) else "")
    return "" if label.replace(".", "", 1).lstrip("-").isdecimal() else label


def crossed(labels: Sequence[str], meant: Sequence[tuple[str, ...]], arms: bool = False) -> list[int]:
    """Return which labels say what is meant by another code, and not what is meant by their own.

    Parameters
    ----------
    labels : sequence of str
        What the file calls each code; "" where it says nothing.
    meant : sequence of tuples of str
        The words that the mapping has for each code; an empty tuple where it claims nothing.
    arms : bool
        Whether these are arms, which may be on the side of the control or not; else levels, as of sex.

    Examples
    --------
    >>> crossed(["Female", "Male"], [("male",), ("female",)]), crossed(["F", "M"], [("male",), ("female",)])
    ([0, 1], [0, 1])
    >>> crossed(["Male", "Frau"], [("male",), ("female",)]), crossed(["gym", "GP"], [("exercise",), ("usual care",)])
    ([], [])
    >>> crossed(["Control group", "TENS"], [("active",), ("control",)], arms=True)
    [0]
    """
    side = side_of_arm if arms else _side_of_levels(labels)
    strength = _strengths(labels, meant, side, short=not arms)
    sides = [_opposite(label, own, side) for label, own in zip(labels, meant, strict=True)]
    meaningful = [i for i, label in enumerate(labels) if label and meant[i]]
    return [i for i in meaningful if any(_says(i, j, strength, sides[i], meant) for j in range(len(labels)))]


def naming_another(labels: Sequence[str], names: Sequence[str]) -> list[int]:
    """Return which labels hold the name of another code among their words, not their own, where no other label does.

    Examples
    --------
    >>> naming_another(["South hospital", "North hospital"], ["North", "South"])
    [0, 1]
    >>> naming_another(["Oslo W", "Oslo"], ["Oslo West", "Oslo"])
    []
    """
    label_phrases, asked = [phrase(label) for label in labels], [phrase(name) for name in names]
    own = [_holds(label, name) for label, name in zip(label_phrases, asked, strict=True)]
    return [
        i
        for i, label in enumerate(label_phrases)
        if not own[i] and any(_holds(label, name) and not own[j] for j, name in enumerate(asked) if name != asked[i])
    ]


def _holds(label: Sequence[str], name: Sequence[str]) -> bool:
    """Whether the words of a name, of three letters at least, stand side by side in a label."""
    size = len(name)
    return len("".join(name)) > 2 and any(label[at : at + size] == name for at in range(len(label) - size + 1))


def _says(i: int, j: int, strength: Sequence[Sequence[int]], opposite: bool, meant: Sequence[tuple[str, ...]]) -> bool:
    """Whether one label says what another code means, rather than its own: in words, or by its side of a known pair."""
    if set(meant[i]) == set(meant[j]) or strength[i][j] <= strength[i][i]:
        return False
    return strength[i][j] >= _PART or opposite or strength[j][j] == _NONE


def _side_of_levels(labels: Sequence[str]) -> Side:
    return lambda text: sex_of(text, labels) or answer_of(text)


def _opposite(label: str, own: Iterable[str], side: Side) -> bool:
    sides = {side(word) for word in own} - {""}
    return bool(side(label)) and bool(sides) and side(label) not in sides


def _strengths(labels: Sequence[str], meant: Sequence[tuple[str, ...]], side: Side, short: bool) -> list[list[int]]:
    """How strongly each label says what each code is meant to be."""
    sides = [side(label) if label else "" for label in labels]
    if len(labels) > 1 and all(sides) and len(set(sides)) == 1:  # "Treatment A" and "Treatment B" tell nobody apart
        sides = [""] * len(labels)
    asked = [_Asked.of(words, side) for words in meant]
    abbreviated = short and _abbreviations(labels, meant)
    return [
        [_NONE] * len(asked) if not label else _row(label, own, asked, abbreviated)
        for label, own in zip(labels, sides, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the mapping has for a code: its words as written, their phrases, and the sides that they are on."""

    words: frozenset[str]
    phrases: frozenset[tuple[str, ...]]
    sides: frozenset[str]

    @staticmethod
    def of(words: tuple[str, ...], side: Side) -> _Asked:
        heads = (word.split("(", 1)[0] for word in words if "(" in word)
        return _Asked(
            frozenset(normal(word).casefold() for word in words),
            frozenset(found for word in (*words, *heads) if (found := phrase(word))),
            frozenset(side(word) for word in words) - {""},
        )


def _row(label: str, side: str, asked: Sequence[_Asked], abbreviated: bool) -> list[int]:
    """How strongly one label says each of what is asked."""
    plain, whole, parts = label.casefold(), phrase(label), phrases(label)
    beginning = [bool(item.words) and _begins(whole, item.words, abbreviated) for item in asked]
    single = len({item.words for item, begins in zip(asked, beginning, strict=True) if begins}) == 1
    return [
        _SAME
        if plain in item.words
        else _WHOLE
        if whole in item.phrases
        else _PART
        if parts & item.phrases
        else _SIDE
        if side and side in item.sides
        else _PREFIX
        if begins and single
        else _NONE
        for item, begins in zip(asked, beginning, strict=True)
    ]


def _begins(label: tuple[str, ...], words: Iterable[str], abbreviated: bool) -> bool:
    if len(label) != 1 or label[0] in NEGATIONS:  # who never drinks is no "never abstinent"
        return False
    (short,) = label
    return any(
        (word.startswith(short) and (len(short) > 2 or abbreviated))
        or (len(word) > 3 and short.startswith(word) and len(short) - len(word) < 3)
        for word in words
    )


def _abbreviations(labels: Sequence[str], meant: Sequence[tuple[str, ...]]) -> bool:
    """Whether every label is one or two letters with which something that is meant begins, as L, M and H."""
    words = [word.casefold() for each in meant for word in each]
    small = [normal(label).casefold() for label in labels if label]
    return bool(small) and all(
        len(item) < 3 and item.isalpha() and any(word.startswith(item) for word in words) for item in small
    )


def other_times(labels: Sequence[str], meant: Sequence[Visit | None]) -> list[int]:
    """Return which labels name another time than the visit that is meant.

    Examples
    --------
    >>> other_times(["3 months", "12 weeks"], [Visit(0.0, "baseline"), Visit(3.0, "3 months")])
    [0]
    >>> other_times(["Day 1", "Week 6"], [Visit(0.0, "baseline"), Visit(2.0, "2 months")])
    []
    """
    found = []
    for i, (label, visit) in enumerate(zip(labels, meant, strict=True)):
        months = months_stated(label) if label and visit is not None else None
        if months is None or visit is None:
            continue
        others = [other.months for other in meant if other is not None and other.months != visit.months]
        away = _apart(months, visit.months)
        if away > log(1.6) or (away > log(1.25) and any(_apart(months, other) < away for other in others)):
            found.append(i)
    return found


def _apart(one: float, other: float) -> float:
    if not one or not other:  # the first day or week of a trial is its baseline
        return 0.0 if max(one, other) <= _FIRST_WEEK else float("inf")
    return abs(log(one / other))


def note_contradictions(
    cells: Cells, codes: Sequence[Cell], shown: Sequence[str], which: Iterable[int], notes: Notes, path: Path
) -> None:
    """Note the codes whose label says another thing than the mapping, all in one problem."""
    column, bad = cells.column, sorted(which)
    if not bad:
        return
    listing = [_both(column, codes[i], shown[i]) for i in bad]
    hits = cells.hits(i for i, code in enumerate(column.decoded([codes[i] for i in bad])) if code >= 0)
    own = (
        "the codes contradict"
        if not any(code_key(codes[i]) in column.labels for i in bad)
        else "the file's labels contradict"
    )
    where = cells.at(hits) if hits.any() else cells.place
    note_once(notes, f"{own} the mapping: {listed(listing)}", path, IGNORE, where)


def _both(column: Column, code: Cell, shown: str) -> str:
    label = column.labels.get(code_key(code))
    return (
        f"{shown_code(code)} is '{label}' in the file and '{shown}' in the mapping"
        if label
        else f"{shown_code(code)} is '{shown}'"
    )


def note_once(notes: Notes, message: str, path: Path, hint: str, where: str) -> None:
    """Note what holds of a mapping's rule, not again for each visit or item of it."""
    if not any(problem.message == message and problem.origin == notes.origin(path) for problem in notes.problems):
        notes.problem(message, path, hint, where)


def note_shared_labels(cells: Cells, codes: Iterable[Cell], notes: Notes, path: Path) -> None:
    """A label by which the mapping names a code, and which belongs to several codes of the file."""
    column = cells.column
    named: Mapping[str, Cell] = {normal(str(code)): code for code in codes}
    own = {*column.keys, *column.labels}
    for label, code in named.items():
        sharing = [i for i, key in enumerate(column.keys) if column.labels.get(key) == label]
        hits = cells.hits(sharing)
        held = sorted({int(i) for i in cells.index[hits]})
        if code_key(code) in own or len(held) < 2:
            continue
        listing = ", ".join(shown_code(column.distinct[i]) for i in held)
        message = f"the label '{label}' belongs to several codes of the file: {listing}"
        note_once(
            notes, message, path, f"Write the codes in its place: {listing}, each with what it means.", cells.at(hits)
        )


def note_versions(cells: Cells, codes: Iterable[Cell], notes: Notes, path: Path) -> None:
    """Texts such as '1.1' and '1.10', which are one number and perhaps two codes, and letters of Stata without their point."""
    column, known = cells.column, {normal(str(code)) for code in codes}
    texts: dict[str, list[int]] = {}
    for i in sorted({int(i) for i in cells.index[cells.present]}):
        if isinstance(column.distinct[i], str) and "." in column.keys[i]:
            texts.setdefault(column.keys[i], []).append(i)
    twice = {i for which in texts.values() if len(which) > 1 for i in which}
    unstated = {i for i in twice if str(column.distinct[i]) not in known}
    for code in known:
        if len(code) == 1 and code.isalpha() and code not in column.keys and f".{code.lower()}" in column.keys:
            message = f"the file writes .{code.lower()}, a letter for a missing value, where the mapping has '{code}'"
            note_once(notes, message, (*path, code), f"Write .{code.lower()} in the mapping.", cells.place)
    if unstated:
        hits = cells.hits(twice)
        message = f"{cells.examples(hits)} are one number, and may be two codes"
        note_once(notes, message, path, "Give each its own code, in quotes as the file writes it.", cells.at(hits))
