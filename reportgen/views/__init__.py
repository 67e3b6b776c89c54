"""Records to what a page says of them: one module for each method, of the same name, and nothing that knows two of them.

In: records and the options of the study file. Out: parts with tables and figures still to be drawn, sections of the methods,
and how the fits ended. `repository` shows trials and people before any analysis, `analysed` who entered several methods.
"""

from reportgen.views import (
    agreement,
    analysed,
    credibility,
    descriptive,
    directed_peeling,
    events,
    honesty,
    meta_analysis,
    moderators,
    recursive_partitioning,
    repository,
    subgroup_differences,
)
from reportgen.views.draft import Draft, Sketch
from reportgen.views.prose.section import Section
from reportgen.views.registry import SHOWS, VIEWS, add_show, add_view, by_view, view_of
from reportgen.views.view import Back, Context, Ended, Show, View

__all__ = [
    "SHOWS",
    "VIEWS",
    "Back",
    "Context",
    "Draft",
    "Ended",
    "Section",
    "Show",
    "Sketch",
    "View",
    "add_show",
    "add_view",
    "by_view",
    "view_of",
]

for _show in (*repository.SHOWS, *analysed.SHOWS, *honesty.SHOWS, *credibility.SHOWS):
    add_show(_show)
for _view in (
    meta_analysis.VIEW,
    moderators.VIEW,
    recursive_partitioning.VIEW,
    directed_peeling.VIEW,
    agreement.VIEW,
    subgroup_differences.VIEW,
    descriptive.VIEW,
    events.VIEW,
):
    add_view(_view)
