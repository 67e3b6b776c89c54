"""How many random draws stand behind each search: what the study file asks for, a draft, or the command line.

In: a study as it was read. Out: the same study in which each analysis that draws says how often (`settled`), so that whoever
lays out tasks needs neither the policy nor the command line.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError

from reportgen.spec.model import MOST, Node, RuleError

FEWEST = 20
"""With fewer sign flips no p value could fall below 0.05, and with fewer bootstrap samples no interval means anything."""
DRAFT = 50
"""Draws of each kind in a draft, unless the study asks for fewer."""


def _enough(value: int) -> int:
    if 0 < value < FEWEST:
        message = f"{value} draw{'' if value == 1 else 's'} cannot show a p value below 0.05"
        raise RuleError(message, f"Ask for {FEWEST} or more (1000 for a final report), or for none: 0.")
    return value


Number = Annotated[int, Field(ge=0, le=MOST), AfterValidator(_enough)]
"""A number of draws: none, or enough of them."""


class Draws(Node):
    """Random draws for a search."""

    sign_flips: Number = 1000
    """How often the outcomes are redrawn without any effect modification, by random signs of residuals, each time with the
    whole screening and search: 1000 by default, 0 for none, else 20 at least."""
    bootstrap: Number = 500
    """How many bootstrap samples are searched to correct effects for the search and to show how stable the subgroups are:
    500 by default, 0 for none, else 20 at least."""


class Flips(Node):
    """Random draws for a screening."""

    sign_flips: Number = 1000
    """How often the outcomes are redrawn without any effect modification, by random signs of residuals, each time with all
    moderators tested, to adjust p for their number: 1000 by default, 0 for none, else 20 at least."""


def effective(own: Draws | Flips | None, policy: Draws, profile: Literal["draft", "final"]) -> Draws:
    """Return how many draws an analysis takes.

    Parameters
    ----------
    own : Draws or Flips or None
        What the analysis asks for; the policy holds for what it does not name.
    policy : Draws
    profile : {'draft', 'final'}
        A draft takes 50 of each kind at most.

    Examples
    --------
    >>> effective(None, Draws(sign_flips=1000, bootstrap=500), "draft")
    Draws(sign_flips=50, bootstrap=50)
    >>> effective(Draws(sign_flips=200), Draws(bootstrap=0), "final")
    Draws(sign_flips=200, bootstrap=0)
    """
    given = {} if own is None else own.model_dump(include=own.model_fields_set)
    asked = policy.model_copy(update=given)
    if profile == "final":
        return asked
    return Draws(sign_flips=min(asked.sign_flips, DRAFT), bootstrap=min(asked.bootstrap, DRAFT))


def error_of(error: ValidationError) -> str:
    """Return what is wrong with the first number that was refused, in a few words."""
    found = error.errors()[0]
    cause = found.get("ctx", {}).get("error")
    limit = f"a number of draws lies between 0 and {MOST}"
    return str(cause) if isinstance(cause, RuleError) else limit
