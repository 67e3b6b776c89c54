"""Which results a search may have: the names of subgroups, boxes and splits that its settings allow.

In: the node of a search in the study file, and an id below the id of one search. Out: what is wrong with the id, or nothing.
A search may find a subgroup or not, so an id that no record holds may still be right. It is right as long as it is made of
sides of the moderators of this search (`age-low.sex-female`), of sizes that are asked for (`box-0-10`), and of the names that
results below them have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from reportgen.analyses.directed_peeling import sizes_of
from reportgen.analyses.peeling_record import SMALLEST, size_text
from reportgen.errors import did_you_mean
from reportgen.records.numbers import slug
from reportgen.spec.analyses import DirectedPeeling, FromScreening, Moderators, RecursivePartitioning, Search
from reportgen.spec.study import Study
from reportgen.stats.ranks import MAX_LEVELS

ESTIMATE = ("effect", "ci-low", "ci-high", "se", "df", "p")
SIZES = ("n", "n-control", "n-intervention", "trials")
MEMBERS = (*SIZES, *ESTIMATE, "effect.normal.ci-low", "effect.normal.ci-high")
SPLIT = (
    *("cuts", "p-raw", "p-adjusted", "p-node"),
    *(f"difference.{part}" for part in ESTIMATE),
    *("better.cut", "other.cut"),
)
CONSISTENCY = tuple(f"consistency.{part}" for part in ("trials", "same-sign", "i2", "q-p"))
SUBGROUP = (*MEMBERS, *(f"split.{part}" for part in (*SPLIT, "p-pooled", "p-within", "p-in-new-trials")), *CONSISTENCY)
BOX = (
    *("share", *SIZES, *ESTIMATE),
    *(f"{place}.{part}" for place in ("outside", "difference", "normal") for part in ESTIMATE),
    *CONSISTENCY,
)
PEELED = (("per",), ("levels",), *(("interaction", part) for part in ESTIMATE))
EXCLUDED_COUNT = re.compile(r"left-out-\d+-n")


@dataclass(frozen=True, slots=True)
class WrongName:
    """What is wrong with an id: in words, and the names that may stand in the place of the wrong part."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Names:
    """The names below one search.

    Attributes
    ----------
    sides : dict of str to str
        The sides of moderators, each with its moderator.
    depth : int
        How many sides a subgroup has at most.
    boxes : tuple of str
    limits : tuple of str
        What the limits of a box are called.
    others : tuple of str
        What else there is only where a moderator was searched.
    """

    sides: Mapping[str, str]
    depth: int
    boxes: tuple[str, ...]
    limits: tuple[str, ...]
    others: tuple[str, ...] = ()

    def error(self, rest: str) -> WrongName | None:
        """Return what is wrong with what follows the id of the search, or None.

        Examples
        --------
        >>> names = Names({"age-low": "age", "age-high": "age", "sex-male": "sex"}, 2, (), ())
        >>> names.error("age-low.sex-male.sibling.effect") is None
        True
        >>> names.error("agge-low.effect")
        WrongName(message="'agge-low' is not a result of this search", hint="Did you mean 'age-low'?")
        """
        if rest in self.others or EXCLUDED_COUNT.fullmatch(rest):
            return None
        parts = rest.split(".")
        first = parts[0]
        if first in self.boxes:
            return _tail(parts[1:], (*BOX, *self.limits))
        if first in self.sides:
            return self._subgroup(parts)
        if self.sides and re.fullmatch(r"rejected-\d+", first):
            return _tail(parts[1:], SPLIT)
        if self.sides and re.fullmatch(r"node-\d+", first):
            return _tail(parts[1:], [f"{slug(name)}.{part}" for name in set(self.sides.values()) for part in SPLIT])
        return WrongName(
            f"'{first}' is not a result of this search", did_you_mean(first, (*self.sides, *self.boxes, *self.others))
        )

    def _subgroup(self, parts: list[str]) -> WrongName | None:
        count = next((place for place, part in enumerate(parts) if part not in self.sides), len(parts))
        named = [self.sides[part] for part in parts[:count]]
        if len(set(named)) < len(named):
            return WrongName("a subgroup has one side of a moderator", "Remove the other one.")
        if len(named) > self.depth:
            return WrongName(f"subgroups of this search have at most {self.depth} sides", "Remove the others.")
        if named != sorted(named):
            right = ".".join(sorted(parts[:count], key=lambda part: self.sides[part]))
            return WrongName("moderators must be in alphabetical order", f"Did you mean '{right}'?")
        rest = parts[count:]
        if rest and re.fullmatch(r"again-\d+", rest[0]):
            rest = rest[1:]
        if rest and rest[0] in ("sibling", "complement"):
            cuts = [f"rule-{i}.cut" for i in range(1, count + 1)] if rest[0] == "sibling" else []
            return _tail(rest[1:], (*MEMBERS, *cuts))
        further = [side for side in self.sides if count < self.depth and self.sides[side] > named[-1]]
        return _tail(rest, (*SUBGROUP, *(f"rule-{i}.cut" for i in range(1, count + 1))), further)


