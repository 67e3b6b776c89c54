"""The one place where a text is made of a value: the decimals of the policy, of an outcome, and of an artefact.

In: records as they are kept, and what the study says of decimals and names. Out: the same records with numbers as a page
prints them. An artefact with a rounding of its own prints records again, whole, so that its table and its figure cannot
round differently; which number is rounded how, the fields of the records say themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

from reportgen.houses import HOUSES, PLAIN, House
from reportgen.records.kinds import kinds_of
from reportgen.records.model import Records
from reportgen.records.names import names_of, with_names
from reportgen.records.numbers import (
    Number,
    Value,
    beyond_ratios,
    clear_of,
    fixed,
    link_of,
    linked,
    p_text,
    read_back,
    significant,
)
from reportgen.spec.shows import RoundingHere
from reportgen.spec.study import Study

RecordT = TypeVar("RecordT")
SET = {
    "limit of p": 0,
    "df": 1,
    "criterion": 3,
    "q": 2,
    "share": 3,
    "share of draws": 0,
    "jaccard": 2,
    "i2": 0,
    "weight": 1,
}
"""Decimals of measures that no policy sets: an auditor reads most of them, and of I² and weights more would mean nothing."""
VARIANCE_FIGURES = 2
"""Significant figures of a variance: whether the effects are in millimetres or in points, its decimals say nothing."""
LEAST_VARIANCE = 1e-6
FULL_SCALE = 100.0
MOST_OF_A_RANGE = 6  # decimals of the width of a scale


@dataclass(frozen=True, slots=True)
class Figures:
    """How many figures each number of a study has on a page, and what is called how.

    Attributes
    ----------
    policy : mapping of str to int
        Decimals of each measure; of `p` its significant figures.
    outcomes : mapping of str to int
        Decimals of the effects of those outcomes that have their own.
    names : mapping of str to str, or None
        Titles and labels by their references, see `names`; references stay where None.
    house : House
        Whose rules p values are rounded by.
    of_few : int, optional
        Decimals of a share of a few people; those of other shares where None.
    """

    policy: Mapping[str, int]
    outcomes: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] | None = None
    house: House = PLAIN
    of_few: int | None = None

    @property
    def unnamed(self) -> Figures:
        """The same without names."""
        return replace(self, names=None)

    def of(self, value: Value) -> int:
        """Return with how many decimals a value is printed; of a p value, its significant figures."""
        if not value.measure:
            return value.decimals or 0
        asked = SET.get(value.measure)
        if value.measure == "percent of few":
            asked = self.policy["percent"] if self.of_few is None else self.of_few
        elif value.measure not in SET:
            asked = self.policy[value.measure]
        own = self.outcomes.get(value.outcome)
        if own is not None and value.measure in ("effect", "heterogeneity", "mean"):
            asked = own + (value.measure == "heterogeneity")
        return max(asked or 0, value.decimals or 0)


def figures_of(study: Study) -> Figures:
    """Return what a study says of decimals and names."""
    decimals = {name: outcome.decimals for name, outcome in study.outcomes.items() if outcome.decimals is not None}
    rounding = study.policy.rounding
    of_few = None if "percent" in rounding.model_fields_set else 0
    return Figures(rounding.model_dump(), decimals, names_of(study), _rules_of(study), of_few)


def _rules_of(study: Study) -> House:
    """Return the house style of a study; significant figures that the policy gives come before decimals of the house."""
    house = HOUSES[study.report.style]
    return replace(house, p_decimals=None) if "p" in study.policy.rounding.model_fields_set else house


def text_of(value: Value, figures: Figures) -> str:
    """Return the text of a value.

    Examples
    --------
    >>> text_of(Value("a.effect", 1.254, measure="effect"), Figures({"effect": 2}))
    '1.25'
    >>> text_of(Value("a.cut", 54.16, decimals=1), Figures({})), text_of(Value("a.n", None, words="<5"), Figures({}))
    ('54.2', '<5')
    """
    if value.value is None:
        return with_names(value.words, figures.names)
    if value.measure == "p":
        # one of which only printed digits were released has no more, whatever the house would print
        house = PLAIN if value.reason and value.status == "ok" else figures.house
        return p_text(value.value, figures.of(value), value.clear, least=house.least_p, decimals=house.p_decimals)
    if value.measure == "factor":
        return factor_text(value.value)
    if value.measure == "variance":
        return significant(value.value, VARIANCE_FIGURES) if value.value >= LEAST_VARIANCE else fixed(0.0, 1)
    if value.kind == "log":
        return linked(value.value, figures.of(value), "log", clear=bool(value.clear))
    return clear_of(value.value, figures.of(value), *value.clear)


def factor_text(factor: float) -> str:
    """Return by what an effect is multiplied to stand on a scale of 0 to 100: the fraction, which has no decimals to lose.

    Examples
    --------
    >>> factor_text(100 / 24), factor_text(100 / 1.594), factor_text(1.0)
    ('100/24', '100/1.594', '1')
    """
    width = FULL_SCALE / factor
    decimals = next(
        (d for d in range(MOST_OF_A_RANGE) if math.isclose(round(width, d), width, rel_tol=1e-9)), MOST_OF_A_RANGE
    )
    return "1" if width == FULL_SCALE else f"{fixed(FULL_SCALE, 0)}/{fixed(width, decimals)}"


def number_of(value: Value, figures: Figures) -> Number:
    """Return a value as a page prints it."""
    names = figures.names
    unit, reason = with_names(value.unit, names), with_names(value.reason, names)
    text = text_of(value, figures)
    return Number(
        value.id,
        value.value,
        text,
        unit,
        value.n,
        value.trials,
        value.status,
        reason,
        value.source,
        value.kind,
        value.measure,
    )


def printed(record: Any, figures: Figures) -> Any:
    """Return a record with every value as a page prints it, and with what is called by a reference by its name.

    Parameters
    ----------
    record : dataclass, tuple or dict
        As it is kept; what stands in it twice stands in the result twice, and is made once.
    figures : Figures

    Examples
    --------
    >>> printed(("m = ", Value("a.trials", 4, decimals=0)), Figures({}))[1].text
    '4'
    """
    return _Printer(figures).of(record)


def printed_records(records: Records[Value], study: Study) -> Records:
    """Return all records of a study as its pages print them."""
    made: Records = printed(records, figures_of(study))
    return made


class _Printer:
    """Prints a record; remembers what it has printed, for a subgroup stands in its list and in the tree."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._made: dict[int, Any] = {}

    def of(self, item: Any) -> Any:
        kind = type(item)
        if kind is str:
            return with_names(item, self._figures.names)
        if kind is tuple:
            return item if not item or type(item[0]) is float else tuple(map(self.of, item))
        if kind is dict:
            return {key: self.of(value) for key, value in item.items()}
        if not is_dataclass(kind):
            return item
        result = self._made.get(id(item))
        if result is None:
            result = self._made[id(item)] = self._record(item)
        return result

    def _record(self, item: Any) -> Any:
        if isinstance(item, Value):
            return number_of(item, self._figures)
        kind: Any = type(item)
        return kind(**{name: self.of(getattr(item, name)) for name in _fields_of(kind)})


