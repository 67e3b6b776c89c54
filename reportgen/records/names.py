"""What is only a name on a page: titles, labels and units, which no fit needs to know.

In: a study. Out: the same study with a reference in the place of each name, for whoever fits; and what each reference
stands for, for whoever prints. So a changed title makes no fit again, and stands on the page all the same. A reference is
distinguished from words by two control characters that no study file can hold.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from reportgen.spec.outcomes import Instrument, Outcome, instruments_of
from reportgen.spec.study import Study

AT_FOLLOW_UP = " at follow-up"
_REFERENCE = re.compile("\x02([^\x03]*)\x03")


def reference(kind: str, name: str) -> str:
    """Return what stands for a name of the study file until a page prints it."""
    return f"\x02{kind}:{name}\x03"


def with_names(text: str, names: Mapping[str, str] | None) -> str:
    """Return words with what each reference in them stands for; as they are where names are None.

    Examples
    --------
    >>> with_names(f"no value of {reference('covariate', 'age')}", {"covariate:age": "Age"})
    'no value of Age'
    """
    if names is None or "\x02" not in text:
        return text
    return _REFERENCE.sub(lambda found: names[found[1]], text)


def outcome_title(name: str, study: Study) -> str:
    """Return the title of an outcome: its own, else the name of its instrument, else its key.

    Where outcomes without a title read one instrument, the key stands behind its name in brackets.
    """
    outcome = study.outcomes[name]
    if outcome.title or outcome.first_available:
        return outcome.title or name
    instrument = outcome.instrument or name
    untitled = [key for key, other in study.outcomes.items() if not (other.title or other.first_available)]
    alike = sum((study.outcomes[key].instrument or key) == instrument for key in untitled)
    called = study.instruments[instrument].name
    return f"{called} ({name})" if called and alike > 1 else called or name


def outcome_label(name: str, study: Study) -> str:
    """Return what an outcome is called where effects on it are reported: its title, and "at follow-up" of a value that is no change."""
    title = outcome_title(name, study)
    if title == reference("outcome", name):
        return reference("effects on", name)
    measured = study.outcomes[name].final and not study.outcomes[name].of_events
    return f"{title}{AT_FOLLOW_UP}" if measured and not title.endswith(AT_FOLLOW_UP) else title


def label_in_lower_case(follow_up: str, study: Study) -> str:
    """Return what a follow-up window is called inside a sentence."""
    label = study.follow_up[follow_up].label or follow_up
    known = label == reference("follow-up", follow_up)
    return reference("follow-up in lower case", follow_up) if known else label.lower()


def names_of(study: Study) -> dict[str, str]:
    """Return what every reference to a name of a study stands for."""
    return {
        **{f"outcome:{name}": outcome_title(name, study) for name in study.outcomes},
        **{f"effects on:{name}": outcome_label(name, study) for name in study.outcomes},
        **{f"domain:{name}": outcome.domain for name, outcome in study.outcomes.items()},
        **{f"unit:{name}": outcome.unit for name, outcome in study.outcomes.items()},
        **{f"instrument:{name}": instrument.name or name for name, instrument in study.instruments.items()},
        **{f"unit of instrument:{name}": instrument.unit for name, instrument in study.instruments.items()},
        **{f"follow-up:{name}": item.label or name for name, item in study.follow_up.items()},
        **{f"follow-up in lower case:{name}": label_in_lower_case(name, study) for name in study.follow_up},
        **{f"covariate:{name}": covariate.label or name for name, covariate in study.covariates.items()},
        **{f"comparison:{name}": comparison.title or name for name, comparison in study.comparisons.items()},
    }


def unnamed(study: Study, measured: Collection[str] = ()) -> Study:
    """Return a study with references in the place of names.

    Parameters
    ----------
    study : Study
    measured : collection of str
        Outcomes and instruments that keep their units, since steps and limits of moderators are said in them.
    """
    kept = {*measured, *(item for name in measured for item in _instruments(name, study))}
    return study.model_copy(
        update={
            "outcomes": {name: _outcome(name, outcome, name in kept) for name, outcome in study.outcomes.items()},
            "instruments": {
                name: _instrument(name, instrument, name in kept) for name, instrument in study.instruments.items()
            },
            "follow_up": _referring(study.follow_up, "follow-up", "label"),
            "covariates": _referring(study.covariates, "covariate", "label"),
            "comparisons": _referring(study.comparisons, "comparison", "title"),
        }
    )


def _instruments(name: str, study: Study) -> tuple[str, ...]:
    return instruments_of(study.outcomes[name], name) if name in study.outcomes else (name,)


def _referring(entries: Mapping[str, Any], kind: str, attribute: str) -> dict[str, Any]:
    return {name: entry.model_copy(update={attribute: reference(kind, name)}) for name, entry in entries.items()}


def _outcome(name: str, outcome: Outcome, measured: bool) -> Outcome:
    unit = outcome.unit if measured or not outcome.unit else reference("unit", name)
    words = {"title": reference("outcome", name), "domain": reference("domain", name), "unit": unit}
    return outcome.model_copy(update=words)


def _instrument(name: str, instrument: Instrument, measured: bool) -> Instrument:
    unit = instrument.unit if measured or not instrument.unit else reference("unit of instrument", name)
    return instrument.model_copy(update={"name": reference("instrument", name), "unit": unit, "source": ""})
