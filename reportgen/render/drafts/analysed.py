"""Who entered each analysis: an artefact of any method that estimates effects, of one analysis or of several together."""

from __future__ import annotations

from reportgen.records.model import Failure, Records
from reportgen.records.numbers import Inline, Number
from reportgen.render.drafts.draft import Draft, Drafter, Place
from reportgen.spec.check import expanded
from reportgen.spec.study import Artefact, Study
from reportgen.tables.analysed import Analysed, People, analysed, people_of


def _analysed(place: Place, study: Study, records: Records) -> tuple[Draft, ...]:
    node = place.node
    named = [records.analyses[name] for name in (node.of or "", *node.beside)]
    shown: list[tuple[Analysed, tuple[People, ...]]] = [
        (record, _chosen(record, node, study))  # type: ignore[arg-type, misc]
        for record in named
        if not isinstance(record, Failure)
    ]
    failed: tuple[Inline, ...] = tuple(
        ("This analysis failed: ", record.reason, ".") for record in named if isinstance(record, Failure)
    )
    parts = list(_parts(shown, node.parts))
    return tuple(
        Draft(title, table=analysed(*members[0], members[1:]), notes=failed if i == len(parts) - 1 else ())
        for i, (title, members) in enumerate(parts)
    )


def _chosen(record: Analysed, node: Artefact, study: Study) -> tuple[People, ...]:
    wanted = {
        "comparison": expanded(node.comparison or ("all",), study.comparisons),
        "outcome": expanded(node.outcome or ("all",), study.outcomes),
        "follow_up": expanded(node.follow_up or ("all",), study.follow_up),
    }
    return tuple(one for one in people_of(record) if all(getattr(one, key) in names for key, names in wanted.items()))


Shown = list[tuple[Analysed, tuple[People, ...]]]


def _parts(shown: Shown, how: str) -> list[tuple[Inline, Shown]]:
    """Return the lettered parts with their titles; comparisons never share a part."""
    people = [one for _, found in shown for one in found]
    titles = {c.name: c.title for record, _ in reversed(shown) for c in record.comparisons}
    several = len({one.comparison for one in people}) > 1
    by = {"by outcome": "outcome", "by follow-up": "follow_up"}.get(how)

    def key(one: People) -> tuple[str, str]:
        return (one.comparison, getattr(one, by) if by else "")

    parts = []
    for wanted in dict.fromkeys(map(key, people)):
        members: Shown = [(record, tuple(one for one in found if key(one) == wanted)) for record, found in shown]
        first = next(one for _, found in members for one in found)
        title: list[str | Number] = [titles[first.comparison]] if several or how == "by comparison" else []
        if by:
            title += [": "] if title else []
            title.append(getattr(first, f"{by}_label"))
        parts.append((tuple(title), [(record, found) for record, found in members if found]))
    return parts


SHOWN: dict[str, Drafter] = {"analysed": _analysed}
