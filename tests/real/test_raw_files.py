"""Every raw file of the nineteen trials in every other format, under other names and in other company.

The files are read here by the libraries themselves and written again; the mapping is changed only in what says how a
file is written. What a format cannot hold is said where it is written.
"""

from __future__ import annotations

import copy
import csv
import math
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyreadstat
import pytest
import python_calamine
import xlsxwriter
from ruamel.yaml import YAML

from reportgen.analyses import make_records
from reportgen.data import Repository
from reportgen.output.trial_files import MARK
from reportgen.pipeline import read
from reportgen.records.model import MetaAnalysis, PooledEffect, Records
from reportgen.records.numbers import Number, numbers_in
from reportgen.records.numbers import plain as spelled
from reportgen.records.results import results_of
from reportgen.resources import specs_folder
from reportgen.spec import Spec
from tests.study_files import write_yaml

pytestmark = pytest.mark.slow

STUDY = specs_folder() / "low-back-pain"
FILES = sorted(path.name for path in (STUDY / "raw").iterdir() if path.name != MARK)
LOOSE = 1e-9
Cell = str | int | float | None
Node = dict[str, Any]


# The files, read without the package.


@dataclass
class Sheet:
    """A table of a raw file, as plain values.

    `labels` are the value labels and `declared` the codes that mean missing, where the file itself says so.
    """

    columns: dict[str, list[Cell]]
    labels: dict[str, dict[float, str]] = field(default_factory=dict)
    declared: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def numeric(self, name: str) -> bool:
        return all(cell is None or not isinstance(cell, str) for cell in self.columns[name])


