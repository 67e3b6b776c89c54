"""What a rule of who stays (`keep`) makes of a column, and what in the column it does not understand.

Who is left out leaves the analysis, so a rule that asks for one answer counts only those as no who are known to say no.
"""

from __future__ import annotations

from reportgen.data.answers import Answers, answers
from reportgen.data.codes import Cell, shown_code
from reportgen.data.columns import BoolArray, Cells
from reportgen.data.labelled import beside_the_answer, first_code, held_by, labelled_values, standing_out
from reportgen.data.notes import Notes, Path
from reportgen.spec.mapping import Keep
from reportgen.spec.normal import normal

HINT = "Write it as the file does, list what counts as another answer in `no`, or all values to keep in `one_of`."


def wanted(rule: Keep) -> tuple[Cell, ...]:
    """Return the codes of those who stay."""
    return rule.one_of if rule.equals is None else (rule.equals,)


def understood(cells: Cells, rule: Keep, answers_of_file: tuple[Cell, ...]) -> Answers:
    """Return which distinct values a rule means, and which it does not understand."""
    if rule.equals is None:
        return Answers(cells.column.meaning(rule.one_of), frozenset())
    return answers(cells.column, held_by(cells), rule.equals, (*rule.no, *answers_of_file), strict=False)


def note_not_understood(
    cells: Cells,
    rule: Keep,
    answers_of_file: tuple[Cell, ...],
    trials: list[str],
    notes: Notes,
    path: Path,
    unit: str = "participants",
) -> None:
    """Note what a rule does not understand, and count what it understands by a known pair of words.

    Parameters
    ----------
    cells : Cells
        One an entry, without missing codes and faults.
    trials : list of str
        The trial of each entry.
    unit : str
        What an entry is, for the ledger: "participants", or "values" in a long file.
    """
    found, column = understood(cells, rule, answers_of_file), cells.column
    same = {normal(str(code)).casefold() for code in wanted(rule)}
    unclear = found.unclear | {i for i, key in enumerate(column.keys) if key.casefold() in same} - found.meets
    hits = cells.hits(unclear)
    if hits.any():
        message = f"{cells.examples(hits)} {_strange(cells, hits, same, rule)}, and would be excluded"
        hint = f"{HINT} The column holds {cells.counted(cells.present)}."
        notes.problem(message, path, hint, cells.at(hits))
    if rule.labels == "check":
        _note_labelled(cells, rule, answers_of_file, unclear, notes, path)
    if found.by_pair:
        for which in sorted(held_by(cells)):
            here = [trial for trial, hit in zip(trials, cells.hits((which,)), strict=True) if hit]
            asked = shown_code(rule.equals)
            word = f"{column.shown(which)} → {asked if which in found.meets else f'not {asked}'}"
            notes.count("recode", rule.column, word, here, unit, path)


def _strange(cells: Cells, hits: BoolArray, same: set[str], rule: Keep) -> str:
    """In which way the rule does not understand some values."""
    keys = {cells.column.keys[i].casefold() for i in cells.index[hits]}
    if keys <= same or cells.hits(cells.column.meaning(wanted(rule))).any():
        return "is written differently in the rule" if len(keys) == 1 else "are written differently in the rule"
    return f"may mean {shown_code(rule.equals)} or not"


def _note_labelled(
    cells: Cells, rule: Keep, answers_of_file: tuple[Cell, ...], unclear: frozenset[int], notes: Notes, path: Path
) -> None:
    """A labelled value among unlabelled ones: nobody knows whether it is a value that counts as present, or as no."""
    column, held = cells.column, held_by(cells)
    if rule.present:
        standing = standing_out(column, held)
    elif rule.equals is not None:
        standing = beside_the_answer(column, held, rule.equals, (*rule.no, *answers_of_file)) - unclear
    else:
        standing = frozenset()
    text, where = labelled_values([cells], [standing])
    if text:
        counts = (
            "would count as present" if rule.present else f"would count as any answer but {shown_code(rule.equals)}"
        )
        hint = f"If it is missing, list it: `missing: [{first_code([cells], [standing])}]`; "
        hint += "" if rule.present else "if it counts as no, list it in `no`; "
        hint += "if all such labels denote answers, write `labels: values` in the rule."
        notes.problem(f"a labelled value among unlabelled ones: {text}, which {counts}", path, hint, where)
