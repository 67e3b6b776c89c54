"""Where study file, data and statistics meet: who enters, what is fitted, and what of it a record says.

`make_records` runs every analysis of a study and returns all that its report may say. Participants end here: only
counts and estimates leave.
"""

from __future__ import annotations

from reportgen.analyses.failure import FailedAnalysis
from reportgen.analyses.repository_records import versions
from reportgen.analyses.study_tasks import Made, make_records, study_tasks

__all__ = ["FailedAnalysis", "Made", "make_records", "study_tasks", "versions"]
