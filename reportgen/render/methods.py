"""The methods in prose, written from what was fitted: each view says what its method did.

In: the study file and the records. Out: sections of running text, whose numbers have ids like all others.
"""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.records.derived import Derived
from reportgen.records.honesty import honesty_of
from reportgen.records.model import Failure, Records
from reportgen.records.numbers import Inline, Number, slug
from reportgen.spec import Spec
from reportgen.tables.phrases import counted, joined
from reportgen.views import Section, by_view
from reportgen.views.prose.draws import draws_section


def methods(spec: Spec, records: Records) -> tuple[Section, ...]:
    """Return the sections of the methods: of the data, of each method in its turn, and of what all numbers have in common."""
    analyses = list(records.analyses.values())
    sections = [Section(("Data",), tuple(_data(records)))]
    for view, own in by_view(analyses):
        sections += view.prose(own, spec.study)
    sections.append(draws_section(honesty_of(analyses)))
    broken = [record for record in analyses if isinstance(record, Failure)]
    if broken:
        reasons = joined([(record.reason,) for record in broken])
        sections.append(Section(("Analyses that failed",), (("Not in this report: ", *reasons, "."),)))
    sections.append(Section(("Numbers",), (_numbers(guarded=spec.study.policy.minimum_cell > 1),)))
    return tuple(section for section in sections if section.paragraphs)


def _data(records: Records) -> Iterator[Inline]:
    study, included = records.study, records.included
    kind = "Simulated data" if study.simulated else "Individual participant data"
    yield (
        f"{kind} of ",
        *counted(included.number, "trial"),
        " were analysed: ",
        *counted(included.n, "participant"),
        *((" of the ", included.in_file, " in the files") if included.in_file.value != included.n.value else ()),
        ". Each recoding of a value and each participant excluded on loading is listed in the ledger.",
    )
    if study.source.text:
        yield ("Source of the data: ", study.source, "" if study.source.text.endswith(".") else ".")


def _numbers(*, guarded: bool) -> Inline:
    kept = ", or the printed value where more digits would disclose results of few participants," if guarded else ""
    return (
        "Numbers are rounded half away from zero for printing only; a p value has more digits where it would otherwise be printed as a limit that it does not equal, as do the end of an interval that excludes zero and a percentage that is neither zero nor one hundred. Each number has a row in the results table accompanying this report, with its unrounded value"
        f"{kept} and its origin.",
    )


def where_written(spec: Spec) -> tuple[tuple[Number, Number], ...]:
    """Return each analysis with the line of the study file that asked for it."""
    return tuple(
        (
            derived.quote("analysis", name),
            derived.quote("place", spec.at("analyses", name).short),
        )
        for name in spec.study.analyses
        for derived in [Derived(slug("provenance", "asked for", name), f"analyses.{name}")]
    )
