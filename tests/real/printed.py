"""What the paper of the low back pain study prints: its numbers from the fidelity file, its words here.

The record of the paper lies beside the checkout; `test_fidelity.py` proves that these are the same where it is. The digest
stands for that comparison where it is not: it is of the numbers as they were when they were last compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from reportgen.resources import specs_folder
from reportgen.spec.load import load_study

NUMBERS = 282
DIGEST = "8c813e705e971047c42f53562a92835e77c27d34342948e1ae04a87e7ced3b41"
PHYSICAL, PASSIVE, MIND, BOTH = "active physical", "passive physical", "psychological", "combination"
USUAL, SHAM = ("usual care", "usual/GP care"), "sham"
UK, GERMANY, AUSTRALIA, USA = "United Kingdom", "Germany", "Australia", "United States of America"
TABLE_1: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "Witt": (GERMANY, ((PASSIVE, "acupuncture"), USUAL)),
    "UK BEAM": (UK, ((PHYSICAL, "exercise"), (PASSIVE, "manipulation"), (BOTH, "exercise + manipulation"), USUAL)),
    "Haake": (GERMANY, ((PASSIVE, "acupuncture"), USUAL, (SHAM, "sham acupuncture"))),
    "BeST": (UK, ((MIND, "psychological plus exercise/activities"), USUAL)),
    "Keele": (UK, ((PASSIVE, "manipulation"), (MIND, "psychological"))),
    "Brinkhaus": (GERMANY, ((PASSIVE, "acupuncture"), USUAL, (SHAM, "sham acupuncture"))),
    "Dufour": ("Denmark", ((PASSIVE, "individual physiotherapy"), (PHYSICAL, "exercise"))),
    "Pengel": (
        AUSTRALIA,
        (
            (PHYSICAL, "exercise"),
            (MIND, "advice/education"),
            (BOTH, "exercise + education"),
            (SHAM, "sham electrotherapy + education"),
        ),
    ),
    "YACBAC": (UK, ((PASSIVE, "acupuncture"), USUAL)),
    "Hancock": (AUSTRALIA, ((PASSIVE, "manipulation"), (SHAM, "sham electrotherapy"))),
    "Von Korff BIA": (USA, ((MIND, "psychological"), USUAL)),
    "HullExPro": (UK, ((PASSIVE, "individual physiotherapy"), (PHYSICAL, "exercise"))),
    "Von Korff SC2": (USA, ((MIND, "psychological"), USUAL)),
    "Smeets": (
        "The Netherlands",
        ((PHYSICAL, "exercise"), (PHYSICAL, "graded activity"), (BOTH, "education + graded activity"), USUAL),
    ),
    "Cecchi": ("Italy", ((PASSIVE, "individual physiotherapy"), (PASSIVE, "manipulation"), (MIND, "advice/education"))),
    "York BP": (UK, ((PHYSICAL, "exercise"), USUAL)),
    "Macedo": (AUSTRALIA, ((MIND, "advice/education"), (PHYSICAL, "graded activity"))),
    "Carlsson": ("Sweden", ((PASSIVE, "acupuncture"), (SHAM, "sham TENS"))),
    "Kennedy": (UK, ((PASSIVE, "acupuncture"), (SHAM, "sham TENS"))),
}
MEASURED_BY = {"FFbHR": ["Witt", "Haake", "Brinkhaus"], "PSFS": ["Pengel", "Hancock", "Macedo"]}


def numbers() -> dict[str, str]:
    """Return every printed number, as printed, by its place in the record of the paper."""
    fidelity = load_study(specs_folder() / "low-back-pain").fidelity
    assert fidelity is not None
    return {number.key: number.printed for section in fidelity.file.sections for number in section.numbers}


def digest(printed: Mapping[str, str]) -> str:
    """Return a fingerprint of printed numbers and their places."""
    lines = sorted(f"{key} = {text}" for key, text in printed.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def facts() -> dict[str, Any]:
    """Return the record of the paper as far as numbers make it: tables by name, columns in lists."""
    tree: dict[str, Any] = {}
    for key, text in numbers().items():
        *path, last = key.split(".")
        here = tree
        for step in path:
            here = here.setdefault(step, {})
        here[last] = float(text) if "." in text else int(text)
    made: dict[str, Any] = _columns(tree)
    rows = zip(TABLE_1.items(), made["table1"], strict=True)
    made["table1"] = [
        {"trial": trial, "country": country, "arms": [list(arm) for arm in arms], **row}
        for (trial, (country, arms)), row in rows
    ]
    return made


def _columns(node: Any) -> Any:
    """Turn places that are counted into lists; a cell that the paper leaves empty is None."""
    if not isinstance(node, dict):
        return node
    if all(key.isdigit() for key in node):
        return [_columns(node.get(str(place))) for place in range(max(map(int, node)) + 1)]
    return {key: _columns(value) for key, value in node.items()}
