"""Nothing that is kept is ever stale: whatever is changed in a study, the records are those of a build that keeps nothing.

Each value that a study with every method says or leaves to a default, and each of its mappings, is changed alone; records made with what was kept of the unchanged study are compared with records made anew.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from reportgen.analyses.cohorts import Cell
from reportgen.analyses.layout import Layout
from reportgen.analyses.reading import reading
from reportgen.analyses.study_tasks import records_of, study_tasks
from reportgen.graph import Ran, run
from reportgen.pool import Serial
from reportgen.records.model import Records
from reportgen.records.printed import printed_records
from reportgen.spec.load import examine_study
from reportgen.spec.mapping import Mapping
from reportgen.spec.methods import METHODS
from reportgen.spec.study import Study
from reportgen.store import Memory, NoStore, Store
from tests.event_study import TRIALS, write_events
from tests.screened_study import PUBLISHED, write_screened
from tests.study_files import STUDY, write_yaml

pytestmark = pytest.mark.slow

Path_ = tuple[str | int, ...]
SEARCH = {"moderators": ["age", "baseline RMDQ"], "min_size": 40}
ANALYSES: dict[str, Any] = {
    "people": {"method": "descriptive", "sides_of": "overall", "variables": ["age", "sex", "baseline RMDQ"]},
    "pooled": {"method": "meta-analysis", "adjust_for": ["baseline", "age"]},
    "screening": {"method": "moderators", "moderators": ["age", "sex", "baseline RMDQ"], "percentiles": [10, 50]},
    "rp": {"method": "recursive-partitioning", **SEARCH, "max_cuts": 5, "depth": 1},
    "of screened": {
        "method": "recursive-partitioning",
        **SEARCH,
        "moderators": {"from": "screening", "p_below": 0.5},
        "max_cuts": 5,
        "depth": 1,
    },
    "peeling": {"method": "directed-peeling", **SEARCH, "beam": 1, "bin_width": 0.25},
    "agreement": {"method": "agreement", "partition": "rp", "peeling": "peeling"},
    **{
        name: {"method": "meta-analysis", "adjust_for": ["baseline", "age"], "subset": subset}
        for name, subset in {"women": {"sex": "female"}, "men": {"sex": "male"}, "young": {"age": "below 50"}}.items()
    },
    "side": {"method": "subgroup-differences", "subsets": ["women", "men"]},
}
WORDS = ("changed", "2", "1", "0.3")
ONE_CELL = {"comparisons": "overall", "outcomes": "RMDQ", "follow_up": "short"}
BESIDE: dict[str, dict[str, Any]] = {  # what an analysis may ask for instead
    "comparisons": {"other": {"intervention": "exercise", "control": "usual care"}},
    "outcomes": {"again": {"instrument": "RMDQ"}},
    "follow_up": {"late": {"months": [1, 4]}},
    "instruments": {"VAS": {"range": [0, 10], "better": "lower"}},
}
# What may stand in the place of a value that no rule for its type finds.
INSTEAD: dict[str, list[Any]] = {
    "About.date": ["2026-11-30"],
    "Agreement.partition": ["of screened"],
    "Arm.class_": ["sham"],
    "Arms.column": ["sex"],
    "Variable.column": ["dose", "sex"],
    "Comparison.intervention": [["sham"], ["exercise", "sham"]],
    "Comparison.control": [["sham"], ["usual care", "sham"]],
    "Covariate.reference": ["male", "middling", "yes"],
    "Descriptive.sides_of": ["other"],
    "DirectedPeeling.directions": [{"age": "lower gain more"}],
    "Moderators.expected": [{"age": "older people gain more"}],
    "Outcome.instrument": ["VAS"],
    "Mapping.site": ["mood"],
    "Outcome.event": ["no"],
    "Outcome.exposure": [None],
    "Events.outcomes": ["falls"],
    "Events.comparisons": ["other"],
    "Events.follow_up": ["late"],
    "Outcome.range": [[0, 100]],
    **{f"{kind}.subset": [{"age": "at least 30"}] for kind in ("MetaAnalysis", "Moderators", "RecursivePartitioning", "DirectedPeeling")},
    "SubgroupDifferences.subsets": [["women", "young"]],
    "SubgroupDifferences.everybody": ["pooled"],
    "SubgroupDifferences.screening": ["screening"],
    "Published.means": [{"age": "48"}],
    "PublishedEffect.control": [["usual care", "sham"], ["sham"]],
    "PublishedEffect.follow_up": ["late"],
    "PublishedEffect.interval": [["0.1", "2.5"]],
    "PublishedEffect.outcome": ["again"],
    **{f"{kind}.{key}": [name, [old, name]] for kind in ("MetaAnalysis", "Moderators", "RecursivePartitioning", "DirectedPeeling")
       for key, old, name in (("comparisons", "overall", "other"), ("outcomes", "RMDQ", "again"), ("follow_up", "short", "late"))},
}  # fmt: skip
# What no change can reach, and why.
FIXED = {
    "Study.study", "Study.report", "Study.policy", "Study.analyses", "Study.comparisons", "Study.covariates", "Study.follow_up",
    "Study.instruments", "Study.outcomes", "Mapping.data", "Mapping.published", "Mapping.variables", "Mapping.visits",
    "Arms.codes",  # parts, whose own values are changed
    "Study.trials", "Study.fidelity", "Study.arm_classes", "About.data",  # another one is another study
    "Agreement.method", "Descriptive.method", "Events.method", "MetaAnalysis.method", "Moderators.method", "RecursivePartitioning.method",
    "DirectedPeeling.method", "SubgroupDifferences.method",  # another method has other options
    "Covariate.level",  # a covariate of trials has its values elsewhere: tests/test_trial_covariates.py
    "Mapping.characteristics",  # of covariates of trials, of which the study has none
    "Agreement.peeling", "FromScreening.from_",  # there is no other one
    "Arm.leave_out",  # both arms are needed
    # of columns of another kind; a mapping is part of the key of reading as a whole
    "Variable.at_least", "Variable.codes", "Variable.cut", "Variable.dated", "Dated.after", "Dated.days", "Dated.order", "Dated.until", "Variable.flags", "Variable.from_range", "Variable.item_range",
    "Variable.items", "Variable.no", "Variable.otherwise", "Variable.reversed", "Variable.score", "Variable.unit", "Variable.yes",
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A study in a folder, written out with its defaults."""

    folder: Path
    documents: dict[str, Any]

    def with_change(self, document: str, path: Path_, value: Any) -> Path:
        """Write the study with one value changed; return the path of its study file."""
        changed = copy.deepcopy(self.documents)
        part = changed[document]
        for step in path[:-1]:
            part = part.setdefault(step, {}) if isinstance(part, dict) else part[step]
        part[path[-1]] = value
        for name, content in changed.items():
            write_yaml(self.folder / name, content)
        return self.folder / "study.yaml"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("stale") / "s"
    path = write_screened(folder)
    yaml = YAML(typ="safe")
    study = yaml.load(path)
    asked = {
        name: {
            **node,
            **(ONE_CELL if node["method"] not in ("descriptive", "agreement", "subgroup-differences") else {}),
        }
        for name, node in ANALYSES.items()
    }
    declared = {part: {**study[part], **more} for part, more in BESIDE.items()}
    write_yaml(path, {**study, **declared, "analyses": asked, "report": {"contents": []}})
    north = yaml.load(folder / "north.yaml")
    write_yaml(folder / "north.yaml", {**north, "published": PUBLISHED})
    spec = examine_study(path).spec
    assert spec is not None
    files = ("study.yaml", *(mapping.source.path.name for mapping in spec.mappings))
    return Written(folder, {name: yaml.load(folder / name) for name in files})


