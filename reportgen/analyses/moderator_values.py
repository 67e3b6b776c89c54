"""What may modify a treatment effect, as columns: baseline covariates and baseline values of outcomes.

In: names as the study file writes them (`age`, `baseline RMDQ`) and the repository. Out: one value for each participant
of the repository, with the words and the unit that a report prints. Levels become codes in the order of the study file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reportgen.analyses.measurements import Measurements
from reportgen.analyses.naming import natural_unit_of, unit_of_scale
from reportgen.analyses.selection import BASELINE_ADJUSTER, Selection, in_own_units
from reportgen.data import Repository
from reportgen.data.scale import without_noise
from reportgen.late import pd
from reportgen.records.moderation import unit_of_step
from reportgen.records.names import outcome_title
from reportgen.spec.references import baseline_of
from reportgen.spec.study import Covariate, Study
from reportgen.stats import Levels

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
MISSING = -1

MOST_DECIMALS = 2  # of a value for which the study file asks for none


@dataclass(frozen=True, slots=True)
class Moderator:
    """A moderator with its values.

    Attributes
    ----------
    name : str
        As in the study file.
    label : str
        As printed: `Age`, `RMDQ at baseline`.
    unit : str
        Of a quantity; empty for levels.
    per : float
        The step of a quantity for which an interaction is printed.
    levels : tuple of str
        Empty for a quantity.
    ordered : bool
    reference : int
        Code of the level that others are compared with; −1 for a quantity.
    decimals : int or None
        Decimals that the study file asks for.
    values : ndarray, shape (n,)
        Quantity, or code of the level; NaN where there is none.
    rows : ndarray of int, shape (n,)
        Whose values they are: rows of the repository, in ascending order.
    of_trials : bool
        Whether it is one value of each trial.
    """

    name: str
    label: str
    unit: str
    per: float
    levels: tuple[str, ...]
    ordered: bool
    reference: int
    decimals: int | None
    values: FloatArray
    rows: IntArray
    of_trials: bool = False

    @property
    def categorical(self) -> bool:
        """Whether it has levels."""
        return bool(self.levels)

    def of(self, selection: Selection) -> FloatArray:
        """Return the values of the people of a selection, who must be among those of the moderator."""
        places = np.searchsorted(self.rows, selection.rows)
        if not np.array_equal(self.rows[np.minimum(places, len(self.rows) - 1)], selection.rows):
            raise RuntimeError(f"'{self.name}' was made for other people than these")
        return self.values[places]

    def among(self, selection: Selection) -> Moderator:
        """Return the same moderator for the people of a selection alone."""
        return replace(self, values=self.of(selection), rows=selection.rows)


def values_of(moderator: Moderator, selection: Selection) -> FloatArray:
    """Return the values of the people of a selection; those of an adjuster where the moderator is one.

    A trial may bring one instrument at baseline and, where that was not measured again, another to the outcome: the
    baseline of the outcome is then the one that the model adjusts for.
    """
    if baseline_of(moderator.name) == selection.outcome and BASELINE_ADJUSTER in selection.adjuster_names:
        place = selection.adjuster_names.index(BASELINE_ADJUSTER)
        values = np.asarray(in_own_units(selection).adjusters[:, place], dtype=float)
        # equal values of two trials stay equal, so that no search cuts between them
        return without_noise(values) if selection.spread else values
    return moderator.of(selection)


def column_of(moderator: Moderator, selection: Selection) -> FloatArray | Levels:
    """Return the values of the people of a selection as `stats` takes them: numbers, or levels with their names."""
    values = values_of(moderator, selection)
    if not moderator.categorical:
        return values
    codes = np.where(np.isnan(values), MISSING, values).astype(np.int64)
    return Levels(codes, moderator.levels, moderator.ordered)


def moderator_of(name: str, repository: Repository, measurements: Measurements, study: Study) -> Moderator:
    """Return a moderator by name.

    Parameters
    ----------
    name : str
        A covariate, or `baseline X` for an outcome or instrument X.
    repository : Repository
    measurements : Measurements
        Of the same repository.
    study : Study
    """
    measured = baseline_of(name)
    everybody = np.arange(len(repository.participants), dtype=np.int64)
    if measured is not None:
        values = measurements.baseline(repository.trials, measured)
        return _baseline(name, measured, values, everybody, study)
    covariate = study.covariates[name]
    label = covariate.label or name
    column = repository.participants[name]
    if covariate.categorical:
        reference = covariate.levels.index(covariate.reference_level)
        codes = _codes(column, covariate)
        levels, of_trials = covariate.levels, covariate.of_trials
        return Moderator(name, label, "", 1.0, levels, covariate.ordered, reference, None, codes, everybody, of_trials)
    values, unit, per = column.to_numpy(dtype=float), covariate.unit, covariate.per
    return Moderator(name, label, unit, per, (), False, -1, covariate.decimals, values, everybody, covariate.of_trials)


def _baseline(name: str, measured: str, values: FloatArray, everybody: IntArray, study: Study) -> Moderator:
    outcome = study.outcomes.get(measured)
    title = outcome_title(measured, study) if outcome else study.instruments[measured].name or measured
    instrument = None if outcome else study.instruments[measured]
    unit = (instrument.unit or unit_of_scale(instrument.range)) if instrument else natural_unit_of(measured, study)
    per = outcome.per if outcome else 1.0
    decimals = outcome.decimals if outcome else None
    # a title may begin with a name, so that "Baseline" in front of it would stand before a capital, rightly or wrongly
    return Moderator(name, f"{title} at baseline", unit, per, (), False, -1, decimals, values, everybody)


def _codes(column: pd.Series, covariate: Covariate) -> FloatArray:
    places = {level: float(place) for place, level in enumerate(covariate.levels)}
    return np.array([places.get(value, np.nan) for value in column.to_numpy(dtype=object)], dtype=float)


def decimals_of(moderator: Moderator, selection: Selection) -> int:
    """Return with how many decimals a value is printed: what the study file says, else what people's values need."""
    if moderator.decimals is not None:
        return moderator.decimals
    values = values_of(moderator, selection)
    known = values[~np.isnan(values)]
    exact = (d for d in range(MOST_DECIMALS) if np.allclose(np.round(known, d), known, rtol=0, atol=1e-9))
    return next(exact, MOST_DECIMALS)


def step_of(moderator: Moderator) -> str:
    """Return what an interaction is given for: "10 years", "point", "5 percentage points".

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> step_of(SimpleNamespace(unit="years", per=10.0)), step_of(SimpleNamespace(unit="points", per=1.0))
    ('10 years', 'point')
    >>> step_of(SimpleNamespace(unit="%", per=5.0)), step_of(SimpleNamespace(unit="", per=1.0))
    ('5 percentage points', 'unit')
    """
    unit = unit_of_step(moderator.unit, single=moderator.per == 1)
    return unit if moderator.per == 1 else f"{moderator.per:g} {unit}"
