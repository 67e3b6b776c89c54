"""Repairs the tags of a PDF before it is written, so that a screen reader announces what stands on the page.

In: the objects of a PDF as WeasyPrint has made them. Out: the same objects, with the structure that ISO 14289-1 (PDF/UA-1)
asks for. WeasyPrint 70 names the wrong column heads to cells under heads of two rows, gives heads no scope, tags the lines
of running heads as text without a place in the tree, repeats a link for each piece inside it, and makes two items of a term
and its meaning. What a later version writes rightly stays as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# An object of pydyf, which has no types: a dictionary with a number and a reference.
Element = Any
PRINTED = 4  # the flag of an annotation that is printed where its page is


def repair_pdf_tags(document: Any, pdf: Any) -> None:
    """Repair the tags of a PDF: a `finisher` of `weasyprint.Document.write_pdf`.

    Parameters
    ----------
    document : weasyprint.Document
        Not needed; WeasyPrint hands it over.
    pdf : pydyf.PDF
        With its pages, tag tree and annotations, not yet written. Without a tag tree nothing is done.
    """
    if "StructTreeRoot" not in pdf.catalog:
        return
    tree = _Tree(pdf)
    for element in list(tree.elements()):
        if element["S"] == "/L":
            _pair_terms(tree, element)
        elif element["S"] == "/Table":
            _name_heads(tree, element)
    repeated = set(_repeated_links(tree, tree.document))
    _drop_annotations(tree, repeated)
    _leave_running_heads_out(tree)


class _Tree:
    """The structure tree of a PDF, to be walked and changed."""

    def __init__(self, pdf: Any) -> None:
        self.pdf = pdf
        self.root = self.at(pdf.catalog["StructTreeRoot"])
        self.document = self.at(self.root["K"][0])

    def at(self, reference: bytes) -> Any:
        return self.pdf.objects[int(reference.split()[0])]

    def kids(self, element: Element) -> list[Element]:
        """The elements inside an element; marked content and annotations are not among them."""
        found = (self.at(kid) for kid in element["K"] if isinstance(kid, bytes))
        return [kid for kid in found if kid.get("Type") == "/StructElem"]

    def elements(self) -> Iterator[Element]:
        """Every element, those around before those inside."""
        waiting = [self.document]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += reversed(self.kids(element))

    def annotations(self, element: Element) -> Iterator[tuple[bytes, bytes]]:
        """The references by which an element holds annotations, each with that of the annotation."""
        for kid in element["K"]:
            if isinstance(kid, bytes) and (held := self.at(kid)).get("Type") == "/OBJR":
                yield kid, held["Obj"]

    def pages(self) -> list[Any]:
        return [self.at(reference) for reference in self.pdf.page_references]


# Tables: each head says for what it is one, each cell which heads are its own.


@dataclass
class _Grid:
    """The cells of a table in their places, row by row, as spans push them."""

    taken: set[tuple[int, int]] = field(default_factory=set)

    def place(self, row: int, cell: Element) -> tuple[range, range]:
        """Give a cell the first free place of a row; return its rows and its columns."""
        first = 0
        while (row, first) in self.taken:
            first += 1
        attributes = cell.get("A", {})
        rows = range(row, row + int(attributes.get("RowSpan", 1)))
        columns = range(first, first + int(attributes.get("ColSpan", 1)))
        self.taken |= {(r, c) for r in rows for c in columns}
        return rows, columns


def _name_heads(tree: _Tree, table: Element) -> None:
    """Give each head its scope, and each cell the heads of its group, its row and its columns."""
    from pydyf import Array

    grid = _Grid()
    of_column: dict[int, list[Any]] = defaultdict(list)
    of_row: dict[int, list[Any]] = defaultdict(list)
    waiting: list[tuple[Element, range, range, list[Any]]] = []
    for index, (section, group, row) in enumerate(_rows(tree, table)):
        cells = tree.kids(row)
        for cell in cells:
            rows, columns = grid.place(index, cell)
            if cell["S"] == "/TH":
                cell["A"]["Scope"] = "/Column" if section == "/THead" else "/Row"
            if cell["S"] == "/TH" and section == "/THead":
                for column in columns:
                    of_column[column].append(cell["ID"])
                continue
            if cell["S"] == "/TH" and len(cells) == 1:
                group.append(cell["ID"])
                continue
            if cell["S"] == "/TH":
                for covered in rows:
                    of_row[covered].append(cell["ID"])
            waiting.append((cell, rows, columns, list(group)))
    for cell, rows, columns, group in waiting:
        beside = [] if cell["S"] == "/TH" else [key for row in rows for key in of_row[row]]
        above = [key for column in columns for key in of_column[column]]
        cell["A"]["Headers"] = Array(dict.fromkeys([*group, *beside, *above]))


def _rows(tree: _Tree, table: Element) -> Iterator[tuple[str, list[Any], Element]]:
    """Yield the rows of a table with the kind of their section, and a list that all rows of a section share."""
    for child in tree.kids(table):
        shared: list[Any] = []
        if child["S"] == "/TR":
            yield "/TBody", shared, child
        for row in tree.kids(child) if child["S"] in ("/THead", "/TBody", "/TFoot") else ():
            yield child["S"], shared, row


# Lists: a term and its meaning are one item.


def _pair_terms(tree: _Tree, found: Element) -> None:
    """Make each `div` of a list of terms an item: its term the label, its meaning the body."""
    for item in tree.kids(found):
        if item["S"] != "/Div":
            continue
        pieces = [piece for wrapped in tree.kids(item) for piece in tree.kids(wrapped)]
        for piece, role in zip(pieces, ["/Lbl", *["/LBody"] * len(pieces)], strict=False):
            piece["S"], piece["P"] = role, item.reference
        item["S"] = "/LI"
        item["K"][:] = [piece.reference for piece in pieces]


# Links: one annotation for one link.


def _repeated_links(tree: _Tree, element: Element, inside: bool = False) -> Iterator[bytes]:
    """Take out the annotations of pieces inside a link, which repeat its own; yield them."""
    if inside:
        for kid, annotation in list(tree.annotations(element)):
            element["K"].remove(kid)
            yield annotation
        if element["S"] == "/Link":
            element["S"] = "/Span"
    for kid in tree.kids(element):
        yield from _repeated_links(tree, kid, inside or element["S"] == "/Link")


def _drop_annotations(tree: _Tree, dropped: set[bytes]) -> None:
    """Take annotations off their pages and out of the index of the tree; the others are printed."""
    removed = {tree.at(reference)["StructParent"] for reference in dropped}
    index = tree.at(tree.root["ParentTree"])["Nums"]
    pairs = [(index[i], index[i + 1]) for i in range(0, len(index), 2) if index[i] not in removed]
    index[:] = [part for pair in pairs for part in pair]
    for page in tree.pages():
        if "Annots" in page:
            page["Annots"][:] = [reference for reference in page["Annots"] if reference not in dropped]
            for reference in page["Annots"]:
                tree.at(reference)["F"] = PRINTED


# Running heads and page numbers: not part of the text.


def _leave_running_heads_out(tree: _Tree) -> None:
    """Mark as an artefact of the page what is tagged but has no place in the tree."""
    from pydyf import Dictionary

    announced: dict[bytes, set[int]] = defaultdict(set)
    for element in tree.elements():
        announced[element.get("Pg", b"")] |= {kid for kid in element["K"] if isinstance(kid, int)}
    index = tree.at(tree.root["ParentTree"])["Nums"]
    owners = {index[i]: index[i + 1] for i in range(0, len(index), 2)}
    for number, (reference, page) in enumerate(zip(tree.pdf.page_references, tree.pages(), strict=True)):
        stream = tree.at(page["Contents"]).stream
        for place, part in enumerate(stream):
            if isinstance(part, Dictionary) and "MCID" in part and part["MCID"] not in announced[reference]:
                owners[number][part["MCID"]] = "null"
                stream[place - 1] = "/Artifact"
                stream[place] = Dictionary({"Type": "/Pagination"})
