"""Subgroups of nearly the same people are one finding in several words, from the data to the tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reportgen.figures.subgroups import forest_sheets, tree_sheets
from reportgen.pipeline import read
from reportgen.records.numbers import numbers_in, plain
from reportgen.records.partition import RecursivePartitioning
from reportgen.spec.analyses import RecursivePartitioning as Node
from reportgen.stats.near_twins import NEAR, jaccard_table, variants
from reportgen.tables.subgroups import search_status, subgroups
from tests.analysed import analysed, searched
from tests.peeling_study import PARTITION, write_search_study
from tests.study_files import STUDY
from tests.unit.figures.boxes import errors

TWINS = PARTITION | {"moderators": ["age", "sex", "twin"], "width": 3, "alpha": 1.0}


def made(folder: Path, moved: int, minimum_cell: int = 5) -> tuple[RecursivePartitioning, list[set[int]]]:
    """A study in which a second moderator is age, but for some people who were moved across; with who is in each subgroup."""
    covariates = {
        **STUDY["covariates"],
        "bmi": {"label": "Body mass index"},
        "twin": {"label": "Biological age", "unit": "years"},
    }
    study = write_search_study(
        folder,
        variables={"twin": {"column": "twin"}},
        covariates=covariates,
        analyses={"rp": TWINS},
        policy={"minimum_cell": minimum_cell},
        report={
            "formats": ["results"],
            "contents": [{"series": "Table", "show": "subgroups", "of": "rp", "name": "t"}],
        },
    )
    for name in ("north", "south"):
        table = pd.read_csv(folder / f"{name}.csv")
        young = np.flatnonzero(table["age"].between(20, 40))[:moved]
        table["twin"] = table["age"]
        table.loc[young, "twin"] = 75
        table.to_csv(folder / f"{name}.csv", index=False)
    spec, repository = read(study)
    node = Node.model_validate(TWINS)
    (found,) = searched(node, repository, spec.study)
    assert found.partition is not None
    members = [set(np.flatnonzero(subgroup.members).tolist()) for subgroup in found.partition.subgroups]
    return analysed("rp", node, repository, spec.study), members


def test_variants_are_those_that_sets_find() -> None:
    rng = np.random.default_rng(7)
    base = rng.random((4, 200)) < 0.5
    members = np.array([group ^ (rng.random(200) < 0.03) for group in base for _ in range(3)])
    log_p = rng.normal(size=12)
    found = variants(members, log_p)
    sets = [set(np.flatnonzero(member).tolist()) for member in members]
    near = [[len(a & b) / len(a | b) >= NEAR for b in sets] for a in sets]
    order, leaders = sorted(range(12), key=lambda place: log_p[place]), []
    for place in order:
        mine = [leader for leader in leaders if near[place][leader]]
        assert found[place] == (mine[0] if mine else None)
        leaders += [] if mine else [place]
    assert any(item is not None for item in found) and any(item is None for item in found)
    assert jaccard_table(members)[0, 1] == pytest.approx(len(sets[0] & sets[1]) / len(sets[0] | sets[1]))


def test_a_second_measure_of_the_same_thing_is_a_variant(tmp_path: Path) -> None:
    record, members = made(tmp_path / "s", moved=6)
    (search,) = record.results
    strongest, variant = sorted(search.subgroups[:2], key=lambda one: one.split.p_node.value or 0.0)
    assert (strongest.variant_of, variant.variant_of) == (None, strongest.number)
    both = [members[item.number - 1] for item in (strongest, variant)]
    assert variant.jaccard is not None
    assert variant.jaccard.value == pytest.approx(len(both[0] & both[1]) / len(both[0] | both[1]))
    assert variant.jaccard.value >= NEAR
    assert strongest in search.findings and variant not in search.findings
    assert search.variants_of(strongest) == (variant,)


def test_few_people_who_are_in_one_alone_are_not_told(tmp_path: Path) -> None:
    record, members = made(tmp_path / "s", moved=1)
    (search,) = record.results
    (variant,) = [subgroup for subgroup in search.subgroups if subgroup.variant_of is not None][:1]
    apart = members[variant.number - 1] ^ members[variant.variant_of - 1]
    assert 0 < len(apart) < 5
    assert variant.jaccard is not None
    assert (variant.jaccard.value, variant.jaccard.status) == (None, "suppressed")
    assert "Jaccard index" not in plain(
        part for row in _rows(record) for part in row.head if "variant" in plain(row.head)
    )


def _rows(record: RecursivePartitioning) -> list:
    return [row for group in subgroups(record.results, record.settings).groups for row in group.rows]


def test_tables_and_figures_list_a_variant_below_the_subgroup_that_it_varies(tmp_path: Path) -> None:
    record, _ = made(tmp_path / "s", moved=6)
    (search,) = record.results
    heads = [plain(row.head) for row in _rows(record)]
    (place,) = [i for i, head in enumerate(heads) if head.startswith("variant (Jaccard index 0.9")]
    finding = plain(search.findings[0].inside.words)
    assert heads.index(finding) < place and _rows(record)[place].indent == 1
    notes = " ".join(plain(note) for note in subgroups([search], record.settings).footnotes)
    assert "divided by those in either, at least 0.9" in notes
    counted = plain(search_status([record]).groups[0].rows[0].cells[4])
    assert counted == str(len(search.findings)) != str(len(search.subgroups))
    for sheet in (*forest_sheets([search], record.settings, name="f"), *tree_sheets(search, record.settings, name="f")):
        said = " ".join(piece.text for words in sheet.words() for piece in words.pieces)
        assert "ariant" in said and "Variant: nearly the same people as a stronger subgroup" in said
        assert errors(sheet) == []
    candidates = [candidate.variant for candidate in search.candidates]
    assert candidates.count(True) == len(search.subgroups) - len(search.findings)


def test_without_variants_nothing_is_said_of_them(tmp_path: Path) -> None:
    record, _ = made(tmp_path / "s", moved=60)
    (search,) = record.results
    alone = replace(
        search, subgroups=tuple(replace(subgroup, variant_of=None, jaccard=None) for subgroup in search.subgroups)
    )
    table = subgroups([alone], record.settings)
    assert not any("ariant" in plain(note) for note in table.footnotes)
    assert not any(number.id.endswith("settings.near") for number in numbers_in(table))
