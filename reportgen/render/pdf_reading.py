"""How a PDF opens and what its pages are called: with its outline beside it, and with the numbers that are printed on them."""

from __future__ import annotations

from typing import Any


def set_up_reading(pdf: Any) -> None:
    """Tell a program that shows a PDF to open the outline, and to count pages as the running heads do.

    Parameters
    ----------
    pdf : pydyf.PDF
        Not yet written.
    """
    from pydyf import Array, Dictionary

    if "Outlines" in pdf.catalog:
        pdf.catalog["PageMode"] = "/UseOutlines"
    pdf.catalog["PageLabels"] = Dictionary({"Nums": Array([0, Dictionary({"S": "/D"})])})
