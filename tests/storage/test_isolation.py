"""Every method of every repository, called by another tenant with this tenant's ids.

The calls are generated: a new method is tried as soon as it exists, a new parameter asks for a value here.
"""

import inspect
import uuid
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from varlor.contracts.care import Promise
from varlor.contracts.check import CheckResult
from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.contracts.dataset import TableFacts
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.model import Model
from varlor.contracts.notification import NotificationTarget
from varlor.contracts.run import Counters, RequestLogEntry, RunError, SchemaChange
from varlor.contracts.schedule import ScheduleSettings
from varlor.errors import VarlorError
from varlor.ports import AuditLine, Grant, RememberedAnswer, Store, TenantStore
from varlor.storage.scope import Scope
from varlor.storage.store import SqlTenantStore
from varlor.storage.tables import METADATA

TIME = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = FetchRequest(path="/canary", dataset=DatasetTarget(name="canary"))
SETTINGS = ConnectorSettings(name="canary", base_url="https://canary.example.com", auth_type="bearer")
TARGET = NotificationTarget(url="https://canary.example.com/", events=["run.failed"])
CANARY = Secrets.model_validate({"bearer_token": "canary"})
OTHERS: dict[str, Any] = {
    "settings": ConnectorSettings(name="own", base_url="https://own/", auth_type="bearer"),
    "secrets": Secrets(),
    "created_by": "eve",
    "status": "canceled",
    "result": CheckResult(ok=True, url="https://own/"),
    "request": FetchRequest(path="/own", dataset=DatasetTarget(name="own")),
    "origin": "api",
    "fits": lambda _: None,
    "resume_at": TIME,
    "error": RunError(type="t", title="t", detail="d"),
    "counters": Counters(rows=9),
    "requests_per_minute": 1,
    "notes": ["own"],
    "changes": [SchemaChange(kind="discarded", column="own", detail="d")],
    "entries": [RequestLogEntry(seq=1, time=TIME, method="GET", url="https://own/")],
    "failed_only": False,
    "statuses": None,
    "since": TIME,
    "before": None,
    "facts": TableFacts(row_count=9),
    "action": "own",
    "actor": "eve",
    "outcome": "ok",
    "correlation_id": None,
    "detail": {},
    "key": "key",
    "fingerprint": "own",
    "answer": RememberedAnswer("print", 200, {"own": True}),
    "grant": Grant("canary", "canary", "Bearer", (), TIME, None),
    "expected_version": 0,
    "audience": None,
    "next_refresh_at": TIME,
    "line": AuditLine("own", "eve"),
    "workflow_id": None,
    "after": 0,
    "most": 10,
    "most_bytes": 10,
    "upto": 10,
    "reasons": {"evt_own": "own"},
    "event": "evt_own",
    "secret": "eve's own secret",
    "former_until": TIME,
    "limit": 10,
    "cursor": None,
    "max_age": 60,
    "refreshed": True,
    "next_at": TIME,
    "target": NotificationTarget(url="https://own/", events=["run.failed"]),
    "type_": "run.failed",
    "data": {"own": True},
    "next_attempt_at": TIME,
}
OF_ONE_ROOM: dict[str, dict[str, Any]] = {
    "notifications": {
        "error": "own",
        "status": "pending",
        "url": "https://canary.example.com/",
        "secret": SecretStr("whsec_b3duIG93biBvd24gb3duIG93bg=="),
    },
}


ROOMS: dict[str, object] = vars(SqlTenantStore(cast("Scope", None)))  # made for its classes alone
METHODS = [
    (room, name)
    for room, repository in ROOMS.items()
    for name, _ in inspect.getmembers(type(repository), inspect.iscoroutinefunction)
    if not name.startswith("_")
]


