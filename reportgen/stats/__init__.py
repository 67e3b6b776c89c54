"""Arrays in, fits out: mathematics only.

Use `fit_one_step` for one pooled effect, with or without an interaction.
"""

from .effect import Effect, Joint
from .one_step import LeftOut, OneStepFit, fit_one_step
from .optimise import Optimiser
from .scan import CutScan, scan_cuts
from .two_stage import TwoStage, pool_two_stage, prediction_interval

__all__ = [
    "Effect",
    "Joint",
    "LeftOut",
    "OneStepFit",
    "Optimiser",
    "TwoStage",
    "fit_one_step",
    "pool_two_stage",
    "prediction_interval",
]
