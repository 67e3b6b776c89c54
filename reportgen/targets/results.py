"""Every number of the report as a row."""

from __future__ import annotations

from pathlib import Path

from reportgen.records.results import files_of
from reportgen.targets import Edition, Figures, Form


class ResultFiles:
    """Writes `results.parquet`, `.csv` and `.json`, and `series/*.parquet`."""

    name = "results"
    opens = ""
    needs: tuple[Form, ...] = ()

    def write(self, edition: Edition, figures: Figures, folder: Path) -> tuple[str, ...]:
        """Write the files."""
        for name, content in (*files_of(edition.results), *edition.series):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        return ()


TARGET = ResultFiles()
