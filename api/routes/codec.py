"""The codec server for Temporal Web: operators alone see what payloads say.

The embedded stack's Temporal Web cannot send a token, so there an unguessable path stands for one.
"""

import secrets
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Operator, Svc
from api.openapi import guarded
from api.services import Services
from api.strict import StrictRoute
from varlor.errors import NotFoundError

router = APIRouter(prefix="/codec", tags=["operators"], route_class=StrictRoute)
_MAX_PAYLOADS: Final = 1_000


class PayloadBatch(BaseModel):
    """Temporal's `Payloads` in protobuf JSON: each with base64 `metadata` values and `data`."""

    model_config = ConfigDict(extra="forbid")
    payloads: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]], max_length=_MAX_PAYLOADS)


@router.post(
    "/decode",
    operation_id="decode_payloads",
    summary="Decrypt payloads for Temporal Web",
    responses=guarded(413, 422),
)
async def decode(body: PayloadBatch, parts: Svc, _: Operator) -> PayloadBatch:
    return PayloadBatch.model_validate(await parts.codec.decode(body.model_dump()))


@router.post(
    "/encode",
    operation_id="encode_payloads",
    summary="Encrypt payloads that Temporal Web sends",
    responses=guarded(413, 422),
)
async def encode(body: PayloadBatch, parts: Svc, _: Operator) -> PayloadBatch:
    return PayloadBatch.model_validate(await parts.codec.encode(body.model_dump()))


@router.post("/{key}/decode", include_in_schema=False)
async def decode_embedded(key: str, body: PayloadBatch, parts: Svc, request: Request) -> PayloadBatch:
    _let_in(key, parts, request)
    return PayloadBatch.model_validate(await parts.codec.decode(body.model_dump()))


@router.post("/{key}/encode", include_in_schema=False)
async def encode_embedded(key: str, body: PayloadBatch, parts: Svc, request: Request) -> PayloadBatch:
    _let_in(key, parts, request)
    return PayloadBatch.model_validate(await parts.codec.encode(body.model_dump()))


def _let_in(key: str, parts: Services, request: Request) -> None:
    """Only under the embedded stack's own path, and only from this machine."""
    local = request.client is not None and request.client.host in {"127.0.0.1", "::1"}
    known = parts.codec_path or ""
    if not (local and known and secrets.compare_digest(key.encode(), known.encode())):
        raise NotFoundError("Not found.")
