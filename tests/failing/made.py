"""The failing inputs, made by code: what each of them changes of a pair of invented trials.

`test_all.py` proves that what is made here is what was found to fail.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import pyreadstat
import xlsxwriter

from tests.failing.pair import (
    ALONE,
    HEAD,
    Change,
    Files,
    Row,
    changed,
    csv,
    each,
    one,
    people,
    study,
    written,
)

AT_A_SITE: Change = ("trial: North\n", "trial:\n  column: site\n")
SEX = "  sex:\n    column: sex\n    codes:\n      1: male\n      2: female\n"
LEVELS = "  sex:\n    levels:\n    - female\n    - male\n"
LAST = "      3 months: p3\n"
NOTHING: Mapping[str, str] = {}
ZERO_WIDTH, SOFT_HYPHEN, BYTE_ORDER, DECOMPOSED = "\u200b", "\u00ad", "\ufeff", "\u0308"


def spss(rows: Sequence[Row], **labels: dict[int, str]) -> Files:
    """An SPSS file with value labels."""
    frame = pd.DataFrame([list(map(float, row)) for row in rows], columns=HEAD)
    content = written(lambda path: pyreadstat.write_sav(frame, path, variable_value_labels=labels))
    return study(content, file="north.sav")


def labelled_age(label: str) -> Files:
    """Three people are 99, and 99 has a label; no code for missing is declared."""
    rows = people()
    for row in rows[:3]:
        row[2] = 99
    return spss(rows, age={99: label})


def letters_of_stata() -> Files:
    """Two kinds of missing value, `.a` and `.b`, that the mapping calls an answer."""
    rows = people()
    for row, letter in zip(rows, "abaaa", strict=False):
        row[3] = letter
    frame = pd.DataFrame(rows, columns=HEAD)
    labels = {"sex": {1: "Male", 2: "Female", "a": "Refused", "b": "Not asked"}}
    content = written(
        lambda path: pyreadstat.write_dta(
            frame, path, variable_value_labels=labels, missing_user_values={"sex": ["a", "b"]}
        )
    )
    codes = ("      2: female\n", "      2: female\n      .a: refused\n      .b: refused\n")
    levels = ("    - male\n", "    - male\n    - refused\n")
    return study(content, codes, file="north.dta", whole=[levels])


def short_floats() -> Files:
    """Ids above 2^24, held in 32 bits."""
    frame = pd.DataFrame(each(0, lambda number: 2**24 + number), columns=HEAD).astype({"id": "float32"})
    return study(written(lambda path: frame.to_stata(path, write_index=False)), file="north.dta")


def beside(name: str, cell: Callable[[int], Any], *mapping: Change, whole: Sequence[Change] = ()) -> Files:
    """One column more, filled by the place of the row."""
    rows = [[*row, cell(place)] for place, row in enumerate(people())]
    return study(csv(rows, [*HEAD, name]), *mapping, whole=whole)


def sites(first: str, second: str) -> Files:
    """A name of a site in two writings, half of the people each."""
    return beside("site", lambda place: first if place < 12 else second, AT_A_SITE)


def garbled_sites(first: str, second: str, *mapping: Change) -> Files:
    """Two sites whose names hold letters that an encoding may garble."""
    rows = [[*row, first if row[1] == 2 else second] for row in sorted(people(), key=lambda row: -row[1])]
    return study(csv(rows, [*HEAD, "site"]), AT_A_SITE, *mapping)


def joined(ids: str, others: str, changes: int = 4) -> Files:
    """Two files of a trial; in the second one the first ids are written otherwise."""
    first = [[ids.format(row[0]), *row[1:5]] for row in people()]
    second = [[(others if row[0] <= changes else ids).format(row[0]), row[5]] for row in people()]
    single = "  file: north.csv\n  participant: id\n"
    double = "- file: north.csv\n  participant: id\n- file: north2.csv\n  participant: id\n"
    return study(csv(first, HEAD[:5]), (single, double)) | {"north2.csv": csv(second, ["id", "p3"])}


def named(north: str, south: str, of_north: Sequence[Change] = (), of_south: Sequence[Change] = ()) -> Files:
    """Names of trials and arms that programs downstream take for something else."""
    files = study(csv(people()), ("trial: North", f"trial: {north}"), *of_north)
    mapping = files["south.yaml"].decode()
    return files | {"south.yaml": changed(mapping, [("trial: South", f"trial: {south}"), *of_south])}


def arms(active: str, control: str) -> list[Change]:
    """Other names of the arms."""
    return [("name: active", f"name: {active}"), ("name: control", f"name: {control}")]


def coded(male: str, female: str, codes: str = "", levels: str = "female, male") -> Files:
    """Codes or levels of sex that YAML would make into something else."""
    return study(
        csv(each(3, lambda sex: male if sex == 1 else female)),
        (SEX, f"  sex: {{column: sex{codes}}}\n"),
        whole=[ALONE, (LEVELS, f"  sex: {{levels: [{levels}]}}\n")],
    )


def workbook(
    head: Sequence[Sequence[Any]],
    *mapping: Change,
    rows: Sequence[Row] = (),
    merged: Mapping[str, str] = NOTHING,
) -> Files:
    """A workbook whose head is its own."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet, shown = book.add_worksheet("Data"), book.add_format({"num_format": "mmm-yy"})
        for at, row in enumerate([*head, *(rows or people())]):
            for column, cell in enumerate(row):
                sheet.write(at, column, cell, shown if isinstance(cell, date) else None)
        for cells, name in merged.items():
            sheet.merge_range(cells, name)
    return study(content.getvalue(), *mapping, file="north.xlsx")


