"""Print what every metric type does under every inference: `python -m impact_pipeline_tests.simulations.table`.

The draws are those of the default tests; with `--full`, those of the slow ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from impact_pipeline_tests.simulations.performance import FAST, FULL, table
from impact_pipeline_tests.simulations.truths import TRUTHS


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="as many draws as the slow tests: minutes")
    parser.add_argument("metric", nargs="*", help=f"by default all: {', '.join(TRUTHS)}")
    chosen = parser.parse_args(arguments)
    effort = FULL if chosen.full else FAST
    for place, metric in enumerate(chosen.metric or TRUTHS):
        lines = table(effort.rows(metric)).splitlines()
        sys.stdout.write("\n".join(lines if place == 0 else lines[1:]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
