"""What the study file may say of a forest plot: the limits of its axes, the order of its rows and its text columns."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from reportgen.houses import PLAIN, Width
from reportgen.spec.model import Node, Range, RuleError, listed

BESIDE, LEAST_BESIDE = 60.0, 45.0
"""Millimetres of the narrowest label and plot in a figure of the usual width, and in a single column."""
WIDTHS = {
    "trials": 10.0,
    "n": 31.0,
    "mean-sd": 37.0,
    "events": 37.0,
    "absolute": 28.0,
    "effect": 28.0,
    "p": 11.0,
    "weight": 17.0,
    "tau2": 10.0,
    "i2": 10.0,
    "prediction": 21.0,
}
"""Millimetres that a column takes with numbers of usual length, its distance from the next included."""
BY_ARM = {"n": 9.0, "mean-sd": 18.0, "events": 18.0}
"""The same of a column of one arm, where several columns of each arm stand together."""
IN_COLUMN = {"left": [], "right": ["effect"]}
"""The columns of a figure in a single column, unless the study file chooses others."""
NEAREST = 1e-6
"""How far the limits of an axis are apart at the least: the ticks between nearer ones have more decimals than fit below it."""
ON_THE_LEFT = "Columns left of the plot, from left to right; what is in the rows stands in front of them."
ON_THE_RIGHT = "Columns right of the plot, from left to right."

TrialColumn = Literal["n", "events", "mean-sd", "effect", "p", "weight"]
EffectColumn = Literal["trials", "n", "events", "effect", "absolute", "p", "tau2", "i2", "prediction"]


class OnAxis(Node):
    """An artefact with axes of effects, whose limits may be given.

    `no_effect` is where no effect stands on them, as printed: an artefact of ratios sets it to 1; None where the outcomes that
    are shown decide it.
    """

    no_effect: ClassVar[float | None] = None

    limits: Range | None = Field(
        None,
        description="The lower and the upper limit of each axis, in the units that are printed, with no effect between them; by "
        "default as wide as its effects need. An interval that extends beyond has an arrowhead.",
    )

    @model_validator(mode="after")
    def _around_no_effect(self) -> OnAxis:
        if self.limits is None:
            return self
        low, high = self.limits
        if 0 < high - low < NEAREST:
            raise RuleError(
                f"the limits are less than {NEAREST:g} apart", "Write limits that effects can lie between.", "limits"
            )
        wrong = None if self.no_effect is None else beside_no_effect(self.limits, self.no_effect)
        if wrong:
            raise RuleError(*wrong, "limits")
        return self


def beside_no_effect(limits: tuple[float, float], no_effect: float) -> tuple[str, str] | None:
    """Return what is wrong with limits of an axis, and how to fix it; None where no effect lies between them.

    Examples
    --------
    >>> beside_no_effect((-1, 1), 0.0), beside_no_effect((0.25, 4), 1.0)
    (None, None)
    """
    low, high = limits
    if no_effect > 0 and low <= 0:
        return "an axis of ratios begins above 0", "Write limits such as [0.25, 4]."
    if low < no_effect < high:
        return None
    hint = f"Write a limit below and one above {no_effect:g}, or remove `limits`."
    return f"no effect, {no_effect:g}, does not lie between the limits", hint


class TrialsInOrder(Node):
    """An artefact whose rows are trials."""

    order: Literal["study", "effect", "weight", "n", "name"] = Field(
        "study",
        description="Order of the trials: `study`: as in the study file; `effect`, `weight`, `n`: the largest first, "
        "trials without one last; `name`: by the alphabet.",
    )


class RowsInOrder(Node):
    """An artefact whose rows stand in groups."""

    order: Literal["study", "effect", "p"] = Field(
        "study",
        description="Order of the rows: `study`: as in the study file; `effect`: the largest first; `p`: the smallest first. "
        "What is not estimable comes last. Rows stay below their outcome.",
    )


class Columns(Node):
    """Text columns beside a plot."""

    @property
    def sides(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the words of the columns left and right of the plot."""
        return getattr(self, "left", ()), getattr(self, "right", ())

    @model_validator(mode="after")
    def _once_and_on_the_right(self) -> Columns:
        left, right = self.sides
        words = (*left, *right)
        twice = next((word for word in words if words.count(word) > 1), None)
        if twice is not None:
            raise RuleError(f"the column '{twice}' is listed twice", "Remove one.")
        if "effect" not in words:
            raise RuleError("the effects that are drawn have no column", "Add `effect` to `left` or `right`.")
        if not right:
            raise RuleError("no column stands right of the plot", "Write at least `right: [effect]`.", "right")
        return self