def plain(cell: Any, decimal: str = ".") -> Cell:
    """A number where the text is one as programs write it: "7" and "7.5" are, "07" and ".D" are not."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, str):
        text = cell.strip()
        dotted = text.replace(decimal, ".")
        if not re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", dotted):
            return text or None
        cell = float(dotted)
    number = float(cell)
    return int(number) if number.is_integer() else number


def as_columns(header: list[str], rows: list[list[Any]], decimal: str = ".") -> dict[str, list[Cell]]:
    return {name: [plain(row[i], decimal) for row in rows] for i, name in enumerate(header)}


def delimited(path: Path, data: Node) -> Sheet:
    separator = {"tab": "\t"}.get(data.get("separator", ","), data.get("separator", ","))
    with path.open(encoding=data.get("encoding", "utf-8"), newline="") as stream:
        header, *rows = list(csv.reader(stream, delimiter=separator))
    return Sheet(as_columns(header, rows, data.get("decimal", ".")))


def spreadsheet(path: Path, data: Node) -> Sheet:
    book = python_calamine.load_workbook(str(path))
    wanted = data.get("sheet", 1)
    page = book.get_sheet_by_name(book.sheet_names[wanted - 1] if isinstance(wanted, int) else wanted)
    header, *rows = page.to_python(skip_empty_area=False)[data.get("header_row", 1) - 1 :]
    return Sheet(as_columns([str(name) for name in header], rows))


def parquet(path: Path, data: Node) -> Sheet:
    frame = pd.read_parquet(path)
    return Sheet(as_columns(list(frame.columns), frame.astype(object).to_numpy().tolist()))


def statistical(path: Path, data: Node) -> Sheet:
    reader = pyreadstat.read_sav if path.suffix == ".sav" else pyreadstat.read_dta
    frame, meta = reader(str(path), user_missing=True)
    declared = {name: tuple(int(span["lo"]) for span in spans) for name, spans in meta.missing_ranges.items()}
    columns = as_columns(list(frame.columns), frame.astype(object).to_numpy().tolist())
    return Sheet(columns, dict(meta.variable_value_labels), declared)


READERS: dict[str, Callable[[Path, Node], Sheet]] = {
    ".csv": delimited,
    ".txt": delimited,
    ".tsv": delimited,
    ".xlsx": spreadsheet,
    ".parquet": parquet,
    ".sav": statistical,
    ".dta": statistical,
}


@cache
def mappings() -> dict[str, Node]:
    loader = YAML(typ="safe")
    found = {path.name: loader.load(path.read_text(encoding="utf-8")) for path in (STUDY / "trials").iterdir()}
    return {name: {**node, "data": listed(node["data"])} for name, node in found.items()}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@cache
def sheet_of(file: str) -> Sheet:
    path = STUDY / "raw" / file
    data = next(d for node in mappings().values() for d in node["data"] if Path(d["file"]).name == file)
    return READERS[path.suffix](path, data)


# The same files, written in another way. Each writer returns the keys of `data` that its file needs.


def text_of(cell: Cell, decimal: str = ".") -> str:
    return "" if cell is None else repr(cell).replace(".", decimal) if isinstance(cell, float) else str(cell)


def write_csv(sheet: Sheet, path: Path, mapping: Node) -> Node:
    return _delimited(sheet, path, mapping, {}, [])


def write_dialect(sheet: Sheet, path: Path, mapping: Node) -> Node:
    keys = {"separator": ";", "decimal": ",", "encoding": "windows-1252", "header_row": 3}
    return _delimited(sheet, path, mapping, keys, ["Exported for a reanalysis", ""])


def _delimited(sheet: Sheet, path: Path, mapping: Node, keys: Node, title: list[str]) -> Node:
    """Text holds neither value labels nor what is missing: the mapping names codes, or words written in their place."""
    columns = worded(sheet, mapping)
    with path.open("w", encoding=keys.get("encoding", "utf-8"), newline="") as stream:
        stream.writelines(f"{line}\n" for line in title)
        writer = csv.writer(stream, delimiter=keys.get("separator", ","), lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(
            [text_of(cell, keys.get("decimal", ".")) for cell in row] for row in zip(*columns.values(), strict=True)
        )
    return {**keys, **said_missing(sheet)}


def write_excel(sheet: Sheet, path: Path, mapping: Node) -> Node:
    """Excel holds no labels and no declared codes either. Here the data stand on a second sheet, below a title."""
    columns = worded(sheet, mapping)
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("Notes").write(0, 0, "See the other sheet.")
    page = book.add_worksheet("Values")
    page.write(0, 0, "All visits")
    page.write_row(2, 0, columns)
    for place, cells in enumerate(columns.values()):
        for row, cell in enumerate(cells, 3):
            if isinstance(cell, str):
                page.write_string(row, place, cell)
            elif cell is not None:
                page.write_number(row, place, cell)
    book.close()
    return {"sheet": "Values", "header_row": 3, **said_missing(sheet)}


def write_parquet(sheet: Sheet, path: Path, mapping: Node) -> Node:
    """Parquet knows one type a column: where words stand between numbers all become text. No labels, none declared."""
    kept = Sheet(worded(sheet, mapping))
    frame(kept).to_parquet(path, index=False)
    return said_missing(sheet)


def write_spss(sheet: Sheet, path: Path, mapping: Node) -> Node:
    """SPSS holds labels and declares what is missing (of numbers), and takes only names of letters, digits and `_`.

    The numbers under `missing` are declared in the file and taken out of the mapping, unless a variable has a list of
    its own, which a declaration could not tell from that of the file.
    """
    declared = dict(sheet.declared) | declarable(sheet, mapping, path)
    pyreadstat.write_sav(
        frame(sheet, ""),
        path,
        variable_value_labels=number_labels(sheet),
        missing_ranges={name: list(codes) for name, codes in declared.items() if codes and sheet.numeric(name)} or None,
    )
    return {"missing": None} if declared and not sheet.declared else {}


def write_stata(sheet: Sheet, path: Path, mapping: Node) -> Node:
    """Stata holds labels, but declares only its own letters .a to .z as missing: the first code becomes .a, and so on."""
    declared = dict(sheet.declared) | declarable(sheet, mapping, path)
    table = frame(sheet, "")
    letters: dict[str, list[str]] = {}
    for name, codes in declared.items():
        if sheet.numeric(name):
            by_code = {code: chr(ord("a") + i) for i, code in enumerate(codes)}
            numbers = [math.nan if cell is None else float(cast(float, cell)) for cell in sheet.columns[name]]
            cells = pd.Series([by_code.get(cast(int, number), number) for number in numbers], dtype=object)
            used = sorted({cell for cell in cells if isinstance(cell, str)})
            if used:
                table[name], letters[name] = cells, used
    pyreadstat.write_dta(
        table, path, version=15, variable_value_labels=number_labels(sheet), missing_user_values=letters or None
    )
    return {"missing": None} if declared and not sheet.declared else {}


def frame(sheet: Sheet, nothing: str | None = None) -> pd.DataFrame:
    """A type a column: numbers, or text with `nothing` where a cell is empty."""
    made: dict[str, Any] = {}
    for name, cells in sheet.columns.items():
        if sheet.numeric(name):
            made[name] = pd.Series([math.nan if cell is None else float(cast(float, cell)) for cell in cells])
        else:
            made[name] = pd.Series([nothing if cell is None else text_of(cell) for cell in cells], dtype=object)
    return pd.DataFrame(made)


def number_labels(sheet: Sheet) -> dict[str, dict[Any, str]]:
    given = {name: labels for name, labels in sheet.labels.items() if sheet.numeric(name)}
    return {name: {int(code): label for code, label in labels.items()} for name, labels in given.items()}


def worded(sheet: Sheet, mapping: Node) -> dict[str, list[Cell]]:
    """The columns, with the label in place of the code where the mapping speaks of labels."""
    columns = dict(sheet.columns)
    for name, labels in sheet.labels.items():
        if spoken(mapping, name) & set(labels.values()):
            columns[name] = [labels.get(cast(float, cell), cell) for cell in columns[name]]
    return columns


def spoken(mapping: Node, column: str) -> set[str]:
    """The codes of a column that its mapping writes as words."""
    users = [mapping["arms"], *[v for v in mapping["variables"].values() if isinstance(v, dict)]]
    return {code for user in users if user.get("column") == column for code in user.get("codes", {})}


def said_missing(sheet: Sheet) -> Node:
    """What the file declared, for a mapping whose file cannot."""
    codes = sorted({code for codes in sheet.declared.values() for code in codes})
    return {"missing": codes} if codes else {}


def declarable(sheet: Sheet, mapping: Node, path: Path) -> dict[str, tuple[int, ...]]:
    data = next(d for d in mapping["data"] if Path(d["file"]).stem == path.stem)
    codes = listed(data.get("missing", []))
    own = any(isinstance(v, dict) and "missing" in v for v in mapping["variables"].values())
    if own or not codes or not all(isinstance(code, int) for code in codes):
        return {}
    # A word between the numbers makes a column text, and of texts nothing is declared.
    return {name: tuple(codes) for name in sheet.columns} if all(map(sheet.numeric, asked(mapping, sheet))) else {}


def asked(mapping: Node, sheet: Sheet) -> Iterator[str]:
    """The columns in which a missing code stands."""
    codes = {code for data in mapping["data"] for code in listed(data.get("missing", []))}
    return (name for name, cells in sheet.columns.items() if codes & set(cells))


WRITERS: dict[str, tuple[str, Callable[[Sheet, Path, Node], Node], str]] = {
    "CSV": (".csv", write_csv, "CSV"),
    "CSV, another dialect": (".txt", write_dialect, "CSV"),
    "Excel": (".xlsx", write_excel, "Excel"),
    "Parquet": (".parquet", write_parquet, "Parquet"),
    "SPSS": (".sav", write_spss, "SPSS"),
    "Stata": (".dta", write_stata, "Stata"),
}


# Columns under other names.


def legal(name: str) -> str:
    """A name that SPSS and Stata take: letters, digits and `_`, a letter first."""
    return re.sub(r"\W", "_", name)


def prefixed(name: str) -> str:
    return f"new {name}"


def renamed(mapping: Node, rename: Callable[[str], str]) -> Node:
    """A mapping with every column under another name.

    A pattern of names with `{visit}` is written out, because the names need no longer be one; patterns of items stay.
    """
    made = copy.deepcopy(mapping)
    for data in made["data"]:
        data["participant"] = rename(str(data["participant"]))
        for holder in (data.get("visit"), *listed(data.get("keep", []))):
            if holder:
                holder["column"] = rename(holder["column"])
    made["arms"]["column"] = rename(made["arms"]["column"])
    visits = [str(key) for key in made.get("visits", {})]
    for variable in made["variables"].values():
        column = variable.get("column")
        if isinstance(column, str) and "{visit}" in column:
            keys = variable.pop("visits", visits)
            variable["column"] = {key: rename(column.replace("{visit}", key)) for key in keys}
        elif isinstance(column, str):
            variable["column"] = rename(column)
        elif column:
            variable["column"] = {key: rename(name) for key, name in column.items()}
        if "items" in variable:
            variable["items"] = rename("") + variable["items"]
        if "flags" in variable:
            variable["flags"] = {level: rename(name) for level, name in variable["flags"].items()}
    return made


def with_names(sheet: Sheet, rename: Callable[[str], str]) -> Sheet:
    made = Sheet(
        {rename(name): cells for name, cells in sheet.columns.items()},
        {rename(name): labels for name, labels in sheet.labels.items()},
        {rename(name): codes for name, codes in sheet.declared.items()},
    )
    assert len(made.columns) == len(sheet.columns)
    return made


# The study, written again.

Format = Callable[[str], str]


def write_again(folder: Path, format_of: Format, rename: Callable[[str], str] = str) -> Path:
    """Write the study with each raw file in another format; return its folder."""
    shutil.copytree(STUDY, folder, ignore=shutil.ignore_patterns("raw", "trials"))
    for inside in ("trials", "raw"):
        (folder / inside).mkdir()
    for name, original in mappings().items():
        files = [Path(data["file"]).name for data in original["data"]]
        illegal = any(format_of(file) in ("SPSS", "Stata") for file in files)
        naming: Callable[[str], str] = legal if illegal and rename is str else rename
        mapping = renamed(original, naming) if naming is not str else copy.deepcopy(original)
        before = copy.deepcopy(mapping)
        for file, data in zip(files, mapping["data"], strict=True):
            ending, write, _ = WRITERS[format_of(file)]
            path = folder / "raw" / f"{Path(file).stem}{ending}"
            keys = write(with_names(sheet_of(file), naming), path, before)
            for key in ("sheet", "header_row", "encoding", "separator", "decimal"):
                data.pop(key, None)
            data |= {"file": f"../raw/{path.name}", **keys}
            if data.get("missing", ()) is None:
                del data["missing"]
        write_yaml(folder / "trials" / name, mapping)
    return folder


MIXED = "each in another than before"


def another_format(file: str) -> str:
    """A format in turn, but not the one that the file has."""
    had = {".txt": "CSV", ".tsv": "CSV"}.get(Path(file).suffix) or next(
        name for name, (ending, _, _) in WRITERS.items() if ending == Path(file).suffix
    )
    place = FILES.index(file) % len(WRITERS)
    turn = [*list(WRITERS)[place:], *list(WRITERS)[:place]]
    return next(name for name in turn if WRITERS[name][2] != had)


def in_order(folder: Path, trials: list[str]) -> Path:
    """Write the study with these trials, in this order; return its folder."""
    shutil.copytree(STUDY, folder)
    listing = "".join(f"  - trials/{name}\n" for name in trials)
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    changed = re.sub(r"(?<=^trials:\n)(  - .*\n)+", listing, text, flags=re.MULTILINE)
    assert changed != text
    if len(trials) < len(mappings()):  # the list of printed numbers names all trials
        changed = re.sub(r"^.*\bfidelity\b.*\n", "", changed, flags=re.MULTILINE)
    (folder / "study.yaml").write_text(changed, encoding="utf-8")
    return folder


def trials_listed() -> list[str]:
    return re.findall(r"^  - trials/(\S+)$", (STUDY / "study.yaml").read_text(encoding="utf-8"), flags=re.MULTILINE)


# What the files bring is checked value by value; of the searches, which only see those values, one is enough here.
ANALYSES = ("demographics", "pooled", "pairwise", "partition", "scores")
SEARCHED = {"outcomes": ("FFbHR",), "moderators": ("age", "sex", "baseline FFbHR", "baseline PCS", "baseline MCS")}


def records_of(spec: Spec, repository: Repository) -> Records:
    analyses = {name: spec.study.analyses[name] for name in ANALYSES}
    analyses["partition"] = analyses["partition"].model_copy(update=SEARCHED)
    study = spec.study.model_copy(update={"analyses": analyses})
    return make_records(replace(spec, study=study, fidelity=None), repository, profile="final")


def analysed(folder: Path) -> tuple[Repository, Records]:
    spec, repository = read(folder)
    return repository, records_of(spec, repository)


@pytest.fixture(scope="module")
def original() -> tuple[Repository, Records]:
    return analysed(STUDY)


@pytest.fixture(scope="module")
def as_it_is(original: tuple[Repository, Records]) -> Repository:
    return original[0]


@pytest.fixture(scope="module")
def results(original: tuple[Repository, Records]) -> Records:
    return original[1]


@pytest.fixture(scope="module")
def read_again(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Spec, Repository]]:
    """The study with all files in one format, read once for all tests."""

    @cache
    def made(format_name: str) -> tuple[Spec, Repository]:
        folder = tmp_path_factory.mktemp("again") / "low-back-pain"
        return read(write_again(folder, another_format if format_name == MIXED else lambda file: format_name))

    return made


# Numbers of the results table.


def rows_of(records: Any) -> dict[str, Number]:
    """The results table without fingerprints, files and ledger, which has rows of its own numbering."""
    apart = ("ledger.", "provenance.file-", "provenance.fingerprint", "study.fingerprint")
    return {row.id: row for row in results_of([records], {}).rows if not row.id.startswith(apart)}


def ledger_rows(records: Records) -> Counter[tuple[str, ...]]:
    """The rows of the printed ledger without their places."""
    return Counter(
        (r.kind, r.trial.text, r.variable.text, rule_of(r.rule.text, r.trial.text), r.count.text, r.count.unit)
        for r in records.ledger.rows
    )


def effects_of(records: Records) -> dict[str, PooledEffect]:
    found = [record for record in records.analyses.values() if isinstance(record, MetaAnalysis)]
    return {effect.id: effect for record in found for effect in record.results}


def estimates_of(effect: PooledEffect) -> dict[str, Number]:
    """All numbers of an effect but those about people who are not in it: pooled, by trial, heterogeneity, both ways."""
    about_others = {number.id for number in numbers_in((effect.excluded, effect.in_comparison))}
    return {number.id: number for number in numbers_in(effect) if number.id not in about_others}


def left_out_of(effect: PooledEffect) -> Counter[tuple[str, str, str, bool]]:
    return Counter((x.trial.text, spelled(x.reason), x.n.text, x.whole_trial) for x in effect.excluded)


def near(one: Number, other: Number) -> bool:
    """The same to the order of a sum."""
    if one.value is None or other.value is None:
        return one == other
    return replace(one, value=None) == replace(other, value=None) and math.isclose(
        one.value, other.value, rel_tol=LOOSE, abs_tol=LOOSE
    )


# What is the same.


Line = tuple[str, str, str, int, str]


def ledger_of(repository: Repository, trial: str) -> Counter[Line]:
    """The ledger without its places; whether file or mapping says what is missing does not count."""
    lines = [line for line in repository.ledger if line.trial == trial]
    return Counter((x.kind, x.variable, rule_of(x.rule, trial), x.count, x.unit) for x in lines)


def rule_of(rule: str, trial: str) -> str:
    """A rule in the words of the first file: Stata's letters stand for the codes that mean missing there."""
    rule = rule.removesuffix(", as the file declares")
    found = re.fullmatch(r"'\.([a-z])' → missing", rule)
    return f"{missing_codes(trial)[ord(found[1]) - ord('a')]} → missing".replace("-", "−") if found else rule


