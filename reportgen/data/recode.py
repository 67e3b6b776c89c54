"""From what stands in a file to what the study file speaks of: codes to levels or numbers, cuts, flags, texts to numbers.

Each function notes in the ledger what it changed, and as a problem what it could not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

import numpy as np

from reportgen.data.answers import Answers, answers
from reportgen.data.arms import codes_hint
from reportgen.data.codes import Cell, code_key, dash_for_minus, dashes_to_minus, shown_code, writing_hint
from reportgen.data.columns import BoolArray, Cells, FloatArray, ObjectArray, lookup, number_of, objects
from reportgen.data.contradiction import crossed, label_of, note_contradictions, note_shared_labels, note_versions
from reportgen.data.labelled import beside_the_answer, first_code, held_by, labelled_values, standing_out
from reportgen.data.reading import Numbers, Reading
from reportgen.data.wording import answer_of, with_name
from reportgen.errors import did_you_mean
from reportgen.spec.source import Step
from reportgen.spec.variables import interval_of

_COMMA = re.compile(r"-?\d+,\d+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.]+)?")
_PER_CENT = re.compile(r"[-−]?\d+(?:[.,]\d+)?\s*%")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_GROUPED = re.compile(r"[-−]?[1-9]\d{0,2}(?:[\s.,'’]\d{3})+(?:[.,]\d+)?")

_REPEATED = re.compile(r"7+|8+|9+")

# A converted number may miss a limit by rounding: three tenths are 0.30000000000000004, and still not above 0.3.
_ROUNDING = 1e-9


def coded(cells: Cells, codes: Mapping[Cell, Cell | None], reading: Reading) -> ObjectArray:
    """Return what the codes of the mapping say each cell is; None where it is missing.

    A cell whose code is not known is a problem.
    """
    meant = cells.column.decoded(codes)
    _note_unknown(cells, meant, codes, reading)
    _note_labels(cells, codes, reading)
    for item, other in cells.column.contradicted(codes):
        message = f"{shown_code(item)} and {shown_code(other)} are the same value of the file, its code and its label"
        reading.problem(message, "codes", other, hint="Remove one of them.", where=cells.place)
    unit = "values" if reading.variable.items is not None else ""
    for number, (code, level) in enumerate(codes.items()):
        if level is not None and code_key(code) == code_key(level):
            continue
        hits = cells.hits(i for i, which in enumerate(meant) if which == number)
        kind, word = ("missing", "missing") if level is None else ("recode", shown_code(level).strip("'"))
        reading.count(kind, f"{shown_code(code)} → {word}", hits, "codes", code, unit=unit)
    levels = list(codes.values())
    return lookup(cells.index, objects([levels[which] if which >= 0 else None for which in meant]), None)


def _note_labels(cells: Cells, codes: Mapping[Cell, Cell | None], reading: Reading) -> None:
    """What the file's own labels say against the codes; levels that are numbers are beyond the words of a label."""
    path = ("variables", reading.name, "codes")
    note_versions(cells, codes, reading.notes, path)
    note_shared_labels(cells, codes, reading.notes, path)
    if reading.variable.labels == "ignore":
        return
    listed = list(codes)
    name = reading.name
    meant = [with_name(level, name) if isinstance(level, str) and level else () for level in codes.values()]
    bad = crossed([label_of(cells.column, code) for code in listed], meant)
    note_contradictions(cells, listed, [str(level) for level in codes.values()], bad, reading.notes, path)


def _note_unknown(cells: Cells, meant: Sequence[int], codes: Mapping[Cell, Cell | None], reading: Reading) -> None:
    unknown = cells.hits(i for i, which in enumerate(meant) if which < 0)
    if not unknown.any():
        return
    first = next(str(cells.column.distinct[i]) for i in cells.index[unknown])
    near = writing_hint(first, codes) or did_you_mean(first, map(str, codes))
    written = bool(reading.variable.codes)
    hint = (
        "Add it to `codes`, or to `missing`."
        if written
        else "Say with `codes` which level it is, or list it in `missing`."
    )
    hint = near if near.startswith(("The file", "It begins")) else hint
    hint += "" if hint is near else f" {near}" if near.startswith("Did you") else f" {codes_hint(codes)}"
    reading.problem(f"unknown code {cells.examples(unknown)}", "codes", hint=hint, where=cells.at(unknown))


