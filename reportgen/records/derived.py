"""What a page adds to the numbers of records: how many of them there are, and words of the study file.

Nothing here is estimated, and nothing of it is about people: a view may count what is disclosed already, and quote.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reportgen.records.numbers import Number, fixed, slug


@dataclass(frozen=True, slots=True)
class Derived:
    """Makes the numbers that a page adds.

    Parameters
    ----------
    prefix : str
        What the ids start with.
    source : str
        Key of the provenance.

    Examples
    --------
    >>> Derived("fig1", "report").count("rows", 12, "rows")
    Number(id='fig1.rows', value=12, text='12', unit='rows', n=None, trials=None, status='ok', reason='', source='report', kind='number', measure='')
    """

    prefix: str
    source: str = "report"

    def at(self, *names: str) -> Derived:
        """Return the same with further names in the ids."""
        return replace(self, prefix=f"{self.prefix}.{slug(*names)}")

    def _id(self, name: str) -> str:
        return f"{self.prefix}.{slug(name)}"

    def count(self, name: str, value: int, unit: str) -> Number:
        """How many of something are disclosed."""
        return Number(self._id(name), int(value), fixed(int(value), 0), unit, source=self.source)

    def figure(self, name: str, value: float, decimals: int, unit: str = "") -> Number:
        """A number that follows from the study file, or from counts."""
        return Number(self._id(name), float(value), fixed(value, decimals), unit, source=self.source)

    def quote(self, name: str, words: str) -> Number:
        """Words of the study file, printed as they are."""
        return Number(self._id(name), None, words, source=self.source, kind="quotation")
