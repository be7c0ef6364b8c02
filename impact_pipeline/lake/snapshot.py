"""A table as it once stood, laid out anew from the files that its log still names: nothing of the lake is touched."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from impact_pipeline.lake.commits import LOG, HeldPartition
from impact_pipeline.lake.tables import LakeTable, record_of


def lay_out(table: LakeTable, held: Mapping[str, HeldPartition], target: LakeTable) -> None:
    """Make `target` hold exactly these partitions of `table`; nothing where there are none.

    Files are linked where the file system can, and copied where it cannot.
    """
    for number, partition in enumerate(sorted(held)):
        one = held[partition]
        actions: list[Mapping[str, Any]] = [*(one.table if number == 0 else ())]
        actions += [{"add": {**file, "dataChange": True}} for file in one.files]
        actions.append({"commitInfo": {"timestamp": 0, "operation": "WRITE", **record_of(one.state)}})
        for path in one.paths(table.path):
            _link(path, target.path / path.relative_to(table.path))
        log = target.path / LOG / f"{number:020}.json"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(f"{json.dumps(action)}\n" for action in actions))


def _link(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)
