"""A run makes what is stale and nothing else; whatever was kept, the outputs are those of a run from nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.encoding import encode
from reportgen.errors import RenderError
from reportgen.graph import GraphError, Maker, Ran, Stale, Step, Task, run, stale
from reportgen.pool import Pool, Serial
from reportgen.store import VALUES, Memory, NoStore, Store
from tests.examples import examples
from tests.unit.graph import work
from tests.unit.graph.work import RAN, TURN

PACKAGES = ("reportgen", "tests")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", warn=lambda line: None)


def ran(
    tasks: Sequence[Task], wanted: Sequence[str], store: Memory, pool: Pool | None = None, **options: Any
) -> tuple[Ran, list[str]]:
    """Run tasks; return what came out, and which functions ran."""
    RAN.clear()
    found = run(
        tasks, wanted, store, pool or Serial(), basis=options.pop("basis", "code"), packages=PACKAGES, **options
    )
    return found, list(RAN)


def planned(tasks: Sequence[Task], wanted: Sequence[str], store: Memory, basis: str = "code") -> Stale:
    return stale(tasks, wanted, store, basis=basis)


def constant(name: str, value: Any, **options: Any) -> Task:
    return Task(name, work.constant, {"name": name, "value": value}, **options)


def added(name: str, *parts: str, plus: float = 0.0, **options: Any) -> Task:
    return Task(name, work.added, {"name": name, "plus": plus}, {"parts": parts}, **options)


def cohort(name: str, *rows: float) -> Task:
    return Task(name, work.cohort, {"name": name, "rows": rows}, kept=False, digest=work.rows_digest)


def mean(name: str, people: str, decimals: int = 3) -> Task:
    return Task(name, work.mean, {"name": name, "decimals": decimals}, {"people": people})


def study(first: float = 1.0, decimals: int = 3, title: str = "Pain") -> list[Task]:
    """Return a small study: cohorts, means, a pooled number, two pages."""
    return [
        cohort("cohort.a", first, 2.0, 3.0),
        cohort("cohort.b", 4.0, 5.0),
        mean("mean.a", "cohort.a", decimals),
        mean("mean.b", "cohort.b", decimals),
        added("pooled", "mean.a", "mean.b"),
        Task("page", work.noted_page, {"name": "page", "title": title}, {"number": "pooled"}),
        Task("table", work.noted_page, {"name": "table", "title": "Table"}, {"number": "mean.b"}),
    ]


EVERY = ("page", "table")


def test_a_second_run_makes_nothing_and_gives_the_same(store: Store) -> None:
    first, made = ran(study(), EVERY, store)
    assert (first.kept, first.made, len(made)) == (0, 7, 7)
    second, made = ran(study(), EVERY, store)
    assert (second.kept, second.made, made, second.values) == (7, 0, [], first.values)
    assert second.values == {"page": "Pain: 6.5", "table": "Table: 4.5"}


def test_only_what_a_wanted_task_needs_is_run(store: Store) -> None:
    found, made = ran(study(), ["table"], store)
    assert made == ["cohort.b", "mean.b", "table"] and found.kept + found.made == 3
    assert ran(study(), [], store)[1] == []


def test_a_caption_remakes_its_page(store: Store) -> None:
    ran(study(), EVERY, store)
    found, made = ran(study(title="Pain at 3 months"), EVERY, store)
    assert made == ["page"] and found.kept == 6


def test_a_changed_cohort_remakes_what_uses_it(store: Store) -> None:
    ran(study(), EVERY, store)
    assert ran(study(first=2.5), EVERY, store)[1] == ["cohort.a", "mean.a", "pooled", "page"]


def test_outputs_that_come_out_as_before_stop_the_rebuilding(store: Store) -> None:
    ran(study(), EVERY, store)
    assert ran(study(first=1.0000001), EVERY, store)[1] == ["cohort.a", "mean.a"]
    changed = [cohort("cohort.a", 1.0, 2.0, 3.0) if task.name == "cohort.a" else task for task in study()]
    changed[0] = Task(
        "cohort.a", work.cohort_too, {"name": "other", "rows": (1.0, 2.0, 3.0)}, kept=False, digest=work.rows_digest
    )
    assert ran(changed, EVERY, store)[1] == ["other"]


def test_going_back_finds_what_was_made_before(store: Store) -> None:
    for first in (1.0, 2.5):
        ran(study(first=first), EVERY, store)
    assert ran(study(), EVERY, store)[1] == []


def test_a_cohort_is_made_again_only_for_a_task_that_needs_its_people(store: Store) -> None:
    ran(study(), EVERY, store)
    found, made = ran(study(decimals=2), EVERY, store)
    assert sorted(made) == ["cohort.a", "cohort.b", "mean.a", "mean.b"]  # and 'pooled' is what it was
    assert found.made == 4 and found.kept == 3


def test_another_basis_makes_everything_anew(store: Store) -> None:
    ran(study(), EVERY, store)
    assert len(ran(study(), EVERY, store, basis="edited code")[1]) == 7


def test_a_value_that_is_lost_or_damaged_is_made_again_where_it_is_needed(store: Store) -> None:
    ran(study(), EVERY, store)
    lost = encode(2.0).digest  # the mean of cohort a
    (store.folder / VALUES / lost[:2] / lost[2:]).unlink()
    assert ran(study(), EVERY, store)[1] == []
    assert ran(study(), ["mean.a"], store)[1] == ["cohort.a", "mean.a"]
    page = encode("Pain: 6.5").digest
    path = store.folder / VALUES / page[:2] / page[2:]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    found, made = ran(study(), EVERY, store)
    assert made == ["page"] and found.values["page"] == "Pain: 6.5"


def test_people_never_enter_the_store(store: Store) -> None:
    planted = (1234.5678901234567, 2345.6789012345678)
    tasks = [cohort("cohort", *planted), mean("mean", "cohort", 1)]
    ran(tasks, ["mean", "cohort"], store)
    content = b"".join(path.read_bytes() for path in store.folder.rglob("*") if path.is_file())
    for number in planted:
        assert repr(number).encode() not in content and encode((number,)).content[-8:] not in content
    found, made = ran(tasks, ["cohort"], store)
    assert made == ["cohort"] and found.values["cohort"].rows == list(planted)


def test_a_vector_of_people_is_a_failure_and_nothing_of_it_is_kept(store: Store) -> None:
    people = [
        cohort("cohort", *map(float, range(50))),
        Task("vector", work.people_of, {"name": "v"}, {"people": "cohort"}, forbidden_length=50),
    ]
    found, _ = ran(people, ["vector"], store)
    assert "for each participant is not kept" in str(found.failed["vector"].error)
    assert not list((store.folder / VALUES).rglob("*")) and not found.values


def broken(part: str = "fit.b") -> list[Task]:
    return [
        constant("fit.a", 1.0),
        Task("fit.b", work.failing if part == "fit.b" else work.added, {"name": "fit.b"}),
        added("table.a", "fit.a"),
        added("table.b", "fit.b"),
        added("page", "table.a", "table.b"),
        added("other page", "table.a"),
    ]


def test_a_failure_stops_its_dependants_and_nobody_else(store: Store) -> None:
    found, made = ran(broken(), ["page", "other page"], store)
    assert sorted(made) == ["fit.a", "fit.b", "other page", "table.a"]
    assert found.values == {"other page": 1.0} and list(found.failed) == ["fit.b"]
    assert found.not_run == {"table.b": "fit.b", "page": "fit.b"}
    assert "in failing" in found.failed["fit.b"].traceback


def test_a_failure_is_not_kept(store: Store) -> None:
    ran(broken(), ["page"], store)
    assert ran(broken(), ["page"], store)[1] == ["fit.b"]
    found, made = ran(broken("none"), ["page"], store)
    assert made == ["fit.b", "table.b", "page"] and found.values == {"page": 1.0}


def test_what_is_known_without_a_failed_task_stays_known(store: Store) -> None:
    """The people are needed for one page and cannot be made any more; the other page is kept."""
    tasks = [
        Task("people", work.fragile_cohort, {"name": "people"}, kept=False, digest=work.rows_digest),
        mean("old", "people"),
    ]
    TURN["now"] = 1
    ran(tasks, ["old"], store)
    TURN["now"] = 0
    found, _ = ran([*tasks, mean("new", "people", 1), added("last", "new")], ["old", "last"], store)
    assert found.values == {"old": 1.0} and list(found.failed) == ["people"]
    assert found.not_run == {"new": "people", "last": "people"} and found.kept == 1


def test_a_task_that_breaks_its_promise_takes_its_dependants_along(store: Store) -> None:
    """An output that comes out other than its trace says: nothing that rests on the old one is given."""
    tasks = [
        Task("source", work.changing_cohort, {"name": "source"}, kept=False, digest=work.rows_digest),
        mean("first", "source"),
        added("second", "first"),
        added("third", "second", plus=1.0),
    ]
    TURN["now"] = 1
    assert ran(tasks, ["third"], store)[0].values == {"third": 2.0}
    TURN["now"] = 5
    assert ran(tasks, ["third"], store)[1] == []
    found, made = ran([*tasks, mean("new", "source")], ["third", "new"], store)
    assert found.values == {"third": 6.0, "new": 5.0}
    assert sorted(made) == ["first", "new", "second", "source", "third"]


def test_inputs_come_alone_in_tuples_and_by_key(store: Store) -> None:
    tasks = [constant("a", 1.0), constant("b", 2.0), Task("keyed", work.keyed, {"name": "k"}, {"parts": {"y": "a", "x": "b"}}),
             added("both", "b", "a", "b"), Task("one", work.constant, {"name": "one"}, {"value": "both"})]  # fmt: skip
    found, _ = ran(tasks, ["keyed", "one"], store)
    assert found.values == {"keyed": (("x", 2.0), ("y", 1.0)), "one": 5.0}


def test_two_tasks_with_one_key_run_once(store: Store) -> None:
    tasks = [Task(name, work.constant, {"name": "fit", "value": 1.5}) for name in ("agreement.fit", "partition.fit")]
    found, made = ran([*tasks, added("sum", "agreement.fit", "partition.fit")], ["sum"], store)
    assert made == ["fit", "sum"] and found.values == {"sum": 3.0} and (found.made, found.kept) == (2, 0)
    assert ran(tasks, ["partition.fit"], NoStore())[1] == ["fit"]


def test_without_a_store_everything_runs_and_comes_out_the_same(store: Store) -> None:
    for _ in range(2):
        found, made = ran(study(), EVERY, NoStore())
        assert len(made) == 7
    assert found.values == ran(study(), EVERY, store)[0].values


@pytest.mark.parametrize(
    ("tasks", "wanted", "message"),
    [
        ([constant("a", 1), constant("a", 2)], ["a"], "two tasks are called 'a'"),
        ([added("a", "b")], ["a"], "there is no task 'b': it is an input of 'a'"),
        ([added("a")], ["c"], "there is no task 'c': it is wanted"),
        ([added("a", "b"), added("b", "c"), added("c", "a")], ["a"], "tasks wait for each other: . → . → . → ."),
        ([added("a", "a")], ["a"], "tasks wait for each other: a → a"),
    ],
)
def test_tasks_that_do_not_fit_together_are_refused(tasks: list[Task], wanted: list[str], message: str) -> None:
    with pytest.raises(GraphError, match=message):
        ran(tasks, wanted, NoStore())
    with pytest.raises(GraphError, match=message):
        planned(tasks, wanted, NoStore())


@pytest.mark.slow
def test_a_long_chain_is_no_problem(store: Store) -> None:
    chain = [cohort("0", 1.0)] + [
        Task(str(i), work.cohort_after, {"name": str(i)}, {"people": str(i - 1)}, kept=False, digest=work.rows_digest)
        for i in range(1, 1100)
    ]
    tasks = [*chain, mean("mean", "1099"), mean("other", "1099", 1)]
    assert ran(tasks, ["mean"], store)[0].made == 1101
    assert ran(tasks, ["mean"], store)[0].made == 0
    assert len(planned(tasks, ["mean", "other"], store).certain) == 1101
    assert ran(tasks, ["mean", "other"], store)[0].made == 1101
    failing = [Task("0", work.failing, {"name": "0"}), *(added(str(i), str(i - 1)) for i in range(1, 1100))]
    assert len(ran(failing, ["1099"], store)[0].not_run) == 1099


def test_the_longest_way_goes_first(store: Store) -> None:
    tasks = [
        constant("short", 1.0),
        constant("long", 2.0, cost=5.0),
        constant("way", 3.0),
        added("end", "way", cost=7.0),
        added("all", "short", "long", "end"),
    ]
    assert ran(tasks, ["all"], NoStore())[1][:2] == ["way", "end"]
    store.finish("study", {"short": 60.0, "long": 0.1, "end": 0.1})
    assert ran(tasks, ["all"], store, scope="study")[1][0] == "short"


def test_each_step_is_told_with_what_is_left() -> None:
    steps: list[Step] = []
    tasks = [
        constant("a", 1.0, cost=3.0),
        Task("b", work.failing, {"name": "b"}, cost=2.0),
        added("c", "b"),
        added("d", "a"),
    ]
    ran(tasks, ["c", "d"], NoStore(), on_step=steps.append)
    assert [(step.name, step.status) for step in steps] == [
        ("a", "begun"), ("a", "made"), ("b", "begun"), ("b", "failed"), ("d", "begun"), ("d", "made"),
    ]  # fmt: skip
    assert [step.left for step in steps] == [4, 3, 3, 1, 1, 0]
    assert [step.seconds_left for step in steps] == [7.0, 4.0, 4.0, 1.0, 1.0, 0.0]
    assert steps[-1].made == 2


def test_a_plan_says_what_would_run_what_may_run_and_how_long_it_takes(store: Store) -> None:
    cold = planned(study(), EVERY, store)
    assert set(cold.certain) == {"cohort.a", "cohort.b"} and len(cold.possible) == 5
    ran(study(), EVERY, store)
    assert planned(study(), EVERY, store) == Stale((), (), 0.0, 0.0)
    plan = planned(study(first=2.5), EVERY, store)
    assert plan.certain == ("cohort.a",) and plan.possible == ("mean.a", "pooled", "page")
    rounding = planned(study(decimals=2), EVERY, store)
    assert set(rounding.certain) == {"cohort.a", "cohort.b", "mean.a", "mean.b"} and rounding.possible == (
        "pooled",
        "page",
        "table",
    )
    store.finish("mine", {"cohort.a": 4.0, "mean.a": 0.5})
    known = stale(study(first=2.5), EVERY, store, basis="code", scope="mine")
    assert (known.seconds, known.possible_seconds) == (4.0, 2.5)


def test_a_plan_counts_the_people_that_a_possible_task_would_ask_for(store: Store) -> None:
    def tasks(value: float) -> list[Task]:
        both = Task("both", work.weighted, {"name": "both"}, {"people": "cohort", "weight": "weight"})
        return [cohort("cohort", 1.0, 2.0), constant("weight", value), both]

    ran(tasks(1.0), ["both"], store)
    plan = planned(tasks(2.0), ["both"], store)
    assert plan.certain == ("weight",) and set(plan.possible) == {"cohort", "both"}


class Processes:
    """Two processes that are started anew."""

    workers = 2

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self.submit = pool.submit


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield Processes(pool)


def test_other_processes_give_the_same(store: Store, processes: Processes) -> None:
    found, made = ran(study(), EVERY, store, processes)
    assert made == [] and found.made == 7
    assert found.values == ran(study(), EVERY, NoStore())[0].values
    assert ran(study(), EVERY, store)[0].made == 0
    failed, _ = ran(broken(), ["page", "other page"], NoStore(), processes)
    assert isinstance(failed.failed["fit.b"].error, ZeroDivisionError) and failed.values == {"other page": 1.0}


def test_both_workers_are_busy(tmp_path: Path, processes: Processes) -> None:
    tasks = [Task(f"t{i}", work.met, {"name": f"t{i}", "folder": str(tmp_path), "others": 2}) for i in range(2)]
    found, _ = ran(tasks, ["t0", "t1"], NoStore(), processes)
    assert found.values == {"t0": True, "t1": True}


def test_an_output_that_cannot_be_sent_is_a_failure_of_its_task(processes: Processes) -> None:
    tasks = [Task("open", work.unsendable, {}, kept=False, digest=work.repr_digest), constant("other", 1.0)]
    found, _ = ran(tasks, ["open", "other"], NoStore(), processes)
    assert found.values == {"other": 1.0} and "pickle" in str(found.failed["open"].error)


class Dead:
    workers = 1

    def submit(self, function: Any, /, *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(RenderError("a worker process was ended by the system"))
        return future


def test_a_pool_that_breaks_ends_the_run() -> None:
    with pytest.raises(RenderError, match="a worker process was ended"):
        ran([constant("a", 1.0)], ["a"], NoStore(), Dead())


def test_laying_out_and_planning_imports_nothing_heavy() -> None:
    program = (
        "import sys, tempfile, pathlib, textwrap; from reportgen.graph import Task, stale; from reportgen.store import Store\n"
        "from reportgen.fingerprint import code_digest, environment_digest\n"
        "store = Store(pathlib.Path(tempfile.mkdtemp()) / 'store'); task = Task('t', textwrap.dedent, {'text': 'x'})\n"
        "print(stale([task], ['t'], store, basis=code_digest() + environment_digest()).certain)\n"
        "print(sorted({'numpy', 'pandas', 'pydantic', 'scipy', 'ruamel', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["('t',)", "[]"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A task: its inputs are earlier ones."""

    inputs: tuple[int, ...]
    plus: int
    kept: bool
    fails: bool


