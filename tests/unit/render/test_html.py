"""The HTML is one file, every number on it stands with its row, and a screen reader finds its way."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import jinja2
import pytest
from lxml import html

from reportgen.records.numbers import numbers_in
from reportgen.render.environment import environment
from reportgen.render.inline import number_html
from reportgen.spec.templates import OwnTemplate
from tests.page_numbers import rows_by_id, trace_numbers
from tests.unit.render.conftest import Report


@pytest.fixture(scope="module")
def page(report: Report) -> html.HtmlElement:
    return html.fromstring(report.html)


def test_every_numeric_token_stands_with_its_row(report: Report) -> None:
    rows = {number.id: number.text for number in numbers_in((report.records, report.appendix))}
    traced = trace_numbers(report.html, rows)
    assert traced.untraced == ()
    assert traced.found > 500


def test_an_element_of_one_number_prints_exactly_its_text(page: html.HtmlElement, report: Report) -> None:
    rows = {number.id: number.text for number in numbers_in((report.records, report.appendix))}
    found = page.xpath("//td[@data-id] | //span[@data-id]")
    assert found and all(item.text_content() == rows[item.get("data-id")] for item in found)


def test_nothing_comes_from_elsewhere(report: Report) -> None:
    text = re.sub(r"data:[\w/;+-]+,[A-Za-z0-9+/=]+", "", report.html)
    assert not re.findall(r"""(?:src|href)=["'](?!#)[^"']+""", text)
    assert not re.findall(r"""url\((?!["']?(?:#|\)|["']))[^)]*\)""", re.sub(r'url\(""?\)', "", text))
    assert not re.findall(r"@import|fetch\(|XMLHttpRequest|<link|<iframe", text)
    outside = {url for url in re.findall(r"https?://[^\s\"'<)]+", text) if not url.startswith("http://www.w3.org/")}
    assert outside == set()


def test_ids_are_unique_and_links_arrive(page: html.HtmlElement) -> None:
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    targets = {link[1:] for link in page.xpath("//a/@href")}
    assert targets and targets <= set(ids)


def test_artefacts_lead_to_each_other(page: html.HtmlElement) -> None:
    links = page.xpath("//section[@id='fig1']/p[@class='note']/a")
    assert [(link.get("href"), link.text) for link in links] == [("#table3", "Table 3")]
    assert page.xpath("string(//section[@id='table3']/p[@class='note'][last()])").strip() == "Drawn in Fig. 1."


def test_landmarks_heads_and_captions(page: html.HtmlElement) -> None:
    assert page.get("lang") == "en"
    assert page.xpath("//main") and page.xpath("//nav[@aria-labelledby]") and page.xpath("//a[@class='skip']")
    levels = [int(head.tag[1]) for head in page.xpath("//h1|//h2|//h3|//h4")]
    assert levels.count(1) == 1 and all(b <= a + 1 for a, b in pairwise(levels) if a > 1)
    for table in page.xpath("//table"):
        assert table.xpath("./caption") and all(th.get("scope") for th in table.xpath(".//th"))
        assert table.xpath("./ancestor::div[@role='region' and @tabindex='0' and @aria-labelledby]")
    for svg in page.xpath("//*[local-name()='svg']"):
        assert svg.get("role") == "img" and svg.get("aria-label")


def test_simulated_data_and_drafts_are_named(page: html.HtmlElement) -> None:
    assert "Simulated data" in page.xpath("string(//header)") and "Draft" in page.xpath("string(//header)")
    assert "Simulated data" in page.xpath("string(//nav)")


def test_every_number_can_tell_where_it_comes_from(report: Report) -> None:
    text = (report.folder / "appendix.html").read_text(encoding="utf-8")
    known = json.loads(html.fromstring(text).xpath("string(//script[@id='rows'])"))
    told = [row for row in rows_by_id(text).values() if row]
    assert len(told) > 500
    assert all(0 <= row[1] < len(known["sources"]) for row in told)
    assert all(0 <= place < len(known["words"]) for row in told for place in row[4:] if place is not None)


def test_the_whole_ledger_is_in_the_html(page: html.HtmlElement) -> None:
    assert len(page.xpath("//table[@id='table-ledger-lines']/tbody/tr[not(@class='group')]")) == 70


def test_unknown_names_in_templates_are_errors() -> None:
    with pytest.raises(jinja2.UndefinedError):
        environment("html").from_string("{{ nobody.knows }}").render()


def test_templates_are_compiled_once_a_target_and_for_a_study_with_its_own_again() -> None:
    own = OwnTemplate("partials/toc.html", Path("own/partials/toc.html"), "own/partials/toc.html", "mine", "")
    assert environment("html").get_template("page.html") is environment("html").get_template("page.html")
    texts = [environment("html", given).get_template("partials/toc.html").render() for given in ((own,), [own])]
    assert texts == ["mine", "mine"]
    assert environment("html").loader is not environment("html", (own,)).loader is not environment("pdf", (own,)).loader


def test_words_of_the_study_are_escaped() -> None:
    from reportgen.records.numbers import Number

    hostile = Number('a"><b', None, "<script>alert(1)</script>", kind="quotation")
    assert str(number_html(hostile)) == (
        '<span class="q" data-id="a&#34;&gt;&lt;b">&lt;script&gt;alert(1)&lt;/script&gt;</span>'
    )


def test_the_same_records_give_the_same_page(report: Report) -> None:
    from reportgen.render.html import html_page

    assert html_page(report.appendix, {}) == (report.folder / "appendix.html").read_text(encoding="utf-8")
