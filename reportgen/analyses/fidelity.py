"""The publication that a study regenerates: each printed number beside the result that reproduces it.

In: the fidelity file and the records made so far. Out: a record whose `ours` are the very numbers of those records.
Nothing is estimated here: a difference is ours minus the printed number, with the decimals of the print.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from reportgen.analyses.printed import Covered, as_set, covered, decimals_of, value_of
from reportgen.errors import Problem, SpecError, did_you_mean
from reportgen.records.model import Failure, Fidelity, FidelityRow, FidelitySection, FidelityStatus, Records
from reportgen.records.numbers import Number, Press, fixed, numbers_in, slug
from reportgen.records.partition import RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling
from reportgen.spec import Spec
from reportgen.spec.fidelity import PrintedNumber
from reportgen.spec.fidelity import Section as Node
from reportgen.spec.load import LocatedFidelity


def fidelity_record(spec: Spec, records: Records) -> Fidelity | None:
    """Set each number of the fidelity file beside ours; None where the study has no such file.

    Raises
    ------
    SpecError
        An `ours`, `default` or `interval` names no result of this study. Results of an analysis that failed are not
        missed, nor those of a subgroup that a search did not find: their rows say that there is no result.
    """
    if spec.fidelity is None:
        return None
    ours = {number.id: number for number in numbers_in(records) if number.kind == "number"}
    absent = tuple(_may_be_absent(records))
    problems = list(_problems(spec.fidelity, ours, absent))
    if problems:
        raise SpecError(problems)
    file = spec.fidelity.file
    press = Press("fidelity", "fidelity", {})
    sections = tuple(_section(node, ours, press) for node in file.sections)
    rows = [row for section in sections for row in section.rows]
    statuses = Counter(row.status for row in rows)
    inside = Counter(row.covered for row in rows)
    return Fidelity(
        source=press.quote("source", file.source),
        sections=sections,
        contradictions=tuple(press.quote(f"contradiction {i}", text) for i, text in enumerate(file.contradictions, 1)),
        size=press.count("numbers", len(rows), "numbers"),
        counts={status: press.count(status, statuses[status], "numbers") for status in get_args(FidelityStatus)},
        covered=press.count("covered", inside["yes"], "numbers"),
        with_interval=press.count("with interval", inside["yes"] + inside["no"], "numbers"),
    )


def _may_be_absent(records: Records) -> Iterator[str]:
    """Yield how the ids of results begin that a study may have and these records do not."""
    for name, record in records.analyses.items():
        if isinstance(record, Failure):
            yield f"{slug(name)}."
        elif isinstance(record, RecursivePartitioning):
            yield from (f"{search.id}." for search in record.searches)
        elif isinstance(record, DirectedPeeling):
            yield from (f"{peeling.id}." for peeling in record.peelings)


def _problems(located: LocatedFidelity, ours: Mapping[str, Number], absent: tuple[str, ...]) -> Iterator[Problem]:
    """Say which results do not exist, and which keys cannot be told apart as ids."""
    known_ids: dict[str, str] = {}
    for i, section in enumerate(located.file.sections):
        for j, number in enumerate(section.numbers):
            here = ("sections", i, "numbers", j)
            for key, id_ in _asked(number):
                if id_ not in ours and not id_.startswith(absent):
                    hint = did_you_mean(id_, _near(id_, ours))
                    yield Problem(f"this study has no result '{id_}'", located.source.at(*here, key), hint)
            other = known_ids.setdefault(_prefix(number.key), number.key)
            if other != number.key:
                message = f"the keys '{other}' and '{number.key}' cannot be told apart"
                yield Problem(message, located.source.at(*here, "key"), "Let them differ in letters or digits.")


def _asked(number: PrintedNumber) -> Iterator[tuple[str, str]]:
    if number.ours is not None:
        yield "ours", number.ours
    if number.default is not None:
        yield "default", number.default
    if number.interval is not None:
        yield from (("interval", id_) for id_ in _limits(number.interval))


def _limits(interval: str) -> tuple[str, str]:
    return f"{interval}.ci-low", f"{interval}.ci-high"


def _near(id_: str, ours: Iterable[str]) -> list[str]:
    """Return the results of the same analysis, as long as they are few enough to be shown."""
    head = id_.partition(".")[0]
    return [known for known in ours if known.startswith(f"{head}.")] or sorted({k.partition(".")[0] for k in ours})


def _prefix(key: str) -> str:
    return slug("fidelity", *key.split("."))


def _section(node: Node, ours: Mapping[str, Number], press: Press) -> FidelitySection:
    made = press.at(node.title)
    rows = tuple(_row(number, ours) for number in node.numbers)
    return FidelitySection(
        title=made.quote("title", node.title),
        rows=rows,
        as_printed=made.count("as printed", sum(row.status == "as printed" for row in rows), "numbers"),
        size=made.count("numbers", len(rows), "numbers"),
    )


def _row(node: PrintedNumber, ours: Mapping[str, Number]) -> FidelityRow:
    press = Press(_prefix(node.key), "fidelity", {})
    mine = ours.get(node.ours) if node.ours else None
    return FidelityRow(
        name=press.quote("name", node.name),
        printed=press.quote("printed", as_set(node.printed)),
        ours=mine,
        default=ours.get(node.default) if node.default else None,
        difference=_difference(node.printed, mine, press),
        covered=_covered(node, ours),
        status=_status(node, mine),
        why=press.quote("why", node.why) if node.why else None,
    )


def _status(node: PrintedNumber, mine: Number | None) -> FidelityStatus:
    if node.ours is None:
        return "not reproduced"
    if mine is None or mine.value is None:
        return "no result"
    return "as printed" if fixed(mine.value, decimals_of(node.printed)) == as_set(node.printed) else "differs"


def _difference(printed: str, mine: Number | None, press: Press) -> Number | None:
    if mine is None or mine.value is None:
        return None
    return press.figure("difference", mine.value - value_of(printed), decimals_of(printed), mine.unit)


def _covered(node: PrintedNumber, ours: Mapping[str, Number]) -> Covered:
    if node.interval is None:
        return ""
    low, high = (ours.get(id_) for id_ in _limits(node.interval))
    return covered(node.printed, low, high)
