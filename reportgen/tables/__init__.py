"""Records to tables: rows, columns, spanners and footnotes. No table computes; what it needs is a field of a record."""

from reportgen.tables.agreement import nothing_to_compare, overlap, profile
from reportgen.tables.analysed import analysed
from reportgen.tables.back_matter import (
    excluded_participants,
    failed_analyses,
    files,
    glossary,
    ledger,
    ledger_summary,
    versions,
)
from reportgen.tables.descriptive import descriptive
from reportgen.tables.effects import estimates
from reportgen.tables.events import absolute_effects, event_counts
from reportgen.tables.honesty import search_honesty
from reportgen.tables.model_status import model_status
from reportgen.tables.peeling import no_frontier, peeling_status, peeling_thresholds
from reportgen.tables.published_comparison import fidelity, fidelity_summary, reconciliation
from reportgen.tables.subgroups import moderators_searched, rejected_splits, search_status, subgroups
from reportgen.tables.trial_effects import by_trial
from reportgen.tables.trials import included_trials, outcome_measures

__all__ = [
    "absolute_effects",
    "analysed",
    "by_trial",
    "descriptive",
    "estimates",
    "event_counts",
    "excluded_participants",
    "failed_analyses",
    "fidelity",
    "fidelity_summary",
    "files",
    "glossary",
    "included_trials",
    "ledger",
    "ledger_summary",
    "model_status",
    "moderators_searched",
    "no_frontier",
    "nothing_to_compare",
    "outcome_measures",
    "overlap",
    "peeling_status",
    "peeling_thresholds",
    "profile",
    "reconciliation",
    "rejected_splits",
    "search_honesty",
    "search_status",
    "subgroups",
    "versions",
]