def made(path: Path, store: Memory) -> tuple[Records, Ran] | None:
    """Return the records of a study and what the run made; None where the study is refused."""
    examined = examine_study(path)
    if examined.problems or examined.spec is None:
        return None
    laid = study_tasks(examined.spec)
    tasks = (*laid.tasks, reading(examined.spec))
    ran = run(tasks, laid.wanted, store, Serial(), basis="")
    if "read" in ran.failed:
        return None
    return printed_records(records_of(examined.spec, laid, ran, "final").records, examined.spec.study), ran


def leaves(document: Any, model: Any, path: Path_ = ()) -> Iterator[tuple[Path_, str, Any]]:
    """Yield path, field and value of everything that a document says or leaves to a default; `model` is what it was read as."""
    for name, field in type(model).model_fields.items():
        key = field.alias or name
        inner, here = getattr(model, name), (*path, key)
        value = document.get(key, field.default if not field.is_required() else None)
        if isinstance(inner, BaseModel):
            yield from leaves(document.get(key, {}), inner, here)
        elif isinstance(inner, dict):
            for word, part in (document.get(key) or {}).items():
                if isinstance(inner.get(word), BaseModel):
                    yield from leaves(part, inner[word], (*here, word))
                else:
                    yield (*here, word), "", part
            yield here, f"{type(model).__name__}.{name}", {}
        elif isinstance(inner, tuple) and inner and isinstance(inner[0], BaseModel) and isinstance(value, list):
            for place, (part, item) in enumerate(zip(value, inner, strict=True)):
                yield from leaves(part, item, (*here, place))
        else:
            yield here, f"{type(model).__name__}.{name}", list(value) if isinstance(value, tuple) else value


