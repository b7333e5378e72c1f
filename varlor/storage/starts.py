"""What the start of a sync leaves behind: its dataset, its run and the audit's line, in one transaction."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, select
from sqlmodel import col

from varlor import names
from varlor.contracts.connector import ConnectorSettings
from varlor.contracts.dataset import TableFacts
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.run import Run
from varlor.errors import ConflictError, NotFoundError
from varlor.ports import AuditLine, Fits
from varlor.storage.audit import append
from varlor.storage.columns import storable
from varlor.storage.credentials import suffices
from varlor.storage.ids import new_id
from varlor.storage.runs import SqlRuns
from varlor.storage.scope import Scope
from varlor.storage.tables import ConnectorRow, CredentialRow, DatasetRow, GrantRow, RunRow
from varlor.storage.whole import of_connector

_OF_TENANT: Final = bindparam("tenant")
_MINE: Final = col(DatasetRow.tenant_id) == _OF_TENANT
_BY_ID: Final = and_(_MINE, col(DatasetRow.id) == bindparam("wanted"))
_BY_NAME: Final = and_(_MINE, col(DatasetRow.name) == bindparam("wanted"))


def _place(target: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The connector with what a start of it needs, beside the dataset if there is one."""
    return (
        select(
            col(ConnectorRow.status),
            col(ConnectorRow.settings),
            col(CredentialRow.sealed).label("secrets"),
            col(GrantRow.sealed).label("token"),
            col(DatasetRow.id).label("dataset_id"),
        )
        .join(CredentialRow, of_connector(CredentialRow))
        .outerjoin(GrantRow, of_connector(GrantRow))
        .outerjoin(DatasetRow, target)
        .where(col(ConnectorRow.tenant_id) == _OF_TENANT, col(ConnectorRow.id) == bindparam("connector"))
    )


_FOR_ID: Final = _place(_BY_ID)
_FOR_NAME: Final = _place(_BY_NAME)
_NAMED: Final = select(col(DatasetRow.id)).where(_BY_NAME)
"""Built once: every start executes them."""


class SqlStarts:
    """StartRepository."""

    def __init__(self, scope: Scope, runs: SqlRuns) -> None:
        self._scope = scope
        self._runs = runs

    async def queue(
        self,
        run_id: str,
        *,
        connector_id: str,
        request: FetchRequest,
        fits: Fits,
        actor: str,
        correlation_id: str | None = None,
    ) -> Run:
        run: dict[str, Any] = {
            "id": run_id,
            "connector_id": connector_id,
            "origin": "api",
            "status": "queued",
            "created_at": self._scope.clock.now(),
        }

        def act(connection: Connection) -> bool:
            run["dataset_id"] = dataset_id = self._dataset(connection, connector_id, request.dataset, fits)
            row = {**run, "tenant_id": self._scope.tenant, "request": request.model_dump(mode="json")}
            insert = self._scope.database.insert(RunRow).on_conflict_do_nothing()
            if connection.execute(insert.returning(col(RunRow.id)), row).first() is None:
                return False
            detail = {"run": run_id, "dataset": dataset_id}
            line = AuditLine("fetch.started", actor, "ok", connector_id, correlation_id, detail)
            append(connection, self._scope, line)
            return True

        if not await self._scope.database.at_once(act):
            return await self._runs.get(run_id)
        workflow_id = names.sync_id(self._scope.tenant, run_id)
        return Run.model_validate({**run, "request": request, "workflow_id": workflow_id})

    def _dataset(self, connection: Connection, connector_id: str, target: DatasetTarget, fits: Fits) -> str:
        """The id of the dataset, made if it is wanted by name; raises where the connector is not ready."""
        place, wanted = (_FOR_NAME, storable(target.name)) if target.name else (_FOR_ID, target.id)
        key = {"tenant": self._scope.tenant, "wanted": wanted}
        found = connection.execute(place, {**key, "connector": connector_id}).one_or_none()
        if found is None:
            raise NotFoundError("No such connector.")
        _must_be_ready(found, fits)
        if found.dataset_id is not None:
            return found.dataset_id
        if not target.name:
            raise NotFoundError("No such dataset.")
        self._make_dataset(connection, connector_id, target.name)
        return connection.execute(_NAMED, key).scalar_one()  # ours, or that of one who was first

    def _make_dataset(self, connection: Connection, connector_id: str, name: str) -> None:
        now = self._scope.clock.now()
        row: dict[str, Any] = {
            "tenant_id": self._scope.tenant,
            "id": new_id("dat", now),
            "name": storable(name),
            "connector_id": connector_id,
            "facts": TableFacts().model_dump(mode="json"),
            "created_at": now,
            "updated_at": now,
        }
        connection.execute(self._scope.database.insert(DatasetRow).on_conflict_do_nothing(), row)


def _must_be_ready(found: Row[Any], fits: Fits) -> None:
    settings = ConnectorSettings.model_validate(found.settings)
    fits(settings)
    if found.status == "deleting":
        raise ConflictError("The connector is being deleted.")
    if settings.api_type == "webhook":
        raise ConflictError("A webhook connector receives events; there is nothing to fetch from it.")
    if settings.auth_type != "none" and not suffices(settings, found.secrets, token=bool(found.token)):
        raise ConflictError("The connector has no credential yet; set it first.")
