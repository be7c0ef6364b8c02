"""The floor: DuckDB reads the value columns, the unit and the time of every event and adds them up."""

from __future__ import annotations

import duckdb

from benchmarks.peers.answering import Answer, Question, main
from benchmarks.peers.units_sql import configure
from benchmarks.workload import SCALES


def answer(question: Question) -> Answer:
    sums = ", ".join(f"sum({name})" for name in SCALES)
    with duckdb.connect() as connection:
        configure(connection, question)
        connection.execute(
            f"SELECT {sums}, max(unit), max(event_at) "
            f"FROM read_parquet('{question.home.events}', hive_partitioning = true)"
        ).fetchall()
    return Answer({}, 0)


if __name__ == "__main__":
    main(answer)
