"""How much of the sampling error is taken out, so that an analysis finds what the simulation file declares.

`exact_means: none` leaves all of it to chance. With the name of a comparison the trials keep their errors and so differ from
each other as trials do, but the errors of one outcome in one window are shifted by one number, so that their mean, weighted by
precision, is zero: the pooled effect of that comparison is the declared one, up to the weights of the model. With `arms` each
arm of each trial has exactly the mean that is declared for it. Residuals keep their spread in each case, and with it standard
errors and every search for subgroups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from reportgen.simulation.course import Draft
from reportgen.simulation.draws import FloatArray
from reportgen.simulation.people import BoolArray, ObjectArray, People
from reportgen.spec.outcomes import Outcome
from reportgen.spec.simulation import SimulationSpec
from reportgen.spec.study import Comparison, Window

Drafts = list[dict[str, list[Draft]]]


def exact(drafts: Drafts, people: People, file: SimulationSpec) -> Drafts:
    """Return the courses of all trials with as much sampling error taken out as the file asks for."""
    asked = file.simulation.simulation.exact_means
    if asked == "none":
        return drafts
    if asked == "arms":
        return [
            {name: [_with_exact_arms(draft, _arms(people, i)) for draft in made] for name, made in item.items()}
            for i, item in enumerate(drafts)
        ]
    comparison = file.spec.study.comparisons[asked]
    results = [dict(draft) for draft in drafts]
    for name, outcome in file.spec.study.outcomes.items():
        if outcome.of_events:
            continue
        for window in file.spec.study.follow_up.values():
            places = [*_places(results, outcome, name, window)]
            _pool(results, places, people, comparison, file)
    return results


def _arms(people: People, trial: int) -> ObjectArray:
    arms: ObjectArray = people.arm[people.trial == trial]
    return arms


def _with_exact_arms(draft: Draft, arms: ObjectArray) -> Draft:
    residual = draft.residual.copy()
    for arm in dict.fromkeys(arms.tolist()):
        whole = arms == arm
        mask = draft.complete & whole
        if draft.months > 0 and not draft.happened and mask.any():
            residual[whole] += shift_to(draft, mask, float(draft.gain[mask].mean()))
    return replace(draft, residual=residual)


def shift_to(draft: Draft, mask: BoolArray, wanted: float) -> float:
    """Return what is added to the residuals of some people so that their mean improvement is the wanted one."""
    some = draft.only(mask)
    reach = 4 * float(np.ptp(draft.gain + draft.residual)) + 1
    low, high = -reach, reach
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if float(some.improved(middle).mean()) < wanted else (low, middle)
    return (low + high) / 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where the trials' course of an outcome stands: trial, instrument, and which of its visits."""

    trial: int
    instrument: str
    visit: int


def _places(drafts: Drafts, outcome: Outcome, name: str, window: Window) -> Iterator[Place]:
    """Yield for each trial the first instrument of the outcome that it measured in the window, and before unless the value then is analysed."""
    for trial, draft in enumerate(drafts):
        for instrument in outcome.first_available or (outcome.instrument or name,):
            result = draft.get(instrument, [])
            inside = [
                (abs(d.months - window.centre), d.months if window.tie == "earlier" else -d.months, i)
                for i, d in enumerate(result)
                if window.months[0] <= d.months <= window.months[1] and d.months > 0
            ]
            if inside and (outcome.final or any(d.months == 0 for d in result)):
                yield Place(trial, instrument, min(inside)[2])
                break


def _pool(drafts: Drafts, places: list[Place], people: People, comparison: Comparison, file: SimulationSpec) -> None:
    """Shift the intervention arms of all trials by their pooled error, each in points of its own instrument."""
    errors, weights = [], []
    for place in places:
        draft = drafts[place.trial][place.instrument][place.visit]
        treated, control = (draft.complete & side for side in _sides(people, place.trial, comparison))
        if treated.any() and control.any():
            error = draft.improved() - draft.gain
            size = _size(place.instrument, file)
            errors.append((float(error[treated].mean()) - float(error[control].mean())) / size)
            weights.append(1 / (1 / int(treated.sum()) + 1 / int(control.sum())))
    if not errors:
        return
    pooled = float(np.average(errors, weights=weights))
    for place in places:
        visits = list(drafts[place.trial][place.instrument])
        draft = visits[place.visit]
        treated = _sides(people, place.trial, comparison)[0]
        if (treated & draft.complete).any():
            wanted = float(draft.improved()[treated & draft.complete].mean()) - pooled * _size(place.instrument, file)
            residual: FloatArray = draft.residual + treated * shift_to(draft, treated & draft.complete, wanted)
            visits[place.visit] = replace(draft, residual=residual)
            drafts[place.trial][place.instrument] = visits


def _sides(people: People, trial: int, comparison: Comparison) -> tuple[BoolArray, BoolArray]:
    classes = people.arm_class[people.trial == trial].astype(str)
    return np.isin(classes, list(comparison.intervention)), np.isin(classes, list(comparison.control))


def _size(instrument: str, file: SimulationSpec) -> float:
    """The width of an instrument's range, in which trials with different instruments are comparable."""
    span = file.spec.study.instruments[instrument].range
    return 1.0 if span is None else span[1] - span[0]