def width_of(words: tuple[str, ...]) -> float:
    """Return the width of columns in millimetres; several of each arm that stand together are narrower.

    Examples
    --------
    >>> width_of(("n",)), width_of(("n", "mean-sd"))
    (31.0, 54.0)
    """
    widths = 0.0
    for of_arms, found in groupby(words, key=BY_ARM.__contains__):
        run = tuple(found)
        widths += (
            sum(2 * BY_ARM[word] for word in run) if of_arms and len(run) > 1 else sum(WIDTHS[word] for word in run)
        )
    return widths


def room_in(figure: float) -> float:
    """Return the room for text columns in a figure of some width, both in millimetres.

    What it lacks to the usual width is taken from the columns and from label and plot alike, as long as these can be narrower.

    Examples
    --------
    >>> room_in(174.0), room_in(154.0), room_in(85.0)
    (114.0, 104.0, 40.0)
    """
    lacking = PLAIN.width - figure
    return figure - max(BESIDE - lacking / 2, LEAST_BESIDE)


class InWidth(Node):
    """A figure as wide as a page or as a single column."""

    width: Width = Field(
        "page",
        description="How wide the figure is: `page`: as a page of the journal (`style`), `column`: as a single column, 85 mm.",
    )


class WithColumns(InWidth):
    """A figure with text columns that may be chosen; in a single column, others are usual."""

    columns: Columns

    @model_validator(mode="before")
    @classmethod
    def _usual_in_a_column(cls, written: Any) -> Any:
        if not isinstance(written, dict) or written.get("width") != "column":
            return written
        chosen = written.get("columns", {})
        return {**written, "columns": {**IN_COLUMN, **chosen}} if isinstance(chosen, dict) else written


class TrialColumns(Columns):
    """Text columns beside the plot of trials."""

    left: Annotated[tuple[TrialColumn, ...], BeforeValidator(listed)] = Field(("n",), description=ON_THE_LEFT)
    right: Annotated[tuple[TrialColumn, ...], BeforeValidator(listed)] = Field(
        ("effect", "weight"), description=ON_THE_RIGHT
    )


class EffectColumns(Columns):
    """Text columns beside the plot of pooled effects."""

    left: Annotated[tuple[EffectColumn, ...], BeforeValidator(listed)] = Field(("trials", "n"), description=ON_THE_LEFT)
    right: Annotated[tuple[EffectColumn, ...], BeforeValidator(listed)] = Field(("effect",), description=ON_THE_RIGHT)


class WithTrialColumns(WithColumns):
    """An artefact of trials with text columns that may be chosen."""

    columns: TrialColumns = Field(
        TrialColumns(),
        description="Text columns beside the plot: `n`, `events` (with the participants, of outcomes that are events) and `mean-sd` "
        "(mean and standard deviation of what is analysed, not adjusted) of either arm, `effect`, `p`, `weight`. Of events, "
        "`events` stands in the place of `n` by default. With `width: column`, `effect` alone by default.",
    )


class WithEffectColumns(WithColumns):
    """An artefact of pooled effects with text columns that may be chosen."""

    columns: EffectColumns = Field(
        EffectColumns(),
        description="Text columns beside the plot: `trials`, `n` and `events` (with the participants) of either arm, `effect`, "
        "`absolute` (what a ratio means for a thousand people), `p`, and what varies between trials: `tau2`, `i2`, `prediction` (the "
        "prediction interval). Of events, `events` stands in the place of `n` by default. With `width: column`, `effect` alone "
        "by default.",
    )
