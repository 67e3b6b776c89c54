"""How much two searches agree by chance, as records: what their draws say beside each pair of subgroups.

In: the chunks of draws in which both searches ran on the same outcomes without effect modification. Out: a `Chance` for each
pair of a subgroup and a box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.records.agreement import Chance
from reportgen.records.numbers import DASH, Value
from reportgen.release.values import Values
from reportgen.stats import Partition
from reportgen.stats.draws import joined
from reportgen.stats.overlap import FEW, OverlapDraws, chance_overlap, overlap_p

TOO_FEW_DRAWS = f"both searches find something in fewer than {FEW} draws"
NOT_TOLD = "the overlap that was found is not printed"
NOT_COMPARED = "draws compare the strongest subgroup alone"


@dataclass(frozen=True, slots=True)
class ByChance:
    """The draws of two searches in one cell.

    Attributes
    ----------
    draws : OverlapDraws or None
        All of them; None without draws.
    level : float
        Of the range in which chance lies.
    strongest : int
        Place of the subgroup with the smallest p, which a draw's first candidate stands for.
    """

    draws: OverlapDraws | None
    level: float
    strongest: int

    def of(self, place: int, size: float, jaccard: float | None, values: Values) -> Chance[Value] | None:
        """Return what draws say of a pair; None without draws.

        Parameters
        ----------
        place : int
            Of the subgroup.
        size : float
            Of the box, as it was asked for.
        jaccard : float or None
            As it was found; None where it is not disclosed, so that its p is not disclosed either.
        values : Values
            Its ids begin with those of the pair, and it knows the people of both searches.
        """
        if self.draws is None:
            return None
        drawn = self.draws.jaccard[:, self.draws.sizes.index(size)]
        chance, builder = chance_overlap(drawn, self.level), values.at("by chance")
        few = "" if chance.draws >= FEW else TOO_FEW_DRAWS
        ends = (("median", chance.median), ("low", chance.low), ("high", chance.high))
        median, low, high = (builder.fixed(name, value, "jaccard", "", few) for name, value in ends)
        p = builder.suppressed("p", DASH, NOT_TOLD)
        if place != self.strongest:
            p = builder.none("p", NOT_COMPARED)
        elif jaccard is not None:
            p = builder.p("p", overlap_p(jaccard, drawn), few)
        return Chance(builder.count("draws", chance.draws, "draws"), median, low, high, p)


def by_chance(chunks: Sequence[OverlapDraws | None], partition: Partition | None, level: float) -> ByChance:
    """Put the chunks of draws together."""
    present = [chunk for chunk in chunks if chunk is not None]
    groups = partition.subgroups if partition is not None else ()
    strongest = min(range(len(groups)), key=lambda place: groups[place].split.log_p_node, default=-1)
    return ByChance(joined(present) if present else None, level, strongest)
