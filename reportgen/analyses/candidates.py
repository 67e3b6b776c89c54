"""The candidate subgroups of a search with their members, so that other tools can be set beside it.

In: a search that is prepared for its people. Out: a `CandidateTable`: one row a participant and one column a candidate, and
what the search made of each. The rows are participants' data: nothing here passes release, and no page is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reportgen.stats import Levels
from reportgen.stats.crossproducts import FloatArray, IntArray
from reportgen.stats.optimism import both_rules
from reportgen.stats.peel_report import box_limits
from reportgen.stats.peeling import Limit
from reportgen.stats.pipelines import Frontier, PreparedPartition, PreparedPeel, Tree
from reportgen.stats.sample import Sample
from reportgen.stats.subgroups import Rule, Split, TreeNode


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A subgroup that a search compared with others.

    Attributes
    ----------
    rule : str
        Its conditions, joined by "&", in the values of the participants' table.
    members : ndarray (n,)
        1 inside, 0 outside, NaN for those who did not take part in this comparison.
    score : dict
        What the search compared, by name.
    """

    rule: str
    members: FloatArray
    score: dict[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class CandidateTable:
    """What a search saw and what it compared.

    Attributes
    ----------
    people : DataFrame (n, ...)
        `trial`, `treatment` (1 = intervention), `outcome` (higher = better; of events 0 or 1, or how many, with their
        `exposure`), adjusters, moderators, and a column for each candidate: c1, c2, ...
    candidates : DataFrame
        A row for each of them: its column, rule, size, and what the search made of it.
    """

    people: pd.DataFrame
    candidates: pd.DataFrame


def candidate_table(prepared: PreparedPartition | PreparedPeel, adjusters: tuple[str, ...]) -> CandidateTable:
    """Run a search with the outcome of its people; return all of its candidates.

    Parameters
    ----------
    prepared : PreparedPartition or PreparedPeel
        Screening included.
    adjusters : tuple of str
        Names of the columns of adjusters.
    """
    sample = prepared.sample
    found: Tree | Frontier = prepared.run(prepared.observed)
    candidates = tuple(_of_tree(found, sample) if isinstance(found, Tree) else _of_frontier(found, sample))
    names = [f"c{place}" for place in range(1, len(candidates) + 1)]
    columns = {f"adjuster {name}": sample.adjusters[:, place] for place, name in enumerate(adjusters)}
    columns |= {f"moderator {name}": _column(sample, name) for name in sample.moderators}
    people = {
        "trial": sample.labels[sample.trial],
        "treatment": sample.treatment.astype(int),
        "outcome": sample.outcome,
        **({} if sample.exposure is None else {"exposure": sample.exposure}),
        **columns,
        **{
            name: pd.Series(candidate.members).astype("Int8") for name, candidate in zip(names, candidates, strict=True)
        },
    }
    rows = [
        {"candidate": name, "rule": candidate.rule, "n": int(np.nansum(candidate.members)), **candidate.score}
        for name, candidate in zip(names, candidates, strict=True)
    ]
    return CandidateTable(
        pd.DataFrame(people), pd.DataFrame(rows, columns=None if rows else ["candidate", "rule", "n"])
    )


def _column(sample: Sample, name: str) -> Any:
    """The values of a moderator; of levels their names."""
    values = sample.moderators[name]
    if not isinstance(values, Levels):
        return np.asarray(values, float)
    return np.array([*values.levels, None], dtype=object)[values.codes]


def _of_tree(tree: Tree, sample: Sample) -> Iterator[Candidate]:
    """Yield both sides of the best split of each moderator in each node, the side that gains more first."""
    search = tree.search
    if search is None:
        return
    for node, split in tree.splits:
        rules = both_rules(split)
        sides = [search.rows[search.those(node.rows, rule)] for rule in rules]
        for rule, inside, gains in zip(rules, sides, (True, False), strict=True):
            words = " & ".join(_rule_words(item) for item in (*node.rules, rule))
            yield Candidate(
                words, _members(len(sample.outcome), np.concatenate(sides), inside), _score(node, split, gains)
            )


def _score(node: TreeNode, split: Split, gains: bool) -> dict[str, object]:
    return {
        "node": node.number,
        "depth": node.level + 1,
        "gains more": gains,
        "kept": split.kept and gains,
        "statistic": split.statistic,
        "p": np.exp(split.log_p_raw),
        "p adjusted": np.exp(split.log_p_adjusted),
        "p of the node": np.exp(split.log_p_node),
        "not kept because": split.reason,
    }


def _members(people: int, compared: IntArray, inside: IntArray) -> FloatArray:
    members = np.full(people, np.nan)
    members[compared], members[inside] = 0.0, 1.0
    return members


def _rule_words(rule: Rule) -> str:
    """Write a rule.

    Examples
    --------
    >>> _rule_words(Rule("age", "<=", 45.0)), _rule_words(Rule("sex", "in", float("nan"), ("female",)))
    ('age <= 45', 'sex in {female}')
    """
    if rule.levels:
        return f"{rule.moderator} in {{{', '.join(rule.levels)}}}"
    return f"{rule.moderator} {rule.kind} {rule.value:.12g}"


def _of_frontier(frontier: Frontier, sample: Sample) -> Iterator[Candidate]:
    """Yield the boxes of a frontier, from large to small."""
    found, prepared = frontier.found, frontier.prepared
    if found is None or prepared is None or found.worth is None:
        return
    rows = prepared.cases.rows
    for box, share, effect in zip(found.boxes, found.fractions, found.effects(), strict=True):
        limits = [item for item in box_limits(found.worth, found, box) if item.value is not None]
        inside = rows[found.worth.grid.members(box.ranks)]
        score: dict[str, object] = {"share": share, "effect": effect, "z": box.score}
        yield Candidate(
            " & ".join(map(_limit_words, limits)) or "all", _members(len(sample.outcome), rows, inside), score
        )


def _limit_words(limit: Limit) -> str:
    return f"{limit.moderator} {limit.side} {limit.level or format(limit.value, '.12g')}"
