"""One job done by both sides in turn, in this process: seconds of each run, and what both found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

Answer = tuple[float, ...]
Side = Callable[[], Answer]


@dataclass(frozen=True, slots=True)
class Measured:
    """`peer` is the library on the other side."""

    job: str
    peer: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    our_answer: Answer
    their_answer: Answer

    @property
    def ratio(self) -> float:
        """Their median over ours: above 1 we are ahead."""
        return median(self.theirs) / median(self.ours)

    def lines(self, unit: str = "effect") -> tuple[str, ...]:
        """Both sides with their medians and answers, then the ratio."""
        sides = (("impact_pipeline", self.ours, self.our_answer), (self.peer, self.theirs, self.their_answer))
        told = (
            f"{self.job:22} {name:18} {median(seconds):8.3f} s   {unit} " + "  ".join(f"{part:.6g}" for part in answer)
            for name, seconds, answer in sides
        )
        return (*told, f"{self.job:22} ratio {self.ratio:.1f}")


def side_by_side(job: str, peer: str, ours: Side, theirs: Side, repeats: int) -> Measured:
    """Each repeat runs both, one after the other; each side is run once before, which is not counted."""
    ours(), theirs()
    runs = [(_timed(ours), _timed(theirs)) for _ in range(repeats)]
    (_, our_answer), (_, their_answer) = runs[-1]
    own, other = (tuple(run[place][0] for run in runs) for place in (0, 1))
    return Measured(job, peer, own, other, our_answer, their_answer)


def _timed(side: Side) -> tuple[float, Answer]:
    start = perf_counter()
    answer = side()
    return perf_counter() - start, answer
