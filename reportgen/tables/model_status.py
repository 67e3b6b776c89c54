"""How each fit of a meta-analysis ended: status, search, criterion, degrees of freedom, and the variance between sites."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.model import MetaAnalysis, PooledEffect
from reportgen.records.numbers import Inline
from reportgen.tables.adjusters import adjuster_name
from reportgen.tables.effects import status_of
from reportgen.tables.phrases import joined, words


def model_status(fitted: Sequence[MetaAnalysis]) -> Table:
    """Return how each fit ended: status, evaluations of the criterion, its value, degrees of freedom, and what was wrong."""
    results_of = {record.name: [effect for effect in record.results if not effect.empty] for record in fitted}
    remarks = any(_remark(effect) for effects in results_of.values() for effect in effects)
    sites = any(site_variance(effect) for effects in results_of.values() for effect in effects)
    columns = [
        Column(("Fit",), "left"),
        Column(("Status",), "left"),
        Column(("Evaluations",), "right"),
        Column(("Criterion",), "decimal"),
        Column(("of the model",), "decimal", ("Degrees of freedom",)),
        Column(("used",), "decimal", ("Degrees of freedom",)),
        *([Column(("Variance between sites",), "decimal")] if sites else []),
        *([Column(("Remark",), "left")] if remarks else []),
    ]
    groups = []
    for record in fitted:
        titles = record.titles
        for comparison, found in groupby(results_of[record.name], key=lambda effect: effect.comparison):
            rows = tuple(_status_row(effect, sites=sites, remarks=remarks) for effect in found)
            groups.append(Group(rows, head=(titles[comparison],)))
    notes: tuple[Inline, ...] = (
        (
            "Criterion: minus twice the log-likelihood, restricted or full, as minimised. Boundary: the fit is valid and finds no variation between trials"
            f"{', or between sites' if sites else ''}.",
        ),
    )
    return Table(tuple(columns), tuple(groups), notes)


def _remark(effect: PooledEffect) -> Inline:
    """Return what was wrong with a fit, and what it is not adjusted for; the boundary is explained below the table."""
    wrong = "" if effect.status == "boundary" else effect.reason
    named = [item for item in effect.not_adjusted if item.kind != "unmeasured"]
    lost = joined([(*adjuster_name(item.adjuster), " (", *item.reason, ")") for item in named], ", ")
    return joined(
        [words(wrong, f"{effect.id}.reason", effect.trials.source), ("not adjusted for ", *lost) if lost else ()]
    )


def site_variance(effect: PooledEffect) -> Inline:
    """Return the variance of the intercepts of sites within trials; nothing where the model has none."""
    return (effect.sites.variance,) if effect.sites is not None and effect.sites.variance is not None else ()


def _status_row(effect: PooledEffect, *, sites: bool, remarks: bool) -> Row:
    cells: list[Inline] = [
        status_of(effect),
        (effect.evaluations,),
        (effect.criterion,),
        (effect.df_unfloored,),
        (effect.estimate.df,),
    ]
    if sites:
        cells.append(site_variance(effect))
    if remarks:
        cells.append(_remark(effect))
    head = (effect.outcome_label, ", ", effect.follow_up_label)
    return Row(head, tuple(cells), muted=effect.estimate.effect.value is None)
