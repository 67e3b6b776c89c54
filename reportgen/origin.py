"""Where a value was written: file, line, column, and its caret excerpt.

Every value of a study file remembers its place, so that an error can point at the guilty characters. Nothing here
knows what the value means.
"""

from __future__ import annotations

from dataclasses import dataclass

WIDEST = 200  # characters of a line that are shown
LEAD = 60  # of them, before the guilty ones


@dataclass(frozen=True, slots=True)
class Origin:
    """A place in a text file.

    Parameters
    ----------
    file : str
        The file as the user would name it (relative to the working directory where possible).
    line, column : int
        Both count from 1.
    length : int
        How many characters the value takes on its line.
    text : str
        The whole line, without its line end.

    Examples
    --------
    >>> print(Origin("study.yaml", 41, 5, 4, "    sexx: x").excerpt())
        41 |     sexx: x
           |     ^^^^
    """

    file: str
    line: int
    column: int = 1
    length: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def short(self) -> str:
        """The place without its folder: `study.yaml:41`, the same on every machine."""
        return f"{self.file.replace(chr(92), '/').rsplit('/', 1)[-1]}:{self.line}"

    def excerpt(self) -> str:
        """Return the line with carets under the value."""
        number = str(self.line)
        gutter = " " * len(number)
        start = max(0, self.column - 1 - LEAD) if len(self.text) > WIDEST else 0
        line = (
            ("…" if start else "")
            + self.text[start : start + WIDEST]
            + ("…" if len(self.text) > start + WIDEST else "")
        )
        indent = self.column - 1 - start + bool(start)
        carets = " " * indent + "^" * max(1, min(self.length, WIDEST - indent))
        return f"    {number} | {line}\n    {gutter} | {carets}"