def missing_codes(trial: str) -> tuple[int, ...]:
    mapping = next(node for node in mappings().values() if node["trial"] == trial)
    data = mapping["data"][0]
    declared = sheet_of(Path(data["file"]).name).declared.values()
    return next(iter(declared), tuple(data.get("missing", ())))


def with_column_names(lines: Counter[Line], rename: Callable[[str], str]) -> Counter[Line]:
    """The same lines where columns are called otherwise: only flags and who was left out go by the name of a column."""
    made: Counter[Line] = Counter()
    for (kind, variable, rule, count, unit), number in lines.items():
        column, said, rest = rule.partition(" is ")
        shown = f"{rename(column)}{said}{rest}" if kind == "flag" and said else rule
        made[kind, rename(variable) if kind == "left-out" else variable, shown, count, unit] += number
    return made


def people_of(repository: Repository, trial: str) -> pd.DataFrame:
    people = repository.participants
    return people[people["trial"] == trial].reset_index(drop=True)


def measures_of(repository: Repository, trial: str) -> pd.DataFrame:
    """The values of a trial, with participants numbered from 0 within it."""
    measures = repository.measures[repository.measures["trial"] == trial].reset_index(drop=True)
    first = repository.participants.index[repository.participants["trial"] == trial][0]
    return measures.assign(row=measures["row"] - first)


