"""What the abbreviations of tables mean: each has one meaning in all of them, so that the glossary can list it once."""

from __future__ import annotations

MEANINGS = {
    "BH": "Benjamini and Hochberg",
    "CI": "confidence interval",
    "I²": "percentage of variation between trials not due to chance",
    "m": "trials",
    "n": "participants",
    "PI": "prediction interval",
    "Q": "Cochran’s Q, a test of whether the trials share one effect or interaction",
    "SD": "standard deviation",
    "τ²": "variance of the effect or interaction between trials",
}


def abbreviations(*names: str) -> tuple[tuple[str, str], ...]:
    """Return abbreviations with what they mean.

    Examples
    --------
    >>> abbreviations("m", "CI")
    (('m', 'trials'), ('CI', 'confidence interval'))
    """
    return tuple((name, MEANINGS[name]) for name in names)
