"""A study's own templates take the place of those of the package, file by file; what is wrong with them is told with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jinja2.filters import FILTERS as JINJA_FILTERS

from reportgen.cli import run
from reportgen.pipeline import Built, Order, build, read, rebuilding
from reportgen.render.environment import environment
from reportgen.resources import template_names, templates_folder
from reportgen.spec.load import examine_study
from reportgen.spec.template_references import FILTERS
from reportgen.spec.template_syntax import syntax_problems
from tests.conftest import ROOT
from tests.study_files import STUDY, write_study
from tests.word_file import opened

REPORT = {**STUDY["report"], "templates": "own", "formats": ["html", "results"]}


@pytest.fixture(autouse=True)
def _epoch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.chdir(tmp_path)


def write(folder: Path, files: dict[str, str], **report: Any) -> Path:
    """Write the small study with templates of its own."""
    path = write_study(folder, {"report": {**REPORT, **report}})
    for name, text in files.items():
        (folder / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "own" / name).write_text(text, encoding="utf-8")
    return path


def built(path: Path) -> Built:
    place = path.parent.parent
    return build(Order(path, output=place / "out", store=place / "store"))


def page(path: Path) -> str:
    return (path.parent.parent / "out" / "appendix.html").read_text(encoding="utf-8")


TITLE = '<p class="logo">Our unit</p>\n{% include "reportgen/sections/title.html" %}\n'


def test_a_template_takes_the_place_of_that_of_the_package_and_may_include_it(tmp_path: Path) -> None:
    css = (templates_folder() / "style" / "screen.css").read_text(encoding="utf-8") + "\n.logo { color: teal }\n"
    path = write(
        tmp_path / "s", {"sections/title.html": TITLE, "style/screen.css": css, ".hidden": "", "README.md": ""}
    )
    assert built(path).exit_code == 0
    assert '<p class="logo">Our unit</p>' in page(path)
    assert ".logo { color: teal }" in page(path)
    assert "Two small trials" in page(path)


def test_styles_of_word_are_those_of_the_study(tmp_path: Path) -> None:
    styles = (templates_folder() / "word" / "styles.xml").read_text(encoding="utf-8")
    path = write(tmp_path / "s", {"word/styles.xml": styles.replace("Arial", "Georgia")}, formats=["docx"])
    assert built(path).exit_code == 0
    document = opened((tmp_path / "out" / "appendix.docx").read_bytes())
    assert "Georgia" in document.styles.element.xml and "Arial" not in document.styles.element.xml


@pytest.mark.slow
def test_a_changed_or_added_template_renders_the_report_again_and_fits_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "s", {"sections/title.html": TITLE})
    assert built(path).seconds
    assert not built(path).seconds
    (tmp_path / "s" / "own" / "sections" / "title.html").write_text(TITLE.replace("Our", "Another"), encoding="utf-8")
    found, seconds, possible = rebuilding(read(path)[0], tmp_path / "store")
    assert seconds == possible == 0.0 and found
    again = built(path)
    assert again.seconds and again.made <= 1  # letters of the fonts
    assert "Another unit" in page(path)
    write(tmp_path / "s", {"script/numbers.js": "// nothing"})
    assert built(path).seconds
    assert "// nothing" in page(path)
    assert not built(path).seconds


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"sections/titel.html": "x"}, ["s/own/sections/titel.html:1:1", "Did you mean 'sections/title.html'?"]),
        (
            {"sections/title.html": "<h1>\n{% if %}\n</h1>"},
            ["s/own/sections/title.html:2:1: ", "2 | {% if %}", "start again from that of the package"],
        ),
        (
            {"sections/title.html": "<h1>\n{% if target == 'x' %}{{ 1 | inlien }}{% endif %}\n</h1>"},
            ["s/own/sections/title.html:2:30: there is no filter 'inlien'", "Did you mean 'inline'?"],
        ),
        (
            {"sections/title.html": "{{ 1 is evn }}"},
            ["s/own/sections/title.html:1:9: there is no test 'evn'", "'even'"],
        ),
        (
            {"sections/title.html": '{% include "sections/titel.html" %}'},
            ["s/own/sections/title.html:1:13: there is no template 'sections/titel.html'", "'sections/title.html'"],
        ),
        (
            {"page.html": '{% from "reportgen/partials/tabel.html" import tables %}'},
            ["s/own/page.html:1:10: there is no template 'reportgen/partials/tabel.html'", "'partials/table.html'"],
        ),
        ({"word/styles.xml": "<a>\n<b></a>"}, ["s/own/word/styles.xml:2:", "not well-formed XML", "Close each tag"]),
        (
            {"quarto/_quarto.yml": "project:\n  type: [a\nlang: en\n"},
            ["s/own/quarto/_quarto.yml:3:", "this is not YAML"],
        ),
        (
            {"quarto/_quarto.yml": "lang: {{ appendix.kind }}\ntitle: 'x\n"},
            ["s/own/quarto/_quarto.yml:2:", "this is not YAML", "title: 'x"],
        ),
        (
            {"quarto/_quarto.yml": "- lang\n"},
            ["s/own/quarto/_quarto.yml:1:1: ", "no mapping of keys", "a copy of that"],
        ),
        ({"style/paper.css": "p {\n  color red\n}"}, ["s/own/style/paper.css:2:", "neither a declaration nor a rule"]),
        ({"style/paper.css": "h1 {}\np { color: red\n"}, ["s/own/style/paper.css:2:3: ", "never closed", "Write `}`"]),
        ({"style/screen.css": "p { content: 'a\n}"}, ["s/own/style/screen.css:1:14: ", "does not end on its line"]),
        ({"style/common.css": "p { }\n}"}, ["s/own/style/common.css:2:1: ", "`}` closes no bracket"]),
        ({"style/common.css": "p { }\n/* a"}, ["s/own/style/common.css:2:1: ", "comment is never closed"]),
        ({"style/common.css": "p { }\n/* </STYLE> */"}, ["s/own/style/common.css:2:4: ", "`</STYLE` breaks the page"]),
        (
            {"style/common.css": 'p { }\n@import "http://example.org/a.css";'},
            ["s/own/style/common.css:2:1: ", "asks no other machine"],
        ),
        (
            {"style/common.css": "p { background: url( //example.org/a.png) }"},
            ["s/own/style/common.css:1:17: ", "asks no other machine", "`data:`"],
        ),
        ({"page.html": "\n"}, ["s/own/page.html:1", "the template is empty", "start again"]),
        ({"script/numbers.js": " \n"}, ["s/own/script/numbers.js:1:1: ", "the script is empty", "`// nothing`"]),
        (
            {"script/numbers.js": 'x = 1;\ny = "</script>";\n'},
            ["s/own/script/numbers.js:2:6: `</script` breaks the page", '2 | y = "</script>";', "`<\\/script`"],
        ),
        ({"script/numbers.js": 'y = "<!-- ";'}, ["s/own/script/numbers.js:1:6: `<!--` breaks the page"]),
        ({".hidden": ""}, ["study.yaml:", "has no template", "leave `templates` out"]),
        ({}, ["study.yaml:", "there is no folder 's/own'", "relative to the study file"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place_before_the_work(
    tmp_path: Path, files: dict[str, str], told: list[str]
) -> None:
    (problem,) = examine_study(write(tmp_path / "s", files)).problems
    assert [item for item in told if item not in str(problem)] == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "the path is empty"),
        ("  ", "the path is empty"),
        (".", "is the folder of the study"),
        ("..", "is the folder"),
    ],
)
def test_a_folder_of_templates_that_is_none_is_refused_plainly(tmp_path: Path, name: str, told: str) -> None:
    (problem,) = examine_study(write(tmp_path / "s", {}, templates=name)).problems
    assert told in problem.message and problem.hint and problem.origin and problem.origin.line > 1


def test_the_templates_of_the_package_have_no_errors() -> None:
    for name in template_names():
        text = (templates_folder() / name).read_text(encoding="utf-8")
        assert list(syntax_problems(name, text, name)) == []


def test_what_is_valid_in_a_file_of_a_study_is_not_refused(tmp_path: Path) -> None:
    files = {
        "style/paper.css": "@page { @top-left { content: 'a' } margin: 1cm }\n@media print { p { & b { color: red } } }",
        "quarto/_quarto.yml": "lang: {{ 'en' }} {# a comment #}\n{% if true %}\nx: [\n{% endif %}\n",
        "script/numbers.js": "// nothing",
        "sections/title.html": "",
        "page.html": "{% include 'mine.html' ignore missing %}{% include ['a', 'page.html'] %}{{ 2 is even }}{{ 'a' | upper }}",
    }
    assert examine_study(write(tmp_path / "s", files)).problems == ()


def test_what_a_template_asks_for_in_vain_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "s", {"sections/title.html": "<h1>\n{{ appendix.nothing.at_all }}\n</h1>"})
    assert run(["build", str(path), "--output", "out", "--no-store", "-j", "1"]) == 3
    told = capsys.readouterr().err
    assert "s/own/sections/title.html:2:1: the template cannot be used" in told
    assert "Traceback" not in told


def test_a_template_that_becomes_no_yaml_is_told_with_what_it_became(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "lang: en\n{% if true %}\nx: [\n{% endif %}\n"
    path = write(tmp_path / "s", {"quarto/_quarto.yml": text}, formats=["quarto"])
    assert run(["build", str(path), "--output", "out", "--no-store", "-j", "1"]) == 3
    told = capsys.readouterr().err
    assert "s/own/quarto/_quarto.yml:3:1: rendered, the template is wrong: this is not YAML" in told
    assert "Traceback" not in told


def test_filters_are_known_before_anything_is_rendered() -> None:
    targets = [environment(target) for target in ("html", "pdf", "quarto")]
    given = {name for target in targets for name in target.filters} - {*JINJA_FILTERS}
    assert given == FILTERS


def test_the_readme_of_the_templates_names_every_one() -> None:
    text = (ROOT / "templates" / "README.md").read_text(encoding="utf-8")
    listed = [line for line in text.splitlines() if line.startswith("| `")]
    for name in template_names():
        assert any(f"`{name}`" in line or f"`{name.rpartition('/')[0]}/`" in line for line in listed), name
