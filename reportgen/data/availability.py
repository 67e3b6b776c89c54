"""What each trial collected, of whom, and when: the grid behind the availability picture."""

from __future__ import annotations

from reportgen.data.repository import Repository, TrialInfo
from reportgen.late import pd

_COLUMNS = ["trial", "measure", "visit", "months", "n", "of", "collected"]
_OF_PARTICIPANTS = ("trial", "participant", "arm", "arm_class")
BASELINE = "baseline"


def availability(repository: Repository) -> pd.DataFrame:
    """Return how many participants have a value of each measure, by trial and visit.

    Returns
    -------
    DataFrame
        A row for each trial, measure (covariate, or instrument that any trial collected) and visit of the trial:
        `trial`, `measure`, `visit` (its label; "baseline" for covariates), `months`, `n` (participants with a value),
        `of` (participants kept) and `collected`. A measure that a trial did not collect has its rows too, with 0.
    """
    covariates = [name for name in repository.participants.columns if name not in _OF_PARTICIPANTS]
    instruments = _instruments(repository)
    counts = repository.measures.groupby(["trial", "instrument", "visit"]).size()
    rows = []
    for trial in repository.trials:
        mine = repository.participants["trial"] == trial.name
        filled = repository.participants.loc[mine, covariates].notna().sum()
        rows += [
            (trial.name, name, BASELINE, 0.0, int(filled[name]), trial.n, name in trial.collected_covariates)
            for name in covariates
        ]
        rows += _measure_rows(trial, instruments, counts)
    return pd.DataFrame(rows, columns=_COLUMNS)


def _instruments(repository: Repository) -> list[str]:
    """Every instrument that a trial collected, in the order of the mappings; those without any value come last."""
    collected = {name for trial in repository.trials for name, _ in trial.collected_measures}
    return [*dict.fromkeys([*repository.measures["instrument"].unique(), *sorted(collected)])]


def _measure_rows(
    trial: TrialInfo, instruments: list[str], counts: pd.Series
) -> list[tuple[str, str, str, float, int, int, bool]]:
    rows = []
    for name in instruments:
        for label, months in trial.visits:
            n = int(counts.get((trial.name, name, label), 0))
            rows.append((trial.name, name, label, months, n, trial.n, (name, label) in trial.collected_measures))
    return rows
