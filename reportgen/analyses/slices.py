"""The part of a study file on which the numbers of one cell depend: what is not in it cannot make them stale.

A slice is a study with fewer entries, so that whoever takes a study takes a slice of it. What titles the study, what its
report holds and what other analyses ask for is never in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from reportgen.analyses.cohorts import Cell
from reportgen.analyses.selection import BASELINE_ADJUSTER
from reportgen.records.names import unnamed
from reportgen.spec.analyses import Pooled
from reportgen.spec.draws import Draws
from reportgen.spec.outcomes import Outcome, instruments_of
from reportgen.spec.references import baseline_of
from reportgen.spec.study import About, Report, Rounding, Study

Entry = TypeVar("Entry")
NodeT = TypeVar("NodeT", bound=Pooled)
UNTITLED = About(title="", data="real")


def study_of(study: Study, cell: Cell, variables: Iterable[str]) -> Study:
    """Return what a study says of one cell and of some variables, with references in the place of names.

    Parameters
    ----------
    study : Study
    cell : Cell
    variables : iterable of str
        Adjusters and moderators, as the study file names them.
    """
    listed = tuple(variables)
    measured = {name for variable in listed if (name := baseline_of(variable)) is not None}
    outcomes = _only(study.outcomes, {cell.outcome, *measured})
    used = {item for name, outcome in outcomes.items() for item in instruments_of(outcome, name)}
    used |= {outcome.exposure for outcome in outcomes.values() if outcome.exposure}
    part = study.model_copy(
        update={
            **_without_report(study),
            "trials": (),
            "arm_classes": (),
            "follow_up": _only(study.follow_up, {cell.follow_up}),
            "instruments": _only(study.instruments, used | measured),
            "outcomes": outcomes,
            "covariates": _only(study.covariates, {name for name in listed if name != BASELINE_ADJUSTER}),
            "comparisons": _only(study.comparisons, {cell.comparison}),
        }
    )
    return unnamed(part, measured)


def printed_of(study: Study) -> Study:
    """Return all that a study says of its trials' data: nothing of its title, its analyses and its report."""
    return study.model_copy(update=_without_report(study))


def _without_report(study: Study) -> dict[str, object]:
    policy = study.policy.model_copy(update={"profile": "final", "rounding": Rounding(), "draws": Draws()})
    return {"study": UNTITLED, "analyses": {}, "report": Report(), "fidelity": None, "policy": policy}


def unnamed_whole(study: Study) -> Study:
    """Return a study with references in the place of names; units are words that a step or a limit is said in."""
    return unnamed(study, (*study.outcomes, *study.instruments))


def unrounded(study: Study) -> Study:
    """Return a slice for which it does not matter how many decimals its outcomes are printed with."""
    outcomes = {name: outcome.model_copy(update={"decimals": None}) for name, outcome in study.outcomes.items()}
    return study.model_copy(update={"outcomes": outcomes})


def selecting(study: Study, limited_by: Iterable[str] = ()) -> Study:
    """Return a slice without what is only printed: who enters a cell does not depend on it.

    Parameters
    ----------
    study : Study
    limited_by : iterable of str
        What limits the analysis to a subgroup: outcomes and instruments whose baseline does are called by name, and have a unit, where
        those outside are counted.
    """
    measured = {name for variable in limited_by if (name := baseline_of(variable)) is not None}
    named = measured | {
        item for name in measured & set(study.outcomes) for item in instruments_of(study.outcomes[name], name)
    }
    return study.model_copy(
        update={
            "outcomes": {
                name: outcome if name in named else _unprinted(outcome) for name, outcome in study.outcomes.items()
            },
            "instruments": {
                name: instrument
                if name in named
                else instrument.model_copy(update={"name": "", "source": "", "unit": ""})
                for name, instrument in study.instruments.items()
            },
            "follow_up": {name: item.model_copy(update={"label": ""}) for name, item in study.follow_up.items()},
            "comparisons": {
                name: comparison.model_copy(update={"title": ""}) for name, comparison in study.comparisons.items()
            },
        }
    )


def _unprinted(outcome: Outcome) -> Outcome:
    return outcome.model_copy(update={"title": "", "domain": "", "unit": "", "per": 1.0, "decimals": None})


def node_of(node: NodeT, cell: Cell) -> NodeT:
    """Return the node of an analysis as if it asked for one cell alone."""
    only = {"comparisons": (cell.comparison,), "outcomes": (cell.outcome,), "follow_up": (cell.follow_up,)}
    return node.model_copy(update=only)


def _only(entries: Mapping[str, Entry], names: set[str]) -> dict[str, Entry]:
    return {name: entry for name, entry in entries.items() if name in names}
