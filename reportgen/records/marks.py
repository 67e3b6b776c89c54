"""Footnote marks: superscript letters, which no number can be mistaken for, and which plain text keeps."""

from __future__ import annotations

from reportgen.records.numbers import Number

SUPERSCRIPTS = dict(zip("abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True))
LETTERS = {mark: letter for letter, mark in SUPERSCRIPTS.items()}


def is_mark(part: str | Number) -> bool:
    """Whether a part of running text is a footnote mark."""
    return isinstance(part, str) and part != "" and all(character in LETTERS for character in part)


def mark(index: int) -> str:
    """Return the footnote mark of a place in reading order.

    Examples
    --------
    >>> mark(0), mark(1), mark(25)
    ('ᵃ', 'ᵇ', 'ᵃᵃ')
    """
    letters = list(SUPERSCRIPTS.values())
    return letters[index % len(letters)] * (index // len(letters) + 1)
