"""House styles: how a journal prints numbers, comparisons and figures, as far as its instructions to authors say so.

In: the word of the study file (`report: {style: lancet}`). Out: a frozen value that pages and figures are set by. It changes
neither what is computed nor the results table, and no fit depends on it. What each style sets was read in published
instructions to authors in November 2026, as best we know: journals change them, and their editors have the last word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

MINUS = "−"
TO = " to "
VERSUS = " v "
"""What stands between two levels, unless a style has a word of its own."""
COLUMN = 85.0
"""Millimetres of a figure in a single column, which journals set to between 84 and 89."""
Width = Literal["page", "column"]
"""How wide a figure is: as a page of the house, or as a single column of it."""
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_LEADING_ZERO = re.compile(r"(?<!\d)0(?=\.\d)")
_P = re.compile(r"(?<![\w.\-/@])p(?![\w\-/@]|\.\w)")
_VERSUS = re.compile(r"(?<=\S )(?:vs\.?|versus|v\.?)(?= [^\W\d_(])")
_EQUALS = re.compile("[ \u00a0]=[ \u00a0]")


@dataclass(frozen=True, slots=True)
class House:
    """How a journal prints numbers and figures.

    Attributes
    ----------
    name : str
        As the study file writes it.
    says : str
        Whose style it is, for the schema.
    decimal : str
        Decimal point.
    between : str
        What stands between the ends of an interval. Where an end is negative it is " to " in any style.
    versus : str
        What stands between the two sides of a comparison; as the study file has it where empty.
    p : str
        The letter of a p value.
    tight : bool
        Whether signs stand without spaces, as in "p=0·03".
    leading_zero : bool
        Whether a p value has a zero before its point.
    least_p : float
        A smaller p value is printed as smaller than this.
    p_decimals : tuple of (int, int), optional
        Decimals of p values from 0.01 on, and of those below; significant figures by the policy where None.
    width : float
        Of a figure, in millimetres.
    least_type, most_type : float
        Of a figure, in points.
    black : bool
        Whether figures are drawn without colour.
    """

    name: str
    says: str
    decimal: str = "."
    between: str = TO
    versus: str = ""
    p: str = "p"
    tight: bool = False
    leading_zero: bool = True
    least_p: float = 0.001
    p_decimals: tuple[int, int] | None = None
    width: float = 174.0
    least_type: float = 7.0
    most_type: float = 8.0
    black: bool = False

    def number(self, text: str, *, p: bool = False) -> str:
        """Return a printed number with the point of the house, and a p value without its zero where the house has none.

        Examples
        --------
        >>> HOUSES["lancet"].number("−1.30"), HOUSES["jama"].number("<0.001", p=True), HOUSES["jama"].number("0.30")
        ('−1·30', '<.001', '0.30')
        """
        if p and not self.leading_zero:
            text = _LEADING_ZERO.sub("", text)
        return text if self.decimal == "." else _POINT.sub(self.decimal, text)

    def words(self, text: str) -> str:
        """Return words with the letter of p values and the signs of the house.

        Examples
        --------
        >>> HOUSES["bmj"].words("adjusted, p = "), HOUSES["nature"].words("smallest p of the search")
        ('adjusted, P=', 'smallest P of the search')
        """
        text = text if self.p == "p" else _P.sub(self.p, text)
        return _EQUALS.sub("=", text) if self.tight else text

    def comparing(self, text: str) -> str:
        """Return words of the study file with the house's word between two sides.

        Examples
        --------
        >>> HOUSES["bmj"].comparing("Exercise vs. usual care"), HOUSES["plain"].comparing("Exercise vs. usual care")
        ('Exercise v usual care', 'Exercise vs. usual care')
        """
        return _VERSUS.sub(self.versus, text) if self.versus else text

    @property
    def against(self) -> str:
        """What stands between two levels that are compared: " v ", or the word of the house in its place."""
        return f" {self.versus} " if self.versus else VERSUS

    def joint(self, low: str, high: str) -> str:
        """Return what stands between the ends of an interval, as they are printed.

        Examples
        --------
        >>> HOUSES["lancet"].joint("1.2", "3.4"), HOUSES["lancet"].joint("−1.2", "3.4"), HOUSES["bmj"].joint("1.2", "3.4")
        ('–', ' to ', ' to ')
        """
        return TO if MINUS in low + high else self.between

    def in_width(self, width: Width) -> House:
        """Return the house as it prints a figure of that width.

        Examples
        --------
        >>> HOUSES["lancet"].in_width("page").width, HOUSES["lancet"].in_width("column").width
        (154.0, 85.0)
        """
        return replace(self, width=COLUMN) if width == "column" else self

    def type_size(self, points: float) -> float:
        """Return the size at which type of some points is set in a figure."""
        return min(max(points, self.least_type), self.most_type)


_STYLES = (
    House("plain", "No journal's: decimal points on the line, intervals with “to”, figures in blue and grey."),
    House(
        "bmj",
        "The BMJ: “v” between two sides, intervals with “to”, P=0.03.",
        versus="v",
        p="P",
        tight=True,
    ),
    House(
        "lancet",
        "The Lancet: decimal points at mid-height, intervals with a dash, p=0·03, p<0·0001; figures of 154 mm in black.",
        decimal="·",
        between="–",
        versus="vs",
        tight=True,
        least_p=0.0001,
        width=154.0,
        black=True,
    ),
    House(
        "jama",
        "JAMA and its network (AMA Manual of Style): P = .03 without a zero, with two decimals, three below .01; intervals with a hyphen; figures in black.",
        between="-",
        versus="vs",
        p="P",
        leading_zero=False,
        p_decimals=(2, 3),
        black=True,
    ),
    House(
        "nature",
        "Nature: “versus”, P = 0.03, intervals with a dash; type of figures 7 points at the most.",
        between="–",
        versus="versus",
        p="P",
        most_type=7.0,
    ),
    House(
        "bmc",
        "BMC journals: figures of 170 mm with type of 8 points and lines of half a point at least; numbers as in `plain`.",
        width=170.0,
        least_type=8.0,
    ),
)
HOUSES = {house.name: house for house in _STYLES}
"""House styles by the word of the study file."""
PLAIN = HOUSES["plain"]
