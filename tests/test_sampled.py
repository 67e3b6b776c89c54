"""Of a long sweep `make check` runs a sample, `make test` every case."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.conftest import beside_the_sample
from tests.examples import QUICK, examples


@dataclass(frozen=True)
class Case:
    """As much of a collected test as the sample is taken from."""

    nodeid: str
    every: int | None

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return pytest.mark.sampled(self.every).mark if self.every and name == "sampled" else None


def left_out(*cases: Case) -> list[str]:
    return [item.nodeid for item in beside_the_sample(cases)]  # type: ignore[arg-type]


def test_the_first_of_each_three_cases_is_in_the_sample() -> None:
    assert left_out(*(Case(f"test_a.py::test[{k}]", 3) for k in range(8))) == [
        f"test_a.py::test[{k}]" for k in (1, 2, 4, 5, 7)
    ]


def test_each_test_is_counted_by_itself_and_one_without_cases_stays() -> None:
    one, other = Case("test_a.py::test_one[x]", 2), Case("test_a.py::test_other[x]", 2)
    alone = Case("test_a.py::test_alone", 2)
    assert left_out(one, other, alone, Case("test_a.py::test_one[y]", 2)) == ["test_a.py::test_one[y]"]


def test_without_the_mark_every_case_stays() -> None:
    assert left_out(*(Case(f"test_a.py::test[{k}]", None) for k in range(8))) == []


def test_a_quick_run_tries_a_tenth_of_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(QUICK, raising=False)
    assert examples(150) == 150
    monkeypatch.setenv(QUICK, "1")
    assert (examples(150), examples(5)) == (15, 1)
