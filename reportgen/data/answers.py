"""Yes or no, in the words of many languages and programs, and what a rule that asks for one answer makes of a column.

A rule (`flags`, `keep: equals`, `yes`) names one answer, and everything else counts as no. That is safe only where
everything else is known to mean no: the other word of a pair (yes and no, TRUE and FALSE, ja and nein, 1 and 0), or a
number beside a number. A column that says the same in another known pair is understood, and the ledger counts it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from reportgen.data.codes import SIGNS_OF_MISSING, Cell, code_key, labelled_missing
from reportgen.data.columns import Column
from reportgen.spec.normal import normal

_PAIRS: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(yes.split("|")), frozenset(no.split("|")))
    for yes, no in (
        ("1", "0"), ("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("ja", "nein|nee|nej|nei"), ("j", "n"),
        ("oui", "non"), ("o", "n"), ("si|sí", "no"), ("sì", "no"), ("s", "n"), ("sim", "não|nao"), ("tak", "nie"),
        ("ano|áno", "ne|nie"), ("da", "ne|nu"), ("igen", "nem"), ("kyllä|jah", "ei"), ("evet", "hayır|hayir"),
        ("taip", "ne"), ("jā", "nē"), ("да", "нет|не"), ("так", "ні"), ("ναι", "όχι"), ("כן", "לא"), ("نعم", "لا"),
        ("是", "否|不是"), ("はい", "いいえ"), ("예|네", "아니요|아니오"),
        ("wahr", "falsch"), ("vrai", "faux"), ("verdadero|verdadeiro|vero", "falso"), ("waar", "onwaar"), ("sant", "falskt"),
        ("sand|sann", "falsk|usann"), ("prawda", "fałsz"), ("igaz", "hamis"), ("tosi", "epätosi"), ("doğru", "yanlış"),
        ("истина", "ложь"), ("pravda", "nepravda"), ("真", "假"),
        ("checked", "unchecked|not checked"), ("selected", "not selected|unselected"), ("present", "absent"),
    )
)  # fmt: skip
YESES = frozenset().union(*(yes for yes, _ in _PAIRS))
NOES = frozenset().union(*(no for _, no in _PAIRS))
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|[0-9.]+e[+-]?[0-9]+)")
_ALONE = frozenset({"y", "n", "1", "0"})  # single letters that say enough without the other one beside them


def folded(word: str) -> str:
    """Return a word as answers are compared: in small letters, without a full stop.

    Examples
    --------
    >>> folded(" Yes.")
    'yes'
    """
    return normal(word).casefold().rstrip(".")


def before_comma(label: str) -> str:
    """Return what a label says before it explains itself, as answers are compared.

    Examples
    --------
    >>> before_comma("No, never"), before_comma("Yes (daily)")
    ('no', 'yes')
    """
    return folded(re.split("[,;(]", label, maxsplit=1)[0])


def opposites(word: str) -> frozenset[str]:
    """Return the words that mean no where a word means yes, and the other way round; none for a word of no pair.

    Examples
    --------
    >>> sorted(opposites("Ja")), sorted(opposites("0")), sorted(opposites("pass"))
    (['nee', 'nei', 'nein', 'nej'], ['1'], [])
    """
    this = folded(word)
    found: frozenset[str] = frozenset()
    for yes, no in _PAIRS:
        found |= (no if this in yes else frozenset()) | (yes if this in no else frozenset())
    return found


def same_side(asked: str, words: Collection[str]) -> frozenset[str] | None:
    """Return which words of a column say what is asked for, where they are all of one known pair; else None.

    Examples
    --------
    >>> same_side("yes", ["TRUE", "FALSE"]), same_side("no", ["ja", "nein"]), same_side("yes", ["0"])
    (frozenset({'TRUE'}), frozenset({'nein'}), frozenset())
    >>> same_side("yes", ["ja", "no"]), same_side("yes", ["f"]), same_side("EU", ["yes", "no"])
    (None, None, None)
    """
    this, by_word = folded(asked), {word: folded(word) for word in words}
    if not words or this not in YESES | NOES or len(set(by_word.values())) < len(by_word):
        return None
    for yes, no in _PAIRS:
        present = set(by_word.values())
        clear = bool(present & yes) + bool(present & no) == 2 or all(
            len(word) > 1 or word in _ALONE for word in present
        )
        if present <= yes | no and clear:
            wanted = yes if this in YESES else no
            return frozenset(word for word, plain in by_word.items() if plain in wanted)
    return None


@dataclass(frozen=True, slots=True)
class Answers:
    """What a rule that asks for one answer makes of the distinct values of a column.

    Attributes
    ----------
    meets : frozenset of int
        Those that are the answer.
    unclear : frozenset of int
        Those of which nobody knows whether they mean the answer or another.
    by_pair : bool
        Whether the column says it in other words, which a known pair explains.
    """

    meets: frozenset[int]
    unclear: frozenset[int]
    by_pair: bool = False


def answers(
    column: Column,
    held: Iterable[int],
    code: Cell,
    noes: Iterable[Cell] = (),
    strict: bool = True,
) -> Answers:
    """Return what a rule makes of a column.

    Parameters
    ----------
    held : iterable of int
        Distinct values that occur, without missing ones.
    code : Cell
        The answer that is asked for.
    noes : iterable of codes
        What counts as no because the mapping says so.
    strict : bool
        Whether everything else must be known to mean no. Where it need not, because who does not give the answer is
        left out anyway, only what may mean the answer itself is unclear beside it.
    """
    here = frozenset(held)
    exact, denied = column.meaning((code,)), column.meaning(noes)
    others = here - exact - denied
    asked, number = code_key(code), _NUMBER.fullmatch(code_key(code)) is not None
    words = {i: _word(column, i, number) for i in others}
    if not exact & here:
        same = same_side(asked, list(words.values()))
        if same is not None:
            other_pair = not {folded(word) for word in words.values()} <= opposites(asked)
            return Answers(frozenset(i for i in others if words[i] in same), frozenset(), by_pair=other_pair)
    nobody = not exact & here and not number and folded(asked) not in YESES | NOES
    if not strict and not nobody and exact & here:
        return Answers(exact, frozenset(i for i, word in words.items() if _may_mean(word, asked)))
    against = _labelled_opposites(column, here, exact) if number else frozenset()
    unclear = {
        i
        for i, word in words.items()
        for label in [column.labels.get(column.keys[i], "")]
        if nobody or not _counts_as_no(word, label, asked) or (label and against and before_comma(label) not in against)
    }
    return Answers(exact, frozenset(unclear))


def _labelled_opposites(column: Column, here: frozenset[int], exact: frozenset[int]) -> frozenset[str]:
    """The words that mean no, where the file calls a number "yes" and one that occurs beside it "no"."""
    labels = [column.labels.get(column.keys[i], "") for i in here]
    against = frozenset().union(*(opposites(column.labels.get(column.keys[i], "")) for i in exact))
    return against if any(before_comma(label) in against for label in labels) else frozenset()


def _word(column: Column, which: int, number: bool) -> str:
    """What a value is called where an answer is asked for by a word: its label, where the file has one."""
    key = column.keys[which]
    own = str(column.distinct[which]).strip() if isinstance(column.distinct[which], str) else key
    label = column.labels.get(key)
    return own if label is None or (number and _NUMBER.fullmatch(key)) else label


def _may_mean(word: str, asked: str) -> bool:
    """Whether a word is the answer that is asked for in other writing, or a word of the same side in any language."""
    this, that = folded(word), folded(asked)
    one_side = any({this, that} <= side for side in (YESES, NOES))
    number = _NUMBER.fullmatch(that) is not None and _NUMBER.fullmatch(this) is not None
    return not number and (this == that or one_side)


def _counts_as_no(word: str, label: str, asked: str) -> bool:
    if word.casefold() in SIGNS_OF_MISSING or labelled_missing(label) or word.casefold() == asked.casefold():
        return False
    if _NUMBER.fullmatch(asked):
        return _NUMBER.fullmatch(code_key(word)) is not None
    against = opposites(asked)
    return not against or folded(word) in against
