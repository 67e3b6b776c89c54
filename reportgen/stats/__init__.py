"""Arrays in, fits out: mathematics only.

Use `fit_one_step` for one pooled effect, with or without an interaction.
"""

from .effect import Effect, Joint
from .one_step import LeftOut, OneStepFit, fit_one_step
from .optimise import Optimiser

__all__ = ["Effect", "Joint", "LeftOut", "OneStepFit", "Optimiser", "fit_one_step"]
