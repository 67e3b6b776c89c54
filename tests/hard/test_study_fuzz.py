"""Thousands of damaged study, mapping, simulation and fidelity files: each is read, or refused with a place and no crash.

The files are those of a small study that uses most of the language, and the worked studies' own where they are small. A
mutation changes a line (a key, a value, its indentation), a place inside a value, or the bytes. The data of the study are
read where its files still can be.
"""

from __future__ import annotations

import random
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from reportgen.errors import ReportgenError
from reportgen.pipeline import plan, read, warnings_of
from reportgen.spec.simulation import load_simulation
from tests.hard import SEED
from tests.hard.whole_language import write_whole

pytestmark = pytest.mark.hard

FILES = 3000
CHUNKS = 20
SECONDS = 5
KINDS = ("study.yaml", "north.yaml", "simulation.yaml", "fidelity.yaml")

ODD = [
    "~",
    "null",
    "true",
    "false",
    "yes",
    "no",
    "NO",
    "NA",
    "01",
    "007",
    "0x8",
    "0o7",
    "1_000",
    "1:30",
    "1e5",
    "1e400",
    "-1e400",
    ".5",
    "5.",
    "+3",
    "-0",
    "1.10",
    ".inf",
    "-.inf",
    ".nan",
    "nan",
    "2020-01-01\n2020-01-01T10:00:00Z",
    "''",
    '""',
    "'x'",
    "[]",
    "{}",
    "[[]]",
    "{a:",
    "{}}",
    "[~]",
    "[1]",
    "{1:",
    "2}",
    "{-1:",
    "x}",
    "-1",
    "0",
    "-3",
    "3.5",
    "999999999999999999999",
    "1e-300",
    "!!set",
    "!!binary",
    "!!str\n!!python/object:os.system",
    "!x",
    "&a",
    "*a",
    "*b",
    "<<:",
    "<<",
    "?",
    ":",
    "-",
    "|",
    ">",
    "%",
    "@",
    "`",
    ",",
    "]",
    "}",
    "[",
    "{",
    "#",
    "&",
    "*",
    "!",
    '"',
    "'",
    "\\",
    '"\\a"',
    '"\\0"',
    '"\\ud800"',
    '"\\U0010ffff"',
    '"\\UFFFFFFFF"\n"\\u202e"',
    '"\\u2066x"',
    '"a\\nb"',
    '"a\\tb"',
    "é",
    "ﬁ",
    "漢字",
    "😀",
    "\u200b",
    "\xad",
    "\xa0",
    "\u2028",
    "\ufeff",
    "\x07",
    "\x00",
    "\x1b",
    "all",
    "baseline",
    "{visit}",
    "rm_{1-999999999}\nrm_{1-30000}",
    "x_{3-1}",
    '"{:999999999d}"',
    '"{0.__class__}"',
    "3\xa0months",
    "5%",
    "200%",
    "0%",
    "-5%",
    "<b>",
    "$x$",
    "{{x}}",
    "../../x",
    "/dev/zero",
    "/dev/stdin",
    ".",
    "..",
    "/",
]
ODD += [
    "9" * 5000,
    "x" * 5000,
    "[" * 300,
    "{a: " * 300,
    "- " * 300,
    "x" * 300 + ".yaml",
    "a: b: c",
    "<<: *d",
    "? [1, 2]\n: 3",
    "- - - x",
]


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail where something takes longer: of the processor, or ten times as long by the clock, as a pipe would."""

    def stop(_: int, __: FrameType | None) -> None:
        raise AssertionError(f"took longer than {seconds} s")

    before = {one: signal.signal(one, stop) for one in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(10 * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        for item, handler in before.items():
            signal.signal(item, handler)


def mutated(text: str, rng: random.Random) -> bytes:
    """Change a file in one to three places."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        text = rng.choice(MUTATIONS)(text, rng)
    raw = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.04:
        place = rng.randrange(len(raw) + 1)
        raw = raw[:place] + rng.randbytes(rng.randint(1, 4)) + raw[place:]
    if rng.random() < 0.01:
        raw = text.encode(rng.choice(("utf-16", "utf-32", "utf-8-sig")), "replace")
    return raw


