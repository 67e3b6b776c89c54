"""What is left of a search after random draws: effects as found, corrected for the search, and in trials that did not choose.

In: results of searches with what their draws say, of any method that has candidates. Out: a table, a group of rows a search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.honesty import Candidate, Chosen, Corrected, HeldOut, Searched, SearchHonesty, verdict_sentence
from reportgen.records.numbers import Inline, Number
from reportgen.tables.credibility import Ratings, rating_cell, rating_column, rating_note
from reportgen.tables.phrases import (
    NBSP,
    ci_head,
    counted,
    estimate_cell,
    explained,
    interval,
    joined,
    labelled,
    percent,
)

MOST = 4  # moderators of which a note says how often they are chosen
NOTE: Inline = (
    "As found: not corrected for the search. Corrected: minus the mean optimism over bootstrap samples searched in the same way; the interval is approximate, and the correction is partial for weak effects. Held out: the effect of the first candidate of the other trials in the trial left out, pooled; it assesses the search, not this subgroup. p of the search: proportion of searches in data without effect modification that find a candidate at least as strong; it refers to these trials. Limits of moderators: the range of nine in ten bootstrap samples that chose them.",
)


def search_honesty(searches: Sequence[Searched], level: Number, ratings: Ratings | None = None) -> Table:
    """Return what is left of searches: a group a search, two rows a candidate.

    Parameters
    ----------
    searches : sequence of results
        Those of which something was drawn.
    level : Number
        Of the intervals.
    ratings : Ratings, optional
        Suggested credibility, by the id of each candidate.
    """
    rated = ratings or {}
    columns = (
        Column(("Subgroup",), "left"),
        Column(("n",), "right"),
        Column(ci_head("As found", level), "decimal"),
        Column(ci_head("Corrected", level), "decimal"),
        Column(ci_head("Held out", level), "decimal"),
        Column(("p of the search",), "decimal"),
        Column(("Verdict",), "left"),
        *rating_column(rated),
    )
    groups = tuple(
        Group(
            tuple(_rows(search, search.honesty, rated)),
            head=(*labelled(search.outcome_label, search.unit), ": ", search.follow_up_label),
        )
        for search in searches
        if search.honesty is not None
    )
    notes = [line for search in searches if search.honesty for line in _notes(search, search.honesty)]
    return explained(Table(columns, groups, (NOTE, *rating_note(rated), *notes)))


def _rows(search: Searched, whole: SearchHonesty[Number], ratings: Ratings) -> Iterator[Row]:
    held, last = whole.held_out, rating_cell(ratings, "")
    first: tuple[Inline, ...] = ((), (), (), _held(held), (whole.p,), (whole.verdict,), *last)
    yield Row(("The whole search",), first, total=True)
    if held is not None:
        yield Row((search.scale.between,), ((), (), (), estimate_cell(held.difference), (), (), *last), indent=1)
    for candidate in search.candidates:
        yield from _candidate(search, candidate, ratings)


def _candidate(search: Searched, candidate: Candidate[Number], ratings: Ratings) -> Iterator[Row]:
    honest = candidate.honesty
    if honest is None:
        return
    inside: tuple[Inline, ...] = (
        (candidate.n,),
        estimate_cell(candidate.inside),
        _corrected(honest.inside),
        _held(honest.held_out),
        (honest.p_search,),
        (honest.verdict,),
        *rating_cell(ratings, candidate.id),
    )
    if candidate.variant:
        yield Row(("variant: ", *candidate.words), inside, indent=1, muted=not candidate.supported)
        return
    yield Row(candidate.words, inside, muted=not candidate.supported)
    held, last = (
        estimate_cell(honest.held_out.difference) if honest.held_out is not None else (),
        rating_cell(ratings, ""),
    )
    apart: tuple[Inline, ...] = (
        (),
        estimate_cell(candidate.difference),
        _corrected(honest.difference),
        held,
        (),
        (),
        *last,
    )
    yield Row((search.scale.between,), apart, indent=1, muted=not candidate.supported)


def _corrected(item: Corrected[Number] | None) -> Inline:
    return ("–",) if item is None else corrected_cell(item)


def corrected_cell(corrected: Corrected[Number]) -> Inline:
    """Return a corrected effect with its interval."""
    return interval(corrected.effect, corrected.low, corrected.high)


def _held(item: HeldOut[Number] | None) -> Inline:
    return () if item is None else estimate_cell(item.inside)


def _notes(search: Searched, whole: SearchHonesty[Number]) -> Iterator[Inline]:
    title: Inline = (search.outcome_label, ", ", search.follow_up_label, ". ")
    yield (*title, *verdict_sentence(search), *_found(whole), *_held_out(whole.held_out), *_stability(whole.stability))


def _found(whole: SearchHonesty[Number]) -> Inline:
    if whole.found_share.value is None:
        return ()
    return (" Of ", whole.bootstrap_draws, " bootstrap samples ", *percent(whole.found_share), " keep a subgroup.")


def _held_out(item: HeldOut[Number] | None) -> Inline:
    """Return how many folds kept something, and what each chose."""
    if item is None or not item.folds:
        return ()
    folds = joined([("without ", fold.trial, " ", *(fold.rule or ("nothing",))) for fold in item.folds], "; ")
    return (
        " With each trial held out in turn, the others chose (",
        *counted(item.kept, "split"),
        " kept): ",
        *folds,
        ".",
    )


def _stability(chosen: Sequence[Chosen[Number]]) -> Inline:
    """Return how often moderators are chosen, and where they are cut."""
    listed = joined(
        [(item.label, *_side(item), *_cut(item), " in ", *percent(item.share)) for item in chosen[:MOST]], "; "
    )
    return (" Moderators in the subgroups of bootstrap samples: ", *listed, ".") if listed else ()


def _side(chosen: Chosen[Number]) -> Inline:
    return (f"{NBSP}{chosen.side}",) if chosen.side else ()


def _cut(chosen: Chosen[Number]) -> Inline:
    """Return the limit, or between which limits nine in ten lie."""
    if chosen.low.status == "not estimable":
        return ()
    return (NBSP, chosen.low) if chosen.low.text == chosen.high.text else (NBSP, chosen.low, " to ", chosen.high)
