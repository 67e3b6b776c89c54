"""Names, ids, columns and cells in other characters: one and the same, or told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.failing.inputs import said, written

TRIALS = {"site_soft": 2, "site_bom": 2}
ONE = ["join_zw", "keep_nfd", "lvlNFD", "hdrNFD", "hdrZW", "cellZW", "cellZWcode", *TRIALS]
PEOPLE = {"lvlNFD": 24}

TOLD = {
    "site_apos": ("north.csv, column 'site', rows 2, 3", "'St John's', 'St John’s'", "' is U+0027, ’ is U+2019", "`codes`"),
    "site_fullw": ("north.csv, column 'site', rows 2, 3", "'A1', 'Ａ1'", "Ａ is U+FF21", "`different_trials: [A1, Ａ1]`"),
    "join_dash": ("north2.csv, column 'id', rows 2, 3, 4, 5: 4 participants", "'Zoë–001' (row 2) is 'Zoë-001' (row 2)", "– is U+2013", "`ids: loose`"),
    "join_fullw": ("north2.csv, column 'id', rows 2, 3, 4, 5: 4 participants", "'Zoë-００1' (row 2)", "０ is U+FF10", "`ids: loose`"),
    "join_under": ("north2.csv, column 'id', rows 2, 3, 4, 5: 4 participants", "'Zoë_001' (row 2) is 'Zoë-001' (row 2)", "from north.csv", "`ids: as written`"),
    "join_nohyph": ("north2.csv, column 'id', rows 2, 3, 4, 5: 4 participants", "'Zoë001' (row 2) is 'Zoë-001' (row 2)", "from north.csv", "`ids: as written`"),
    "join_dateids": ("north2.csv, column 'id', rows 2, 3, 4, 5, 6 and 7 more: dates instead of ids: '2020-03-01'", "1/3", "text", "`ids: dates`"),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE)
def test_one_and_the_same(name: str, tmp_path: Path) -> None:
    found = said("validate", written(name, tmp_path))
    trials, people = TRIALS.get(name, 1 if name in PEOPLE else 2), PEOPLE.get(name, 54)
    assert (found.code, found.lines) == (0, [])
    assert f"no problems found, {trials} trial{'s' * (trials > 1)}, {people} participants" in found.out


@pytest.mark.parametrize("name", TOLD)
def test_told_with_both_writings_and_a_way_to_settle_it(name: str, tmp_path: Path) -> None:
    found = said("validate", written(name, tmp_path))
    assert found.code == 2
    assert [part for part in TOLD[name] if part not in found.err] == []


@pytest.mark.parametrize("name", ["join_dash", "join_fullw", "join_under", "join_nohyph"])
@pytest.mark.parametrize("ids", ["loose", "as written"])
def test_the_mapping_settles_who_is_who(name: str, ids: str, tmp_path: Path) -> None:
    study = written(name, tmp_path)
    mapping = study / "north.yaml"
    mapping.write_text(f"ids: {ids}\n{mapping.read_text(encoding='utf-8')}", encoding="utf-8")
    found = said("validate", study)
    assert (found.code, found.lines) == (0, [])


def test_sites_are_kept_apart_by_the_mapping(tmp_path: Path) -> None:
    study = written("site_fullw", tmp_path)
    mapping = study / "north.yaml"
    mapping.write_text(f"different_trials: [A1, Ａ1]\n{mapping.read_text(encoding='utf-8')}", encoding="utf-8")
    found = said("validate", study)
    assert (found.code, "no problems found, 3 trials, 54 participants" in found.out) == (0, True)