def others(value: Any, choices: tuple[Any, ...]) -> Iterator[Any]:
    """Yield values that may stand in the place of one: the first that the study takes is tried."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value * 1.25, value - 1, value / 2)
        yield from (f"{value:g}1",)
    elif isinstance(value, str):
        yield from (choice for choice in choices if choice != value)
        yield from (value + " too", *WORDS)
    elif isinstance(value, list):
        yield from (value[:-1], value[1:], [*value, "all"], [*value, "age"], [*value, 25])
        if len(value) == 2 and all(isinstance(item, int | float) for item in value):
            yield from ([value[0], value[1] + 1], [value[0] - 1, value[1]])
    elif value is None:
        yield from (*choices, 1, "1", True)


def choices_of(model: type[BaseModel], field: str) -> tuple[Any, ...]:
    """Return the words that a field offers."""
    part = model.model_json_schema(by_alias=False)["properties"].get(field, {})
    found = [*part.get("enum", ()), *(item for any_of in part.get("anyOf", ()) for item in any_of.get("enum", ()))]
    return tuple(found)


def changes(written: Written) -> Iterator[tuple[str, Path_, str, list[Any]]]:
    """Yield document, path, field and the values that may stand there instead."""
    spec = examine_study(written.folder / "study.yaml").spec
    assert spec is not None
    models: dict[str, Any] = {"study.yaml": spec.study}
    models |= {mapping.source.path.name: mapping.mapping for mapping in spec.mappings}
    found = _models(Study) | _models(Mapping)
    for kind in METHODS.values():
        found |= _models(kind)
    classes = {item.__name__: item for item in found}
    for name, document in written.documents.items():
        for path, field, value in leaves(document, models[name]):
            model, _, attribute = field.partition(".")
            choices = choices_of(classes[model], attribute) if model in classes else ()
            yield name, path, field, [*INSTEAD.get(field, ()), *others(value, choices)]


def _models(model: Any, seen: frozenset[Any] = frozenset()) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    waiting = [model]
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            if one not in found:
                found.add(one)
                waiting += [field.annotation for field in one.model_fields.values()]
        else:
            waiting += list(getattr(one, "__args__", ()))
    return found


def compared(written: Written, store: Memory, chosen: Callable[[int], bool]) -> set[str]:
    """Change each chosen value alone, and compare; return the fields that were changed."""
    reached: set[str] = set()
    for place, (document, path, field, values) in enumerate(changes(written)):
        if not chosen(place):
            continue
        for value in values:
            study = written.with_change(document, path, value)
            anew = made(study, NoStore())
            if anew is None:
                continue
            kept = made(study, store)
            assert kept is not None
            assert kept[0] == anew[0], f"{document}: {path} = {value!r} met a stale result"
            reached.add(field)
            break
    written.with_change("study.yaml", ("study", "title"), written.documents["study.yaml"]["study"]["title"])
    return reached


@pytest.fixture(scope="module")
def store(written: Written, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """What a build of the unchanged study keeps."""
    found = Store(tmp_path_factory.mktemp("kept") / "store")
    title = written.documents["study.yaml"]["study"]["title"]
    result = made(written.with_change("study.yaml", ("study", "title"), title), found)
    assert result is not None and not result[1].failed
    return found


@pytest.fixture(scope="module")
def of_events(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A study of events: what it says of its outcomes and instruments, and of analyses of theirs, means something for them alone."""
    folder = tmp_path_factory.mktemp("stale") / "e"
    declared = {part: {**STUDY[part], **BESIDE[part]} for part in ("comparisons", "follow_up")}
    path = write_events(folder, {"report": {"contents": []}, "policy": {"minimum_cell": 0}, **declared})
    yaml = YAML(typ="safe")
    files = ("study.yaml", *(f"{name.lower()}.yaml" for name in TRIALS))
    return Written(path.parent, {name: yaml.load(folder / name) for name in files})


