"""The scale of an effect: what it measures, on which scale it is analysed, and on which side of no effect whom it favours.

Each outcome of a record carries one. Axes take their ticks from it, tables their heads, sentences and alternative texts their
words; nothing else knows what is measured. Effects of every scale are recorded and drawn on the scale of the analysis, where no
effect is 0: as they are (`identity`), or as natural logarithms of ratios (`log`). What is printed is `Number.text`, which
`records.numbers` makes, there alone: of a logarithm the ratio.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from reportgen.records.numbers import Link, back_transformed

NO_EFFECT = 0.0
"""On the scale of the analysis, whatever the measure."""
ARROWS = ("favours control", "favours intervention")
IN_FAVOUR = ("favours the intervention", "favour the intervention")
"""What one effect does, and what several do."""
LARGER_ARROWS = ("smaller effect", "larger effect")


@dataclass(frozen=True, slots=True)
class EffectScale:
    """What an effect measures.

    Attributes
    ----------
    measure : str
        Its full name, as the axis of a figure has it: "mean difference", "odds ratio".
    effect, effects : str
        What one, and several, are called in the heads of tables and in sentences: "odds ratio", "odds ratios"; "effect" where
        the name of the measure need not be said again.
    link : {'identity', 'log'}
        Whether it is analysed as it is, or as its natural logarithm.
    favours : {'higher', 'lower'}
        Which effects favour the intervention: those above no effect, or those below.

    Examples
    --------
    >>> risk = EffectScale("odds ratio", "odds ratio", "odds ratios", "log", "lower")
    >>> risk.null, risk.direction
    (1.0, 'Odds ratios below one favour the intervention')
    >>> risk.favourable(-0.4), risk.arrows
    (True, ('favours intervention', 'favours control'))
    >>> MEAN_DIFFERENCE.direction
    'Positive effects favour the intervention'
    """

    measure: str
    effect: str
    effects: str
    link: Link = "identity"
    favours: Literal["higher", "lower"] = "higher"

    @property
    def null(self) -> float:
        """No effect as it is printed: 0, or a ratio of 1."""
        return back_transformed(NO_EFFECT, self.link)

    @property
    def people_searched(self) -> str:
        """What both sides of a split need enough of: people alone, or people and events."""
        return "participants or events" if self.is_ratio else "participants"

    @property
    def is_ratio(self) -> bool:
        """Whether effects are printed as ratios."""
        return self.link == "log"

    @property
    def title(self) -> str:
        """The measure as a head: "Mean difference"."""
        return capitalised(self.measure)

    @property
    def column(self) -> str:
        """What a figure puts over its effects: "Mean difference", or "SMD", which takes no room of the plot."""
        return self.effect if self.effect.isupper() else self.title

    @property
    def head(self) -> str:
        """What a table puts over a column of effects: "Effect", "Odds ratio"."""
        return capitalised(self.effect)

    @property
    def one(self) -> str:
        """An effect with its article: "an effect", "an odds ratio", "an SMD"."""
        return f"{'an' if self.effect[0] in 'aeiouS' else 'a'} {self.effect}"

    @property
    def named(self) -> str:
        """What stands in front of an effect: nothing where it is just called so, else "odds ratio "."""
        return "" if self.effect == "effect" else f"{self.effect} "

    @property
    def of_them(self) -> str:
        """What stands behind the kind of a figure: nothing, or " of odds ratios"."""
        return "" if self.effect == "effect" else f" of {self.effects}"

    @property
    def arrows(self) -> tuple[str, str]:
        """The words on the left and on the right of no effect."""
        return ARROWS if self.favours == "higher" else (ARROWS[1], ARROWS[0])

    @property
    def favouring(self) -> str:
        """Which effects favour the intervention, in a sentence."""
        return f"{self._side(self.favours)} favour the intervention"

    @property
    def direction(self) -> str:
        """The same where a sentence begins."""
        return capitalised(self.favouring)

    def _side(self, side: Literal["higher", "lower"]) -> str:
        if self.is_ratio:
            return f"{self.effects} {'above' if side == 'higher' else 'below'} one"
        return f"{'positive' if side == 'higher' else 'negative'} {self.effects}"

    def favourable(self, value: float) -> bool:
        """Return whether an effect, on the scale of the analysis, favours the intervention; none does that is NaN."""
        return value > NO_EFFECT if self.favours == "higher" else value < NO_EFFECT

    @property
    def contrast(self) -> str:
        """What sets two effects apart: "difference", "ratio of odds ratios"."""
        return f"ratio of {self.effects}" if self.is_ratio else "difference"

    @property
    def between(self) -> str:
        """The same of two effects that have just been named: "their difference", "their ratio"."""
        return "ratio" if self.is_ratio else "difference"

    @property
    def as_contrasts(self) -> str:
        """What stands behind the kind of a figure of contrasts: nothing, or " as ratios of odds ratios"."""
        return f" as ratios of {self.effects}" if self.is_ratio else ""

    @property
    def contrast_head(self) -> str:
        """The same over a column."""
        return capitalised(self.contrast)

    @property
    def contrast_title(self) -> str:
        """The same under an axis: what sets the treatment effects of two kinds of people apart."""
        if self.is_ratio:
            return self.contrast_head
        return f"Difference of {'the treatment effect' if self.effect == 'effect' else self.effects}"

    @property
    def apart(self) -> str:
        """How two effects come to their contrast: "minus", "over"."""
        return "over" if self.is_ratio else "minus"

    @property
    def differs(self) -> str:
        """What an interaction says: "by how much the treatment effect differs", "by what factor the odds ratio differs"."""
        if self.is_ratio:
            return f"by what factor the {self.effect} differs"
        return f"by how much the {'treatment ' if self.effect == 'effect' else ''}{self.effect} differs"

    @property
    def larger(self) -> str:
        """Which contrasts mean a larger benefit: "positive = a larger effect", "below one = a larger effect"."""
        above = self.favours == "higher"
        side = ("above one" if above else "below one") if self.is_ratio else ("positive" if above else "negative")
        return f"{side} = a larger effect"

    @property
    def larger_arrows(self) -> tuple[str, str]:
        """The words on the left and on the right of no contrast."""
        return LARGER_ARROWS if self.favours == "higher" else (LARGER_ARROWS[1], LARGER_ARROWS[0])

    @property
    def on_log_scale(self) -> str:
        """What stands behind a variance or a standard error, which no page takes back: nothing, or " (log scale)"."""
        return " (log scale)" if self.is_ratio else ""

    @property
    def analysed(self) -> str:
        """The sentence of the methods on logarithms; an empty text where there are none."""
        if not self.is_ratio:
            return ""
        return (
            f"{capitalised(self.effects)} were analysed as their natural logarithms and are printed as ratios; standard errors "
            "and variances between trials are those of the logarithms, which also are the values in the results table."
        )


MEAN_DIFFERENCE = EffectScale("mean difference", "effect", "effects")
"""Of a continuous outcome that is turned so that higher is better."""
SMD = EffectScale("standardised mean difference", "SMD", "SMDs")
"""Of a continuous outcome that is divided by a standard deviation in each trial."""
SEVERAL = EffectScale("effect", "effect", "effects")
"""What effects on different scales have in common: a word."""


def shared(scales: Iterable[EffectScale]) -> EffectScale:
    """Return the scale of effects that stand together: the one that all have, a general word where they differ.

    Of none it is that of a mean difference.

    Examples
    --------
    >>> shared([MEAN_DIFFERENCE, MEAN_DIFFERENCE]).title, shared([MEAN_DIFFERENCE, SEVERAL]).title
    ('Mean difference', 'Effect')
    """
    found = tuple(dict.fromkeys(scales)) or (MEAN_DIFFERENCE,)
    if len(found) == 1:
        return found[0]
    if all(scale.is_ratio and scale.favours == found[0].favours for scale in found):
        return EffectScale("ratio", "ratio", "ratios", "log", found[0].favours)
    return SEVERAL


def directions(scales: Iterable[EffectScale]) -> str:
    """Return which effects favour the intervention, in one sentence without its full stop.

    Examples
    --------
    >>> directions([MEAN_DIFFERENCE, EffectScale("risk ratio", "risk ratio", "risk ratios", "log")])
    'Positive effects favour the intervention; risk ratios above one favour the intervention'
    """
    return capitalised("; ".join(dict.fromkeys(scale.favouring for scale in scales)) or MEAN_DIFFERENCE.favouring)


def capitalised(words: str) -> str:
    """Return words with a capital, the rest as it is.

    Examples
    --------
    >>> capitalised("ratio of SDs")
    'Ratio of SDs'
    """
    return words[:1].upper() + words[1:]
