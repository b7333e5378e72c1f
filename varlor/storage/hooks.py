"""Webhooks' addresses as strangers reach them: found by an unguessable id, events made durable in groups."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Final, cast

from sqlalchemy import Connection, Table, and_, bindparam, update
from sqlmodel import col, select

from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.contracts.webhook import WebhookConfig
from varlor.ports import Arrival, Hook
from varlor.storage.bulk import insert_new
from varlor.storage.credentials import opened
from varlor.storage.database import Database
from varlor.storage.group_commit import GroupCommit
from varlor.storage.scope import Scope
from varlor.storage.tables import ConnectorRow, CredentialRow, InboxEventRow, InboxRow

REMEMBER_SECONDS: Final = 10.0  # how long a change of a hook may take to be known everywhere
AGAIN_SECONDS: Final = 1.0  # between two looks for the newest, so that bad signatures ask no faster
MOST_REMEMBERED: Final = 10_000
_COLUMNS: Final = (
    *("tenant_id", "connector_id", "id", "event_id", "kind"),
    *("sequence", "received_at", "status", "size", "body"),
)
_TABLE: Final = cast("Table", InboxEventRow.__table__)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType] - SQLModel does not declare it

_LAST: Final = col(InboxRow.last_sequence)
_MOVE_END: Final = (
    update(InboxRow)
    .where(
        col(InboxRow.tenant_id) == bindparam("tenant"), col(InboxRow.connector_id) == bindparam("connector")
    )
    .values({InboxRow.last_sequence: _LAST + bindparam("more"), InboxRow.last_event_at: bindparam("now")})
    .returning(_LAST)
)


def event_key(event_id: str) -> str:
    """Our id of an event: the same for the same sender's id, whatever that looks like."""
    return f"evt_{hashlib.sha256(event_id.encode('utf-8', 'replace')).hexdigest()[:32]}"


class SqlHooks:
    """ports.Hooks."""

    def __init__(self, database: Database, scope_of: Callable[[str], Scope]) -> None:
        self._database = database
        self._scope_of = scope_of
        self._known: dict[str, tuple[Hook, float]] = {}
        self._group = GroupCommit[tuple[Hook, Arrival], bool](self._commit, _size)

    async def find(self, hook_id: str, *, newest: bool = False) -> Hook | None:
        known = self._known.get(hook_id)
        if known is not None and monotonic() - known[1] < (AGAIN_SECONDS if newest else REMEMBER_SECONDS):
            return known[0]
        hook = await self._load(hook_id)
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        if hook is None:
            self._known.pop(hook_id, None)
        else:
            self._known[hook_id] = (hook, monotonic())
        return hook

    async def _load(self, hook_id: str) -> Hook | None:
        query = (
            select(InboxRow, ConnectorRow, CredentialRow)
            .where(col(InboxRow.hook_id) == hook_id, col(ConnectorRow.status) != "deleting")
            .join(ConnectorRow, _of_inbox(ConnectorRow, col(ConnectorRow.id)))
            .join(CredentialRow, _of_inbox(CredentialRow, col(CredentialRow.connector_id)))
        )
        async with self._database.read() as session:
            found = (await session.exec(query)).one_or_none()
        if found is None:
            return None
        inbox, connector, credential = found
        scope = self._scope_of(inbox.tenant_id)
        settings = ConnectorSettings.model_validate(connector.settings)
        secrets = _valid(opened(scope, credential), inbox, scope)
        return Hook(inbox.tenant_id, inbox.connector_id, settings.webhook_config or WebhookConfig(), secrets)

    async def accept(self, hook: Hook, arrival: Arrival) -> bool:
        return await self._group.add((hook, arrival))

    async def _commit(self, group: Sequence[tuple[Hook, Arrival]]) -> Sequence[bool]:
        inboxes: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
        for hook, arrival in group:
            inboxes[hook.tenant_id, hook.connector_id].append(arrival)

        def act(connection: Connection) -> set[tuple[str, str]]:
            rows: list[Sequence[Any]] = []
            kept: set[tuple[str, str]] = set()
            for place in sorted(inboxes):  # in one order, so that no two processes wait for each other
                numbered = self._number(connection, *place, inboxes[place])
                if numbered:
                    kept.add(place)
                rows += numbered
            if rows:
                insert_new(connection, _TABLE, _COLUMNS, rows)
            return kept

        kept = await self._database.at_once(act, durable=True)
        return [(hook.tenant_id, hook.connector_id) in kept for hook, _ in group]

    def _number(
        self, connection: Connection, tenant: str, connector: str, arrivals: Sequence[Arrival]
    ) -> list[Sequence[Any]]:
        """The events' rows, numbered under the lock of their inbox; none when the inbox is gone.

        Numbers so become visible in their own order: whoever has read up to one has read all before it.
        """
        now = self._scope_of(tenant).clock.now()
        place = {"tenant": tenant, "connector": connector, "more": len(arrivals), "now": now}
        end = connection.execute(_MOVE_END, place).scalar_one_or_none()
        if end is None:
            return []
        return [
            (
                *(tenant, connector, event_key(arrival.event_id), arrival.event_id, arrival.kind),
                *(end - len(arrivals) + at, now, "waiting", len(arrival.body), arrival.body),
            )
            for at, arrival in enumerate(arrivals, 1)
        ]


def _of_inbox(table: type[ConnectorRow | CredentialRow], connector: Any) -> Any:
    same_tenant = col(table.tenant_id) == col(InboxRow.tenant_id)
    return and_(same_tenant, connector == col(InboxRow.connector_id))


def _valid(secrets: Secrets, inbox: InboxRow, scope: Scope) -> Sequence[str]:
    held = [secrets.webhook_secret]
    if inbox.former_until is not None and inbox.former_until > scope.clock.now():
        held.append(secrets.former_webhook_secret)
    return [secret.get_secret_value() for secret in held if secret is not None]


def _size(item: tuple[Hook, Arrival]) -> int:
    return len(item[1].body) + 256