@pytest.fixture(scope="module")
def kept_of_events(of_events: Written, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """What a build of the unchanged study of events keeps."""
    found = Store(tmp_path_factory.mktemp("kept") / "events")
    assert made(of_events.with_change("study.yaml", ("study", "title"), "Events"), found) is not None
    return found


OF_EVENTS = ("Outcome.", "Instrument.", "Events.")


def places_of(written: Written, fields: tuple[str, ...]) -> list[int]:
    """Return the places of the changes of some fields."""
    return [place for place, (_, _, field, _) in enumerate(changes(written)) if field.startswith(fields)]


PARTS = 12  # an ordinary run tries every twelfth change, another one than the next; all of them take minutes


def test_some_changed_values_never_meet_a_stale_result(written: Written, store: Store) -> None:
    assert compared(written, store, lambda place: place % PARTS == 0)


def test_some_changed_values_of_events_never_meet_a_stale_result(of_events: Written, kept_of_events: Store) -> None:
    chosen = places_of(of_events, OF_EVENTS)[:: PARTS // 2]
    assert compared(of_events, kept_of_events, chosen.__contains__)


@pytest.mark.hard
def test_no_changed_value_meets_a_stale_result(
    written: Written, store: Store, of_events: Written, kept_of_events: Store
) -> None:
    reached = compared(written, store, lambda place: True)
    reached |= compared(of_events, kept_of_events, places_of(of_events, OF_EVENTS).__contains__)
    every = {field for _, _, field, _ in changes(written) if field}
    assert sorted(every - reached - FIXED) == []


@pytest.mark.parametrize(
    ("path", "made_again"),
    [
        (("study", "title"), 0),
        (("study", "seed"), 0),
        (("report", "formats"), 0),
        (("report", "length"), 0),
        (("policy", "profile"), 0),
    ],
)
def test_what_titles_a_study_makes_nothing_again(written: Written, store: Store, path: Path_, made_again: int) -> None:
    document = written.documents["study.yaml"]
    value: Any = {"title": "Another", "seed": 7, "formats": ["html"], "length": "full", "profile": "draft"}[
        str(path[-1])
    ]
    assert document.get(path[0], {}).get(path[1]) != value
    found = made(written.with_change("study.yaml", path, value), store)
    assert found is not None
    assert found[1].made == made_again


FITTED = ("effect.", "disclosed.", "screening.", "screen.", "search.", "partition.", "peeling.", "agreement.")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("policy", "rounding"), {"effect": 4, "p": 3, "heterogeneity": 4}),
        (("report", "style"), "jama"),
        (("outcomes", "RMDQ", "title"), "Disability"),
        (("outcomes", "RMDQ", "domain"), "back"),
        (("instruments", "RMDQ", "name"), "A questionnaire"),
        (("follow_up", "short", "label"), "Soon"),
        (("comparisons", "overall", "title"), "This v that"),
        (("covariates", "age", "label"), "Years of life"),
    ],
)
def test_what_is_only_printed_makes_no_fit_again(written: Written, store: Store, path: Path_, value: Any) -> None:
    study = written.with_change("study.yaml", path, value)
    kept, anew = made(study, store), made(study, NoStore())
    before = made(written.with_change("study.yaml", ("study", "seed"), 1), store)
    assert kept is not None and anew is not None and before is not None
    assert [name for name in kept[1].seconds if name.startswith(FITTED)] == []
    assert [name for name in anew[1].seconds if name.startswith(FITTED)] != []
    assert kept[0] == anew[0] != before[0]