@st.composite
def graphs(draw: st.DrawFn) -> list[Drawn]:
    """Draw tasks, a few of which fail."""
    return [
        Drawn(
            tuple(draw(st.lists(st.integers(0, i - 1), max_size=3))) if i else (),
            draw(st.integers(0, 2)),
            draw(st.booleans()),
            draw(st.integers(0, 9)) == 0,
        )
        for i in range(draw(st.integers(1, 9)))
    ]


def laid_out(drawn: list[Drawn]) -> list[Task]:
    return [
        Task(
            str(i),
            work.halved,
            {"name": str(i), "plus": item.plus, "fails": item.fails, "changes": False},
            {"parts": tuple(map(str, item.inputs))},
            kept=item.kept,
            digest=None if item.kept else work.repr_digest,
        )
        for i, item in enumerate(drawn)
    ]


def expected(drawn: list[Drawn]) -> list[int | None]:
    """Return what each task gives, None where it fails or waits for one that does."""
    values: list[int | None] = []
    for item in drawn:
        parts = [values[i] for i in item.inputs]
        known = [part for part in parts if part is not None]
        values.append(None if item.fails or len(known) < len(parts) else (sum(known) + item.plus) // 2)
    return values


@given(graphs(), st.data())
@settings(deadline=None, max_examples=examples(150))
def test_whatever_was_kept_the_outputs_are_those_of_a_run_from_nothing(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Drawn], data: st.DataObject
) -> None:
    store = Store(tmp_path_factory.mktemp("graph") / "store")
    for _ in range(3):
        wanted = data.draw(st.lists(st.sampled_from([str(i) for i in range(len(drawn))]), unique=True))
        plan = planned(laid_out(drawn), wanted, store)
        found, made = ran(laid_out(drawn), wanted, store)
        values = expected(drawn)
        assert found.values == {name: values[int(name)] for name in wanted if values[int(name)] is not None}
        assert set(made) == set(found.seconds) | set(found.failed) and len(made) == len(set(made))
        assert set(made) <= set(plan.certain) | set(plan.possible)
        assert found.failed or set(plan.certain) <= set(made)
        again = planned(laid_out(drawn), wanted, store)
        assert found.failed or not again.possible
        i = data.draw(st.integers(0, len(drawn) - 1))
        drawn[i] = replace(drawn[i], plus=data.draw(st.integers(0, 2)))
        for path in sorted((store.folder / VALUES).rglob("*")):
            if path.is_file() and data.draw(st.booleans()):
                path.unlink()


def test_a_result_that_is_asked_for_twice_counts_once(store: Store) -> None:
    for counts in ((0, 1), (1, 0)):
        make = Maker(store)
        for _ in range(2):
            assert make([constant("a", 1.0)]) == [1.0]
        assert (make.kept, make.made) == counts
