"""At which visits the mappings have an instrument, and what follows from that for a study file: it is not asked of the data.

In: a study and its mappings as written. Out: the study, with what each outcome is analysed as and without an adjuster that
nobody asked for and no mapping has.
"""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.spec.analyses import Pooled
from reportgen.spec.mapping import Mapping, visit_time
from reportgen.spec.model import months_of
from reportgen.spec.outcomes import Outcome
from reportgen.spec.references import BASELINE, expanded
from reportgen.spec.study import Analysis, Study
from reportgen.spec.variables import Variable

VISIT = "{visit}"


def declared_visits(variable: Variable, mapping: Mapping) -> list[str]:
    """Return the visits at which a mapping has an instrument, as it writes them: keys of `visits`, or times.

    Examples
    --------
    >>> data, arms = {"file": "a.csv", "participant": "id"}, {"column": "arm", "codes": {}}
    >>> pain = {"column": "vas_{visit}"}
    >>> visits = {"b": "baseline", "q3": "3 months"}
    >>> mapping = Mapping(trial="A", data=data, arms=arms, visits=visits, variables={"VAS": pain})
    >>> declared_visits(mapping.variables["VAS"], mapping)
    ['b', 'q3']
    """
    if isinstance(variable.column, dict):
        keys = list(variable.column)
    elif variable.visits:
        keys = list(variable.visits)
    elif VISIT in (variable.column or "") or VISIT in "".join(variable.items or ()):
        keys = [str(key) for key in mapping.visits]
    else:
        keys = [text for data in mapping.data if data.visit for text in data.visit.codes.values() if text is not None]
    return [str(key) for key in dict.fromkeys(keys)]


def settled(study: Study, mappings: Sequence[Mapping]) -> Study:
    """Return a study in which every outcome says what is analysed of it.

    An analysis that does not name its adjusters is not adjusted for a baseline that no mapping has of any of its outcomes.

    Parameters
    ----------
    study : Study
    mappings : sequence of Mapping
        All of the study.
    """
    at_baseline = {name for name, outcome in study.outcomes.items() if _at_baseline(name, outcome, mappings)}
    outcomes = {
        name: outcome.model_copy(update={"analyse": outcome.analyse or ("change" if name in at_baseline else "final")})
        for name, outcome in study.outcomes.items()
    }
    unadjusted = {name for name, outcome in outcomes.items() if outcome.final and name not in at_baseline}
    analyses = {name: _adjusted(node, study, unadjusted) for name, node in study.analyses.items()}
    return study.model_copy(update={"outcomes": outcomes, "analyses": analyses})


def _at_baseline(name: str, outcome: Outcome, mappings: Sequence[Mapping]) -> bool:
    instruments = outcome.first_available or (outcome.instrument or name,)
    return any(
        _is_baseline(visit, mapping)
        for mapping in mappings
        for instrument in instruments
        if instrument in mapping.variables
        for visit in declared_visits(mapping.variables[instrument], mapping)
    )


def _is_baseline(visit: str, mapping: Mapping) -> bool:
    texts = {str(key): text for key, text in mapping.visits.items()}
    return months_of(visit_time(texts.get(visit, visit))) == 0


def _adjusted(node: Analysis, study: Study, unadjusted: set[str]) -> Analysis:
    if not isinstance(node, Pooled) or "adjust_for" in node.model_fields_set:
        return node
    if not set(expanded(node.outcomes, study.outcomes)) <= unadjusted:
        return node
    rest = tuple(adjuster for adjuster in node.adjust_for if adjuster != BASELINE.strip())
    return node.model_copy(update={"adjust_for": rest})
