"""The appendix of an evaluation: the same frozen value that a study has, without trials that were read.

In: the record, where the file stands and what made the numbers. Out: an `Appendix`, which every target can write.
"""

from __future__ import annotations

from collections.abc import Mapping

from reportgen.records.artefact import Column, Group, Row, Table
from reportgen.records.derived import Derived
from reportgen.records.evaluation import EvaluationRecord
from reportgen.records.model import Provenance, StudyRecord
from reportgen.records.numbers import Inline
from reportgen.render.abbreviations import common_abbreviations, spelt_out, united
from reportgen.render.appendix import Appendix, BackSection
from reportgen.tables import versions as versions_table
from reportgen.views import Back
from reportgen.views.evaluation import numbered, planned, sections

KNOWN = common_abbreviations(SD="standard deviation; as a unit, that of the residuals in the control arm")


def evaluation_appendix(record: EvaluationRecord, fingerprint: str, versions: Mapping[str, str]) -> Appendix:
    """Put together everything that the pages print.

    Parameters
    ----------
    record : EvaluationRecord
    fingerprint : str
        Of the evaluation file.
    versions : mapping of str to str
        Programs and their versions.
    """
    derived = Derived("evaluation.report", "evaluation")
    provenance = Provenance(
        (),
        derived.quote("fingerprint", fingerprint),
        record.seed,
        tuple((name, derived.at("versions").quote(name, version)) for name, version in versions.items()),
    )
    artefacts = tuple(spelt_out(artefact, KNOWN) for artefact in numbered(record, planned(record)))
    return Appendix(
        study=_study(record, fingerprint, derived, versions["reportgen"]),
        methods=sections(record),
        artefacts=artefacts,
        back=(_provenance(record, provenance),),
        abbreviations=united(artefact.abbreviations for artefact in artefacts),
        references={},
    )


def _study(record: EvaluationRecord, fingerprint: str, derived: Derived, version: str) -> StudyRecord:
    """What stands on the title page: trials and participants are those of a data set."""
    nothing = derived.quote("nothing", "")
    trials = [int(scenario.number_of_trials.value or 0) for scenario in record.scenarios]
    people = [int(scenario.participants.value or 0) for scenario in record.scenarios]
    scenarios, searches = len(record.scenarios), len(record.searches)
    summary = (
        f"{_counted(searches, 'search', 'searches')} for subgroups, judged where the truth is known: "
        f"{_counted(scenarios, 'scenario', 'scenarios')} of simulated meta-analyses."
    )
    return StudyRecord(
        name=record.name,
        title=record.title,
        subtitle=nothing,
        authors=(),
        protocol=nothing,
        version=derived.quote("version", version),
        summary=derived.quote("summary", summary),
        source=nothing,
        simulated=True,
        profile="final",
        fingerprint=derived.quote("fingerprint of file", f"{fingerprint} (evaluation file)"),
        trials=derived.quote("trials", f"{_range(trials)} in each data set"),
        participants=derived.quote("participants", f"{_range(people)} in each data set"),
        level=record.level,
    )


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _range(values: list[int]) -> str:
    """Return the least and the largest of some counts.

    Examples
    --------
    >>> _range([600, 800, 600]), _range([3])
    ('600 to 800', '3')
    """
    low, high = min(values), max(values)
    return f"{low}" if low == high else f"{low} to {high}"


def _provenance(record: EvaluationRecord, provenance: Provenance) -> BackSection:
    paragraphs: tuple[Inline, ...] = (
        ("The same evaluation file and versions give the same report, with however many processes.",),
        ("Fingerprint of the evaluation file: ", provenance.fingerprint, "."),
    )
    columns = (Column(("Search",), "left"), Column(("Data sets of each scenario",), "right"))
    rows = tuple(Row((search.name,), ((search.data_sets,),)) for search in record.searches)
    tables = (
        Back("provenance-versions", "Programs", versions_table(provenance)),
        Back("provenance-searches", "Searches", Table(columns, (Group(rows),))),
    )
    return BackSection("provenance", "Provenance", paragraphs, tables)
