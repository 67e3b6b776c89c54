"""Arrays in, fits out: mathematics only.

What to use when:

- `fit_one_step`: one pooled treatment effect of several trials, with or without its interaction with a moderator, from
  the participants themselves. The answer of a report.
- `screen_moderator`: the interaction with one moderator, a quantity or levels, within trials, naively and across trials,
  and the effect at chosen values; `holm` and `benjamini_hochberg` for a whole screening.
- `screen_trial_covariate`: the interaction with what is one value of each trial, which compares trials: meta-regression.
- `prepare_screening`: the same test for one outcome after another, at milliseconds for all moderators; for sign flips.
- `interaction_by_trial`: the interaction in each trial by itself, and pooled in two stages.
- `consistent_effects`: the effect in each level, or at values, that differ by the interaction within trials and nothing else.
- `scan_cuts`: the interaction with `x <= c` for every cut c of a covariate, at microseconds a cut; for searches.
- `partition_events` and `peel_events`: searches of events, each cut or box a step from one null fit (`working_model`).
- `partition`: RP, the search for subgroups by recursive partitioning.
- `peel`: ARDP, the best box-shaped subgroup of every size by directed peeling.
- what a search is worth, by repeating it: a `sample` of participants; its `null_model`; `pipelines` (a search with the
  screening before it); `null_draws` (sign flips: search-wise p, calibration, null band, min-p); `optimism` (bootstrap:
  corrected effects, stability); `held_out` (a trial left out in turn); `overlap` (how much two searches agree by chance).
- `per_trial`: the effect in each trial by itself; the rows of a forest plot.
- `fit_one_step_glmm`: the same for events, binary or counted in an exposure: a pooled log odds ratio or log rate ratio.
  `per_trial_glm`: that ratio in each trial by itself. `standardised_effects`: risk
  differences or ratios in each trial. `pool_control_risk`, `risk_difference` and `number_needed_to_treat`:
  what a ratio means for a thousand people.
  `screen_moderator_glmm`: the interaction of that ratio with one moderator, in the same readings;
  `screen_trial_covariate_glmm` that with what is one value of each trial;
  `interaction_by_trial_glm`: in each trial by itself, and pooled in two stages.
- `group_difference`: Cochran's Q between the effects of independent groups.
- `pool_two_stage`: pools the estimates of `per_trial` or `per_trial_glm`, or published ones; the check beside a one-step fit, and
  where heterogeneity statistics come from; the answer itself for `standardised_effects`. `pool_common`: one effect for all trials.
  `prediction_interval`: where the effect of a new trial may lie.

Every fit of a continuous outcome reads each participant once, into cross-products within trials, and works from these. Results
are frozen, and carry a `status` ("ok", "boundary", "failed", "not estimable") with one plain sentence: look at it before the number.
"""

from .absolute_effects import (
    ControlRisk,
    NumberNeeded,
    number_needed_to_treat,
    pool_control_risk,
    risk_difference,
)
from .between_groups import GroupDifference, group_difference
from .consistent_effects import ConsistentEffects, consistent_effects
from .effect import Effect, Joint
from .event_partition import partition_events
from .event_peel import peel_events
from .interaction_by_trial import Contrast, InteractionByTrial, interaction_by_trial
from .interaction_by_trial_glm import interaction_by_trial_glm
from .levels import Levels
from .moderator_models import Reading
from .moderators import Entered, ModeratorFit, benjamini_hochberg, holm, screen_moderator
from .moderators_glmm import screen_moderator_glmm
from .one_step import ExcludedParticipants, OneStepFit, fit_one_step
from .one_step_glmm import GlmmFit, fit_one_step_glmm
from .optimise import Optimiser
from .partition import partition
from .peel import peel
from .peeling import Peeling
from .per_trial import PerTrial, per_trial
from .per_trial_glm import PerTrialGlm, per_trial_glm
from .prepared_screening import PreparedScreening, Screened, prepare_screening
from .scan import CutScan, scan_cuts
from .split_readings import split_readings
from .standardised_effects import standardised_effects
from .subgroups import Candidates, Group, Missing, Partition, Rule, Side, Split, Subgroup, TreeNode, Tried
from .trial_covariates import screen_trial_covariate, screen_trial_covariate_glmm
from .trial_effects import TrialEffects
from .two_stage import TwoStage, pool_common, pool_two_stage, prediction_interval
from .working_model import WorkingModel, working_model

__all__ = [
    "Candidates",
    "ConsistentEffects",
    "Contrast",
    "ControlRisk",
    "CutScan",
    "Effect",
    "Entered",
    "ExcludedParticipants",
    "GlmmFit",
    "Group",
    "GroupDifference",
    "InteractionByTrial",
    "Joint",
    "Levels",
    "Missing",
    "ModeratorFit",
    "NumberNeeded",
    "OneStepFit",
    "Optimiser",
    "Partition",
    "Peeling",
    "PerTrial",
    "PerTrialGlm",
    "PreparedScreening",
    "Reading",
    "Rule",
    "Screened",
    "Side",
    "Split",
    "Subgroup",
    "TreeNode",
    "TrialEffects",
    "Tried",
    "TwoStage",
    "WorkingModel",
    "benjamini_hochberg",
    "consistent_effects",
    "fit_one_step",
    "fit_one_step_glmm",
    "group_difference",
    "holm",
    "interaction_by_trial",
    "interaction_by_trial_glm",
    "number_needed_to_treat",
    "partition",
    "partition_events",
    "peel",
    "peel_events",
    "per_trial",
    "per_trial_glm",
    "pool_common",
    "pool_control_risk",
    "pool_two_stage",
    "prediction_interval",
    "prepare_screening",
    "risk_difference",
    "scan_cuts",
    "screen_moderator",
    "screen_moderator_glmm",
    "screen_trial_covariate",
    "screen_trial_covariate_glmm",
    "split_readings",
    "standardised_effects",
    "working_model",
]
