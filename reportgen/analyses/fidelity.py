"""The publication that a study regenerates: each printed number beside the result that reproduces it.

In: the fidelity file and the records made so far. Out: a record whose `ours` are the very numbers of those records.
Nothing is estimated here: a difference is ours minus the printed number, with the decimals of the publication.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from reportgen.analyses.printed import Covered, as_set, covered, decimals_of, value_of
from reportgen.analyses.result_names import Names, WrongName, names_of_search
from reportgen.errors import Problem, SpecError, did_you_mean
from reportgen.records.model import Failure, Fidelity, FidelityRow, FidelitySection, FidelityStatus, Records
from reportgen.records.numbers import Value, fixed, slug, values_in
from reportgen.records.record import Record
from reportgen.release.values import Values
from reportgen.spec import Spec
from reportgen.spec.analyses import Search
from reportgen.spec.fidelity import PrintedNumber
from reportgen.spec.fidelity import Section as Node
from reportgen.spec.load import LocatedFidelity


def fidelity_record(spec: Spec, records: Records[Value]) -> Fidelity[Value] | None:
    """Set each number of the fidelity file beside ours; None where the study has no such file.

    Raises
    ------
    SpecError
        An `ours`, `default` or `interval` names no result of this study. Results of an analysis that failed are not
        missed, nor those of a subgroup that a search could have found and did not: their rows say that there is no result.
    """
    if spec.fidelity is None:
        return None
    ours = {number.id: number for number in values_in(records) if number.kind != "quotation"}
    problems = list(_problems(spec.fidelity, ours, _may_be_absent(spec, records)))
    if problems:
        raise SpecError(problems)
    file = spec.fidelity.file
    values = Values("fidelity", "fidelity")
    sections = tuple(_section(node, ours, values) for node in file.sections)
    rows = [row for section in sections for row in section.rows]
    statuses = Counter(row.status for row in rows)
    inside = Counter(row.covered for row in rows)
    return Fidelity(
        source=values.quote("source", file.source),
        sections=sections,
        contradictions=tuple(values.quote(f"contradiction {i}", text) for i, text in enumerate(file.contradictions, 1)),
        size=values.count("numbers", len(rows), "numbers"),
        counts={status: values.count(status, statuses[status], "numbers") for status in get_args(FidelityStatus)},
        covered=values.count("covered", inside["yes"], "numbers"),
        with_interval=values.count("with interval", inside["yes"] + inside["no"], "numbers"),
    )


def _may_be_absent(spec: Spec, records: Records[Value]) -> dict[str, Names | None]:
    """Return how the ids of results begin that a study may have and these records do not, and what may follow.

    None where anything may: the analysis failed, and nobody knows what it would have found.
    """
    absent: dict[str, Names | None] = {}
    for name, record in records.analyses.items():
        if isinstance(record, Failure):
            absent[f"{slug(name)}."] = None
        elif isinstance(record, Record) and isinstance(node := spec.study.analyses[name], Search):
            names = names_of_search(name, node, spec.study)
            absent |= {f"{search.id}.": names for search in record.results}
    return absent


def _problems(
    located: LocatedFidelity, ours: Mapping[str, Value], absent: Mapping[str, Names | None]
) -> Iterator[Problem]:
    """Say which results do not exist, and which keys cannot be distinguished as ids."""
    known_ids: dict[str, str] = {}
    for i, section in enumerate(located.file.sections):
        for j, number in enumerate(section.numbers):
            here = ("sections", i, "numbers", j)
            for key, id_ in _asked(number):
                error = _error(id_, ours, absent)
                if error is not None:
                    yield Problem(error.message, located.source.at(*here, key), error.hint)
            other = known_ids.setdefault(_prefix(number.key), number.key)
            if other != number.key:
                message = f"the keys '{other}' and '{number.key}' cannot be distinguished"
                yield Problem(message, located.source.at(*here, "key"), "Make them differ in letters or digits.")


def _error(id_: str, ours: Mapping[str, Value], absent: Mapping[str, Names | None]) -> WrongName | None:
    """Return why an id names no result that this study could have, or None."""
    if id_ in ours:
        return None
    message = f"this study has no result '{id_}'"
    search = next((start for start in absent if id_.startswith(start)), None)
    if search is None:
        return WrongName(message, did_you_mean(id_, _near(id_, ours)))
    names = absent[search]
    error = names.error(id_.removeprefix(search)) if names else None
    if error is None:
        return None
    below = [known for known in ours if known.startswith(search)]
    nearest = did_you_mean(id_, below) if error.hint.startswith("Known") else error.hint
    return WrongName(f"{message}: {error.message}", nearest if nearest.startswith("Did you") else error.hint)


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


def _section(node: Node, ours: Mapping[str, Value], values: Values) -> FidelitySection[Value]:
    builder = values.at(node.title)
    rows = tuple(_row(number, ours) for number in node.numbers)
    return FidelitySection(
        title=builder.quote("title", node.title),
        rows=rows,
        as_printed=builder.count("as printed", sum(row.status == "as printed" for row in rows), "numbers"),
        size=builder.count("numbers", len(rows), "numbers"),
    )


def _row(node: PrintedNumber, ours: Mapping[str, Value]) -> FidelityRow[Value]:
    values = Values(_prefix(node.key), "fidelity")
    mine = ours.get(node.ours) if node.ours else None
    return FidelityRow(
        name=values.quote("name", node.name),
        printed=values.quote("printed", as_set(node.printed)),
        ours=mine,
        default=ours.get(node.default) if node.default else None,
        difference=_difference(node.printed, mine, values),
        covered=_covered(node, ours),
        status=_status(node, mine),
        why=values.quote("why", node.why) if node.why else None,
    )


def _status(node: PrintedNumber, mine: Value | None) -> FidelityStatus:
    if node.ours is None:
        return "not reproduced"
    if mine is None or mine.shown is None:
        return "no result"
    return "as printed" if fixed(mine.shown, decimals_of(node.printed)) == as_set(node.printed) else "differs"


def _difference(printed: str, mine: Value | None, values: Values) -> Value | None:
    if mine is None or mine.shown is None:
        return None
    return values.figure("difference", mine.shown - value_of(printed), decimals_of(printed), mine.unit)


def _covered(node: PrintedNumber, ours: Mapping[str, Value]) -> Covered:
    if node.interval is None:
        return ""
    low, high = (ours.get(id_) for id_ in _limits(node.interval))
    return covered(node.printed, low, high)
