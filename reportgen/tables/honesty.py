"""What is left of a search after random draws: effects as found, corrected for the search, and in trials that did not choose.

In: results of searches with what their draws say, of any method that has candidates. Out: a table, a group of rows a search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.honesty import Candidate, Chosen, Corrected, HeldOut, Searched, SearchHonesty, verdict_sentence
from reportgen.records.numbers import Inline, Number
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
ABBREVIATIONS = (("CI", "confidence interval"), ("n", "participants"))
NOTE: Inline = (
    "As found: not corrected for the search. Corrected: minus the mean optimism of bootstrap samples that were searched again; "
    "the interval is approximate, and the correction is partial for weak effects. Held out: what the first candidate of the other "
    "trials shows in the trial that did not choose it, pooled; it judges the search, not this subgroup. p of the search: share of "
    "searches in data without effect modification that find as strong a candidate; it holds for these trials. Limits of moderators: "
    "the range of nine in ten bootstrap samples that chose them.",
)


def search_honesty(searches: Sequence[Searched], level: Number) -> Table:
    """Return what is left of searches: a group a search, two rows a candidate.

    Parameters
    ----------
    searches : sequence of results
        Those of which something was drawn.
    level : Number
        Of the intervals.
    """
    columns = (
        Column(("Subgroup",), "left"),
        Column(("n",), "right"),
        Column(ci_head("As found", level), "decimal"),
        Column(ci_head("Corrected", level), "decimal"),
        Column(ci_head("Held out", level), "decimal"),
        Column(("p of the search",), "decimal"),
        Column(("Verdict",), "left"),
    )
    groups = tuple(
        Group(tuple(_rows(one, one.honesty)), head=(*labelled(one.outcome_label, one.unit), ": ", one.follow_up_label))
        for one in searches
        if one.honesty is not None
    )
    notes = [line for one in searches if one.honesty for line in _notes(one, one.honesty)]
    return explained(Table(columns, groups, (NOTE, *notes), ABBREVIATIONS))


def _rows(search: Searched, whole: SearchHonesty[Number]) -> Iterator[Row]:
    held = whole.held_out
    first: tuple[Inline, ...] = ((), (), (), _held(held), (whole.p,), (whole.verdict,))
    yield Row(("The whole search",), first, total=True)
    if held is not None:
        yield Row((search.scale.between,), ((), (), (), estimate_cell(held.difference), (), ()), indent=1)
    for one in search.candidates:
        yield from _candidate(search, one)


def _candidate(search: Searched, one: Candidate[Number]) -> Iterator[Row]:
    honest = one.honesty
    if honest is None:
        return
    inside: tuple[Inline, ...] = (
        (one.n,),
        estimate_cell(one.inside),
        _corrected(honest.inside),
        _held(honest.held_out),
        (honest.p_search,),
        (honest.verdict,),
    )
    if one.variant:
        yield Row(("variant: ", *one.words), inside, indent=1, muted=not one.supported)
        return
    yield Row(one.words, inside, muted=not one.supported)
    held = estimate_cell(honest.held_out.difference) if honest.held_out is not None else ()
    apart: tuple[Inline, ...] = ((), estimate_cell(one.difference), _corrected(honest.difference), held, (), ())
    yield Row((search.scale.between,), apart, indent=1, muted=not one.supported)


def _corrected(one: Corrected[Number] | None) -> Inline:
    return ("–",) if one is None else corrected_cell(one)


def corrected_cell(one: Corrected[Number]) -> Inline:
    """Return a corrected effect with its interval."""
    return interval(one.effect, one.low, one.high)


def _held(one: HeldOut[Number] | None) -> Inline:
    return () if one is None else estimate_cell(one.inside)


def _notes(search: Searched, whole: SearchHonesty[Number]) -> Iterator[Inline]:
    title: Inline = (search.outcome_label, ", ", search.follow_up_label, ". ")
    yield (*title, *verdict_sentence(search), *_found(whole), *_held_out(whole.held_out), *_stability(whole.stability))


def _found(whole: SearchHonesty[Number]) -> Inline:
    if whole.found_share.value is None:
        return ()
    return (" Of ", whole.bootstrap_draws, " bootstrap samples ", *percent(whole.found_share), " keep a subgroup.")


def _held_out(one: HeldOut[Number] | None) -> Inline:
    """Return how many folds kept something, and what each chose."""
    if one is None or not one.folds:
        return ()
    folds = joined([("without ", fold.trial, " ", *(fold.rule or ("nothing",))) for fold in one.folds], "; ")
    return (
        " With each trial held out in turn, the others chose (",
        *counted(one.kept, "split"),
        " kept): ",
        *folds,
        ".",
    )


def _stability(chosen: Sequence[Chosen[Number]]) -> Inline:
    """Return how often moderators are chosen, and where they are cut."""
    listed = joined([(one.label, *_side(one), *_cut(one), " in ", *percent(one.share)) for one in chosen[:MOST]], "; ")
    return (" Moderators in the subgroups of bootstrap samples: ", *listed, ".") if listed else ()


def _side(one: Chosen[Number]) -> Inline:
    return (f"{NBSP}{one.side}",) if one.side else ()


def _cut(one: Chosen[Number]) -> Inline:
    """Return the limit, or between which limits nine in ten lie."""
    if one.low.status == "not estimable":
        return ()
    return (NBSP, one.low) if one.low.text == one.high.text else (NBSP, one.low, " to ", one.high)