def info_of(repository: Repository, trial: str) -> tuple[Any, ...]:
    """Everything known of a trial but its files and the place of its mapping."""
    t = next(t for t in repository.trials if t.name == trial)
    published = (t.published_n, t.published_source)
    return t.name, t.country, t.arms, t.raw_n, t.n, t.visits, t.collected_covariates, t.collected_measures, published


def check_trial(found: Repository, wanted: Repository, trial: str) -> None:
    assert info_of(found, trial) == info_of(wanted, trial)
    pd.testing.assert_frame_equal(people_of(found, trial), people_of(wanted, trial), check_exact=True)
    pd.testing.assert_frame_equal(measures_of(found, trial), measures_of(wanted, trial), check_exact=True)


TRIAL_OF = {Path(data["file"]).name: node["trial"] for node in mappings().values() for data in node["data"]}


def test_every_raw_file_belongs_to_a_trial() -> None:
    assert sorted(TRIAL_OF) == FILES
    assert (len(FILES), len(set(TRIAL_OF.values()))) == (20, 19)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("format_name", WRITERS)
def test_a_file_in_another_format_gives_the_same_trial(
    read_again: Callable[[str], tuple[Spec, Repository]], as_it_is: Repository, format_name: str, file: str
) -> None:
    found, trial = read_again(format_name)[1], TRIAL_OF[file]
    ending, _, kind = WRITERS[format_name]
    info = next(f for f in found.files if f.name == f"raw/{Path(file).stem}{ending}")
    assert (info.format, info.rows) == (kind, len(next(iter(sheet_of(file).columns.values()))))
    check_trial(found, as_it_is, trial)
    naming = legal if kind in ("SPSS", "Stata") else str
    assert ledger_of(found, trial) == with_column_names(ledger_of(as_it_is, trial), naming)


