"""The Quarto project rendered as HTML."""

from __future__ import annotations

from reportgen.targets.quarto import Rendered

TARGET = Rendered("html", "html", "html")
