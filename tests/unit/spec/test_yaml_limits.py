"""No file of a study can crash, hang or blow up the reader: what is wrong has its place, its fix and the exit code 2."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reportgen.cli import run
from reportgen.errors import Problem, SpecError
from reportgen.spec import text as text_module
from reportgen.spec.load import examine_study, load_study
from reportgen.spec.source import read_source
from reportgen.spec.tree import plain_value
from tests.study_files import write_study

pytestmark = pytest.mark.sampled(5)

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 10)}]\n" for i in range(9)
)
# a line that is put before the study, what is said of it, and what helps
DAMAGE = [
    ("d: &d {a: 1}\nx: {<<: *d}", "merge keys (`<<`) are not read", "Write out the keys"),
    ("x: !!set {a, b}", "the tag '!!set' is not supported", "Remove it"),
    ("x: !!binary aGFsbG8=", "the tag '!!binary' is not supported", "Remove it"),
    (
        "x: !!python/object/apply:os.system [ls]",
        "the tag '!!python/object/apply:os.system' is not supported",
        "Remove it",
    ),
    ("x: !!timestamp 2020-01-01", "the tag '!!timestamp' is not supported", "Remove it"),
    ("x: !own {a: 1}", "the tag '!own' is not supported", "Remove it"),
    ("x: " + "[" * 300 + "]" * 300, "more than 40 nested levels", "brackets"),
    ("x: " + "{a: " * 300 + "}" * 300, "more than 40 nested levels", "brackets"),
    ("- " * 300 + "x", "more than 40 nested levels", "indentation"),
    ("? [a, b]\n: x", "a list found where a key is expected", "Write one word"),
    ("{a: 1}: x", "a mapping of keys found where a key is expected", "Write one word"),
    (": x", "an empty value found where a key is expected", "Write a word"),
    ("x: *nowhere", "`*nowhere` refers to no earlier anchor", "Write the value itself"),
    ("x: &x [*x]", "`*x` refers to no earlier anchor", "Write the value itself"),
    ("x: 1\nx: 2", "duplicate key", "the other is on line 1"),
    ("1: a\n1.0: b", "duplicate key", "the other is on line 1"),
    ('x: "\\0"', "U+0000, which cannot be printed", "Remove it"),
    ('x: "\\a"', "the control character U+0007", "Remove it"),
    ('x: "\\ud800"', "half of a character U+D800", "Remove it"),
    ('x: "\\u202egnp"', "the control of the direction of writing U+202E", "Remove it"),
    ("x: a\u2067b", "the control of the direction of writing U+2067", "Remove it"),
    ('"\\x1b[31m": x', "the control character U+001B", "Remove it"),
    ("x: a\x07b", "the file contains the control character U+0007", "Delete it"),
    ('x: "\\UFFFFFFFF"', "this is not YAML", "backslashes"),
    ("%YAML 1.1\n---\nx: 1", "another version of YAML", "remove the line"),
    ("x: " + "y" * 30_000, "this text has 30,000 characters", "at most 20,000"),
    (BOMB, "more than 25,000 values", "Split the file"),
    ("x: [" + "1," * 30_000 + "]", "more than 25,000 values", "Split the file"),
    ("".join(f"k{i}: 1\n" for i in range(15_000)), "more than 25,000 values", "Split the file"),
]


def told(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(SpecError) as caught:
        load_study(path)
    return caught.value.problems


@pytest.mark.parametrize(("damage", "message", "fix"), DAMAGE, ids=[message[:30] for _, message, _ in DAMAGE])
def test_what_is_not_of_the_language_has_a_place_and_a_fix(tmp_path: Path, damage: str, message: str, fix: str) -> None:
    path = write_study(tmp_path)
    path.write_text(f"{damage}\n{path.read_text()}", encoding="utf-8")
    start = time.process_time()
    first = told(path)[0]
    assert time.process_time() - start < 5
    assert message in first.message
    assert fix in first.hint
    assert first.origin is not None
    assert first.origin.file.endswith("study.yaml")
    assert len(str(first)) < 1000


def test_a_second_document_is_told(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    path.write_text(path.read_text() + "\n---\na: 1\n")
    (problem,) = told(path)
    assert problem.message == "a second document begins here"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("study: ä".encode("latin-1"), "not UTF-8 text"),
        ("study: {title: x}".encode("utf-16"), "UTF-16 or not a text"),
        ("study: {title: x}".encode("utf-16-be"), "UTF-16 or not a text"),
        (b"PK\x03\x04\x00\x00", "UTF-16 or not a text"),
        (b"a: 1\n" * 300_000, "holds 1.5 MB; at most 1 MB are read"),
        (b"", "does not hold a mapping of keys"),
        (b"- a\n- b", "does not hold a mapping of keys"),
    ],
)
@pytest.mark.parametrize("name", ["study.yaml", "north.yaml"])
def test_bytes_that_are_no_study(tmp_path: Path, content: bytes, message: str, name: str) -> None:
    path = write_study(tmp_path)
    (tmp_path / name).write_bytes(content)
    problem = examine_study(path).problems[0]
    assert message in problem.message
    assert problem.origin is not None


def test_a_byte_order_mark_is_no_harm(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_study(path).name


def test_the_place_of_a_wrong_byte_is_exact(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_bytes("a: 1\nbü: ".encode() + b"\xe4x\n")
    (problem,) = told(tmp_path / "study.yaml")
    assert str(problem.origin).endswith("study.yaml:2:5")


@pytest.fixture(params=["pipe", "socket", "device", "folder", "ring", "long", "deep"])
def no_file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A path at which no regular file stands."""
    path = tmp_path / "odd"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "socket":
        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as item:
            item.bind("odd")
            yield path
        return
    elif request.param == "device":
        path = Path("/dev/zero")
    elif request.param == "folder":
        path.mkdir()
    elif request.param == "ring":
        path.symlink_to(path)
    elif request.param == "long":
        path = tmp_path / ("x" * 300 + ".yaml")
    else:
        path = tmp_path / "/".join(["x" * 200] * 30)
    yield path