@pytest.mark.parametrize("format_name", ["CSV, another dialect", MIXED])
def test_all_files_in_another_format_give_the_same_results_table(
    read_again: Callable[[str], tuple[Spec, Repository]], as_it_is: Repository, results: Records, format_name: str
) -> None:
    spec, repository = read_again(format_name)
    found = records_of(spec, repository)
    if format_name == MIXED:
        before = {Path(f.name).stem: f.format for f in as_it_is.files}
        assert all(before[Path(f.name).stem] != f.format for f in repository.files)
        assert {f.format for f in repository.files} == {kind for _, _, kind in WRITERS.values()}
    rows, wanted = rows_of(found), rows_of(results)
    assert len(rows) > 8000
    assert {i: (rows.get(i), wanted[i]) for i in wanted if rows.get(i) != wanted[i]} == {}
    assert list(rows) == list(wanted)
    assert sum(ledger_rows(found).values()) == sum(ledger_rows(results).values())


def test_every_column_renamed_with_its_mapping(tmp_path: Path, as_it_is: Repository, results: Records) -> None:
    repository, found = analysed(write_again(tmp_path / "low-back-pain", lambda file: "Parquet", prefixed))
    for trial in sorted(set(TRIAL_OF.values())):
        check_trial(repository, as_it_is, trial)
        assert ledger_of(repository, trial) == with_column_names(ledger_of(as_it_is, trial), prefixed)
    assert rows_of(found) == rows_of(results)


