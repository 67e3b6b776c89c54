"""Letters that no font of the report has: emoji, and scripts such as Chinese.

In: a whole report and its study. Out: one warning that names them, the words that they stand in, and the line where they were written.
In what is drawn or set with our own fonts a replacement sign or a box stands for each.
"""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.figures.lettering import lacking
from reportgen.origin import Origin
from reportgen.records.numbers import texts_in
from reportgen.render.appendix import Appendix
from reportgen.spec import Spec

MOST_LETTERS, MOST_PLACES = 5, 3
ROOM = 24  # letters of a text on either side of one that is missing


def letters_warning(appendix: Appendix, spec: Spec) -> str:
    """Return what is to be said of letters that no font has; nothing where there are none.

    Parameters
    ----------
    appendix : Appendix
    spec : Spec
        Its files are searched for each letter; one that is in none of them comes from a data file, or from a template.
    """
    letters: list[str] = []
    places: list[str] = []
    for text in dict.fromkeys(item if isinstance(item, str) else item.text for item in texts_in(appendix)):
        if new := [letter for letter in lacking(text) if letter not in letters]:
            letters += new
            places.append(_around(text, new[0]) + _written(new[0], spec))
    if not letters:
        return ""
    it, each = ("it", "it") if len(letters) == 1 else ("them", "each of them")
    named = _listed([f"{letter} (U+{ord(letter):04X})" for letter in letters], MOST_LETTERS)
    return (
        f"no font of the report has {named}: a sign or a box stands for {each} in figures, and in the PDF unless another font of "
        f"this machine has {it}. Write other letters in {_listed(places, MOST_PLACES)}."
    )


def _around(text: str, letter: str) -> str:
    """Return a letter with the words on either side of it, in quotes."""
    place = max(text.find(letter), 0)  # a letter with an accent may be written as two
    start, end = max(0, place - ROOM), place + 1 + ROOM
    return f"'{'…' * (start > 0)}{' '.join(text[start:end].split())}{'…' * (end < len(text))}'"


def _written(letter: str, spec: Spec) -> str:
    return next((f" ({place.short})" for place in _places(spec) if letter in place.text), "")


def _places(spec: Spec) -> Iterator[Origin]:
    """Yield where each key and each value of the study file and of its mappings was written."""
    for source in (spec.source, *(located.source for located in spec.mappings)):
        yield from source.keys.values()
        yield from source.values.values()


def _listed(parts: list[str], most: int) -> str:
    """Return the first of some parts as a list in a sentence, and how many there are beside them.

    Examples
    --------
    >>> _listed(["a", "b", "c"], 3), _listed(["a", "b", "c", "d"], 2)
    ('a, b and c', 'a, b and 2 more')
    """
    shown = parts if len(parts) <= most else [*parts[:most], f"{len(parts) - most} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
