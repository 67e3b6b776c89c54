"""One module for each kind of record: what an artefact of the study file shows of it.

`SHOWN` has for each `show` of the study file the function that makes its parts; a new method adds a module.
"""

from __future__ import annotations

from reportgen.records.model import Descriptive, MetaAnalysis, Records
from reportgen.records.moderation import Moderation
from reportgen.records.numbers import Inline
from reportgen.records.partition import RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling
from reportgen.render.drafts import (
    agreement,
    analysed,
    meta_analysis,
    moderators,
    peeling,
    recursive_partitioning,
    repository,
)
from reportgen.render.drafts.draft import Draft, Drafter, Place, Sketch, letter
from reportgen.spec.study import Artefact

__all__ = ["SHOWN", "Draft", "Drafter", "Place", "Sketch", "default_title", "letter"]

SHOWN: dict[str, Drafter] = {
    **repository.SHOWN,
    **analysed.SHOWN,
    **meta_analysis.SHOWN,
    **moderators.SHOWN,
    **recursive_partitioning.SHOWN,
    **peeling.SHOWN,
    **agreement.SHOWN,
}

TITLES = {
    "included-trials": "Included trials",
    "descriptive": "Baseline characteristics",
    "forest": "Pooled effects",
    "forest-by-trial": "Effects by trial",
    "estimates": "Pooled effects in numbers",
    "estimates-by-trial": "Effects by trial in numbers",
    "analysed": "Trials and participants of each analysis",
    "availability": "What was measured, by trial and visit",
    "outcome-measures": "Outcome measures by trial",
    "interaction-forest": "Interaction of treatment with each moderator",
    "interaction-estimates": "Interactions in numbers",
    "effect-at-values": "Effect at chosen values of each moderator",
    "subgroup-tree": "Recursive partitioning",
    "subgroup-forest": "Effects in the subgroups of recursive partitioning",
    "subgroups": "Subgroups of recursive partitioning in numbers",
    "cut-profiles": "Cuts that were tried",
    "rejected-splits": "Splits that were not kept",
    "peeling-trajectories": "Directed peeling: effect by size of the subgroup",
    "peeling-thresholds": "Directed peeling: thresholds of selected subgroups",
    "agreement": "Agreement of recursive partitioning and directed peeling",
}
"""Captions of artefacts that the study file gives no title."""


def default_title(node: Artefact, records: Records) -> Inline:
    """Return the caption of an artefact that the study file gives no title: what it shows, and of whom."""
    title = TITLES[node.show]
    record = records.analyses.get(node.of or "")
    if isinstance(record, MetaAnalysis) and record.alone:
        title = title.replace("Pooled effects", "Effects of single trials")
    if isinstance(record, Descriptive):
        return (title, ": ", record.comparison)
    if isinstance(record, MetaAnalysis | Moderation | RecursivePartitioning | DirectedPeeling):
        titles = [c.title for c in record.comparisons if not node.comparison or c.name in node.comparison]
        return (title, ": ", titles[0]) if len(titles) == 1 else (title,)
    return (title,)
