"""The methods of directed peeling in prose: every option has its wording, and what was really done is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from reportgen.analyses import make_records
from reportgen.pipeline import read
from reportgen.records.agreement import Agreement
from reportgen.records.model import Records
from reportgen.records.numbers import plain
from reportgen.records.peeling import DirectedPeeling
from reportgen.spec.analyses import DirectedPeeling as Node
from reportgen.views.prose import directed_peeling as room
from reportgen.views.prose.agreement import agreement_methods
from reportgen.views.prose.models import SEARCH_TREATMENT
from reportgen.views.prose.repeated_paragraphs import without_repeated_paragraphs
from tests.peeling_study import PEELING, write_search_study


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    spec, repository = read(write_search_study(tmp_path_factory.mktemp("methods") / "s"))
    return make_records(spec, repository, profile="draft")


def peeling_of(records: Records) -> DirectedPeeling:
    record = records.analyses["peeling"]
    assert isinstance(record, DirectedPeeling)
    return record


def prose(record: DirectedPeeling, **settings: Any) -> str:
    return "\n".join(map(plain, room.peeling_methods(replace(record, settings=replace(record.settings, **settings)))))


@pytest.mark.parametrize(("option", "words"), [("objective", room.OBJECTIVE), ("treatment_effect", SEARCH_TREATMENT)])
def test_every_option_has_its_wording(option: str, words: dict[str, str]) -> None:
    assert set(words) == set(get_args(Node.model_fields[option].annotation))


def test_settings_are_said(records: Records) -> None:
    text = prose(peeling_of(records))
    for said in (
        "from all down to 10%",
        "a common treatment effect, adjusted for the baseline value of the outcome",
        "remove at least 5% of its participants",
        "steps of 1% of the participants, and the 10 best subgroups",
        "needs 10 people in each arm, and 2 trials",
        "was specified in the study file for some moderators",
        "it is not a hypothesis test",
    ):
        assert said in text
    assert "screening" not in text


def test_options_change_the_text(records: Records) -> None:
    record = peeling_of(records)
    assert "statistic of the treatment effect inside." in prose(record, objective="effect")
    assert "varies at random between trials" in prose(record, treatment_effect="random")
    level = record.settings.level
    assert "below 95 in the analysis “95”" in prose(record, p_below=level, screened_by=level)
    assert "needs at least 95 participants, 10 people" in prose(record, min_size=(level, " participants"))
    assert "adjusted" not in prose(record, adjust_for=()).split("\n")[0]


@pytest.mark.parametrize(
    ("declared", "said"), [(True, "was specified in the study file."), (False, "is taken from the sign")]
)
def test_directions_are_said_as_they_were_found(records: Records, declared: bool, said: str) -> None:
    record = peeling_of(records)
    (peeling,) = record.results
    changed = tuple(replace(moderator, declared=declared) for moderator in peeling.moderators)
    assert said in prose(replace(record, results=(replace(peeling, moderators=changed),)))


def test_without_any_moderator_there_is_no_word_of_directions(tmp_path: Path) -> None:
    peeling = PEELING | {"moderators": ["sex"], "directions": {}}
    spec, repository = read(write_search_study(tmp_path / "s", analyses={"peeling": peeling}, report={"contents": []}))
    text = prose(peeling_of(make_records(spec, repository, profile="draft")))
    assert "gains more" not in text
    assert "" not in text.split("\n")


def test_agreement_names_both_analyses(records: Records) -> None:
    record = records.analyses["agreement"]
    assert isinstance(record, Agreement)
    (text,) = map(plain, agreement_methods(record))
    assert "“rp”" in text
    assert "“peeling”" in text
    assert text.endswith("No hypothesis was tested.")


def test_equal_sections_are_said_once() -> None:
    sections = [(("A",), [("one",), ("two",)]), (("B",), [("one",), ("two",)]), (("C",), [("three",)])]
    assert [said for _, said in without_repeated_paragraphs(sections)] == [
        (("one",), ("two",)),
        (("As in the section ", "A", "."),),
        (("three",),),
    ]


def test_boxes_that_are_kept_back_are_counted(records: Records) -> None:
    record = peeling_of(records)
    some, none = (
        replace(
            record,
            suppression=replace(
                record.suppression, suppressed=replace(record.suppression.suppressed, value=n, text=f"{n}")
            ),
        )
        for n in (7, 0)
    )
    assert "subgroups of all sizes that were found, 7 are neither drawn" in prose(some)
    assert "are neither drawn" not in prose(none)