async def furnish(tenant: TenantStore) -> dict[str, Any]:
    """Give the tenant one of everything; answers the ids."""
    connector = await tenant.connectors.create(SETTINGS, CANARY, created_by="ann")
    await tenant.grants.write(connector.id, OTHERS["grant"], expected_version=0)
    await tenant.connectors.record_check(connector.id, CheckResult(ok=True, url="https://canary/"))
    dataset = await tenant.datasets.create("canary", connector_id=connector.id)
    run = await tenant.runs.create(
        "run_canary", connector_id=connector.id, dataset_id=dataset.id, request=REQUEST, origin="api"
    )
    schedule = ScheduleSettings(name="canary", connector_id=connector.id, fetch=REQUEST, every=60)
    scheduled = await tenant.schedules.create(schedule)
    await tenant.runs.mark(run.id, "running")
    await tenant.datasets.lease(dataset.id, run.id)
    await tenant.runs.append_requests(
        run.id, [RequestLogEntry(seq=1, time=TIME, method="GET", url="https://canary/", error="canary")]
    )
    await tenant.audit.write("canary", actor="ann", connector_id=connector.id)
    await tenant.idempotency.begin("key", "print")
    await tenant.idempotency.finish("key", RememberedAnswer("print", 201, {"canary": True}))
    await tenant.datasets.promise(dataset.id, 60)
    await tenant.notifications.configure(TARGET, SecretStr("whsec_Y2FuYXJ5IGNhbmFyeSBjYW5hcnk="))
    await tenant.notifications.record("msg_canary", "run.failed", {"canary": True})
    ids = {"connector_id": connector.id, "dataset_id": dataset.id, "run_id": run.id, "name": dataset.name}
    turned = Promise(tenant_id="t", dataset_id=dataset.id, fresh_until=TIME, stale_since=None, stale=True)
    ids |= {"schedule_id": scheduled.id, "message_id": "msg_canary"}
    return ids | {"schedule": schedule, "promise": turned}


async def rows(engine: AsyncEngine, tenant_id: str) -> list[list[Any]]:
    async with engine.connect() as connection:
        queries = [select(table).where(table.c.tenant_id == tenant_id) for table in METADATA.sorted_tables]
        return [list((await connection.execute(query)).all()) for query in queries]


async def outcome(store: Store, room: str, method: str, ids: dict[str, Any]) -> str:
    """Call as a tenant that has nothing; answers what it was told, without the ids it gave itself."""
    call = getattr(getattr(store.tenant(f"foreign-{uuid.uuid4().hex}"), room), method)
    known = OTHERS | OF_ONE_ROOM.get(room, {}) | ids
    try:
        answer = await call(**{name: known[name] for name in inspect.signature(call).parameters})
    except VarlorError as error:
        return repr(error)
    return repr(answer.model_dump(exclude=set(ids)) if isinstance(answer, Model) else answer)


@pytest.mark.parametrize(("room", "method"), METHODS)
async def test_another_tenants_ids_are_as_good_as_none(
    room: str, method: str, store: Store, tenant: TenantStore, tenant_id: str, engine: AsyncEngine
) -> None:
    ids = await furnish(tenant)
    before = await rows(engine, tenant_id)
    theirs = await outcome(store, room, method, ids)
    assert await rows(engine, tenant_id) == before
    assert "canary" not in theirs.replace("run_canary", "")
    unknown = dict.fromkeys(ids, "missing")
    unknown["schedule"] = ids["schedule"].model_copy(update={"connector_id": "missing"})
    unknown["promise"] = ids["promise"].model_copy(update={"dataset_id": "missing"})
    missing = await outcome(store, room, method, unknown)
    if method not in {"create", "write", "configure"}:  # these answer something new each time
        assert theirs == missing


def test_every_repository_is_tried() -> None:
    assert {room for room, _ in METHODS} == {
        "connectors",
        "grants",
        "runs",
        "schedules",
        "starts",
        "datasets",
        "inbox",
        "notifications",
        "audit",
        "idempotency",
    }
    assert len(METHODS) >= 30
