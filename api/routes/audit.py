"""The audit: who did what, append-only and hash-chained."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from api.deps import Admin, Cursor, Limit, page
from api.openapi import guarded
from api.schemas import Page
from varlor.contracts.model import Id, UtcTime
from varlor.ports import AuditEntry

router = APIRouter(tags=["audit"])


def _written_out(value: object) -> object:
    """Pydantic also reads a bare number as seconds since 1970, which the document does not say."""
    if isinstance(value, str) and not value[:5].endswith("-"):
        raise ValueError("give a date and time with its zone, such as 2026-01-31T12:00:00Z")
    return value


Since = Annotated[UtcTime, BeforeValidator(_written_out)]


@router.get("/audit", operation_id="list_audit", summary="Read the audit", responses=guarded(422))
async def list_all(
    caller: Admin,
    limit: Limit = 50,
    cursor: Cursor = None,
    connector_id: Annotated[Id | None, Query(alias="connectorId")] = None,
    action: Annotated[str | None, Query(max_length=64, pattern=r"^[a-z._]+$")] = None,
    since: Annotated[Since | None, Query(description="RFC 3339, with a time zone")] = None,
) -> Page[AuditEntry]:
    return page(
        await caller.store.audit.list(
            limit=limit, cursor=cursor, connector_id=connector_id, action=action, since=since
        )
    )