@lru_cache(maxsize=256)
def _fields_of(record: Any) -> tuple[str, ...]:
    return tuple(item.name for item in fields(record))


def rounded(record: RecordT, rounding: RoundingHere, name: str) -> RecordT:
    """Return a printed record whose numbers have the decimals of one artefact.

    Parameters
    ----------
    record : dataclass
    rounding : RoundingHere
        Kinds that are None keep the policy's decimals, and their ids.
    name : str
        Name of the artefact; ids end with `@name`.
    """
    decimals = {kind: value for kind, value in rounding.model_dump().items() if value is not None}
    return _rounded(record, decimals, name) if decimals else record


def _rounded(value: Any, decimals: dict[str, int], name: str, kind: str | None = None) -> Any:
    if isinstance(value, Number):
        return reprinted(value, decimals[kind], name) if kind in decimals else value
    if isinstance(value, tuple):
        return tuple(_rounded(part, decimals, name, kind) for part in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    kinds = kinds_of(type(value))
    parts = {field.name: getattr(value, field.name) for field in fields(value)}
    return replace(value, **{key: _rounded(part, decimals, name, kinds.get(key)) for key, part in parts.items()})


def reprinted(number: Number, decimals: int, artefact: str) -> Number:
    """Return the number as an artefact with its own rounding prints it, under an id of its own.

    Examples
    --------
    >>> reprinted(Number("a.effect", 1.254, "1.25"), 1, "fig1")
    Number(id='a.effect@fig1', value=1.254, text='1.3', unit='', n=None, trials=None, status='ok', reason='', source='', kind='number', measure='')
    """
    if number.value is None:
        return number
    if number.reason:  # the value has no more digits than the text
        decimals = min(decimals, len(number.text.partition(".")[2]))
    shown, limits = number.shown or 0.0, (1.0, 0.0) if number.kind == "log" else (0.0, 100.0)
    if beyond := beyond_ratios(number.value, link_of(number)):
        return replace(number, id=f"{number.id}@{artefact}", text=beyond)
    text = fixed(shown, decimals)
    # what was printed clear of no effect, or of all, stays so
    if read_back(text) in limits and read_back(number.text) != read_back(text):
        text = clear_of(shown, decimals, *limits)
    return replace(number, id=f"{number.id}@{artefact}", text=text)