def numbered(cells: Cells, reading: Reading) -> FloatArray:
    """Return the cells as numbers, by the codes of the mapping where it gives any; NaN where missing."""
    if reading.variable.codes:
        levels = coded(cells, reading.variable.codes, reading)
        return np.array([np.nan if level is None else float(level) for level in levels], dtype=np.float64)
    read = [number_of(cell, cells.column.decimal) for cell in cells.column.distinct]
    text = cells.hits(i for i, number in enumerate(read) if number is None)
    if text.any():
        hint = _text_hint(cells, text)
        infinite = all(isinstance(cells.column.distinct[i], float) for i in cells.index[text])
        message = f"{'an infinite number' if infinite else 'text in a column of numbers'}: {cells.examples(text)}"
        reading.problem(message, "column", hint=hint, where=cells.at(text))
    numbers = np.array([np.nan if number is None else number for number in read], dtype=np.float64)
    values = lookup(cells.index, numbers, np.nan)
    _note_missing_codes(cells, values, reading)
    return values


def note_labelled(cells: Sequence[Cells], reading: Reading, span: tuple[float, float] | None) -> list[frozenset[int]]:
    """Note labelled values among unlabelled ones in columns of numbers, all in one problem, and return them by column.

    Parameters
    ----------
    span : pair of float or None
        The range of the scale, as the file has it.
    """
    if reading.variable.labels != "check" or reading.variable.codes:
        return [frozenset()] * len(cells)
    standing = [standing_out(cell.column, held_by(cell), span) for cell in cells]
    text, where = labelled_values(cells, standing)
    if text:
        code = first_code(cells, standing)
        hint = (
            f"If it is missing, list it: `missing: [{code}]`; if it stands for another number, say which with `codes`;"
            " if the number itself is meant, write `labels: values`."
        )
        reading.problem(
            f"a labelled number among unlabelled ones: {text}, which would be read as a number", hint=hint, where=where
        )
    return standing


def _note_missing_codes(cells: Cells, values: FloatArray, reading: Reading) -> None:
    """Numbers that mean missing and are not known as such, because they are written with leading zeros."""
    absent = [number for code in reading.missing if (number := number_of(code, cells.column.decimal)) is not None]
    hits = np.isin(values, absent)
    if hits.any():
        hint = "List it in `missing` as the file writes it."
        reading.problem(
            f"{cells.examples(hits)} is a missing code written differently", hint=hint, where=cells.at(hits)
        )


def _text_hint(cells: Cells, text: BoolArray) -> str:
    words = [cells.column.distinct[i] for i in dict.fromkeys(cells.index[text])]
    if cells.column.decimal == "." and all(isinstance(word, str) and _THOUSANDS.fullmatch(word) for word in words):
        return "If the comma groups thousands, save the file without it; if it is the decimal sign, declare `decimal`."
    if cells.column.decimal == "." and all(isinstance(word, str) and _COMMA.fullmatch(word) for word in words):
        return 'These are numbers with a decimal comma: add `decimal: ","` to the file\'s `data`.'
    if all(isinstance(word, str) and _GROUPED.fullmatch(word) for word in words):
        return "Save the file without signs that group thousands."
    if all(dash_for_minus(word) for word in words):
        right = dashes_to_minus(words[0])
        return f"A dash stands in place of a minus sign: write {right} in the file. Is the number below zero at all?"
    if cells.column.decimal == "," and any(isinstance(word, str) and "." in word for word in words):
        return "`decimal` says that numbers have a decimal comma, and these have a point."
    if all(isinstance(word, str) and _PER_CENT.fullmatch(word) for word in words):
        return "Save the numbers without the sign, all of them in per cent or all as fractions."
    if all(isinstance(word, str) and _DATE.fullmatch(word) for word in words):
        return "These are dates: name the column that holds the number, or work the number out in the file."
    return f"If it stands for a missing value, list it: `missing: [{shown_code(words[0])}]`; else correct the file."


def cut(numbers: Numbers, reading: Reading) -> ObjectArray:
    """Return the level whose interval holds each number; a number in none of them is a problem, or missing."""
    levels = np.full(len(numbers.values), None, dtype=object)
    placed = np.isnan(numbers.values)
    _note_overlaps(numbers, reading)
    for level, text in reading.variable.cut.items():
        hits = ~placed & _within(numbers.values, text)
        levels[hits] = level
        placed |= hits
        reading.count("cut", f"{text} → {level}", hits, "cut", level)
    if placed.all():
        return levels
    if reading.variable.outside == "missing":
        reading.count("range", "in no interval → missing", ~placed, "outside")
        return levels
    intervals = ", ".join(reading.variable.cut.values())
    message = f"{numbers.examples(~placed)} in none of the intervals {intervals}"
    hint = "Close the gap between the intervals, or write `outside: missing`."
    reading.problem(message, "cut", hint=hint, where=numbers.at(~placed))
    return levels


