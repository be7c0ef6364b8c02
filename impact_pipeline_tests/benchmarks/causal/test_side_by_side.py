"""Two sides in turn: how often each is run, and what is told of it."""

from __future__ import annotations

from benchmarks.causal.side_by_side import Answer, Measured, side_by_side


def test_each_side_runs_once_uncounted_and_then_in_turn() -> None:
    order: list[str] = []

    def side(name: str) -> Answer:
        order.append(name)
        return (float(len(order)),)

    found = side_by_side("job", "peer", lambda: side("ours"), lambda: side("theirs"), 2)
    assert order == ["ours", "theirs"] * 3
    assert (len(found.ours), len(found.theirs)) == (2, 2)
    assert (found.our_answer, found.their_answer) == ((5.0,), (6.0,))


def test_the_ratio_is_above_one_where_ours_is_faster() -> None:
    found = Measured("job", "peer", (1.0, 2.0, 3.0), (8.0, 4.0, 4.0), (0.5,), (0.5,))
    assert found.ratio == 2
    assert found.lines()[-1].endswith("ratio 2.0")