def test_the_order_of_trials_changes_no_number(tmp_path: Path, as_it_is: Repository, results: Records) -> None:
    """Sums are taken in another order, so numbers agree to 1e-9; what is printed is the same."""
    names = trials_listed()
    repository, found = analysed(in_order(tmp_path / "low-back-pain", names[::-1]))
    assert [t.name for t in repository.trials] == [t.name for t in reversed(as_it_is.trials)]
    for trial in sorted(set(TRIAL_OF.values())):
        check_trial(repository, as_it_is, trial)
    assert ledger_rows(found) == ledger_rows(results)
    numbered = re.compile(r"(left-out|one-sided)-\d")  # rows that bear the place of a trial among others
    rows, wanted = ({i: r for i, r in rows_of(x).items() if not numbered.search(i)} for x in (found, results))
    assert rows.keys() == wanted.keys()
    assert {i: (rows[i], wanted[i]) for i in wanted if not near(rows[i], wanted[i])} == {}
    effects = effects_of(results)
    assert len(effects) > 40
    assert {i: left_out_of(e) for i, e in effects_of(found).items()} == {i: left_out_of(e) for i, e in effects.items()}


@pytest.mark.parametrize(("mapping", "trial"), [("keele.yaml", "Keele"), ("carlsson.yaml", "Carlsson")])
def test_a_dropped_trial_changes_only_the_effects_in_which_it_took_part(
    tmp_path: Path, as_it_is: Repository, results: Records, mapping: str, trial: str
) -> None:
    rest = [name for name in trials_listed() if name != mapping]
    repository, found = analysed(in_order(tmp_path / "low-back-pain", rest))
    assert len(repository.trials) == 18
    for other in sorted(set(TRIAL_OF.values()) - {trial}):
        check_trial(repository, as_it_is, other)
        assert ledger_of(repository, other) == ledger_of(as_it_is, other)
    before, after = effects_of(results), effects_of(found)
    assert before.keys() == after.keys()
    took_part = {i for i, e in before.items() if trial in [t.trial.text for t in e.by_trial]}
    assert took_part == TOOK_PART[trial]
    assert {i for i in before if estimates_of(before[i]) != estimates_of(after[i])} == took_part
    for i in before.keys() - took_part:
        others = Counter({line: n for line, n in left_out_of(before[i]).items() if line[0] != trial})
        assert left_out_of(after[i]) == others
    for i in took_part:
        assert set(trials_in(after[i])) == set(trials_in(before[i])) - {trial}
        for item in after[i].by_trial:
            same = next(t for t in before[i].by_trial if t.trial.text == item.trial.text)
            assert (item.estimate.effect.text, item.n_control.text) == (same.estimate.effect.text, same.n_control.text)


def trials_in(effect: PooledEffect) -> list[str]:
    return [t.trial.text for t in effect.by_trial]


# Keele compared two treatments, so it stands on neither side of a comparison with a control; Carlsson compared
# acupuncture with sham TENS, and asked for pain at 3 and 6 months.
TOOK_PART = {"Keele": set(), "Carlsson": {"pooled.overall.pain.short", "pooled.overall.pain.mid"}}
