"""Directed peeling (ARDP) of every outcome x follow-up x comparison: the best box-shaped subgroup of each size.

In: the node of the study file and the repository. Out: a `DirectedPeeling` record. The search itself is in
`peeling_search`, its record in `peeling_record`. Nothing is tested here.
"""

from __future__ import annotations

from reportgen.analyses.naming import adjuster_labels, level_number, percent_number, setting_number
from reportgen.analyses.peeling_record import peeling_record
from reportgen.analyses.peeling_search import peeled
from reportgen.analyses.recording import comparison_record, extent_record, guard_record
from reportgen.analyses.selection import Measurements, selections
from reportgen.data import Repository
from reportgen.records.numbers import Inline, Press, slug
from reportgen.records.peeling import SIZES, DirectedPeeling, PeelingSettings
from reportgen.spec.check import expanded
from reportgen.spec.study import DirectedPeeling as Node
from reportgen.spec.study import FromScreening, Study, sizes_asked

MODEL_DECIMALS = {"df": 1, "share": 3}


def analyse(name: str, node: Node, repository: Repository, study: Study) -> DirectedPeeling:
    """Peel and record every outcome x follow-up x comparison.

    Parameters
    ----------
    name : str
        As in the study file; ids start with it.
    node : DirectedPeeling node of the study file
    repository : Repository
    study : Study

    Returns
    -------
    DirectedPeeling
        With boxes at the sizes that the report and the agreement of methods ask for, and at 0.1, 0.2, … 0.9.
    """
    measurements = Measurements(repository, study)
    press = Press(slug(name), f"analyses.{name}", study.policy.rounding.model_dump() | MODEL_DECIMALS)
    sizes = sizes_of(name, study)
    peelings = tuple(
        peeling_record(peeled(node, selection, repository, measurements, study), sizes, node, study, press)
        for selection in selections(node, repository, study)
    )
    return DirectedPeeling(
        name=name,
        settings=_settings(node, press.at("settings"), study),
        comparisons=tuple(
            comparison_record(comparison, repository, study, press.at(comparison))
            for comparison in expanded(node.comparisons, study.comparisons)
        ),
        peelings=peelings,
        extent=extent_record(((p.trials, p.n) for p in peelings if p.status == "ok"), press),
        guard=guard_record((peeling.frontier.left_out for peeling in peelings), study, press, "boxes"),
    )


def sizes_of(name: str, study: Study) -> tuple[float, ...]:
    """Return the shares of people of which the report needs a box of this analysis, from small to large."""
    return tuple(sorted({*SIZES, *sizes_asked(study, name)}))


def _settings(node: Node, press: Press, study: Study) -> PeelingSettings:
    screening = node.moderators if isinstance(node.moderators, FromScreening) else None
    return PeelingSettings(
        adjust_for=adjuster_labels(node, study, press),
        treatment_effect=node.treatment_effect,
        objective=node.objective,
        screened_by=press.quote("screened by", screening.from_) if screening else None,
        p_below=setting_number("p below", screening.p_below, press) if screening else None,
        alpha=percent_number("alpha", node.alpha, press),
        beam=press.count("beam", node.beam, "boxes"),
        bin_width=percent_number("bin width", node.bin_width, press),
        min_fraction=percent_number("min fraction", node.min_fraction, press),
        min_size=_size(node.min_size, press),
        min_arm=press.count("min arm", node.min_arm),
        min_trials=press.count("min trials", node.min_trials, "trials"),
        level=level_number(node.level, press),
    )


def _size(size: float | None, press: Press) -> Inline:
    if size is None:
        return ()
    if size < 1:
        return (percent_number("min size", size, press), "% of the people")
    return (press.count("min size", int(size)), " participant" if size == 1 else " participants")
