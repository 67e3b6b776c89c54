"""Key findings and the flow of participants in front of a report: in every target, with links that lead somewhere, or not at all."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lxml.html
import pikepdf
import pytest

from reportgen.analyses import make_records
from reportgen.pipeline import read
from reportgen.records.model import Failure, Records
from reportgen.records.numbers import Number, numbers_in, plain
from reportgen.records.results import results_of
from reportgen.render.appendix import Appendix, compose
from reportgen.render.artefacts import numbered_artefacts
from reportgen.render.html import html_page, pdf_page
from reportgen.render.word import word_document
from reportgen.spec import Spec
from reportgen.spec.study import Report
from reportgen.targets import Edition
from reportgen.targets.quarto import Quarto
from tests.page_numbers import trace_numbers, with_ids
from tests.peeling_study import AGREEMENT, PARTITION, PEELING
from tests.screened_study import write_screened
from tests.study_files import write_yaml
from tests.word_file import body_of, fields_of, opened

pytestmark = pytest.mark.slow

CONTENTS = [
    {"series": "Fig.", "show": "forest", "of": "pooled", "name": "forest"},
    {"series": "Table", "show": "analysed", "of": "pooled", "name": "analysed"},
    {"series": "Table", "show": "interaction-estimates", "of": "screening", "name": "readings"},
    {"series": "Table", "show": "subgroups", "of": "rp", "name": "subgroups"},
    {"series": "Table", "show": "agreement", "of": "agreement", "name": "agreement"},
]


@lru_cache(maxsize=1)
def study() -> tuple[Spec, Records]:
    """Three simulated trials with one analysis of each kind."""
    from ruamel.yaml import YAML

    with TemporaryDirectory() as folder:
        path = write_screened(Path(folder) / "study")
        content = YAML(typ="safe").load(path)
        moderators = {"moderators": ["age", "baseline RMDQ"]}
        content["analyses"] |= {
            "pooled": {"method": "meta-analysis"},
            "rp": PARTITION | moderators,
            "peeling": PEELING | moderators,
            "agreement": AGREEMENT,
        }
        content["policy"] = {"draws": {"sign_flips": 0, "bootstrap": 0}}
        content["report"] = {"contents": CONTENTS}
        write_yaml(path, content)
        spec, repository = read(path)
        return spec, make_records(spec, repository, profile="final")


def with_report(spec: Spec, **changes: Any) -> Spec:
    report: Report = spec.study.report.model_copy(update=changes)
    return replace(spec, study=spec.study.model_copy(update={"report": report}))


def composed(spec: Spec | None = None, records: Records | None = None, only: frozenset[str] | None = None) -> Appendix:
    own, found = study()
    spec, records = spec or own, records or found
    return compose(spec, records, numbered_artefacts(spec, records, only=only))


@lru_cache(maxsize=1)
def whole() -> Appendix:
    return composed()


@lru_cache(maxsize=1)
def page() -> str:
    return with_ids(html_page(whole(), {}))


def lines(appendix: Appendix) -> list[str]:
    assert appendix.findings is not None
    return [plain(item.words) for group in appendix.findings.groups for item in group.findings]


def test_each_method_has_its_heading() -> None:
    appendix = whole()
    assert appendix.findings is not None
    assert [group.heading for group in appendix.findings.groups] == [
        "Main effects",
        "Effect modification",
        "Subgroups",
        "Agreement of the searches",
        "What could not be estimated",
    ]


def test_simulated_data_are_named_before_any_number() -> None:
    tree = lxml.html.fromstring(page())
    (section,) = tree.xpath("//section[@id='key-findings']")
    assert section.xpath("string(p[1])").startswith("The data are simulated")
    spec, records = study()
    real = composed(spec, replace(records, study=replace(records.study, simulated=False)))
    assert real.findings is not None and real.findings.lead == ""


def test_every_link_of_the_page_leads_somewhere() -> None:
    tree = lxml.html.fromstring(page())
    names = set(tree.xpath("//@id"))
    for name in ("key-findings", "participant-flow"):
        links = tree.xpath(f"//section[@id='{name}']//a/@href")
        assert links and {link.removeprefix("#") for link in links} <= names
    assert tree.xpath("//nav//a[@href='#key-findings']") and tree.xpath("//nav//a[@href='#participant-flow']")


def test_a_finding_leads_to_the_artefact_that_shows_it() -> None:
    appendix = whole()
    assert appendix.findings is not None
    found = {
        group.heading: [item.link and item.link.name for item in group.findings] for group in appendix.findings.groups
    }
    assert found["Main effects"][0] == "forest" and found["Effect modification"] == ["readings"]
    assert found["Subgroups"][0] == "subgroups" and found["What could not be estimated"][0] == "status"
    assert appendix.flow is not None and [link.name for link in appendix.flow.links] == ["ledger", "analysed"]


def test_what_is_not_in_the_report_is_not_linked() -> None:
    appendix = composed(only=frozenset({"analysed"}))
    assert appendix.findings is not None
    names = {item.link.name for group in appendix.findings.groups for item in group.findings if item.link}
    assert names <= {"status", "provenance"}


def test_every_number_has_a_row() -> None:
    _, records = study()
    rows = {row.id: row.text for row in results_of([records, *numbers_in(whole())], {}).rows}
    assert trace_numbers(page(), rows).untraced == ()


def test_findings_and_flow_come_before_the_contents_on_paper_and_take_a_page_each_at_most() -> None:
    written, reason = pdf_page(whole())
    assert written is not None, reason
    with pikepdf.open(io.BytesIO(written)) as document, document.open_outline() as outline:
        pages = {item.title: document.pages.index(item.destination[0]) for item in outline.root}
    assert pages["Key findings"] == 1
    assert pages["Flow of participants"] - pages["Key findings"] <= 1
    assert pages["Contents"] - pages["Flow of participants"] == 1


def test_word_has_both_with_references_as_fields() -> None:
    appendix = whole()
    assert appendix.flow is not None
    pictures = {
        drawing.name: PIXEL for artefact in appendix.artefacts for part in artefact.parts for drawing in part.drawings
    }
    pictures |= {drawing.name: PIXEL for drawing in appendix.flow.drawings}
    document = opened(word_document(appendix, pictures))
    headings = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 1"]
    assert headings[:3] == ["Key findings", "Flow of participants", "Methods"]
    assert any(field.code.startswith("REF") and field.result == "Fig. 1" for field in fields_of(body_of(document)))


def test_quarto_has_both_with_links(tmp_path: Path) -> None:
    edition = Edition(whole(), results_of([], {}))
    Quarto().write(edition, {("participant-flow", "outlined"): b"<svg/>"}, tmp_path)
    text = (tmp_path / "quarto" / "report.qmd").read_text(encoding="utf-8")
    assert text.index("## Key findings") < text.index("## Flow of participants") < text.index("## Methods")
    assert (tmp_path / "quarto" / "figures" / "participant-flow.svg").is_file()
    named = set(re.findall(r"\{#([\w.-]+)\}", text))
    assert set(re.findall(r"\]\(#([\w.-]+)\)", text)) <= named


def test_a_study_file_may_do_without_either() -> None:
    spec, _ = study()
    appendix = composed(with_report(spec, key_findings=False, participant_flow=False))
    assert appendix.findings is None and appendix.flow is None
    tree = lxml.html.fromstring(html_page(appendix, {}))
    assert not tree.xpath("//*[@id='key-findings' or @id='participant-flow' or @href='#key-findings']")


def test_an_analysis_that_failed_is_named_with_its_reason() -> None:
    spec, records = study()
    reason = Number("rp.failure", None, "the matrix is singular", kind="quotation", status="failed")
    broken = replace(records, analyses={**records.analyses, "rp": Failure("rp", reason)})
    said = lines(composed(spec, broken))
    assert "The analysis “rp” failed: the matrix is singular." in said
    assert not any(line.startswith("Recursive partitioning") for line in said)


def test_a_study_without_moderators_and_searches_speaks_of_none() -> None:
    spec, records = study()
    alone = {name: record for name, record in records.analyses.items() if name in ("people", "pooled")}
    contents = tuple(node for node in spec.study.report.contents if getattr(node, "of", None) in alone)
    analyses = {name: node for name, node in spec.study.analyses.items() if name in alone}
    report = with_report(spec, contents=contents)
    report = replace(report, study=report.study.model_copy(update={"analyses": analyses}))
    appendix = composed(report, replace(records, analyses=alone))
    assert appendix.findings is not None
    assert [group.heading for group in appendix.findings.groups] == ["Main effects", "What could not be estimated"]


def test_fits_without_an_estimate_are_counted_by_method() -> None:
    (said,) = (line for line in lines(whole()) if " fits, " in line)
    total, _, listed = said.partition(": ")
    counts = [
        tuple(map(int, re.findall(r"(\d+) of (\d+) in ", part)[0])) for part in re.split(r", (?=\d)| and ", listed)
    ]
    missing = sum(map(int, re.findall(r"(\d+) (?:could not|failed|suppressed)", total)))
    assert counts and sum(none for none, _ in counts) == missing
    assert all(none <= every for none, every in counts)


def test_without_analyses_there_are_no_findings_but_a_flow() -> None:
    spec, records = study()
    bare = with_report(spec, contents=())
    bare = replace(bare, study=bare.study.model_copy(update={"analyses": {}}))
    appendix = composed(bare, replace(records, analyses={}))
    assert appendix.findings is None and appendix.flow is not None
    assert plain(appendix.flow.note) == "No analysis says who entered it."


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fea7"
    "35810e0000000049454e44ae426082"
)
