"""Every option of a recursive partitioning is told in the methods, and those of the search below its figures."""

from __future__ import annotations

from typing import Any

import pytest

from reportgen.records.numbers import Inline, plain
from reportgen.records.partition import RecursivePartitioning
from reportgen.spec.analyses import RecursivePartitioning as Node
from reportgen.views.prose.recursive_partitioning import partition_methods, settings_in_words
from reportgen.views.prose.repeated_paragraphs import without_repeated_paragraphs
from tests.unit.figures.build import builder, quote
from tests.unit.figures.searches import settings, suppression

MADE = builder("rp.settings")
CHANGES: dict[str, Any] = {
    "adjust_for": (),
    "treatment_effect": "common",
    "criterion": "maximum",
    "multiplicity": "none",
    "across": "none",
    "count_screened": True,
    "information": "within",
    "adjuster_slopes": "stratified",
    "missing": "available",
    "alpha": MADE.figure("alpha", 0.01, 2),
    "depth": MADE.count("depth", 3),
    "width": MADE.count("width", 5),
    "min_size": ("at least ", MADE.count("min size", 70), " people"),
    "min_arm": MADE.count("min arm", 20),
    "min_trials": MADE.count("min trials", 4),
    "max_cuts": MADE.count("max cuts", 40),
    "min_events": MADE.count("min events", 7),
}
IN_METHODS_ONLY = {"adjuster_slopes", "adjust_for", "treatment_effect", "missing", "max_cuts"}


def record(name: str = "rp", suppressed: int = 0, **changes: Any) -> RecursivePartitioning:
    search_range: Any = None  # of no account here
    return RecursivePartitioning(name, settings(**changes), (), (), search_range, suppression(suppressed))


def methods_text(*records: RecursivePartitioning) -> list[str]:
    headings: list[Inline] = [(f"Recursive partitioning {item.name}",) for item in records]
    return [
        " ".join(map(plain, paragraphs))
        for _, paragraphs in without_repeated_paragraphs(zip(headings, map(partition_methods, records), strict=True))
    ]


@pytest.mark.parametrize("option", CHANGES)
def test_each_option_is_told(option: str) -> None:
    assert methods_text(record(**{option: CHANGES[option]})) != methods_text(record())
    below = plain(settings_in_words(settings(**{option: CHANGES[option]})))
    assert (below != plain(settings_in_words(settings()))) == (option not in IN_METHODS_ONLY)


@pytest.mark.parametrize(
    "option", ["criterion", "multiplicity", "across", "information", "adjuster_slopes", "missing", "treatment_effect"]
)
def test_each_choice_of_the_study_file_has_words_of_its_own(option: str) -> None:
    choices = Node.model_fields[option].annotation.__args__  # type: ignore[union-attr]
    sayings = {choice: methods_text(record(**{option: choice}))[0] for choice in choices}
    assert len(set(sayings.values())) == len(choices)


def test_moderators_from_a_screening() -> None:
    screened = record(
        screened_by=quote("rp.settings.screened-by", "moderation"), p_below=MADE.figure("p below", 0.2, 1)
    )
    assert "p below 0.2 in the analysis “moderation”" in methods_text(screened)[0]


def test_gamma_of_each_level() -> None:
    gamma = (MADE.figure("gamma 1", 1.0, 0), MADE.figure("gamma 2", 0.5, 1))
    assert "at most 1, 0.5 times that in its node" in methods_text(record(criterion="differential", gamma=gamma))[0]
    assert "each of them is kept" in methods_text(record(criterion="differential", gamma=()))[0]


def test_what_two_searches_share_is_said_once() -> None:
    first, second = methods_text(record("one"), record("two", missing="available"))
    assert "IPD-SIDES" in first
    assert "IPD-SIDES" not in second
    assert "Each moderator was tried in the participants with a value for it" in second
    assert second.endswith("Otherwise as in the section Recursive partitioning one.")


def test_settings_stand_in_one_sentence() -> None:
    assert plain(settings_in_words(settings())) == (
        "Search: interaction of treatment with the split; p adjusted for the effective number of cuts and of moderators; "
        "kept at p\u00a0≤\u00a00.05; at most 2 conditions and 3 splits of a node; on both sides of a split at least 50 people, "
        "10 people in each arm and 2 trials with both arms."
    )


def test_cuts_that_are_kept_back_are_counted() -> None:
    assert "participants of an arm distinguish each of them" not in methods_text(record())[0]
    assert "Of the cuts that were tried, 31 are neither drawn" in methods_text(record(suppressed=31))[0]
