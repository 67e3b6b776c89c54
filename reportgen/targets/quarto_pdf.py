"""The Quarto project rendered as PDF."""

from __future__ import annotations

from reportgen.targets.quarto import Rendered

TARGET = Rendered("pdf", "typst", "pdf")
