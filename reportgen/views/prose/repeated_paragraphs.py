"""Sections on several analyses of one method: what two of them have in common is said once.

In: heading and paragraphs of each. Out: the same, where a paragraph that an earlier section has is replaced by a reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reportgen.records.numbers import Inline, plain


def without_repeated_paragraphs(
    sections: Iterable[tuple[Inline, Iterable[Inline]]],
) -> Iterator[tuple[Inline, tuple[Inline, ...]]]:
    """Yield heading and paragraphs of each section, without paragraphs that stand in an earlier one.

    Examples
    --------
    >>> list(without_repeated_paragraphs([(("A",), [("one",), ("two",)]), (("B",), [("one",), ("three",)])]))[1]
    (('B',), (('three',), ('Otherwise as in the section ', 'A', '.')))
    """
    seen: dict[str, Inline] = {}
    for heading, paragraphs in sections:
        by_words = {plain(paragraph): paragraph for paragraph in paragraphs}
        new = {words: paragraph for words, paragraph in by_words.items() if words not in seen}
        known = [seen[words] for words in by_words if words in seen]
        as_before = "Otherwise as" if new else "As"
        rest: tuple[Inline, ...] = ((f"{as_before} in the section ", *known[0], "."),) if known else ()
        seen |= dict.fromkeys(new, heading)
        yield heading, (*new.values(), *rest)
