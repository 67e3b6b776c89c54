"""What a record says of sites within trials: how many, and how much their intercepts vary in a model that knows them."""

from __future__ import annotations

from reportgen.analyses.selection import Selection
from reportgen.records.numbers import Value
from reportgen.records.sites import Sites
from reportgen.release.values import Values
from reportgen.stats.sites import ONE_EACH


def sites_record(selection: Selection, values: Values, variance: Value | None = None) -> Sites[Value] | None:
    """Return the sites of a selection; None where no trial has people of two.

    Parameters
    ----------
    selection : Selection
    values : Values
        Of what they belong to.
    variance : Value or None
        See `site_variance`; None where no model knows them.
    """
    number = selection.sites
    if not number:
        return None
    return Sites(values.count("sites", number, "sites"), selection.unknown_sites, variance)


def site_variance(variance: float, values: Values, unit: str, reason: str) -> Value:
    """Return the variance of the intercepts of sites; `reason` says why there is no model, or is empty."""
    return values.fixed("site variance", variance, "variance", f"{unit}²" if unit else "", reason or ONE_EACH)
