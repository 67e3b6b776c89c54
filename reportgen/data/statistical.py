"""Files of statistics programs: SPSS, Stata and SAS, through pyreadstat.

Values stay as codes; value labels come beside them, so that a mapping may name either. User-missing values are read as
values and declared as missing here, so that the ledger can count them. A date that no calendar has is a fault of its cell:
it is no reason to refuse the file.
"""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from reportgen.data.calendar import with_dates
from reportgen.data.raw import Raw, UnreadableError, raw_of_frame
from reportgen.data.transport import check_transport, with_special_missing
from reportgen.data.trial_run import try_reading
from reportgen.late import pd
from reportgen.spec.mapping import Data
from reportgen.spec.normal import normal

_OLD_STATA = re.compile(rb"[\x66-\x73][\x01\x02]|<stata_dta><header><release>117")
"""Files of Stata before version 14, which do not say in which encoding their letters are."""
_CELLS = 100_000_000
"""A file that says that it has more cells than this says so by mistake: pyreadstat would ask for the memory at once."""


def read_statistical(content: bytes, path: Path, data: Data) -> Raw:
    """Read a .sav, .zsav, .dta, .xpt or .sas7bdat file."""
    suffix = path.suffix.lower()
    if suffix == ".xpt":
        check_transport(content)
    frame, meta = _read(content, suffix, data.encoding)
    guessed = suffix == ".dta" and data.encoding is None and _OLD_STATA.match(content) is not None
    short = [name for name, kind in meta.readstat_variable_types.items() if kind == "float"]
    frame = _with_letters(frame, meta)
    raw = replace(
        raw_of_frame(frame, short),
        labels=_labels(meta),
        missing_spans=_missing_spans(meta),
        encoding_guessed=guessed,
    )
    return with_special_missing(raw, content) if suffix == ".xpt" else raw


def _read(content: bytes, suffix: str, encoding: str | None) -> tuple[pd.DataFrame, Any]:
    import pyreadstat

    readers: dict[str, Any] = {
        ".dta": pyreadstat.read_dta,
        ".xpt": pyreadstat.read_xport,
        ".sas7bdat": pyreadstat.read_sas7bdat,
    }
    reader = readers.get(suffix, pyreadstat.read_sav)
    options: dict[str, Any] = {} if suffix == ".xpt" else {"user_missing": True}
    encoding = None if encoding is None else _known_to_iconv(encoding)
    plainly = {**options, "disable_datetime_conversion": True, "output_format": "dict"}
    try_reading(lambda: reader(io.BytesIO(content), encoding=encoding, **plainly), len(content), f"{suffix} file")
    try:
        _, about = reader(io.BytesIO(content), encoding=encoding, metadataonly=True)
        if (about.number_rows or 0) * max(1, about.number_columns or 1) > _CELLS:
            raise ValueError(
                f"{about.number_rows:,} rows and {about.number_columns:,} columns in {len(content):,} bytes"
            )
        try:
            frame, meta = reader(io.BytesIO(content), encoding=encoding, **options)
        except (OverflowError, ValueError):  # a date that Python's calendar does not have
            plain, meta = reader(io.BytesIO(content), encoding=encoding, disable_datetime_conversion=True, **options)
            frame = with_dates(plain, meta.original_variable_types, suffix)
    except Exception as error:
        hint = "Export it again; where it holds letters of another encoding, name it in `encoding:`."
        own = isinstance(error, ValueError | pyreadstat.ReadstatError | pyreadstat.PyreadstatError)
        reason = str(error) if own else "it is damaged"
        raise UnreadableError(f"this cannot be read as a {suffix} file: {reason}", hint) from error
    return frame, meta


def _known_to_iconv(encoding: str) -> str:
    """The name by which pyreadstat knows an encoding of Python."""
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        hint = "Examples: utf-8, windows-1252, iso-8859-1, iso-8859-15, mac-roman."
        raise UnreadableError(f"there is no encoding '{encoding}'", hint, "encoding") from error
    return "macintosh" if name == "mac-roman" else name


def _with_letters(frame: Any, meta: Any) -> Any:
    """The letters of missing values as Stata and SAS write them: .a, not a."""
    results = {
        name: [letter_code(cell) if isinstance(cell, str) and cell in letters else cell for cell in frame[name]]
        for name, letters in meta.missing_user_values.items()
        if name in frame
    }
    return frame.assign(**{name: pd.Series(cells, dtype=object, index=frame.index) for name, cells in results.items()})


def letter_code(letter: str) -> str:
    """Return the code of a missing value of Stata or SAS.

    Examples
    --------
    >>> letter_code("a"), letter_code("B")
    ('.a', '.b')
    """
    return f".{letter.lower()}"


def _labels(meta: Any) -> dict[str, dict[Any, str]]:
    letters = meta.missing_user_values
    return {
        normal(str(name)): {
            letter_code(code) if code in letters.get(name, ()) else code: text
            for code, text in labels.items()
            if isinstance(text, str)  # in a damaged file a label may be no text
        }
        for name, labels in meta.variable_value_labels.items()
    }


def _missing_spans(meta: Any) -> dict[str, tuple[tuple[Any, Any], ...]]:
    """Spans of SPSS (`lo` to `hi`), and the letters .a to .z that Stata and SAS keep for missing values."""
    spans = {name: [(span["lo"], span["hi"]) for span in listed] for name, listed in meta.missing_ranges.items()}
    for name, letters in meta.missing_user_values.items():
        spans.setdefault(name, []).extend((letter_code(letter), letter_code(letter)) for letter in letters)
    return {normal(str(name)): tuple(listed) for name, listed in spans.items()}
