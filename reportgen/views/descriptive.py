"""Baseline characteristics on the page."""

from __future__ import annotations

from reportgen import tables
from reportgen.records.model import Descriptive
from reportgen.records.numbers import Inline
from reportgen.spec.shows import BaselineTable
from reportgen.views.draft import Draft
from reportgen.views.prose.descriptive import prose
from reportgen.views.view import Context, Show, View


def _characteristics(record: Descriptive, options: BaselineTable, context: Context) -> tuple[Draft, ...]:
    return (Draft(table=tables.descriptive(record)),)


def _caption(title: str, record: Descriptive, options: BaselineTable) -> Inline:
    return (title, ": ", record.comparison)


VIEW = View(
    method="descriptive",
    record=Descriptive,
    label="Baseline characteristics",
    prose=prose,
    shows=(Show(BaselineTable, "Baseline characteristics", _characteristics, caption=_caption),),
)
