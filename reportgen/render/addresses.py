"""The addresses in running text: web addresses, DOIs and numbers of registries, with the place where each leads.

Registries: ClinicalTrials.gov, ISRCTN and PROSPERO.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ADDRESS = re.compile(
    r"(?P<url>https?://[^\s<>\"\\^`{|}]*[\w/])"
    r"|(?P<doi>\b10\.\d{4,9}/[^\s<>\"\\^`{|}]*\w)"
    r"|(?P<nct>\bNCT\d{8}\b)"
    r"|(?P<isrctn>\bISRCTN\d{8}\b)"
    r"|(?P<prospero>\bCRD42\d{8,11}\b)",
    re.ASCII,
)
_PLACES = {
    "url": "{}",
    "doi": "https://doi.org/{}",
    "nct": "https://clinicaltrials.gov/study/{}",
    "isrctn": "https://www.isrctn.com/{}",
    "prospero": "https://www.crd.york.ac.uk/PROSPERO/view/{}",
}


def with_addresses(text: str) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a text, each with the place where it leads; an empty one where it is no address.

    Examples
    --------
    >>> list(with_addresses("see 10.1000/182."))
    [('see ', ''), ('10.1000/182', 'https://doi.org/10.1000/182'), ('.', '')]
    """
    end = 0
    for found in _ADDRESS.finditer(text):
        if found.start() > end:
            yield text[end : found.start()], ""
        yield found[0], _PLACES[str(found.lastgroup)].format(found[0])
        end = found.end()
    if end < len(text):
        yield text[end:], ""