def test_decimals_of_an_outcome_are_known_where_its_limits_are_told_alone(written: Written) -> None:
    spec = examine_study(written.with_change("study.yaml", ("outcomes", "RMDQ", "decimals"), 4)).spec
    plain = examine_study(written.with_change("study.yaml", ("study", "seed"), 1)).spec
    assert spec is not None and plain is not None
    cell, node = Cell("overall", "RMDQ", "short"), spec.study.analyses["pooled"]
    item, other = (Layout(study).slice(node, cell) for study in (spec.study, plain.study))
    assert item == other
    assert Layout(spec.study).figures(cell) != Layout(plain.study).figures(cell)


def test_what_is_analysed_of_an_outcome_meets_no_stale_result(written: Written, store: Store) -> None:
    places = [place for place, (_, _, field, _) in enumerate(changes(written)) if field == "Outcome.analyse"]
    assert compared(written, store, lambda place: place in places) == {"Outcome.analyse"}


def test_the_measure_of_an_outcome_meets_no_stale_result(
    written: Written, store: Store, of_events: Written, kept_of_events: Store
) -> None:
    for study, kept in ((written, store), (of_events, kept_of_events)):
        chosen = places_of(study, ("Outcome.measure",))
        assert compared(study, kept, chosen.__contains__) == {"Outcome.measure"}


@pytest.mark.parametrize("method", ["MetaAnalysis", "Moderators", "RecursivePartitioning", "DirectedPeeling"])
def test_a_subgroup_fixed_in_advance_meets_no_stale_result(written: Written, store: Store, method: str) -> None:
    field = f"{method}.subset"
    place = next(place for place, (_, _, found, _) in enumerate(changes(written)) if found == field)
    assert compared(written, store, lambda chosen: chosen == place) == {field}


def test_what_a_default_stands_for_makes_nothing_again_where_it_is_written(written: Written, store: Store) -> None:
    found = made(written.with_change("study.yaml", ("outcomes", "RMDQ", "analyse"), "change"), store)
    assert found is not None
    assert found[1].made == 0


def test_one_value_of_one_person_makes_again_what_uses_the_trial(written: Written, store: Store) -> None:
    path = written.folder / "east.csv"
    before = path.read_bytes()
    table = pd.read_csv(path)
    table.loc[0, "age"] += 1
    table.to_csv(path, index=False)
    try:
        study = written.folder / "study.yaml"
        kept, anew = made(study, store), made(study, NoStore())
        assert kept is not None and anew is not None
        assert kept[0] == anew[0]
    finally:
        path.write_bytes(before)


def test_comments_and_the_order_of_keys_make_nothing_again(written: Written, store: Store) -> None:
    path = written.folder / "study.yaml"
    before = path.read_text(encoding="utf-8")
    backwards = dict(reversed(written.documents["study.yaml"].items()))
    write_yaml(path, backwards)
    path.write_text("# what the reviewers asked for\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    try:
        found = made(path, store)
        assert found is not None
        assert found[1].made == 0
    finally:
        path.write_text(before, encoding="utf-8")
