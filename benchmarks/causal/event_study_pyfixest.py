"""pyfixest's side of `event_study`, in its own environment: one fit for each line that it is sent."""

from __future__ import annotations

import json
import sys
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import pyfixest as pf


def main() -> None:
    """Read the panel named on the command line; answer each line of the input with seconds, values and errors."""
    with np.load(sys.argv[1]) as stored:
        frame = pd.DataFrame({name: stored[name] for name in stored.files})
    covariates = [name for name in frame if name.startswith("x")]
    formula = " + ".join(["y ~ i(period, ever, ref=" + sys.argv[2] + ")", *covariates]) + " | unit + period"
    given: dict[str, Any] = {"vcov": {"CRV1": "unit"}, "lean": True, "store_data": False, "copy_data": False}
    given |= {"weights": "weight"} if "weight" in frame else {}
    for _ in sys.stdin:
        started = perf_counter()
        fit: Any = pf.feols(formula, frame, **given)
        values, errors = fit.coef(), fit.se()
        seconds = perf_counter() - started
        events = [name for name in values.index if name.startswith("period::")]
        answer = {"seconds": seconds, "values": values[events].tolist(), "errors": errors[events].tolist()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
