"""What each key of an analysis means, in one sentence: the descriptions of the JSON Schema, from which editors tell it.

In: the JSON Schema of a study file. Out: the same with a description at each key that is listed here. They stand apart from
the models so that they can be read as one page, and printed as a table.
"""

from __future__ import annotations

from typing import Any

POOLED = {
    "outcomes": "Outcomes that are analysed, by name, or `all`.",
    "follow_up": "Follow-up windows, by name, or `all`.",
    "comparisons": "Comparisons, by name, or `all`.",
    "adjust_for": "What the models adjust for: `baseline` (the baseline value of the outcome itself), `baseline X` (that of the "
    "outcome or instrument X) and covariates by name; `[]` for nothing. Who lacks one is left out; one that is constant, "
    "or follows from the trials or from the others, is left out of the model and named.",
    "minimum_trials": "With fewer trials that have people on both sides nothing is estimated.",
    "treatment_effect": "`random`: the treatment effect varies between trials; `common`: one for all trials.",
    "level": "Level of the confidence and prediction intervals.",
}
INFERENCE = {
    "inference": "Standard errors, degrees of freedom and intervals of the model: Kenward and Roger's, Satterthwaite's, or "
    "those of the normal distribution.",
    "df_floor": "`trials-1`: where the treatment effect is random, degrees of freedom are at least the number of trials minus one.",
}
SEARCH = POOLED | {
    "moderators": "Moderators that are searched: covariates by name and `baseline X`; or `{from: ..., p_below: ...}`, those "
    "that a screening finds.",
    "min_size": "How many people a subgroup needs: a number, or a share of the people analysed; the method has a default.",
    "min_arm": "How many people a subgroup needs in each arm.",
    "min_trials": "How many trials with both arms a subgroup needs.",
}
MEANINGS: dict[str, dict[str, str]] = {
    "Descriptive": {
        "sides_of": "The comparison whose sides are the columns.",
        "variables": "The rows: covariates by name and `baseline X`.",
        "standardised_difference": "Whether the standardised difference between the sides stands beside them.",
    },
    "MetaAnalysis": POOLED
    | INFERENCE
    | {
        "intercept": "`stratified`: an intercept for each trial; `random`: random intercepts around a common one.",
        "covariance": "Of random intercepts with random treatment effects; without consequence for one of them alone.",
        "adjuster_slopes": "Slopes of the adjusters: common to all trials, or each trial's own.",
        "residual": "One residual variance for all trials, or one for each.",
        "estimation": "Restricted or full maximum likelihood.",
        "two_stage": "How the two-stage check beside the one-step model pools the effects of the trials.",
    },
    "Moderators": POOLED
    | INFERENCE
    | {
        "moderators": "What is screened, each by itself: covariates by name and `baseline X`.",
        "reading": "The interaction that is tested and from which searches choose: from differences within trials, or within and "
        "between trials together (`naive`); all readings are in the results.",
        "tiers": "Limits of p below which an interaction is called significant, and weak.",
        "percentiles": "Percentiles of a quantity at which the treatment effect is given, from 0 to 100.",
        "expected": "What was expected of a moderator beforehand, in words; printed beside what was found.",
    },
    "RecursivePartitioning": SEARCH
    | {
        "missing": "`complete`: people who have every moderator of the search; `available`: each moderator on those who have it.",
        "criterion": "By what a cut is judged: the interaction of treatment with the split, or the treatment statistics of its "
        "two sides (how they differ, the larger one, or those that differ with one in favour of treatment).",
        "multiplicity": "How the p of the best cut of a moderator is adjusted for the number of its cuts.",
        "across": "Whether p is adjusted for the number of moderators of the node as well.",
        "information": "Of the interaction: from within and between trials (`pooled`), or from within trials only.",
        "alpha": "With the criterion `interaction`: a split is kept if its adjusted p is at most this.",
        "gamma": "With the other criteria: a split is kept if p of treatment in the subgroup is at most this share of that in its "
        "node; one value, or one for each level of depth.",
        "depth": "The most conditions of a subgroup.",
        "width": "How many moderators, those with the smallest p, are looked at in a node.",
        "max_cuts": "A moderator with more values than this is cut at so many quantiles.",
    },
    "DirectedPeeling": SEARCH
    | {
        "directions": "Who gains more along a moderator, where it is not to be found from the data.",
        "objective": "By what a subgroup is judged: the interaction of treatment with being inside, or the effect inside.",
        "alpha": "The least share of the people of a subgroup that a step removes.",
        "beam": "How many subgroups of a size are peeled on.",
        "bin_width": "Steps of size in which the best subgroups are kept, as a share of the people.",
        "min_fraction": "The smallest size, as a share of the people.",
    },
    "Agreement": {
        "partition": "The recursive partitioning, by name.",
        "peeling": "The directed peeling, by name.",
        "sizes": "Sizes of the peeled subgroups that are set beside those of the partitioning.",
    },
    "TwoStage": {
        "method": "Estimator of the variance between trials.",
        "test": "How the pooled effect is tested.",
    },
    "About": {
        "data": "Whether the data are real; simulated data are marked on every page.",
        "seed": "Kept with the provenance for the study's own records; a build draws no random number.",
    },
    "Policy": {
        "minimum_cell": "Counts of people above zero and below this are not printed; 0 and 1 switch that off.",
        "profile": "A `draft` is marked as one on its pages; nothing else differs.",
    },
}


def with_meanings(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON Schema with the description of each key that has one.

    Examples
    --------
    >>> schema = {"$defs": {"Policy": {"properties": {"profile": {"type": "string"}}}}}
    >>> with_meanings(schema)["$defs"]["Policy"]["properties"]["profile"]["description"]
    'A `draft` is marked as one on its pages; nothing else differs.'
    """
    named = {
        name: node | {"properties": {key: _described(part, name, key) for key, part in node["properties"].items()}}
        for name, node in schema.get("$defs", {}).items()
        if name in MEANINGS
    }
    return schema | {"$defs": schema["$defs"] | named} if named else schema


def _described(part: dict[str, Any], name: str, key: str) -> dict[str, Any]:
    meaning = MEANINGS[name].get(key)
    return part | {"description": meaning} if meaning else part


def as_markdown() -> str:
    """Return the keys of the analyses as a table in Markdown: the key, the analyses that have it, what it means."""
    rows: dict[tuple[str, str], list[str]] = {}
    for name, keys in MEANINGS.items():
        for key, meaning in keys.items():
            rows.setdefault((key, meaning), []).append(name)
    lines = [f"| `{key}` | {', '.join(names)} | {meaning} |" for (key, meaning), names in rows.items()]
    return "\n".join(["| key | of | meaning |", "| --- | --- | --- |", *lines, ""])
