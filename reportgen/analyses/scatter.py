"""Whether an interaction holds in these trials and in new ones, as a report may tell it.

In: the fit of a moderator. Out: p with an interaction common to the trials, p with one that varies between them, and how much it
varies.
"""

from __future__ import annotations

from reportgen.records.moderation import Scatter
from reportgen.records.numbers import Value
from reportgen.release.rules import TOO_FEW, suppress_value
from reportgen.release.values import Values
from reportgen.stats import ModeratorFit, Reading


def scatter_record(fit: ModeratorFit, suppressed: bool, reason: str, unit: str, values: Values) -> Scatter[Value]:
    """Return both readings of the interaction within trials.

    Parameters
    ----------
    fit : ModeratorFit
    suppressed : bool
        Whether they are suppressed, for they rest on too few people.
    reason : str
        Why nothing of the cell can be estimated; empty where something can.
    unit : str
        Of the interaction.
    values : Values
        Knows the people of either arm on whom they rest.
    """
    these, new = fit.in_these_trials, fit.in_new_trials

    def why(reading: Reading) -> str:
        return reason or (TOO_FEW if suppressed else reading.reason)

    def released(number: Value) -> Value:
        return suppress_value(number, TOO_FEW) if suppressed or values.rests_on_few else number

    of_these, of_new = values.at(status=these.status), values.at(status=new.status)
    return Scatter(
        released(of_these.p("p in these trials", these.p_value, why(these))),
        released(of_new.p("p in new trials", new.p_value, why(new))),
        released(of_new.fixed("tau of the interaction", new.tau_interaction, "heterogeneity", unit, why(new))),
    )