def adherence(content: bytes, file: str) -> Files:
    """A covariate in per cent."""
    return study(
        content,
        (LAST, LAST + "  adherence:\n    column: adh\n    unit: '%'\n"),
        file=file,
        whole=[
            ALONE,
            ("comparisons:\n", "  adherence:\n    unit: '%'\n    range:\n    - 0\n    - 100\ncomparisons:\n"),
            ("    - sex\n    - baseline PAIN\n", "    - adherence\n"),
        ],
    )


def adhering() -> list[Row]:
    """North's rows with a share beside them."""
    return [[*row, row[2] / 100] for row in people()]


def open_document(rows: Sequence[Row]) -> bytes:
    """An OpenDocument sheet, in which fractions are shown as per cent."""

    def cell(value: Any) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        kind, shown = ("percentage", f"{value:.0%}") if isinstance(value, float) else ("float", value)
        opened = f'<table:table-cell office:value-type="{kind}" office:value="{value}">'
        return f"{opened}<text:p>{shown}</text:p></table:table-cell>"

    lines = ("".join(map(cell, row)) for row in [[*HEAD, "adh"], *rows])
    body = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    space = "urn:oasis:names:tc:opendocument:xmlns:{0}:1.0"
    names = " ".join(f'xmlns:{name}="{space.format(name)}"' for name in ("office", "table", "text"))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{space.format("manifest")}"><manifest:file-entry manifest:full-path="/" '
            'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
        parts.writestr(
            "content.xml",
            f'<office:document-content {names} office:version="1.3"><office:body><office:spreadsheet>'
            f'<table:table table:name="Data">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return content.getvalue()


def sex_is_the_arm() -> Files:
    """In North every man is treated and no woman is."""
    rows = [[*row[:3], row[1], *row[4:]] for row in people()]
    screened = ("policy:\n", "  mod:\n    method: moderators\n    moderators:\n    - age\n    - sex\npolicy:\n")
    shows = "".join(
        f"  - series: {series}\n    show: {show}\n    of: mod\n"
        for series, show in (("Fig.", "interaction-forest"), ("Table", "interaction-estimates"))
    )
    files = study(csv(rows), whole=[screened])
    return files | {"study.yaml": files["study.yaml"] + shows.encode()}


RANGE_OF_PAIN: Change = ("    range:\n    - 0\n    - 100\n", "")
RANGE_OF_AGE: Change = ("    range:\n    - 16\n    - 110\n", "")
REGION: list[Change] = [
    ALONE,
    ("comparisons:\n", "  region:\n    levels:\n    - NA\n    - EU\ncomparisons:\n"),
    ("    - sex\n    - baseline PAIN\n", "    - region\n"),
]
FLAGS = "    flags:\n      {0}:\n        column: {1}\n        equals: {2}\n    otherwise: {3}\n"
LABELS = {
    "lab02": "Missing; Unknown", "lab04": "Not stated", "lab06": "Prefer not to say", "lab09": "Refused to answer",
    "lab10": "Declined", "lab11": "Weiß nicht", "lab13": "Ne sait pas", "lab15": "NSP", "lab16": "Vet ikke",
    "lab17": "Ikke besvart", "lab18": "Skipped", "lab19": "Inapplicable", "lab20": "Invalid", "lab21": "not answered (99)",
    "lab24": "Unbekannt", "lab25": "Não sabe", "lab27": "-99 Missing", "lab28": "System missing",
    "lab29": "Question not administered", "lab30": "Not available/unknown", "lab31": "Don't know/refused",
    "lab32": "unknown/missing", "lab33": "no info", "lab34": "manquant", "lab35": "99 = missing",
}  # fmt: skip
LONG = (
    "A multicentre randomised controlled trial of a very long-named intervention delivered in general practice compared with "
    "usual care in adults with chronic pain (the ANTIDISESTABLISHMENTARIANISM study), first phase, extended follow-up"
)
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
PAIN_AS = "      baseline: {}\n      3 months: {}\n"


def two_rows_of_names() -> Files:
    """`Pain` stands over two visits."""
    merged = {"A1:A2": "id", "B1:B2": "arm", "C1:C2": "age", "D1:D2": "sex", "E1:F1": "Pain"}
    head = [[], ["", "", "", "", "baseline", "3 months"]]
    first_row = ("  participant: id\n", "  participant: id\n  header_row: 1\n")
    return workbook(head, first_row, (PAIN_AS.format("p0", "p3"), PAIN_AS.format("Pain", "Pain")), merged=merged)


def keep(column: str, answer: str) -> Change:
    """A rule that says who stays."""
    return ("  participant: id\n", f"  participant: id\n  keep:\n  - column: {column}\n    equals: {answer}\n")


BUILDERS: dict[str, Callable[[], Files]] = {
    **{name: partial(labelled_age, label) for name, label in LABELS.items()},
    "armlab_swapname": lambda: spss(people(), arm={1: "control group", 2: "active group"}),
    "lab_swapF": lambda: spss(people(), sex={1: "F", 2: "M"}),
    "lab_swapwomen": lambda: spss(people(), sex={1: "Women", 2: "Men"}),
    "dta_dot_a_b": letters_of_stata,
    "dtaf32id": short_floats,
    "NAflag": lambda: beside(
        "region",
        lambda place: "EU" if place % 2 else "NA",
        (LAST, LAST + "  region:\n" + FLAGS.format("EU", "region", "EU", "NA")),
        whole=REGION,
    ),
    "armver": lambda: study(
        csv(each(1, lambda arm: "2.1" if arm == 1 else "2.10")),
        ("    1:\n      class: active\n      name: active\n", "    '2.1':\n      class: active\n"),
        ("    2:\n      class: control\n      name: control\n", "    '2.10':\n      class: control\n"),
    ),
    "endash": lambda: study(
        csv([[*r[:2], f"–{r[2]}" if r[0] < 3 else r[2], *r[3:]] for r in people()]), whole=[RANGE_OF_AGE]
    ),
    "fullwidthcode": lambda: study(csv(each(3, lambda sex: "０１２"[sex]))),
    "code_noise": lambda: study(
        csv(each(3, lambda sex: 0.1 + 0.2 if sex == 1 else 0.7)),
        ("      1: male\n      2: female\n", "      0.3: male\n      0.7: female\n"),
    ),
    "csv_flagyesvar": lambda: beside(
        "m",
        lambda place: ("yes", "y", "Yes.", "ja")[place] if place < 4 else "yes" if place % 2 else "no",
        (SEX, "  sex:\n" + FLAGS.format("male", "m", "yes", "female")),
    ),
    "keep_synonym": lambda: beside("ok", lambda place: ("yes", "y", "Y.")[place % 3], keep("ok", "yes")),
    "keep_nfd": lambda: beside("ok", lambda place: "oui é" if place % 3 else "oui e\u0301", keep("ok", "oui é")),
    "csv_cp1252decl8": lambda: garbled_sites(
        "Malmö", "Århus", ("  participant: id\n", "  participant: id\n  encoding: windows-1252\n")
    ),
    "csv_mojibake_src": lambda: garbled_sites("MalmÃ¶", "Ã˜rsta"),
    "csv_bom16be": lambda: study(csv(people()).decode().encode("utf-16-be")),
    "csv_xlsx": lambda: study(b"PK\x03\x04" + bytes(40)),
    "csv_nul": lambda: study(csv(people()).replace(b"\n", b"\0\n", 3)),
    "csv_rwritec": lambda: study(csv([[place, *row] for place, row in enumerate(people())])),
    "csv_ctrlz": lambda: study(csv(people()) + b"\x1a"),
    "csv_backslash": lambda: beside("note", lambda place: r"say \"hi\"\, ok"),
    "csv_comment": lambda: study(b"# exported 2020\n" + csv(people())),
    "csv_frac_cov": lambda: adherence(csv(adhering(), [*HEAD, "adh"]), "north.csv"),
    "ods_pct_cov2": lambda: adherence(open_document(adhering()), "north.ods"),
    "xl_bigid": lambda: workbook([HEAD], rows=each(0, lambda number: 12345678901234567890 + number)),
    "xl_hdr2_1": two_rows_of_names,
    "xl_hdr_nl": lambda: workbook([["id", "arm", "age\n(years)", *HEAD[3:]]], ("column: age", "column: age (years)")),
    "xl_hdr_date": lambda: workbook(
        [[*HEAD[:4], date(2020, 1, 1), date(2020, 4, 1)]],
        (PAIN_AS.format("p0", "p3"), PAIN_AS.format("Jan-20", "Apr-20")),
    ),
    "site_soft": lambda: sites("Oslo", f"Os{SOFT_HYPHEN}lo"),
    "site_bom": lambda: sites("Oslo", f"{BYTE_ORDER}Oslo"),
    "site_apos": lambda: sites("St John's", "St John’s"),
    "site_fullw": lambda: sites("A1", "Ａ1"),
    "join_zw": lambda: joined("Zoë-{:03d}", "Zoë-{:03d}" + ZERO_WIDTH),
    "join_dash": lambda: joined("Zoë-{:03d}", "Zoë–{:03d}"),
    "join_fullw": lambda: joined("Zoë-{:03d}", "Zoë-００{}"),
    "join_under": lambda: joined("Zoë-{:03d}", "Zoë_{:03d}"),
    "join_nohyph": lambda: joined("Zoë-{:03d}", "Zoë{:03d}"),
    "join_dateids": lambda: joined("{}/3", "2020-03-{:02d}", changes=12),
    "lvlNFD": lambda: study(
        csv(each(3, lambda sex: f"ma{DECOMPOSED}nnlich" if sex == 1 else "weiblich")),
        (SEX, "  sex:\n    column: sex\n"),
        whole=[ALONE, ("    - female\n    - male\n", "    - männlich\n    - weiblich\n")],
    ),
    "hdrNFD": lambda: study(
        csv(people(), [*HEAD[:3], f"gro{DECOMPOSED}ße", *HEAD[4:]]), ("column: sex", "column: größe")
    ),
    "hdrZW": lambda: study(csv(people(), [*HEAD[:3], f"se{ZERO_WIDTH}x", *HEAD[4:]])),
    "cellZW": lambda: study(csv(one(2, 2, f"72{ZERO_WIDTH}"))),
    "cellZWcode": lambda: study(csv(one(2, 3, f"1{ZERO_WIDTH}"))),
    "y_levnum0": lambda: coded("01", "02", levels="01, 02"),
    "y_oct": lambda: coded("0o7", "0x8", ", codes: {0o7: male, 0x8: female}"),
    "y_under": lambda: coded("1_0", "2_0", ", codes: {1_0: male, 2_0: female}"),
    "y_date": lambda: coded("2020-01-01", "2020-02-01", ", codes: {2020-01-01: male, 2020-02-01: female}"),
    "y_null": lambda: coded("~", "x", ", codes: {~: male, x: female}"),
    "y_levtrue": lambda: coded("TRUE", "FALSE", levels="true, false"),
    "b_tiny": lambda: study(csv([[*row[:4], row[4] * 1e-9, row[5] * 1e-9] for row in people()]), whole=[RANGE_OF_PAIN]),
    "weights_ordinary": lambda: study(csv(people())),
    "b_mod_empty_cell": sex_is_the_arm,
    "n_formula": lambda: named(
        "=1+1", "'@SUM(A1)'", arms('=HYPERLINK("http://x")', "+CBT"), arms("-active", "http://example.org")
    ),
    "n_long": lambda: named(LONG, WORD + WORD),
    "n_rtl": lambda: named("ירושלים 2019", "القاهرة (٢٠٢٠)"),
    "n_emoji": lambda: named("Trial 😀👩\u200d⚕️", "Nord\u0301 e\u0301tude ✓≥±µ"),
}
"""Each failing input by its name."""
