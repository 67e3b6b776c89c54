"""The flow of participants: from the trial files to the repository, to each comparison, to each outcome that is analysed.

In: the record of the flow, and who is analysed in each comparison. Out: one sheet, or several where there are more comparisons
than a page holds. Boxes are as high as their text. Where a page would not hold them, the outcomes of the last comparisons are a
line for each follow-up, from the fewest to the most.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reportgen.figures import words
from reportgen.figures.lettering import NO_BREAK
from reportgen.figures.sheet import (
    Mark,
    Shape,
    Sheet,
    Stroke,
    block,
    inline_width,
    lettered,
    lines_of,
    rectangle,
)
from reportgen.figures.theme import BODY, HEAD, MUTED, RULE, Style, page_width
from reportgen.records.flow import AnalysedComparison, AnalysedOutcome, FlowComparison, ParticipantFlow
from reportgen.records.numbers import Inline, Number, slug

TITLE = "Flow of participants"
EDGE, PAD, GAP = 0.4, 1.9, 3.0
LEFT_END, RIGHT = 78.0, 88.0  # of the boxes on the left, and where those on the right begin
SPINE, INDENT = 3.2, 8.0  # the line from the repository to its comparisons, and where their boxes begin
PAGE_HEIGHT = 214.0  # A4 has room left for heading, caption and note
ARROW = 1.5
COLUMN_GAP, PAIR_GAP = 4.0, 2.2
LEAST_LABEL = 24.0
PAPER = "#ffffff"
SMALL = Style(points=7.5)
COUNT_HEADS = ("m", "n")


@dataclass(frozen=True, slots=True)
class Box:
    """Lines of running text in a frame; a line that is too long is broken."""

    lines: tuple[tuple[Inline, Style], ...]
    width: float

    @property
    def height(self) -> float:
        """Return the height of the frame."""
        return 2 * PAD + sum(lines_of(line, self._room, style) * style.leading for line, style in self.lines) - 0.6

    @property
    def _room(self) -> float:
        return self.width - 2 * PAD

    def marks(self, x: float, y: float) -> Iterator[Mark]:
        """Yield the frame and its text, from its upper left corner."""
        yield rectangle(x, y, x + self.width, y + self.height, PAPER, RULE)
        baseline = y + PAD + BODY.cap_height
        for line, style in self.lines:
            yield block(line, x + PAD, baseline, self._room, style)
            baseline += lines_of(line, self._room, style) * style.leading


@dataclass(frozen=True, slots=True)
class Columns:
    """A table of outcomes in a frame: a row an outcome, trials and participants at each follow-up."""

    analysed: AnalysedComparison
    width: float

    @property
    def pairs(self) -> tuple[tuple[float, float], ...]:
        """Return the widths of both columns of each follow-up."""
        return tuple(self._pair(place) for place in range(len(self.analysed.follow_ups)))

    def _pair(self, place: int) -> tuple[float, float]:
        people = [item.people[place] for item in self.analysed.outcomes]
        found = [item for item in people if item is not None]
        trials, n = (
            max([inline_width((number,), SMALL) for number in numbers] + [inline_width((head,), SMALL)])
            for head, numbers in zip(COUNT_HEADS, ([p.trials for p in found], [p.n for p in found]), strict=True)
        )
        label = inline_width((self.analysed.follow_ups[place],), SMALL)
        return max(trials, label - PAIR_GAP - n), n

    @property
    def room(self) -> float:
        """Return how wide the label of an outcome may be."""
        return self.width - 2 * PAD - sum(COLUMN_GAP + trials + PAIR_GAP + n for trials, n in self.pairs)

    @property
    def height(self) -> float:
        """Return the height of the frame."""
        rows = 2 + sum(lines_of((item.label,), self.room, SMALL) for item in self.analysed.outcomes)
        return 2 * PAD + rows * SMALL.leading - 0.6

    def marks(self, x: float, y: float) -> Iterator[Mark]:
        """Yield the frame, its heads and its rows, from its upper left corner."""
        yield rectangle(x, y, x + self.width, y + self.height, PAPER, RULE)
        baseline = y + PAD + SMALL.cap_height
        yield lettered(("Analysed",), x + PAD, baseline, replace(SMALL, weight="bold"))
        for label, (_, _, end) in zip(self.analysed.follow_ups, self._places(x), strict=True):
            yield lettered((label,), end, baseline, SMALL.muted(), "right")
        baseline += SMALL.leading
        for _, middle, end in self._places(x):
            for head, place in zip(COUNT_HEADS, (middle, end), strict=True):
                yield lettered((head,), place, baseline, SMALL.muted(), "right")
        for item in self.analysed.outcomes:
            baseline += SMALL.leading
            yield from self._row(item, x, baseline)
            baseline += (lines_of((item.label,), self.room, SMALL) - 1) * SMALL.leading

    def _row(self, item: AnalysedOutcome, x: float, baseline: float) -> Iterator[Mark]:
        yield block((item.label,), x + PAD, baseline, self.room, SMALL)
        for people, (_, middle, end) in zip(item.people, self._places(x), strict=True):
            if people is None:
                yield lettered(("–",), end, baseline, SMALL.muted(), "right")
            else:
                yield lettered((people.trials,), middle, baseline, SMALL, "right")
                yield lettered((people.n,), end, baseline, SMALL, "right")

    def _places(self, x: float) -> Iterator[tuple[float, float, float]]:
        """Yield where the columns of each follow-up begin, and the right ends of both."""
        start = x + PAD + self.room
        for trials, n in self.pairs:
            yield start + COLUMN_GAP, start + COLUMN_GAP + trials, start + COLUMN_GAP + trials + PAIR_GAP + n
            start += COLUMN_GAP + trials + PAIR_GAP + n


@dataclass(frozen=True, slots=True)
class Step:
    """A comparison, and who of it is analysed."""

    comparison: Box
    analysed: Box | Columns | None

    @property
    def height(self) -> float:
        """Return the height of the higher box."""
        return max(self.comparison.height, self.analysed.height if self.analysed else 0.0)

    def marks(self, y: float) -> Iterator[Mark]:
        """Yield both boxes and the arrows to them."""
        middle = y + PAD + BODY.cap_height / 2
        yield from arrow(SPINE, middle, INDENT, middle)
        yield from self.comparison.marks(INDENT, y)
        if self.analysed is not None:
            yield from arrow(LEFT_END, middle, RIGHT, middle)
            yield from self.analysed.marks(RIGHT, y)


def arrow(x: float, y: float, x_end: float, y_end: float) -> Iterator[Mark]:
    """Yield a line to the right or downwards, with its head."""
    across = y == y_end
    yield Stroke(x, y, x_end - (ARROW if across else 0), y_end - (0 if across else ARROW), MUTED, 0.6)
    half = ARROW * 0.45
    sides = ((x_end - ARROW, y - half), (x_end - ARROW, y + half))
    if not across:
        sides = ((x - half, y_end - ARROW), (x + half, y_end - ARROW))
    yield Shape(((x_end, y_end), *sides), MUTED)


def flow_sheets(flow: ParticipantFlow, analysed: Sequence[AnalysedComparison], *, name: str) -> tuple[Sheet, ...]:
    """Return the pages of the figure, before they are drawn."""
    top, start = _top(flow)
    steps = _steps(flow, {item.comparison: item for item in analysed}, PAGE_HEIGHT - start)
    pages = _paginate(steps, start)
    return tuple(
        _sheet(
            top if not number else [], page, start if not number else EDGE, _stem(name, number), _alt(flow, analysed)
        )
        for number, page in enumerate(pages)
    )


def _stem(name: str, number: int) -> str:
    return f"{name}-{number + 1}" if number else name


def _top(flow: ParticipantFlow) -> tuple[list[Mark], float]:
    """Return the boxes of files, exclusions and repository, and where the first comparison begins."""
    width = LEFT_END - EDGE
    files, repository = Box(_files(flow), width), Box(_repository(flow), width)
    excluded = Box(_excluded(flow), page_width() - EDGE - RIGHT)
    end = EDGE + files.height
    branch, begin = end + GAP, end + 2 * GAP + ARROW
    side = max(EDGE, branch - excluded.height / 2)
    marks: list[Mark] = [*files.marks(EDGE, EDGE), *arrow(LEFT_END / 2, end, LEFT_END / 2, begin)]
    marks += [*arrow(LEFT_END / 2, branch, RIGHT, branch), *excluded.marks(RIGHT, side)]
    marks += [*repository.marks(EDGE, begin)]
    return marks, max(begin + repository.height, side + excluded.height) + 1.6 * GAP


def _files(flow: ParticipantFlow) -> tuple[tuple[Inline, Style], ...]:
    return ((("Trial files",), HEAD), (_people(flow.trials, flow.in_files), BODY))


def _people(trials: Number, n: Number) -> Inline:
    return (*words.plural(trials, "trial", "trials"), ", ", *words.plural(n, "participant", "participants"))


def _excluded(flow: ParticipantFlow) -> tuple[tuple[Inline, Style], ...]:
    count: Inline = words.plural(flow.excluded, "participant", "participants")
    where: Inline = (" of ", *words.plural(flow.excluding, "trial", "trials")) if flow.excluding.value else ()
    lines: list[tuple[Inline, Style]] = [(("Excluded on loading",), HEAD), ((*count, *where), BODY)]
    lines += [((item.n, NO_BREAK, item.reason), SMALL) for item in flow.reasons]
    if flow.others is not None:
        lines.append(
            ((flow.others, NO_BREAK, "for other reasons" if flow.reasons else "for reasons in the ledger"), SMALL)
        )
    return tuple(lines)


def _repository(flow: ParticipantFlow) -> tuple[tuple[Inline, Style], ...]:
    classes = words.listed([(item.arm_class, NO_BREAK, item.n) for item in flow.classes])
    return (
        (("Repository",), HEAD),
        (_people(flow.trials, flow.n), BODY),
        *(((classes, SMALL),) if classes else ()),
    )


def _steps(flow: ParticipantFlow, analysed: dict[str, AnalysedComparison], room: float) -> list[Step]:
    """Return the comparisons with their outcomes, in detail as long as all of them stay on the first page."""
    width = page_width() - EDGE - RIGHT
    found = [(Box(_comparison(item), LEFT_END - INDENT), analysed.get(item.name)) for item in flow.comparisons]
    brief = [Step(box, _brief(item, width)) for box, item in found]
    full = [Step(box, _detailed(item, width)) for box, item in found]
    for detailed in range(len(found), -1, -1):
        steps = [*full[:detailed], *brief[detailed:]]
        if _height(steps) <= room:
            return steps
    return brief


def _height(steps: Sequence[Step]) -> float:
    return sum(step.height + GAP for step in steps)


def _comparison(item: FlowComparison) -> tuple[tuple[Inline, Style], ...]:
    alone: Inline = (" (", item.one_sided, " with arms on one side only)") if item.one_sided.value else ()
    return (
        ((item.title,), HEAD),
        (
            (
                *words.plural(item.trials, "trial", "trials"),
                *alone,
                ", ",
                *words.plural(item.n, "participant", "participants"),
            ),
            BODY,
        ),
        (("Intervention ", item.n_intervention, ", control ", item.n_control), SMALL),
    )


def _detailed(item: AnalysedComparison | None, width: float) -> Box | Columns | None:
    """Return the table of outcomes; a line for each follow-up where it has no room for their labels."""
    if item is None:
        return None
    table = Columns(item, width)
    return table if table.room >= LEAST_LABEL else _brief(item, width)


def _brief(item: AnalysedComparison | None, width: float) -> Box | None:
    """Return a line for each follow-up: how many outcomes, of how many trials and participants."""
    if item is None:
        return None
    lines = [_range(item, place) for place in range(len(item.follow_ups))]
    return Box(((("Analysed",), replace(SMALL, weight="bold")), *((line, SMALL) for line in lines)), width)


def _range(item: AnalysedComparison, place: int) -> Inline:
    """Return "Short term: 6 outcomes, m 4, n 593 to 659", for which a box has room."""
    trials, people = _spans(item, place)
    return (*_outcomes(item, place), *((", m ", *trials, ", n ", *people) if people else ()))


def _outcomes(item: AnalysedComparison, place: int) -> Inline:
    found = sum(outcome.people[place] is not None for outcome in item.outcomes)
    number = words.count(slug("flow", item.comparison, item.follow_ups[place].id), "outcomes", found)
    return (item.follow_ups[place], ": ", *words.plural(number, "outcome", "outcomes"))


def _spans(item: AnalysedComparison, place: int) -> tuple[Inline, Inline]:
    """Return of how many trials, and of how many people, the outcomes at a follow-up are; nothing where there is none."""
    people = [found for outcome in item.outcomes if (found := outcome.people[place]) is not None]
    return (_span([p.trials for p in people]), _span([p.n for p in people])) if people else ((), ())


def _span(numbers: Sequence[Number]) -> Inline:
    """Return the smallest and the largest of some counts; those that are not printed have no say."""
    known = sorted((number for number in numbers if number.value is not None), key=lambda number: number.value or 0)
    if not known:
        return ("–",)
    return (known[0],) if known[0].value == known[-1].value else (known[0], " to ", known[-1])


def _paginate(steps: Sequence[Step], start: float) -> list[list[tuple[Step, float]]]:
    """Share the comparisons out over pages, each with its place on its page."""
    pages: list[list[tuple[Step, float]]] = [[]]
    y = start
    for step in steps:
        if pages[-1] and y + step.height > PAGE_HEIGHT:
            pages.append([])
            y = EDGE + GAP
        pages[-1].append((step, y))
        y += step.height + GAP
    return pages


def _sheet(top: list[Mark], page: Sequence[tuple[Step, float]], start: float, name: str, alt: Inline) -> Sheet:
    marks = [*top]
    bottom = start
    if page:
        last, y = page[-1]
        bottom = max(y + last.height, start)
        above = start - 1.6 * GAP if top else EDGE
        marks.append(Stroke(SPINE, above, SPINE, y + PAD + BODY.cap_height / 2, MUTED, 0.6))
    for step, y in page:
        marks += step.marks(y)
    return Sheet(name, TITLE, page_width(), math.ceil((bottom + EDGE) * 10) / 10, tuple(marks), alt)


def _alt(flow: ParticipantFlow, analysed: Sequence[AnalysedComparison]) -> Inline:
    """Return the figure in words: the same numbers in its order."""
    found = {item.comparison: item for item in analysed}
    parts: list[Inline] = [
        ("Flow of participants: ", *_people(flow.trials, flow.in_files), " in the files"),
        (flow.excluded, " excluded on loading"),
        (flow.n, " in the repository"),
    ]
    for item in flow.comparisons:
        own: Inline = (item.title, ": ", *_people(item.trials, item.n))
        parts.append((*own, *_alt_analysed(found[item.name])) if item.name in found else own)
    return (*words.listed(parts), ".")


def _alt_analysed(item: AnalysedComparison) -> Inline:
    lines: list[Inline] = []
    for place in range(len(item.follow_ups)):
        trials, people = _spans(item, place)
        each: Inline = (" (trials of each: ", *trials, "; participants: ", *people, ")") if people else ()
        lines.append((*_outcomes(item, place), *each))
    return ("; analysed: ", *words.listed(lines))
