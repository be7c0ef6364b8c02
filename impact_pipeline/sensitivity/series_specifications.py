"""The effect under other choices that one could have made: season, errors, level, controls, how far back to look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from impact_pipeline.catalog.causal.interrupted_time_series import InterruptedTimeSeries
from impact_pipeline.causal.base import Effect, Effects
from impact_pipeline.causal.exhibits import Alternative, SpecificationCurve
from impact_pipeline.causal.series_fits import SeriesQuestion, between
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.refusal import Refusal

MOST_CONTROLS = 6
AGREEING = 2 / 3

Choice = tuple[str, str]


class SeriesSpecifications:
    """Fails where an alternative's interval lies on the other side of 0, or a third of them have the other sign.

    It judges only an effect whose own interval leaves out 0. Alternatives change one choice at a time: season, errors
    and lags (interrupted) or how the level moves (structural), each control left out, only the later half of the past.
    """

    name: ClassVar[str] = "series_specifications"
    designs: ClassVar[frozenset[str]] = frozenset({"interrupted_time_series", "structural_time_series"})
    asks: ClassVar[str] = "Does the answer hang on one choice of the model?"
    pass_means: ClassVar[str] = "Other reasonable choices say the same."
    needs_fit: ClassVar[bool] = True

    def check(self, question: SeriesQuestion, effects: Effects | None) -> Checked:
        main = effects.main if effects else None
        if not isinstance(main, Effect):
            return Checked(Finding(self.name, None, None, None, "There is no effect to compare with.", "none", {}))
        found = [_alternative(choice, asked) for choice, asked in _questions(question)]
        curve = _curve(main, found)
        numbers = [one for one in found if one.value is not None]
        details: dict[str, float | int | str] = {"alternatives": len(found), "refused": len(found) - len(numbers)}
        if not numbers or main.lower <= 0 <= main.upper:
            sentence = "The effect cannot be told from 0, so no choice can overturn it."
            return Checked(Finding(self.name, None, None, None, sentence, "none", details), (curve,))
        sign = 1 if main.value > 0 else -1
        share = sum(sign * (one.value or 0.0) > 0 for one in numbers) / len(numbers)
        opposite = sum(_opposite(one, sign) for one in numbers)
        passed = share >= AGREEING and opposite == 0
        sentence = f"{share:.0%} of {len(numbers)} other choices have the effect's sign; {opposite} say the opposite."
        finding = Finding(self.name, passed, share, AGREEING, sentence, "never_ship", details)
        return Checked(finding, (curve,))


def _questions(question: SeriesQuestion) -> Iterator[tuple[Choice, SeriesQuestion]]:
    design, series = question.design, question.sample
    for choice, changes in _settings(design):
        yield choice, replace(question, design=design.model_copy(update=changes))
    for name in list(series.controls)[:MOST_CONTROLS]:
        kept = {other: control for other, control in series.controls.items() if other != name}
        yield ("controls", f"without {name}"), replace(question, sample=replace(series, controls=kept))
    if len(series.controls) > 1:
        yield ("controls", "none"), replace(question, sample=replace(series, controls={}))
    yield ("past", "later half"), replace(question, sample=between(series, series.starts // 2, len(series)))


def _settings(design: Any) -> Iterator[tuple[Choice, dict[str, Any]]]:
    if design.season != "none":
        yield ("season", "none"), {"season": "none", "season_waves": None}
    if isinstance(design, InterruptedTimeSeries):
        for errors in ("autoregressive", "newey_west", "newey_west_small_sample"):
            if errors != design.errors:
                yield ("errors", errors), {"errors": errors, "lags": "automatic"}
        if design.errors != "autoregressive":
            for lags in (0, 8):
                yield ("lags", str(lags)), {"lags": lags}
        return
    for level in ("local_level", "local_linear_trend", "fixed"):
        if level != design.level:
            yield ("level", level), {"level": level, "level_spread": None}
    if design.level != "fixed":
        for spread in (0.01, 0.1):
            yield ("level_spread", str(spread)), {"level_spread": spread}


def _alternative(choice: Choice, question: SeriesQuestion) -> Alternative:
    estimator = causal_estimator(question.design)
    found = estimator.effects(question).main if estimator else Refusal("not_identified", "no estimator fits")
    if isinstance(found, Refusal):
        return Alternative((choice,), None, None, None, refused=found.detail)
    return Alternative((choice,), found.value, found.lower, found.upper)


def _opposite(one: Alternative, sign: int) -> bool:
    return one.lower is not None and one.upper is not None and (one.upper < 0 if sign > 0 else one.lower > 0)


def _curve(main: Effect, found: list[Alternative]) -> SpecificationCurve:
    own = Alternative((("main", "as designed"),), main.value, main.lower, main.upper, is_main=True)
    return SpecificationCurve("series_specifications", "The effect under other choices", (own, *found))
