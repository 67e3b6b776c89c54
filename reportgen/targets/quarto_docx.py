"""The Quarto project rendered as Word."""

from __future__ import annotations

from reportgen.targets.quarto import Rendered

TARGET = Rendered("docx", "docx", "docx")
