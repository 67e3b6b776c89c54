"""The short keys by which elements of an HTML page name their numbers, and what the page can tell of each.

In: a page whose elements carry ids of results (`data-id`), and the numbers that it prints. Out: the same page with keys in
their place, and a JSON text with each id, its row of the results and where it comes from, once. A key is the place of a
number in the list of ids in alphabetical order, where each repeats of the one before it only how many parts they share.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from reportgen.records.numbers import Number
from reportgen.records.results import Source

if TYPE_CHECKING:
    from markupsafe import Markup

_IDS = re.compile(r'data-id="([^"]*)"')


def ids_of(page: str) -> tuple[str, ...]:
    """Return the ids that elements of a page carry, each once, in alphabetical order.

    Examples
    --------
    >>> ids_of('<td data-id="b.low b.high">1 to 2</td><td data-id="a">3</td><td data-id="b.low">1</td>')
    ('a', 'b.high', 'b.low')
    """
    return tuple(sorted({id_ for ids in set(_IDS.findall(page)) for id_ in html.unescape(ids).split()}))


def keyed(page: str, ids: Sequence[str]) -> str:
    """Return a page whose elements carry keys instead of ids.

    Examples
    --------
    >>> keyed('<td data-id="b.low b.high">1 to 2</td>', ("a", "b.high", "b.low"))
    '<td data-id="2 1">1 to 2</td>'
    """
    keys = {id_: str(key) for key, id_ in enumerate(ids)}
    return _IDS.sub(lambda found: f'data-id="{" ".join(keys[i] for i in html.unescape(found[1]).split())}"', page)


def rows_json(ids: Sequence[str], numbers: Iterable[Number], known: Mapping[str, Source]) -> Markup:
    """Return what the page can tell of each number, in the order of its key: its row of the results table.

    A row says how many parts of its id are those of the id before it, and the rest of its id; unless it is a quotation
    also the value, the place of its source, participants, trials, unit, status and reason. Units, statuses and reasons
    are places among `words`; what is missing at the end is left out.

    Parameters
    ----------
    ids : sequence of str
        In the order of keys.
    numbers : iterable of Number
        Those of the page, quotations among them.
    known : mapping
        The sources of the results table.

    Examples
    --------
    >>> numbers = Number("a.m", 4.0, "4", source="study"), Number("a.n", 3.0, "3", "people", source="study")
    >>> print(rows_json(("a.m", "a.n"), numbers, {}))
    {"sources":["study"],"words":["people"],"rows":[[0,"a.m",4,0],[1,"n",3,0,null,null,0]]}
    """
    from markupsafe import Markup

    printed = {number.id: number for number in numbers if number.kind != "quotation"}
    found = [printed[id_] for id_ in ids if id_ in printed]
    sources = _places(number.source for number in found)
    words = _places(word for number in found for word in _words(number) if word)
    before = ("", *ids)
    content = {
        "sources": [_place(source, known) for source in sources],
        "words": list(words),
        "rows": [
            [*_beside(earlier, id_), *(_row(printed[id_], sources, words) if id_ in printed else ())]
            for earlier, id_ in zip(before, ids, strict=False)
        ],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))


def _places(words: Iterable[str]) -> dict[str, int]:
    return {word: place for place, word in enumerate(dict.fromkeys(words))}


def _words(number: Number) -> tuple[str, str, str]:
    """Return unit, status and reason, empty where there is nothing to say."""
    return number.unit, "" if number.status == "ok" else number.status, number.reason


def _beside(earlier: str, id_: str) -> tuple[int, str]:
    """Return how many parts of an id are those of the one before it, and the rest of it."""
    parts = id_.split(".")
    same = takewhile(lambda pair: pair[0] == pair[1], zip(earlier.split("."), parts[:-1], strict=False))
    shared = sum(1 for _ in same)
    return shared, ".".join(parts[shared:])


def _row(number: Number, sources: Mapping[str, int], words: Mapping[str, int]) -> list[Any]:
    said = map(words.get, _words(number))
    row = [_value(number.shown), sources[number.source], number.n, number.trials, *said]
    while row[-1] is None:
        row.pop()
    return row


def _value(value: float | None) -> float | None:
    if isinstance(value, float) and not math.isfinite(value):  # JSON knows no ∞
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _place(source: str, known: Mapping[str, Source]) -> str:
    """Return a source with its line of the study file or a mapping, as the results table has it."""
    return f"{source} ({known[source].spec})" if source in known else source
