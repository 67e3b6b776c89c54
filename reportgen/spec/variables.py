"""A variable of a mapping: where an outcome, covariate or instrument stands in a trial's file, and how it is coded there."""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from reportgen.spec.model import (
    Code,
    Day,
    Names,
    Node,
    Range,
    Real,
    RuleError,
    Word,
)
from reportgen.spec.normal import Name, normal

MOST_ITEMS = 1000
ITEMS = re.compile(r"\{(\d+)-(\d+)\}")
_INTERVAL = re.compile(r"^\s*(-?\d+(?:\.\d+)?)(?:\s*(?:to|–)\s*(-?\d+(?:\.\d+)?))?\s*$")
_ONE_SIDED = re.compile(
    r"^\s*(?:(above|below|up to|at least|from)\s+(-?\d+(?:\.\d+)?)|(-?\d+(?:\.\d+)?)\s+or\s+(more|less))\s*$"
)


class Flag(Node):
    """A yes/no column that stands for a level.

    Everything but `equals` counts as no where it is known to: the other word of a pair such as yes and no, or a number
    beside a number. `no` lists further answers that count as no.
    """

    column: Name
    """The yes/no column."""
    equals: Code = 1
    """The answer that means yes; 1 by default, and known words for yes and no are understood."""
    no: tuple[Code, ...] = ()
    """Further answers that count as no, where they are no known words for it; `""` is the empty cell."""

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return as_lists(value, "no")


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

    def below(self, other: Interval) -> bool:
        """Whether every value of it lies below every value of another one.

        Examples
        --------
        >>> Interval(high=65, high_open=True).below(Interval(low=65)), Interval(high=65).below(Interval(low=65))
        (True, False)
        """
        if self.high is None or other.low is None:
            return False
        return self.high < other.low or (self.high == other.low and (self.high_open or other.low_open))


def interval_of(text: str) -> Interval | None:
    """Read "0 to 7", "7", "up to 7", "below 8", "above 10", "at least 11", "11 or more"; None where it is none of them.

    Examples
    --------
    >>> interval_of("8 to 10"), interval_of("11 or more").low
    (Interval(low=8.0, high=10.0, low_open=False, high_open=False), 11.0)
    """
    found = _INTERVAL.match(text)
    if found:
        low, high = float(found[1]), float(found[2] or found[1])
        return Interval(low=low, high=high) if math.isfinite(low) and math.isfinite(high) else None
    found = _ONE_SIDED.match(text)
    if not found:
        return None
    word, bound = (found[1], found[2]) if found[1] else (found[4], found[3])
    number = float(bound)
    if not math.isfinite(number):
        return None
    return {
        "above": Interval(low=number, low_open=True),
        "at least": Interval(low=number),
        "from": Interval(low=number),
        "more": Interval(low=number),
        "below": Interval(high=number, high_open=True),
        "up to": Interval(high=number),
        "less": Interval(high=number),
    }[word]


class Dated(Node):
    """Which date in the column is an event: one up to a day, or within some days of the date in another column.

    An empty cell is no event, and neither is a later date; for whom it is not known, a code of `missing` stands. Dates are
    written as year, month and day, as in `2020-12-31`, or in the order that `order` names.
    """

    until: Day = ""
    """The last day on which a date is an event, as in `2020-12-31`. Give this, or `days` and `after`."""
    days: int | None = Field(None, ge=0, le=36_600)
    """A date is an event up to so many days after the date in `after`."""
    after: Name | None = None
    """The column with the date from which days are counted, as a rule that of randomisation; a date before it is an error."""
    order: Literal["year-month-day", "day-month-year", "month-day-year"] = "year-month-day"
    """In which order text dates are written; the order that begins with the year is understood besides."""

    @model_validator(mode="after")
    def _one_limit(self) -> Dated:
        if bool(self.until) == (self.days is not None or self.after is not None):
            raise ValueError("give `until`, or `days` and `after`")
        if not self.until and (self.days is None or self.after is None):
            raise ValueError("`days` and `after` require each other")
        return self