def _line(text: str, rng: random.Random) -> tuple[list[str], int]:
    lines = text.split("\n")
    return lines, rng.randrange(len(lines))


def _deleted(text: str, rng: random.Random) -> str:
    lines, place = _line(text, rng)
    return "\n".join(lines[:place] + lines[place + rng.choice((1, 1, 1, 3)) :])


def _doubled(text: str, rng: random.Random) -> str:
    lines, place = _line(text, rng)
    return "\n".join([*lines[: place + 1], lines[place], *lines[place + 1 :]])


def _swapped(text: str, rng: random.Random) -> str:
    lines, place = _line(text, rng)
    other = rng.randrange(len(lines))
    lines[place], lines[other] = lines[other], lines[place]
    return "\n".join(lines)


def _moved(text: str, rng: random.Random) -> str:
    lines, place = _line(text, rng)
    lines[place] = " " * rng.randint(1, 5) + lines[place] if rng.random() < 0.5 else lines[place][1:]
    return "\n".join(lines)


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _word(text: str, rng: random.Random, put: str) -> str:
    words = list(re.finditer(r"[^\s\[\]{},:]+", text))
    if not words:
        return put
    word = rng.choice(words)
    return text[: word.start()] + put + text[word.end() :]


def _odd(text: str, rng: random.Random) -> str:
    return _word(text, rng, rng.choice(ODD))


def _exchanged(text: str, rng: random.Random) -> str:
    words = re.findall(r"[^\s\[\]{},:]+", text) or ["x"]
    return _word(text, rng, rng.choice(words))


def _misspelt(text: str, rng: random.Random) -> str:
    place = rng.randrange(len(text) + 1)
    return (
        text[:place] + rng.choice(("", " ", "\t", "x", ":", "-", rng.choice(ODD))) + text[place + rng.choice((0, 1)) :]
    )


def _valued(text: str, rng: random.Random) -> str:
    """Put something odd in the place of a whole value."""
    lines, place = _line(text, rng)
    key, colon, _ = lines[place].partition(": ")
    lines[place] = f"{key}: {rng.choice(ODD)}" if colon else f"{key} {rng.choice(ODD)}"
    return "\n".join(lines)


MUTATIONS = (
    _deleted,
    _doubled,
    _swapped,
    _moved,
    _cut,
    _odd,
    _odd,
    _odd,
    _exchanged,
    _exchanged,
    _misspelt,
    _valued,
    _valued,
)


def examined(folder: Path, kind: str) -> str | None:
    """Read the study, or its simulation file; return what is said where it is refused."""
    try:
        if kind == "simulation.yaml":
            load_simulation(folder / kind)
        else:
            spec, repository = read(folder / "study.yaml")
            warnings_of(spec, repository)
            plan(spec, repository)
    except ReportgenError as error:
        assert error.exit_code == 2
        assert error.problems
        for problem in error.problems:
            place = str(problem.origin or problem.where or ("'" in problem.message and problem.message))
            assert place, str(problem)
            assert "Traceback" not in str(problem)
            assert len(str(problem)) < 5000, str(problem)[:500]
        return str(error)
    return None


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_damaged_files_are_read_or_refused(chunk: int, tmp_path: Path) -> None:
    study = write_whole(tmp_path / "whole")
    assert examined(study, "study.yaml") is None
    assert examined(study, "simulation.yaml") is None
    told = 0
    for number in range(chunk, FILES, CHUNKS):
        rng = random.Random(f"{SEED}/{number}")
        kind = KINDS[number // CHUNKS % len(KINDS)]
        path = study / kind
        before = path.read_bytes()
        path.write_bytes(mutated(before.decode(), rng))
        try:
            with within(SECONDS):
                told += examined(study, kind) is not None
        except BaseException as error:
            kept = tmp_path / f"{number}-{kind}"
            shutil.copyfile(path, kept)
            raise AssertionError(f"file {number} ({kept}): {type(error).__name__}: {error}") from error
        finally:
            path.write_bytes(before)
    assert told > FILES / CHUNKS / 3  # most damage is noticed
