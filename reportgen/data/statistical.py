"""Files of statistics programs: SPSS, Stata and SAS, through pyreadstat.

Values stay as codes; value labels come beside them, so that a mapping may name either. User-missing values are read as
values and declared as missing here, so that the ledger can count them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from reportgen.data.raw import Raw, UnreadableError, raw_of_frame
from reportgen.spec.mapping import Data


def read_statistical(content: bytes, path: Path, data: Data) -> Raw:
    """Read a .sav, .zsav, .dta, .xpt or .sas7bdat file."""
    import pyreadstat

    suffix = path.suffix.lower()
    readers: dict[str, Any] = {
        ".dta": pyreadstat.read_dta,
        ".xpt": pyreadstat.read_xport,
        ".sas7bdat": pyreadstat.read_sas7bdat,
    }
    reader = readers.get(suffix, pyreadstat.read_sav)
    options: dict[str, Any] = {} if suffix == ".xpt" else {"user_missing": True}
    try:
        frame, meta = reader(str(path), encoding=data.encoding, **options)
    except Exception as error:
        hint = "Export it again; where it holds letters of another encoding, name it in `encoding:`."
        raise UnreadableError(f"this cannot be read as a {suffix} file: {error}", hint) from error
    short = [name for name, kind in meta.readstat_variable_types.items() if kind == "float"]
    return replace(raw_of_frame(frame, short), labels=_labels(meta), missing_spans=_missing_spans(meta))


def _labels(meta: Any) -> dict[str, dict[Any, str]]:
    return {str(name).strip(): dict(labels) for name, labels in meta.variable_value_labels.items()}


def _missing_spans(meta: Any) -> dict[str, tuple[tuple[Any, Any], ...]]:
    """Spans of SPSS (`lo` to `hi`), and the letters .a to .z that Stata and SAS keep for missing values."""
    spans = {name: [(span["lo"], span["hi"]) for span in listed] for name, listed in meta.missing_ranges.items()}
    for name, letters in meta.missing_user_values.items():
        spans.setdefault(name, []).extend((letter, letter) for letter in letters)
    return {str(name).strip(): tuple(listed) for name, listed in spans.items()}
