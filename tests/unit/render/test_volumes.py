"""A report is divided into appendix and audit file: each number stands in one of them, and links lead to the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import docx
import pytest
from lxml import html

from reportgen.houses import HOUSES
from reportgen.records.numbers import Number, numbers_in
from reportgen.records.results import Results
from reportgen.render.appendix import Appendix, BackSection, compose, in_house
from reportgen.render.artefacts import numbered_artefacts
from reportgen.render.html import pdf_document
from reportgen.render.volumes import AUDITED_SECTIONS, volumes
from reportgen.spec import Spec
from reportgen.targets import Edition, write_targets
from tests.unit.render import records_fixture
from tests.unit.render.conftest import Report
from tests.unit.render.test_pdf import texts
from tests.word_file import text_of

AUDITED = "table3"  # shows in numbers what fig1 draws


@dataclass(frozen=True)
class Divided:
    folder: Path
    whole: Appendix
    appendix: Appendix
    audit: Appendix

    def page(self, name: str) -> html.HtmlElement:
        return html.fromstring((self.folder / f"{name}.html").read_text(encoding="utf-8"))


def asked(length: str) -> Spec:
    spec = records_fixture.spec()
    contents = [
        node.model_copy(update={"in_": "audit"}) if node.name == AUDITED else node
        for node in spec.study.report.contents
    ]
    report = spec.study.report.model_copy(update={"length": length, "contents": tuple(contents)})
    return replace(spec, study=spec.study.model_copy(update={"report": report}))


def composed(length: str) -> Appendix:
    spec, records = asked(length), records_fixture.records(simulated=True)
    return compose(
        spec, records, numbered_artefacts(spec, records, only=frozenset({"table1", "table2", "fig1", AUDITED}))
    )


@pytest.fixture(scope="module")
def divided(tmp_path_factory: pytest.TempPathFactory) -> Divided:
    folder, whole = tmp_path_factory.mktemp("divided"), composed("appendix")
    write_targets(Edition(whole, Results((), {})), ("html", "docx", "quarto"), folder)
    return Divided(folder, whole, *volumes(whole))


def test_artefacts_sections_and_numbers_stand_in_one_of_two_files(divided: Divided) -> None:
    appendix, audit = divided.appendix, divided.audit
    assert [artefact.label for artefact in appendix.artefacts] == ["Table 1", "Table 2", "Fig. 1"]
    assert [artefact.label for artefact in audit.artefacts] == ["Table 3"]
    assert {section.name for section in audit.back} == {
        section.name for section in divided.whole.back
    } & AUDITED_SECTIONS
    assert not {section.name for section in appendix.back} & AUDITED_SECTIONS
    appendix_ids, audit_ids, all_ids = (
        Counter(number.id for number in numbers_in((one.methods, one.artefacts, one.back)))
        for one in (appendix, audit, divided.whole)
    )
    assert appendix_ids + audit_ids == all_ids


def test_one_document_holds_everything_where_the_study_says_full() -> None:
    whole = composed("full")
    assert volumes(whole) == (whole,)
    assert AUDITED in {artefact.name for artefact in whole.artefacts}


def test_links_arrive_in_either_file(divided: Divided) -> None:
    pages = {name: divided.page(name) for name in ("appendix", "audit")}
    ids = {name: set(page.xpath("//@id")) for name, page in pages.items()}
    links = [(name, *link.partition("#")[::2]) for name, page in pages.items() for link in page.xpath("//a/@href")]
    assert all(key in ids[file.removesuffix(".html") or name] for name, file, key in links)
    assert {(name, file) for name, file, _ in links if file} == {("appendix", "audit.html"), ("audit", "appendix.html")}
    note = pages["appendix"].xpath("//section[@id='fig1']/p[@class='note']")[-1]
    assert " ".join(note.text_content().split()) == "All numbers are given in Table 3 (audit file)."
    assert note.xpath("./a/@href") == ["audit.html#table3"]
    assert pages["audit"].xpath("//section[@id='table3']/p[@class='note']/a/@href")[-1] == "appendix.html#fig1"


def test_an_audit_file_says_that_it_is_one_and_has_no_methods(divided: Divided) -> None:
    page = divided.page("audit")
    assert page.xpath("string(//p[@class='kind'])") == "Audit file"
    assert page.xpath("string(//title)").endswith(": audit file")
    assert not page.xpath("//section[@id='methods']")


def test_references_are_words_where_no_link_can_lead(divided: Divided) -> None:
    words = "All numbers are given in Table 3 (audit file)."
    text = (divided.folder / "quarto" / "report.qmd").read_text(encoding="utf-8")
    assert words.replace("Table 3", "@tbl-3") in text and "This stands in the audit file." in text
    word = docx.Document(str(divided.folder / "appendix.docx"))
    assert words in {text_of(paragraph._p) for paragraph in word.paragraphs}
    printed = " ".join(text.text for page in pdf_document(divided.appendix).pages for text in texts(page._page_box))
    assert words in printed


@pytest.mark.parametrize(("style", "word"), [("bmj", "v"), ("lancet", "vs"), ("nature", "versus")])
def test_heads_of_the_audit_file_follow_the_house_and_what_it_quotes_does_not(
    report: Report, style: str, word: str
) -> None:
    quoted = Number("rule", None, "yoga v rest", kind="quotation")
    ledger = BackSection("ledger", "Ledger", ((quoted,),), ())
    house = in_house(replace(report.appendix, back=(*report.appendix.back, ledger)), HOUSES[style])
    status = next(section for section in house.back if section.name == "status")
    said = {number.text for number in numbers_in(status)}
    assert f"periodontal therapy {word} delayed therapy" in said
    assert house.back[-1] == ledger
