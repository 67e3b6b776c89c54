"""What each number of a report came from: the line that asked for it, the data, the model, the versions of programs.

In: the study, its records and the results table. Out: the sources to which the rows point, and `provenance.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from reportgen.analyses import versions
from reportgen.analyses.repository_records import RepositoryRecords
from reportgen.records.model import Records
from reportgen.records.results import Results, Source
from reportgen.spec import Spec


def sources_of(results: Results, spec: Spec, repository: RepositoryRecords) -> dict[str, Source]:
    """Say once for each analysis, trial or section what its numbers came from: the pages say no more and nothing else."""
    trials = {name: spec.mappings[number].source.at("trial").short for name, number in repository.mapping_of.items()}
    used, libraries = dict.fromkeys(row.source for row in results.rows), versions()
    return {
        key: Source(
            spec=_line(key, spec, trials),
            data=repository.fingerprint,
            model=_model(key, spec),
            seed=spec.study.study.seed,
            versions=libraries,
        )
        for key in used
    }


def _line(key: str, spec: Spec, trials: Mapping[str, str]) -> str:
    """Return the line that a source stands for; names of trials and analyses may hold dots."""
    kind, _, name = key.partition(".")
    if kind == "trials" and name in trials:
        return trials[name]
    return spec.at(kind, name).short if name else spec.at(kind).short


def _model(key: str, spec: Spec) -> str:
    kind, _, name = key.partition(".")
    node = spec.study.analyses.get(name) if kind == "analyses" else None
    if node is None:
        return "count or quotation"
    settings = node.model_dump(mode="json", exclude={"outcomes", "follow_up", "comparisons", "variables"})
    return ", ".join(f"{key}: {value}" for key, value in settings.items())


def provenance(spec: Spec, repository: RepositoryRecords, records: Records, results: Results, built: datetime) -> str:
    """Return `provenance.json`: files, versions and sources, what was suppressed, and when the report was built."""
    content = {
        "study": spec.name,
        "built": built.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": {
            "fingerprint": repository.fingerprint,
            "files": [asdict(file) for file in repository.files],
        },
        "seed": spec.study.study.seed,
        "disclosure": {
            "minimum_cell": spec.study.policy.minimum_cell,
            "suppressed": [asdict(item) for item in records.egress.suppressed] if records.egress else [],
        },
        "versions": versions(),
        "sources": {key: {"spec": s.spec, "model": s.model} for key, s in sorted(results.sources.items())},
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