def _note_overlaps(numbers: Numbers, reading: Reading) -> None:
    """Numbers in two intervals: which level is meant, is not said."""
    texts = reading.variable.cut.values()
    several = np.sum([_within(numbers.values, text) for text in texts], axis=0) > 1
    if several.any():
        message = f"{numbers.examples(several)} in two of the intervals {', '.join(texts)}"
        hint = "Write 'below', 'above' or another limit, so that one interval holds it."
        reading.problem(message, "cut", hint=hint, where=numbers.at(several))


def _within(values: FloatArray, text: str) -> BoolArray:
    interval = interval_of(text)
    assert interval is not None  # the language has checked it
    inside = np.ones(len(values), dtype=np.bool_)
    if interval.low is not None:
        on = np.isclose(values, interval.low, rtol=_ROUNDING, atol=0.0)
        inside &= (values > interval.low) & ~on if interval.low_open else (values > interval.low) | on
    if interval.high is not None:
        on = np.isclose(values, interval.high, rtol=_ROUNDING, atol=0.0)
        inside &= (values < interval.high) & ~on if interval.high_open else (values < interval.high) | on
    return inside


def answered_with(cells: Cells, code: Cell, reading: Reading, *path: Step, noes: Iterable[Cell] = ()) -> BoolArray:
    """Return which cells are this answer; what cannot pass for another answer is a problem, since it would count as no.

    Parameters
    ----------
    noes : iterable of codes
        What counts as no because the mapping says so.
    """
    column, held, others = cells.column, held_by(cells), (*noes, *reading.answers)
    found = answers(column, held, code, others)
    apart = like_missing_codes(cells.held())
    settled = found.meets | column.meaning(others)
    unclear = (found.unclear | {i for i, key in enumerate(column.keys) if key in apart}) - settled
    _note_labelled_answers(cells, code, others, unclear, reading, *path)
    hits = cells.hits(unclear)
    if hits.any():
        message = f"{cells.examples(hits)} would count as any answer but {shown_code(code)}"
        hint = (
            "List what stands for a missing answer in `missing` and what counts as no in `no`, or write the answer as the"
            f" file does. The column holds {cells.counted(cells.present)}."
        )
        reading.problem(message, *path, hint=hint, where=cells.at(hits))
    if found.by_pair:
        _count_pair(cells, found, code, reading, *path)
    return cells.hits(found.meets)


def _count_pair(cells: Cells, found: Answers, code: Cell, reading: Reading, *path: Step) -> None:
    """A column that says yes and no in other words than the rule: the ledger counts each of them."""
    unit = "values" if reading.variable.items is not None else ""
    for which in sorted(held_by(cells)):
        word = cells.column.shown(which)
        meaning = shown_code(code) if which in found.meets else f"not {shown_code(code)}"
        reading.count("recode", f"{word} → {meaning}", cells.hits((which,)), *path, unit=unit)


def _note_labelled_answers(
    cells: Cells, code: Cell, noes: Iterable[Cell], unclear: Iterable[int], reading: Reading, *path: Step
) -> None:
    """Labelled values among unlabelled ones beside a yes or no; and an answer that the file calls no."""
    column, labels = cells.column, cells.column.labels
    if reading.variable.labels == "check":
        standing = [beside_the_answer(column, held_by(cells), code, noes) - frozenset(unclear)]
        text, where = labelled_values([cells], standing)
        if text:
            hint = (
                f"If it is missing, list it: `missing: [{first_code([cells], standing)}]`; if it counts as no, list it in"
                " `no`; if all such labels do, write `labels: values`."
            )
            message = f"a labelled value among unlabelled ones: {text}, which would count as any answer but {shown_code(code)}"
            reading.problem(message, *path, hint=hint, where=where)
    called = labels.get(code_key(code), "")
    asked_for_no = isinstance(code, str) or code_key(code) == "0" or reading.variable.labels == "ignore"
    if answer_of(called) == "no" and not asked_for_no and any(answer_of(label) == "yes" for label in labels.values()):
        note_contradictions(cells, [code], ["yes"], [0], reading.notes, ("variables", reading.name, *path))


