"""The road of an auditor: from the raw files of three trials to the numbers of the appendix, without the package.

The files are read with pandas and pyreadstat alone, by what their trials' documentation says (the comments of the mappings
in specs/low-back-pain/trials): who is left out, which arm is which, how twelve answers become a score, which visit is
short term. `audit.R` takes the people from here to the pooled effect, to every cut of the first node of the partition, and
to the effects of its first two subgroups.

    python -m tests.reference.audit FILE     writes the people as CSV, for audit.R
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from reportgen.resources import specs_folder

RAW = specs_folder() / "low-back-pain" / "raw"
COLUMNS = ["trial", "treatment", "before", "after", "age"]
# The answers of the FFbH-R: can do it, can do it with effort, cannot do it.
POINTS = {1: 2.0, 2: 1.0, 3: 0.0}


def witt() -> pd.DataFrame:
    """Acupuncture or usual care; 999 is missing; einw is 1 where the consent stands."""
    table, _ = pyreadstat.read_sav(str(RAW / "witt.sav"), user_missing=True)
    table = table[table["einw"] == 1].replace(999.0, np.nan)
    return pd.DataFrame(
        {
            "trial": "Witt",
            "treatment": (table["gruppe"] == 1).astype(int),
            "before": table["ffbhr_t0"],
            "after": table["ffbhr_t3"],
            "age": table["alter"],
        }
    )


def haake() -> pd.DataFrame:
    """A row a visit; acupuncture (V), sham (S) or usual care (L); -99 is missing; three months is short term."""
    table = pd.read_parquet(RAW / "gerac.parquet")
    table = table[table["Auswertbar"] == "ja"]
    visits = table.pivot(index="PatientenID", columns="Visite", values="FFbHR").replace(-99.0, np.nan)
    first = table[table["Visite"] == "U1"].set_index("PatientenID")
    age = first["Alter"].astype(float).replace(-99.0, np.nan)
    made = pd.DataFrame({"treatment": (first["Therapie"] == "V").astype(int), "age": age})
    return made.assign(trial="Haake", before=visits["U1"], after=visits["T3M"])


def brinkhaus() -> pd.DataFrame:
    """Twelve answers a visit, of which ten are enough; eight weeks is short term; entered twice is 'storniert'."""
    table = pd.read_csv(RAW / "ART_Rücken.csv", sep=";", decimal=",", encoding="iso-8859-1", na_values=["."])
    table = table[table["status"] != "storniert"]

    def score(visit: str) -> pd.Series:
        answers = table[[f"{visit}_ffb_{item:02d}" for item in range(1, 13)]].apply(lambda column: column.map(POINTS))
        known = answers.notna().sum(axis=1)
        # rounded, or the same score of ten and of twelve answers would be two values
        return (answers.mean(axis=1) * 12.0 / 24.0 * 100.0).round(9).where(known >= 10)

    return pd.DataFrame(
        {
            "trial": "Brinkhaus",
            "treatment": (table["arm"] == "Akupunktur").astype(int),
            "before": score("v0"),
            "after": score("v8"),
            "age": table["alter_jahre"].astype(float),
        }
    )


def people() -> pd.DataFrame:
    """Who enters the analysis of short-term FFbHR: everybody with both scores, improvement counted upwards."""
    everybody = pd.concat([made()[COLUMNS] for made in (witt, haake, brinkhaus)], ignore_index=True)
    entered = everybody.dropna(subset=["before", "after"]).reset_index(drop=True)
    return entered.assign(change=entered["after"] - entered["before"])


if __name__ == "__main__":
    people().to_csv(Path(sys.argv[1]), index=False)