class Variable(Node):
    """How a covariate or an instrument is derived from the columns of a file.

    `column` may hold `{visit}`, which stands for each key of `visits`, or map visits to columns. Then one of: `codes`
    (code to level or number, `null` is missing), `cut` (level to interval), `flags` (level to yes/no column, the first
    that says yes; `otherwise` where all of them say no), `items` with `score`, `dated` (an event by its date). Numbers may be converted by one of:
    `unit`, `from_range`, `times` and `plus`. `missing` replaces the list of the file. `visits` names those at which it
    was measured, where it was not measured at all of them; `data` the file (from 1), where it is not the first one that
    has the column.

    Items: `yes` is the code that counts one, every other answer counts none, and `no` lists answers that do so though
    they are no known words for it; `reversed` items (by number) are reversed within `item_range`. With fewer than
    `at_least` items answered (all of them, if it is left out) the score is missing; with more, the items left open
    count as the mean of those answered.

    `outside` says what a value outside the range (or `item_range`, or every interval of `cut`) is: an error, or
    missing.

    `labels` says what the file's own value labels are: by `check`, an error where they contradict the codes, or where a
    value has one among numbers that have none (probably a missing code); by `values`, labels of numbers that are values
    like all others; by `ignore`, wrong: the mapping is right, whatever they say.
    """

    column: Name | dict[Word, Name] | None = None
    """The column that holds the variable: its name, in which `{visit}` stands for each key of `visits`, or a column
    for each visit, as in `{baseline: A, 3 months: B}`."""
    codes: dict[Code, Code | None] = {}
    """What each code in the file stands for: a level, a number, or `null` for missing. Any other code is an error."""
    cut: dict[Word, str] = {}
    """The interval of numbers behind each level, as in `{low: 0 to 7, high: 8 or more}`."""
    flags: dict[Word, Flag] = {}
    """The yes/no column behind each level; the first that says yes gives the level."""
    otherwise: Word | None = None
    """The level of participants for whom every flag says no; without it they have none."""
    dated: Dated | None = None
    """Which date in the column is an event, as in `{until: 2020-12-31}` or `{days: 90, after: randomised}`; an empty cell is none."""
    items: Name | tuple[Name, ...] | None = None
    """Columns of a questionnaire's items: a pattern such as `"rm{visit}_{1-24}"`, or a list."""
    yes: Code | None = None
    """The answer to an item that counts one; every other answer counts none."""
    no: tuple[Code, ...] = ()
    """Further answers that count none, where they are no known words for it."""
    score: Literal["sum", "mean"] = "sum"
    """Whether the score is the sum or the mean of the items."""
    at_least: int | None = Field(None, ge=1)
    """With fewer items answered the score is missing, all of them by default; with more, open items count as the
    mean of those answered."""
    reversed: tuple[int, ...] = ()
    """Items, by number, that are scored in the opposite direction and reversed within `item_range`."""
    item_range: Range | None = None
    """Lowest and highest answer to an item; an answer outside is an error."""
    unit: str | None = None
    """Unit of the values in the file, as in `lb`; they are converted to the study's unit."""
    from_range: Range | None = None
    """Lowest and highest value of the scale in the file; values are rescaled linearly to the study's range."""
    times: Real | None = None
    """Values are multiplied by this, before `plus` is added."""
    plus: Real | None = None
    """This is added to the values, after they are multiplied by `times`."""
    missing: tuple[Code, ...] | None = None
    """Codes that mean a missing value of this variable, in place of those of the file."""
    outside: Literal["error", "missing"] = "error"
    """What a value outside the range, `item_range` or every interval of `cut` is: an `error`, or `missing`."""
    labels: Literal["check", "values", "ignore"] = "check"
    """What the file's own value labels are: `check` makes it an error where they contradict the mapping, or where
    some numbers have labels and others none; `values` says that labelled numbers are values like the others,
    `ignore` that the mapping is right whatever they say."""
    visits: Names = ()
    """Visits at which the variable was measured, by key, where it was not measured at all of them."""
    data: int | None = Field(None, ge=1)
    """Which file of the trial holds the variable, by number from 1; the first that has the column by default."""

    @field_validator("codes")
    @classmethod
    def _levels_in_one_form(cls, value: dict[Code, Code | None]) -> dict[Code, Code | None]:
        return {code: normal(level) if isinstance(level, str) else level for code, level in value.items()}

    @property
    def item_numbers(self) -> tuple[int, ...]:
        """Numbers of the items: those in the braces, or their places in the list.

        Examples
        --------
        >>> Variable(items="rm_{3-5}").item_numbers
        (3, 4, 5)
        """
        if isinstance(self.items, str):
            found = ITEMS.search(self.items)
            return tuple(range(int(found[1]), int(found[2]) + 1)) if found else ()
        return tuple(range(1, len(self.items or ()) + 1))

    @property
    def item_columns(self) -> tuple[str, ...]:
        """Names of the columns that hold the items.

        Examples
        --------
        >>> Variable(items="rm{visit}_{08-10}").item_columns
        ('rm{visit}_08', 'rm{visit}_09', 'rm{visit}_10')
        """
        if not isinstance(self.items, str):
            return self.items or ()
        found = ITEMS.search(self.items)
        width = len(found[1]) if found and found[1].startswith("0") else 0
        return tuple(ITEMS.sub(str(number).zfill(width), self.items, count=1) for number in self.item_numbers)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"column": value}
        if isinstance(value, dict):
            value = dict(value)
            value = as_lists(value, "missing", "no")
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
            raise ValueError("`reversed` needs `item_range` to reverse the items")
        if self.otherwise is not None and not self.flags:
            raise ValueError("`otherwise` requires `flags`")
        if self.codes and self.yes is not None:
            raise ValueError("give `codes` or `yes`, not both")
        self._no_idle_keys()
        conversions = [
            self.unit is not None,
            self.from_range is not None,
            self.times is not None or self.plus is not None,
        ]
        if sum(conversions) > 1:
            raise ValueError("give one of `unit`, `from_range`, and `times` with `plus`")
        for level, text in self.cut.items():
            if interval_of(text) is None:
                raise ValueError(
                    f"the interval of '{level}' is not like '8 to 10', 'up to 7', 'above 10' or '11 or more'"
                )
        self._few_items()
        if isinstance(self.items, str) and ITEMS.search(self.items) is None:
            raise ValueError(
                "`items` needs the numbers of the items in braces, as in 'rm_{1-24}', or a list of columns"
            )
        if self.items is not None and not self.item_numbers:
            raise ValueError("`items` is empty")
        if self.at_least is not None and self.at_least > len(self.item_numbers):
            raise ValueError(f"`at_least` asks for more than the {len(self.item_numbers)} items")
        numbers = frozenset(self.item_numbers)
        for number in self.reversed:
            if number not in numbers:
                raise ValueError(f"`reversed` names the item {number}, which is not in `items`")
        return self

    def _few_items(self) -> None:
        """Refuse a number of items that no score has, before they are listed: `{1-999999999}` is quickly written."""
        found = ITEMS.search(self.items) if isinstance(self.items, str) else None
        endless = found is not None and any(len(number.lstrip("0")) > 6 for number in found.groups())
        if endless or len(self.item_numbers) > MOST_ITEMS:
            hint = "Name the items of the scale, as in 'rm_{1-24}'."
            raise RuleError(f"more than {MOST_ITEMS:,} items are named", hint, "items")

    def _no_idle_keys(self) -> None:
        """A key that would do nothing is an error, not a silent wish."""
        given = self.model_fields_set
        if self.items is None:
            for key in ("yes", "no", "score", "at_least", "reversed", "item_range"):
                if key in given:
                    raise RuleError(f"`{key}` requires `items`", "Remove it, or name the `items` of a score.", key)
        if self.dated is not None:
            for key in ("codes", "cut", "flags", "items", "unit", "from_range", "times", "plus", "outside", "labels"):
                if key in given:
                    raise RuleError(f"`{key}` cannot be combined with `dated`", "Remove it.", key)
        if self.flags:
            for key in ("codes", "cut", "unit", "from_range", "times", "plus", "outside", "visits"):
                if key in given:
                    raise RuleError(f"`{key}` cannot be combined with `flags`", "Remove it.", key)
        if self.no and self.yes is None:
            raise RuleError("`no` requires `yes`", "Remove it, or list the answers that count under `yes`.", "no")
        if self.labels == "ignore" and not (self.codes or self.flags or self.yes is not None):
            hint = "Numbers are read by `labels: values`."
            raise RuleError("`labels: ignore` requires `codes`, `flags` or `yes`", hint, "labels")
        if self.labels == "values" and self.codes:
            raise RuleError(
                "`labels: values` cannot be combined with `codes`, which give every value", "Remove it.", "labels"
            )
        if isinstance(self.column, dict) and self.visits:
            raise RuleError("`column` already names the visits", "Remove `visits`.", "visits")


def as_lists(value: Any, *keys: str) -> Any:
    """Let one value be written where a list may stand."""
    if not isinstance(value, dict):
        return value
    single = {key: [value[key]] for key in keys if key in value and not isinstance(value[key], list)}
    return {**value, **single}
