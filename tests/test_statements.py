"""Sentences hold for what was fitted: small studies over the options, each read whole and held against its records."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from reportgen.analyses import make_records
from reportgen.pipeline import plan, read
from reportgen.records.artefact import Table
from reportgen.records.estimate import Estimate
from reportgen.records.marks import is_mark
from reportgen.records.model import Records
from reportgen.records.numbers import MINUS, Number, numbers_in, plain, read_back
from reportgen.render.appendix import Appendix, compose
from reportgen.render.artefacts import numbered_artefacts
from reportgen.render.planned import planned_lines
from reportgen.render.separated import table_csv
from reportgen.spec import Spec
from tests.study_files import STUDY, write_study

pytestmark = pytest.mark.slow

PEOPLE = STUDY["analyses"]["people"]
SEARCH: dict[str, Any] = {"method": "recursive-partitioning", "moderators": ["age", "sex"], "alpha": 0.9, "min_arm": 5}
PEEL: dict[str, Any] = {"method": "directed-peeling", "moderators": ["age"], "min_arm": 5}
SCREEN: dict[str, Any] = {"method": "moderators", "moderators": ["age", "sex", "baseline RMDQ"]}
SMALLEST = {"min_arm": 1, "min_trials": 1, "minimum_trials": 1}
BY_TRIAL = ("interaction-by-trial", "interaction-by-trial-estimates")
SHOWN = {
    "people": ("descriptive",),
    "pooled": ("forest", "forest-by-trial", "estimates", "estimates-by-trial", "analysed"),
    "screening": (
        "interaction-forest",
        "interaction-estimates",
        "effect-at-values",
        "effect-at-values-forest",
        "credibility",
        *BY_TRIAL,
    ),
    "rp": ("subgroup-tree", "subgroup-forest", "cut-profiles", "subgroups", "rejected-splits", "credibility"),
    "peel": ("peeling-trajectories", "peeling-thresholds", "credibility"),
    "agreement": ("agreement",),
    "side": ("subset-forest", "subset-estimates"),
}


def side_by_side(**node: Any) -> dict[str, Any]:
    """Return two subgroups fixed in advance, with the settings of a meta-analysis, and the analysis of their differences."""
    subsets = {name: {"subset": {"sex": level}} for name, level in (("women", "female"), ("men", "male"))}
    pooled = {name: {"method": "meta-analysis", **node, **subset} for name, subset in subsets.items()}
    return {
        **pooled,
        "side": {"method": "subgroup-differences", "subsets": ["women", "men"], "screening": "screening"},
    }


LONG = {"short": {"months": [2, 3], "aim": 3}, "long": {"months": [10, 14], "aim": 12}}
UNMEASURED = {
    "instruments": STUDY["instruments"] | {"Pain": {"name": "Pain", "range": [0, 10], "better": "lower"}},
    "outcomes": STUDY["outcomes"] | {"Pain": {"domain": "pain"}},
}
STUDIES: dict[str, dict[str, Any]] = {
    "one trial": {
        "trials": ["north.yaml"],
        "policy": {"minimum_cell": 1},
        "analyses": {
            "people": PEOPLE,
            "pooled": {"method": "meta-analysis", "minimum_trials": 1},
            "screening": SCREEN | {"minimum_trials": 1, "percentiles": []},
            "rp": SEARCH | SMALLEST | {"width": 1, "depth": 1, "max_cuts": 1, "min_size": 2, "multiplicity": "none"},
            "peel": PEEL | SMALLEST | {"beam": 1, "min_size": 2},
            "agreement": {"method": "agreement", "partition": "rp", "peeling": "peel"},
            **side_by_side(minimum_trials=1),
        },
    },
    "common effects": {
        "analyses": {
            "people": PEOPLE,
            "pooled": {"method": "meta-analysis", "treatment_effect": "common"},
            "screening": SCREEN | {"treatment_effect": "common"},
            "rp": SEARCH | {"treatment_effect": "common", "multiplicity": "none", "across": "none"},
            "peel": PEEL | {"treatment_effect": "common"},
            "agreement": {"method": "agreement", "partition": "rp", "peeling": "peel"},
            **side_by_side(treatment_effect="common"),
        },
    },
    "normal": {
        "study": {key: value for key, value in STUDY["study"].items() if key != "seed"},
        "analyses": {
            "people": PEOPLE,
            "pooled": {"method": "meta-analysis", "inference": "normal", "estimation": "ml", "intercept": "random"},
            "screening": SCREEN | {"inference": "normal", "reading": "naive"},
            "rp": SEARCH | {"criterion": "differential", "gamma": [1.0], "width": 2},
            "peel": PEEL | {"objective": "effect"},
            "agreement": {"method": "agreement", "partition": "rp", "peeling": "peel"},
            **side_by_side(inference="normal", estimation="ml", intercept="random"),
        },
    },
    "empty cells": UNMEASURED
    | {
        "follow_up": LONG,
        "analyses": {
            "people": PEOPLE,
            "pooled": {"method": "meta-analysis"},
            "screening": SCREEN | {"moderators": ["age", "sex"]},
            "rp": SEARCH,
            "peel": PEEL,
            "agreement": {"method": "agreement", "partition": "rp", "peeling": "peel"},
            **side_by_side(),
        },
    },
}


@dataclass(frozen=True, slots=True)
class Made:
    """A study with its records, its pages and what `plan` says."""

    spec: Spec
    records: Records
    appendix: Appendix
    planned: list[str]

    def methods(self) -> str:
        """Return the methods as plain text."""
        return "\n".join(plain(paragraph) for section in self.appendix.methods for paragraph in section.paragraphs)

    def tables(self) -> Iterator[tuple[str, Table]]:
        """Yield every table with its name."""
        for artefact in self.appendix.artefacts:
            yield from ((artefact.name + part.letter, part.table) for part in artefact.parts if part.table)
        for section in self.appendix.back:
            yield from ((back.name, back.table) for back in section.tables)

    def texts(self) -> Iterator[str]:
        """Yield every text of the pages, the drawings, the CSV files and the plan."""
        yield from self.methods().split("\n")
        for artefact in self.appendix.artefacts:
            yield from map(plain, (artefact.title, *artefact.notes))
            for part in artefact.parts:
                yield from map(plain, (part.title, *part.notes))
                for drawing in part.drawings:
                    yield plain(drawing.alt)
                    yield re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", drawing.svg))
        for section in self.appendix.back:
            yield from map(plain, (*section.paragraphs, *section.listed))
        for _, table in self.tables():
            yield from map(plain, table.footnotes)
            yield from table_csv(table).splitlines()
        yield from self.planned

    def artefact(self, name: str) -> Any:
        """Return an artefact by its name."""
        return next(artefact for artefact in self.appendix.artefacts if artefact.name == name)


@cache
def made(name: str) -> Made:
    """Fit and print one of the studies."""
    study = STUDIES[name]
    contents = [
        {
            "series": "Table",
            "show": show,
            "of": of,
            "name": f"{show}{of if show == 'credibility' else ''}".replace("-", ""),
        }
        for of, shown in SHOWN.items()
        if of in study["analyses"]
        for show in shown
    ]
    contents += [{"series": "Table", "show": show} for show in ("included-trials", "outcome-measures", "availability")]
    report = {"formats": ["html", "workbook", "results"], "contents": contents}
    spec, repository = read(write_study(Path(mkdtemp()) / "study", study | {"report": report}))
    records = make_records(spec, repository, profile="final")
    appendix = compose(spec, records, numbered_artefacts(spec, records))
    return Made(spec, records, appendix, planned_lines(plan(spec, repository)))


every = pytest.mark.parametrize("name", list(STUDIES))
NOUNS = (
    "trials|participants|people|outcomes|moderators|cuts|fits|subgroups|rows|intervals|estimates|conditions|splits|"
    "quantiles|interactions|panels|searches|measures|values|levels|boxes|numbers|persons|months|analyses"
)


@every
def test_counts_agree_with_their_nouns(name: str) -> None:
    for text in made(name).texts():
        assert not re.search(rf"(?<![\d.,:–−-])\b1[ \u00a0](?:{NOUNS})\b", text), text
        assert not re.search(
            r"(?<![\d.,])\b(?:[02-9]|\d\d+)[ \u00a0](?:trial|participant|person|subgroup|fit)\b(?! of)", text
        ), text
        assert not re.search(r"\ban? 1\b", text), text


@every
def test_csv_cells_hold_the_words_of_the_page(name: str) -> None:
    for table_name, table in made(name).tables():
        lines = list(csv.reader(table_csv(table).splitlines()))[1:]
        rows = [row for group in table.groups for row in group.rows]
        assert len(lines) == len(rows)
        for line, row in zip(lines, rows, strict=True):
            whole = " ".join(line).replace("-", MINUS)
            for cell in (row.head, *row.cells):
                parts = [part for part in cell if not is_mark(part)]
                words = " ".join(part if isinstance(part, str) else part.text for part in parts if not _bare(part))
                for word in re.findall(r"[^\W\d_]{2,}|[†<>≤≥]", words.replace("-", MINUS)):
                    assert word == "to" or word in whole, (table_name, plain(cell), line)


def _bare(part: str | Number) -> bool:
    return isinstance(part, Number) and part.kind == "number"


@every
def test_words_about_p_hold_for_the_p_that_is_printed(name: str) -> None:
    records = made(name).records
    for number in numbers_in(records):
        if number.value is not None and re.search(r"(^|[.-])p(-(raw|adjusted|node))?$|\.holm$", number.id):
            assert (number.value < 0.05) == _below(number.text, 0.05), number
    settings = records.analyses["screening"].settings  # type: ignore[union-attr]
    for screen in records.analyses["screening"].results:  # type: ignore[union-attr]
        for interaction in screen.interactions:
            if interaction.tier != "not estimable":
                assert (interaction.tier == "significant") == _below(
                    interaction.reading.p.text, settings.significant.value
                )
                assert (interaction.tier == "neither") == (not _below(interaction.reading.p.text, settings.weak.value))


def _below(text: str, limit: float) -> bool:
    return read_back(text) < limit or (text.startswith("<") and read_back(text) <= limit)


@every
def test_an_interval_is_printed_clear_of_zero_where_it_is(name: str) -> None:
    for estimate in _estimates(made(name).records):
        if estimate.low.value is None or estimate.high.value is None:
            continue
        clear = estimate.low.value > 0 or estimate.high.value < 0
        assert clear == (read_back(estimate.low.text) > 0 or read_back(estimate.high.text) < 0), estimate


def _estimates(record: Any) -> Iterator[Estimate]:
    if isinstance(record, Estimate):
        yield record
    elif isinstance(record, tuple | list):
        for part in record:
            yield from _estimates(part)
    elif isinstance(record, dict):
        yield from _estimates(tuple(record.values()))
    elif hasattr(record, "__dataclass_fields__"):
        for field in record.__dataclass_fields__:
            yield from _estimates(getattr(record, field))


@every
def test_figures_and_tables_count_the_same_people(name: str) -> None:
    one = made(name)
    pairs = [
        ("forest", "estimates"),
        ("forestbytrial", "estimatesbytrial"),
        ("interactionforest", "interactionestimates"),
        ("subgroupforest", "subgroups"),
    ]
    for figure, table in pairs:
        drawn = {n.id: n for part in one.artefact(figure).parts for d in part.drawings for n in d.printed}
        written = {n.id: n for n in numbers_in([one.artefact(table), one.artefact("analysed")])}
        counts = {key for key in drawn if re.search(r"\.(n|n-control|n-intervention|trials)$", key)}
        assert counts, figure
        # with one condition, everybody else is the other side, and the table has them once
        beside = {key: key if key in written else key.replace(".complement.", ".sibling.") for key in counts}
        assert set(beside.values()) <= set(written), figure
        assert all(drawn[key].text == written[beside[key]].text for key in counts)
    analysed = {n.id: n.text for n in numbers_in(one.artefact("analysed"))}
    for effect in one.records.analyses["pooled"].results:  # type: ignore[union-attr]
        assert analysed[effect.n.id] == effect.n.text
        trials = [row for row in effect.by_trial if row.n_control.value is not None]
        assert sum(int(row.n_control.value or 0) + int(row.n_intervention.value or 0) for row in trials) == (
            effect.n.value if trials else 0
        )


@every
def test_people_of_a_moderator_are_those_of_the_descriptive_table_who_entered(name: str) -> None:
    records = made(name).records
    known = {
        plain((characteristic.label,)): characteristic.sides[2].n.value
        for characteristic in records.analyses["people"].characteristics
    }  # type: ignore[union-attr]
    for screen in records.analyses["screening"].results:  # type: ignore[union-attr]
        for interaction in screen.interactions:
            if not screen.empty:
                assert interaction.n.value + interaction.cost_people.value == screen.n.value
                assert interaction.n.value == known[interaction.label.text]  # everybody has the outcome here
    (table,) = (part.table for part in made(name).artefact("descriptive").parts)
    assert any("whether or not they have an outcome" in plain(note) for note in table.footnotes)


def test_degrees_of_freedom_have_a_floor_only_where_the_effect_is_random() -> None:
    assert made("common effects").methods().count("number of trials minus one") == 0
    assert made("normal").methods().count("number of trials minus one") == 2  # of the searches, which have their own
    for effect in made("common effects").records.analyses["pooled"].results:  # type: ignore[union-attr]
        assert effect.estimate.df.value == effect.df_unfloored.value


def test_a_common_effect_is_no_check_of_itself() -> None:
    text = made("common effects").methods()
    assert "Two checks" not in text
    assert "the common-effect column repeats the model" in text
    for effect in made("common effects").records.analyses["pooled"].results:  # type: ignore[union-attr]
        assert effect.estimate.effect.value == effect.common.effect.value


def test_a_search_of_one_condition_is_not_searched_in_its_turn() -> None:
    text = made("one trial").methods()
    assert "in turn" not in text
    assert "they may overlap" not in text
    assert "1 quantile where it has more" in text
    (search,) = made("one trial").records.analyses["rp"].results  # type: ignore[union-attr]
    assert all(len(group.inside.rule) == 1 for group in search.subgroups)


def test_p_that_is_not_adjusted_is_not_called_adjusted() -> None:
    one = made("common effects")
    notes = " ".join(plain(note) for _, table in one.tables() for note in table.footnotes)
    assert "then the same, as p is not adjusted for the number of cuts; then the same" in notes
    assert "then adjusted for the number of cuts" not in notes
    for search in one.records.analyses["rp"].results:  # type: ignore[union-attr]
        for node in search.tree:
            assert all(split.p_raw.value == split.p_adjusted.value == split.p_node.value for split in node.splits)


def test_without_percentiles_no_percentile_is_spoken_of() -> None:
    assert not any("at the  percentile" in text or "at the percentile" in text for text in made("one trial").texts())


def test_a_seed_is_not_said_to_be_used() -> None:
    for name, given in (("one trial", True), ("normal", False)):
        provenance = next(item for item in made(name).appendix.back if item.name == "provenance")
        said = " ".join(map(plain, provenance.paragraphs))
        assert "Seed of the random numbers" not in said
        assert "No number in this report depends on random draws" in said
        assert ("the study file gives the seed" in said) == given


EMPTY = ("long", "Pain")


def test_empty_cells_are_in_the_table_of_who_was_analysed_alone() -> None:
    one = made("empty cells")
    (analysed,) = (part.table for part in one.artefact("analysed").parts)
    rows = [plain(row.head) for group in analysed.groups for row in group.rows]
    assert rows == ["short", "long", "short", "long"]
    for artefact in one.appendix.artefacts:
        if artefact.name in {"analysed", "descriptive"} or not artefact.name.isalpha():
            continue
        for part in artefact.parts:
            said = " ".join(map(plain, (part.title, *part.notes)))
            table = part.table
            said += table_csv(table) + " ".join(map(plain, table.footnotes)) if table else ""
            said += " ".join(plain(drawing.alt) + drawing.svg + plain(drawing.title) for drawing in part.drawings)
            assert not re.search(r">long<|\blong\b|\bPain\b", said), (artefact.name, said)
    for section in one.appendix.back:
        if section.name == "status":
            said = " ".join(plain(row.head) for back in section.tables for g in back.table.groups for row in g.rows)
            assert "Pain" not in said
            assert "long" not in said
            assert "could not be estimated" not in " ".join(map(plain, section.paragraphs)).partition(" across")[2]


def test_where_all_cells_are_empty_a_sentence_says_so(tmp_path: Path) -> None:
    contents = [
        {"series": "Table", "show": show, "of": of} for of, shown in SHOWN.items() if of != "people" for show in shown
    ]
    late = {"follow_up": {"late": {"months": [20, 30]}}, "analyses": STUDIES["empty cells"]["analyses"]}
    spec, repository = read(
        write_study(
            tmp_path / "study", late | {"report": {"formats": ["html", "workbook", "results"], "contents": contents}}
        )
    )
    records = make_records(spec, repository, profile="final")
    for artefact in numbered_artefacts(spec, records):
        if artefact.title and "Trials and participants" not in plain(artefact.title):
            said = [plain(note) for part in artefact.parts for note in part.notes]
            assert said == ["No trial has participants who can be analysed: there is nothing to show."], plain(
                artefact.title
            )
            assert not any(part.drawings or part.table for part in artefact.parts)
