"""The words by which models and searches are chosen, and those by which a fit says how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

# Of a one-step model; see `fit_one_step`.
Intercept = Literal["stratified", "random"]
TreatmentEffect = Literal["random", "common"]
InteractionEffect = Literal["common", "random"]
Covariance = Literal["independent", "unstructured"]
AdjusterSlopes = Literal["common", "stratified"]
Residual = Literal["common", "by-trial", "by-arm"]
RandomPart = Literal["as-given", "centred", "levels"]
Estimation = Literal["reml", "ml"]
Approximation = Literal["kenward-roger", "satterthwaite", "normal"]
DfFloor = Literal["trials-1", "none"]

# Of a generalised linear mixed model of events; see `fit_one_step_glmm`.
Link = Literal["logit", "log"]
Reference = Literal["t", "normal"]
Dispersion = Literal["poisson", "quasi"]

# Of the screening of moderators and of the searches; see `screen_moderator`, `partition` and `peel`.
MainReading = Literal["within", "naive"]
Criterion = Literal["interaction", "differential", "maximum", "directional"]
Multiplicity = Literal["sidak-modified", "sidak", "none"]
Across = Literal["sidak", "none"]
Information = Literal["pooled", "within"]
Objective = Literal["interaction", "effect"]
Gains = Literal["small", "large"]

Status = Literal["ok", "boundary", "failed", "not estimable"]
GroupStatus = Status | Literal["not admissible"]  # too few people or trials for an effect


def unknown_words(given: Mapping[str, Any], choices: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Say of each option whose word is none of those allowed what is wrong with it.

    Examples
    --------
    >>> list(unknown_words({"estimation": "ols"}, {"estimation": ("reml", "ml")}))
    ["estimation='ols' is unknown; use one of 'reml', 'ml'"]
    """
    for name, allowed in choices.items():
        value = given[name]
        if not isinstance(value, str) or value not in allowed:
            yield f"{name}={value!r} is unknown; use one of {', '.join(map(repr, allowed))}"