@pytest.mark.parametrize("verb", ["validate", "plan", "build", "simulate"])
def test_a_study_that_is_no_file(no_file: Path, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--output", str(tmp_path / "out")] if verb in ("build", "simulate") else []
    assert run([verb, str(no_file), *more]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "odd" in said or "xxx" in said or "/dev/zero" in said


@pytest.mark.parametrize("key", ["trials", "fidelity"])
def test_another_file_of_the_study_that_is_no_file(no_file: Path, key: str, tmp_path: Path) -> None:
    path = write_study(tmp_path / "s")
    named = str(no_file)
    old, new = ("- south.yaml", f"- {named}") if key == "trials" else ("study:", f"fidelity: {named}\nstudy:")
    path.write_text(path.read_text().replace(old, new, 1))
    (problem,) = examine_study(path).problems
    assert problem.origin is not None
    assert named[:30] in problem.origin.text


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_study(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(text_module.Path, "open", refuse)
    (problem,) = told(path)
    assert "cannot be read: permission denied" in problem.message
    assert "permissions" in problem.hint


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 400, "1" * 301])
@pytest.mark.parametrize("key", ["seed", "range", "minimum_cell", "header_row"])
def test_numbers_of_thousands_of_digits(tmp_path: Path, number: str, key: str) -> None:
    path = write_study(tmp_path)
    north = tmp_path / "north.yaml"
    edits = {
        "seed": (path, "seed: 1", f"seed: {number}"),
        "range": (path, "- 24", f"- {number}"),
        "minimum_cell": (path, "report:", f"policy: {{minimum_cell: {number}}}\nreport:"),
        "header_row": (north, "participant: id", f"participant: id\n  header_row: {number}"),
    }
    file, old, new = edits[key]
    file.write_text(file.read_text().replace(old, new, 1))
    (problem,) = examine_study(path).problems
    assert problem.origin is not None
    assert len(str(problem)) < 700


@pytest.mark.parametrize("word", [".nan", ".inf", "-.inf", "nan", "inf", "1e400", "NaN", "1e300"])
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("study.yaml", "- 24", "- {}"),
        ("study.yaml", "per: 10", "per: {}"),
        ("study.yaml", "aim: 3", "aim: {}"),
        ("study.yaml", "method: meta-analysis", "method: meta-analysis\n    level: {}"),
        ("north.yaml", "column: age", "column: age\n    times: {}"),
        ("north.yaml", "column: age", "column: age\n    from_range: [0, {}]"),
    ],
)
def test_every_number_of_the_language_is_finite(tmp_path: Path, file: str, old: str, new: str, word: str) -> None:
    path = write_study(tmp_path)
    named = tmp_path / file
    named.write_text(named.read_text().replace(old, new.format(word), 1))
    (problem,) = examine_study(path).problems
    assert problem.origin is not None
    assert word in problem.origin.text


@pytest.mark.parametrize("items", ["rm_{1-999999999}", "rm_{1-30000}", "rm_{1-" + "9" * 5000 + "}", "rm_{0-1001}"])
def test_items_are_counted_before_they_are_listed(tmp_path: Path, items: str) -> None:
    path = write_study(tmp_path)
    north = tmp_path / "north.yaml"
    north.write_text(north.read_text().replace("column: rm_{visit}", f"items: '{items}'"))
    start = time.process_time()
    (problem,) = examine_study(path).problems
    assert time.process_time() - start < 5
    assert problem.message == "more than 1,000 items are named"


def test_a_key_that_is_a_number_in_a_list_is_unknown(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    path.write_text(path.read_text().replace("- series: Table", "- -1: x\n    series: Table", 1))
    (problem,) = examine_study(path).problems
    assert "-1" in problem.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Two small trials", 'title: "Two\\nsmall"'),
        ("RMDQ:\n    domain", '"RM\\nDQ":\n    instrument: RMDQ\n    domain'),
        ("domain: disability", 'domain: "disab\\tility"'),
        ("- female", '- "fe\\nmale"'),
    ],
)
def test_a_name_stands_on_one_line(tmp_path: Path, old: str, new: str) -> None:
    path = write_study(tmp_path)
    path.write_text(path.read_text().replace(old, new, 1))
    messages = [problem.message for problem in examine_study(path).problems]
    assert "a name or title must be on one line" in messages


def test_a_folded_title_is_one_line(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    path.write_text(path.read_text().replace("title: Two small trials", "title: >\n    Two small\n    trials"))
    assert load_study(path).study.study.title == "Two small trials"


def test_repeated_values_are_read(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: &a {b: [1, 2]}\nc: *a\n")
    source = read_source(tmp_path / "x.yaml", "a study file")
    assert source.content == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}
    assert source.at("c").line == 2


def test_plain_words_are_numbers_only_as_one_prints_them() -> None:
    texts = ["0", "10", "-3", "0.5", "1.25", "-0.0", "1e-07", "00", "1.0e3", "1.", "0b1"]
    assert [plain_value(text) for text in texts] == [0, 10, -3, 0.5, 1.25, -0.0, 1e-07, "00", "1.0e3", "1.", "0b1"]
