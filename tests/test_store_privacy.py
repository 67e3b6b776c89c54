"""What is kept of a study holds no participant: no id and no value of anybody, in text or in binary."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reportgen.encoding import decode
from reportgen.pipeline import Order, build
from reportgen.store import MAGIC, Store
from tests.screened_study import TRIALS, write_screened

SEARCH = {"moderators": ["age", "weight", "baseline RMDQ"], "min_size": 40, "follow_up": "short"}
ANALYSES: dict[str, Any] = {
    "people": {"method": "descriptive", "sides_of": "overall", "variables": ["age", "sex", "baseline RMDQ"]},
    "pooled": {"method": "meta-analysis"},
    "screening": {"method": "moderators", "moderators": ["age", "sex"], "percentiles": [0, 37, 50, 100]},
    "rp": {"method": "recursive-partitioning", **SEARCH, "max_cuts": 30},
    "peeling": {"method": "directed-peeling", **SEARCH, "beam": 2},
    "agreement": {"method": "agreement", "partition": "rp", "peeling": "peeling"},
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], list[float]]:
    """The store of a build, the ids of all people, and their values, each with sixteen digits or more."""
    from ruamel.yaml import YAML

    from tests.study_files import write_yaml

    folder = tmp_path_factory.mktemp("private")
    path = write_screened(folder / "s")
    study = YAML(typ="safe").load(path)
    contents = [
        {"series": "Fig.", "show": "forest", "of": "pooled"},
        {"series": "Fig.", "show": "cut-profiles", "of": "rp"},
        {"series": "Fig.", "show": "peeling-trajectories", "of": "peeling"},
        {"series": "Table", "show": "effect-at-values", "of": "screening"},
        {"series": "Fig.", "show": "interaction-by-trial", "of": "screening"},
    ]
    write_yaml(path, {**study, "analyses": ANALYSES, "report": {"contents": contents}})
    rng = np.random.default_rng(7)
    ids, values = [], []
    for trial in TRIALS:
        file = folder / "s" / f"{trial.lower()}.csv"
        table = pd.read_csv(file)
        table["id"] = [f"planted-{trial}-{i:04d}" for i in range(len(table))]
        for column in ("age", "rm_b", "rm_q3"):
            noise = rng.uniform(0.001, 0.4, len(table))
            table[column] = np.clip(table[column] + noise, 0, 23.9 if column != "age" else 99)
            values += table[column].tolist()
        ids += table["id"].tolist()
        table.to_csv(file, index=False)
    store = folder / "store"
    built = build(Order(path, output=folder / "out", formats=("html", "figures", "results"), store=store))
    assert built.exit_code == 0 and built.made > 20
    return store, ids, [value for value in values if len(repr(value)) > 16]


def contents_of(store: Path) -> Iterator[bytes]:
    """Yield every file of a store, and every value as it is read back."""
    for path in sorted(store.rglob("*")):
        if path.is_file():
            yield path.read_bytes()


def texts_and_numbers(value: Any) -> Iterator[Any]:
    if isinstance(value, np.ndarray):
        yield from value.ravel().tolist()
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from texts_and_numbers(getattr(value, field.name))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from texts_and_numbers(key)
            yield from texts_and_numbers(part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from texts_and_numbers(part)
    else:
        yield value


def decoded(store: Path) -> Iterator[Any]:
    """Yield every text and number of the values of a store."""
    known = Store(store)
    for path in sorted((store / "values").rglob("*")):
        if path.is_file() and path.read_bytes().startswith(MAGIC):
            content = known.value(path.parent.name + path.name if len(path.name) < 64 else path.name)
            assert content is not None, path
            yield from texts_and_numbers(decode(content))


@pytest.mark.slow
def test_no_id_is_kept(kept: tuple[Path, list[str], list[float]]) -> None:
    store, ids, _ = kept
    whole = b"\0".join(contents_of(store))
    assert len(whole) > 100_000
    assert [id_ for id_ in ids if id_.encode() in whole] == []
    assert not any("planted-" in item for item in decoded(store) if isinstance(item, str))


@pytest.mark.slow
def test_no_value_of_anybody_is_kept(kept: tuple[Path, list[str], list[float]]) -> None:
    store, _, values = kept
    found = {item for item in decoded(store) if isinstance(item, float)}
    assert len(found) > 1000
    assert found & set(values) == set()
    whole = b"\0".join(contents_of(store))
    assert [value for value in values if struct.pack("<d", value) in whole or repr(value).encode() in whole] == []