def like_missing_codes(keys: Iterable[str]) -> set[str]:
    """Return the numbers that stand apart as codes of a missing answer do: below zero, or the largest, as 9, 99, 88 after a gap.

    Examples
    --------
    >>> sorted(like_missing_codes(["0", "1", "9"])), sorted(like_missing_codes(["7", "8", "9", "6"]))
    (['9'], [])
    >>> sorted(like_missing_codes(["-9", "1", "2"])), sorted(like_missing_codes(["-2", "-1"]))
    (['-9'], [])
    """
    numbers = {key: number for key in keys if (number := number_of(key)) is not None}
    falling = sorted(numbers, key=numbers.__getitem__, reverse=True)
    top = list(takewhile(_REPEATED.fullmatch, falling))
    rest = falling[len(top) :]
    gap = numbers[top[-1]] - numbers[rest[0]] if top and rest else 0.0
    return {*(top if gap > 2.0 else ()), *(key for key in rest if numbers[key] < 0.0 <= numbers[falling[0]])}


def flagged(flags: Mapping[str, Cells], reading: Reading) -> ObjectArray:
    """Return the level of the first flag that says yes.

    Where none says yes, it is `otherwise` if every flag was answered; with an answer missing, or without
    `otherwise`, the level is missing.
    """
    size = len(next(iter(flags.values())))
    levels = np.full(size, None, dtype=object)
    placed, again, answered = np.zeros(size, np.bool_), np.zeros(size, np.bool_), np.ones(size, np.bool_)
    _note_flags(flags, reading)
    for level, cells in flags.items():
        flag = reading.variable.flags[level]
        noes = (*flag.no, "") if reading.empty_is_declared else flag.no
        says_yes = answered_with(cells, flag.equals, reading, "flags", level, noes=noes)
        again |= says_yes & placed
        yes = says_yes & ~placed
        levels[yes] = level
        placed |= yes
        answered &= cells.present
        reading.count("flag", f"{flag.column} is {shown_code(flag.equals)} → {level}", yes, "flags", level)
    reading.count("flag", "more than one flag says yes → the first of them", again, "flags")
    if reading.variable.otherwise is None:
        reading.count("flag", "no flag says yes → missing", ~placed, "flags")
        return levels
    rest = ~placed & answered
    levels[rest] = reading.variable.otherwise
    reading.count("flag", f"no flag says yes → {reading.variable.otherwise}", rest, "otherwise")
    reading.count("flag", "no flag says yes and one is not answered → missing", ~placed & ~answered, "flags")
    return levels


def _note_flags(flags: Mapping[str, Cells], reading: Reading) -> None:
    """Flags whose answer is labelled as another level, and boxes that are ticked or empty, which nobody explained."""
    rule = reading.variable
    levels = [*flags, *([] if rule.otherwise is None else [rule.otherwise])]
    for level, cells in flags.items() if rule.labels != "ignore" else ():
        code = rule.flags[level].equals
        meant = [with_name(item, reading.name) for item in (level, *(other for other in levels if other != level))]
        bad = crossed([label_of(cells.column, code), *[""] * (len(meant) - 1)], meant)
        note_contradictions(cells, [code], [level], bad, reading.notes, ("variables", reading.name, "flags", level))
    if rule.otherwise is not None:
        codes = [flag.equals for flag in rule.flags.values()]
        note_ticks(list(flags.values()), codes, reading, "flags")


def note_ticks(columns: Sequence[Cells], codes: Sequence[Cell], reading: Reading, *path: Step) -> None:
    """Columns that hold one answer and empty cells alone: an empty cell is missing, and may have been meant as no."""
    if reading.empty_is_declared or any(code == "" for code in reading.missing):
        return
    pairs = zip(columns, codes, strict=True)
    if any(not frozenset(range(len(item.column.distinct))) <= item.column.meaning((code,)) for item, code in pairs):
        return
    empty = columns[0].with_empty()
    hits = ~columns[0].present & empty.present
    if any(column.present.any() for column in columns) and hits.any():
        message = f"nothing but {shown_code(codes[0])} and empty cells, which are missing here (n = {int(hits.sum())})"
        hint = 'If an empty cell means no, write `no: ""`; if it is really missing, write `missing: ""`.'
        reading.problem(message, *path, hint=hint, where=columns[0].at(hits))
