"""Names of results below a search: every name that a search gives is known, and a misspelt one is a fault with a hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.analyses import make_records
from reportgen.analyses.result_names import Names, names_of_search
from reportgen.pipeline import read
from reportgen.records.numbers import numbers_in
from reportgen.records.partition import RecursivePartitioning
from reportgen.records.peeling import DirectedPeeling
from reportgen.spec.analyses import Search
from tests.peeling_study import PARTITION, PEELING, write_search_study
from tests.study_files import STUDY

LEVELS = {"edu": {"levels": ["none", "school", "college", "trade", "other"], "reference": "none"}}
CODES = {"edu": {"column": "edu", "codes": dict(enumerate(LEVELS["edu"]["levels"]))}}
COVARIATES = {**STUDY["covariates"], "bmi": {"label": "Body mass index", "unit": "kg/m2", "per": 5}, **LEVELS}
PARTING = PARTITION | {"moderators": ["age", "sex", "edu", "baseline RMDQ"], "depth": 2, "width": 3}
PARTING |= {"alpha": 0.99, "multiplicity": "none", "across": "none"}  # so that every kind of side is found
ALWAYS = {
    *("n", "n-control", "n-intervention", "trials", "effect", "ci-low", "ci-high", "se", "df", "p", "in-comparison"),
    *("cuts", "min-size", "effect.normal.ci-low", "effect.normal.ci-high"),
    *("boxes-found", "boxes-evaluated", "boxes-boundary", "boxes-failed"),
}


def test_every_name_that_a_search_gives_is_known(tmp_path: Path) -> None:
    analyses = {"rp": PARTING, "peeling": PEELING}
    path = write_search_study(
        tmp_path / "s", covariates=COVARIATES, variables=CODES, analyses=analyses, report={"contents": []}
    )
    spec, repository = read(path)
    study, records = spec.study, make_records(spec, repository, profile="draft")
    seen: set[str] = set()
    for name, record in records.analyses.items():
        assert isinstance(record, RecursivePartitioning | DirectedPeeling)
        node = study.analyses[name]
        assert isinstance(node, Search)
        names = names_of_search(name, node, study)
        for search in record.results:
            below = {item.id.removeprefix(f"{search.id}.") for item in numbers_in(search) if item.kind == "number"}
            below = {rest for rest in below if not rest.startswith(f"{name}.")}
            assert {rest for rest in below if names.error(rest) is not None} <= ALWAYS
            seen |= below
    for start in ("age-low.", "edu-", "rejected-1.", "box-0-10.", "smallest-box.", "left-out-", "cost."):
        assert any(rest.startswith(start) for rest in seen), start


SIDES = {"age-low": "age", "age-high": "age", "sex-male": "sex", "sex-female": "sex", "mood-low-or-high": "mood"}
NAMES = Names(SIDES, 2, ("box-0-10", "smallest-box"), ("age-limit",), ("cost.age.people",))


@pytest.mark.parametrize(
    "rest",
    [
        "age-low.effect",
        "age-low.sex-male.again-2.sibling.rule-2.cut",
        "mood-low-or-high.split.difference.ci-low",
        "age-high.complement.n-control",
        "rejected-12.p-node",
        "node-3.sex.better.cut",
        "left-out-4-n",
        "box-0-10.outside.effect",
        "smallest-box.age-limit",
        "cost.age.people",
    ],
)
def test_a_result_that_there_may_be(rest: str) -> None:
    assert NAMES.error(rest) is None


@pytest.mark.parametrize(
    ("rest", "message", "hint"),
    [
        ("agge-low.effect", "'agge-low' is not a result", "Did you mean 'age-low'?"),
        ("age-low.sex-mael.effect", "'sex-mael.effect' is not a result", "Did you mean 'sex-male'?"),
        ("age-low.efect", "'efect' is not a result", "Did you mean 'effect'?"),
        ("age-low", "missing at its end", "Did you mean 'effect'?"),
        ("age-low.complement.rule-1.cut", "'rule-1.cut' is not a result", "Known here"),
        ("sex-male.age-low.effect", "in alphabetical order", "Did you mean 'age-low.sex-male'?"),
        ("age-low.age-high.effect", "one side of a moderator", "Remove the other one."),
        ("age-low.mood-low-or-high.sex-male.n", "at most 2 sides", "Remove the others."),
        ("box-0-11.effect", "'box-0-11' is not a result", "Did you mean 'box-0-10'?"),
        ("box-0-10.agelimit", "'agelimit' is not a result", "Did you mean 'age-limit'?"),
        ("rejected-1.effect", "'effect' is not a result", ""),
    ],
)
def test_a_result_that_there_cannot_be(rest: str, message: str, hint: str) -> None:
    error = NAMES.error(rest)
    assert error is not None
    assert message in error.message
    assert hint in error.hint
