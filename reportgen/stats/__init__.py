"""Arrays in, fits out: mathematics only.

What to use when:

- `fit_one_step`: one pooled treatment effect of several trials, with or without its interaction with a moderator, from
  the participants themselves. The answer of a report. For a within-trial interaction centre the moderator in each trial
  first and add the trial means as further columns.
- `scan_cuts`: the interaction with `x <= c` for every cut c of a covariate, at microseconds a cut; for searches.
- `per_trial`: the effect in each trial by itself; the rows of a forest plot.
- `pool_two_stage`: pools the estimates of `per_trial`, or published ones; the check beside a one-step fit, and where
  heterogeneity statistics come from. `prediction_interval`: where the effect of a new trial may lie.

Every fit reads each participant once, into cross-products within trials, and works from these. Results are frozen, and
carry a `status` ("ok", "boundary", "failed", "not estimable") with one plain sentence: look at it before the number.
"""

from .effect import Effect, Joint
from .levels import Levels
from .one_step import LeftOut, OneStepFit, fit_one_step
from .optimise import Optimiser
from .peel import peel
from .peeling import Peeling
from .per_trial import PerTrial, per_trial
from .scan import CutScan, scan_cuts
from .two_stage import TwoStage, pool_two_stage, prediction_interval

__all__ = [
    "CutScan",
    "Effect",
    "Joint",
    "LeftOut",
    "Levels",
    "OneStepFit",
    "Optimiser",
    "Peeling",
    "PerTrial",
    "TwoStage",
    "fit_one_step",
    "peel",
    "per_trial",
    "pool_two_stage",
    "prediction_interval",
    "scan_cuts",
]
