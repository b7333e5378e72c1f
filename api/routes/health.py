"""Alive, ready, and the numbers."""

import asyncio
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.deps import Svc
from api.schemas import Liveness, Part, Readiness
from api.services import Probe

router = APIRouter(tags=["health"])
_PROBE_SECONDS: Final = 3.0


@router.get("/health/live", operation_id="get_liveness", summary="Whether this process is alive")
async def live() -> Liveness:
    return Liveness()


@router.get(
    "/health/ready",
    operation_id="get_readiness",
    summary="Whether every part answers",
    responses={503: {"description": "A part is down", "model": Readiness}},
)
async def ready(parts: Svc, response: Response) -> Readiness:
    states = await asyncio.gather(*(_state(probe) for probe in parts.probes.values()))
    up = all(state.state == "up" for state in states)
    if not up:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return Readiness(
        status="ready" if up else "unavailable", parts=dict(zip(parts.probes, states, strict=True))
    )


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="Prometheus metrics (no tenant and no secret in any label)",
    response_class=Response,
    responses={200: {"description": "OK", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(parts: Svc) -> Response:
    return Response(generate_latest(parts.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def state_of(probe: Probe) -> bool:
    """Whether the part answers within three seconds; any failure of it means down."""
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            await probe()
    except Exception:  # noqa: BLE001 - a probe reports, whatever the part's client raises
        return False
    return True


async def _state(probe: Probe) -> Part:
    return Part(state="up" if await state_of(probe) else "down")