def _tail(parts: list[str], known: Iterable[str], further: Iterable[str] = ()) -> WrongName | None:
    """Return what is wrong with the last parts of an id; `further` are other parts that may follow."""
    name, known = ".".join(parts), tuple(known)
    if name in known:
        return None
    if not name:
        return WrongName("the name of a result is missing at its end", did_you_mean("effect", known))
    nearer = did_you_mean(parts[0], further) if further else ""
    return WrongName(
        f"'{name}' is not a result of this search",
        nearer if nearer.startswith("Did you") else did_you_mean(name, (*known, *further)),
    )


def names_of_search(name: str, node: Search, study: Study) -> Names:
    """Return the names that results of an analysis may have below the id of one of its searches.

    Parameters
    ----------
    name : str
        Of the analysis.
    node : Search
    study : Study
    """
    moderators = _moderators(node, study)
    if isinstance(node, RecursivePartitioning):
        sides = {
            slug(f"{moderator} {side}"): moderator for moderator in moderators for side in _sides(moderator, study)
        }
        lost = tuple(
            slug("moderator", moderator, f"{what} lost") for moderator in moderators for what in ("people", "trials")
        )
        return Names(sides, node.depth, (), (), lost)
    assert isinstance(node, DirectedPeeling)
    boxes = (*(slug(f"box {size_text(size)}") for size in sizes_of(name, study)), slug(SMALLEST))
    interactions = (slug(moderator, *part) for moderator in moderators for part in PEELED)
    costs = (slug("cost", moderator, what) for moderator in moderators for what in ("people", "trials"))
    return Names({}, 0, boxes, tuple(slug(f"{moderator} limit") for moderator in moderators), (*interactions, *costs))


def _moderators(node: Search, study: Study) -> tuple[str, ...]:
    if not isinstance(node.moderators, FromScreening):
        return tuple(node.moderators)
    screening = study.analyses[node.moderators.from_]
    assert isinstance(screening, Moderators)
    return tuple(screening.moderators)


def _sides(moderator: str, study: Study) -> Iterator[str]:
    """Yield the sides of a moderator as ids name them: low and high, or some of its levels."""
    covariate = study.covariates.get(moderator)
    if covariate is None or not covariate.categorical:
        yield from ("low", "high")
        return
    levels = covariate.levels
    if covariate.ordered:
        sets = [part for cut in range(1, len(levels)) for part in (levels[:cut], levels[cut:])]
    elif len(levels) <= MAX_LEVELS:
        sets = [part for size in range(1, len(levels)) for part in combinations(levels, size)]
    else:
        sets = []  # the search leaves it out
    yield from (" or ".join(part) for part in sets)
