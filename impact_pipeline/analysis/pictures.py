"""Every picture of a causal answer as a PNG file. Loads altair: import it where charts are made."""

from __future__ import annotations

from pathlib import Path

from impact_pipeline.analysis.answer import Answer
from impact_pipeline.errors import InputError
from impact_pipeline.reports.exhibit_charts import exhibit_figure


def write_pictures(answer: Answer, folder: Path) -> tuple[Path, ...]:
    """`<metric>-<place>-<exhibit>.png` for each exhibit that has something to draw; made if the folder is not there."""
    if not answer.exhibits:
        raise InputError("--pictures: this answer has no pictures; they belong to causal designs")
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for place, shown in enumerate(answer.exhibits, start=1):
            figure = exhibit_figure("exhibit", shown.exhibit)
            if figure is not None:
                path = folder / f"{_plain(shown.metric)}-{place}-{_plain(shown.exhibit.name)}.png"
                path.write_bytes(figure.png())
                written.append(path)
    except OSError as error:
        raise InputError(f"--pictures: {folder} cannot be written ({type(error).__name__})") from None
    return tuple(written)


def _plain(name: str) -> str:
    """A name that is one part of a path on any system."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)[:60]
