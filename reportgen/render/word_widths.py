"""The widths of letters in Word's tables: those of Helvetica in Adobe's metrics of the 14 standard fonts, which are Arial's too."""

from __future__ import annotations

from reportgen.render.lettering import Lettering

UPRIGHT_MM, WIDE_MM = 174.0, 257.0
"""Width of the text on a page, and on one that lies on its long side."""

_REGULAR = {
    0: "\u200b\u200c\u200d",
    191: "'",
    222: "ijl‘’",
    260: "|",
    278: " !,./:;I[\\]ft\u00a0",
    333: "()-`r²³“”",
    355: '"',
    389: "*",
    400: "°",
    469: "^",
    500: "Jckvsxyz",
    556: "#$0123456789?L_abdeghnopqu–\u2007",
    549: "±",
    584: "+<=>~−×",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1000: "—…",
    1015: "@",
}
_BOLD = {
    0: "\u200b\u200c\u200d",
    238: "'",
    278: " ,./I\\ijl‘’\u00a0",
    280: "|",
    333: "!()-:;[]`ft²³",
    389: "*r{}",
    400: "°",
    474: '"',
    500: "z“”",
    549: "±",
    556: "#$0123456789J_aceksvxy–\u2007",
    584: "+<=>^~−×",
    611: "?FLTZbdghnopqu",
    667: "EPSVXY",
    722: "&ABCDHKNRU",
    778: "GOQw",
    833: "M",
    889: "%m",
    944: "W",
    975: "@",
    1000: "—…",
}
_WIDTHS = {
    bold: {letter: width for width, letters in face.items() for letter in letters}
    for bold, face in ((False, _REGULAR), (True, _BOLD))
}

WORD = Lettering(_WIDTHS.__getitem__)
"""Arial."""


def width_mm(text: str, points: float, bold: bool = False) -> float:
    """Return the width of a line of text in Arial.

    Examples
    --------
    >>> round(width_mm("0.05", 8), 2)
    5.49
    """
    return WORD.width_mm(text, points, bold)
