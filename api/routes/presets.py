"""Presets: ready-made connectors, and a connector made of one."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from api.deps import Editor, Svc, Viewer
from api.idempotency import IdempotencyKey, once
from api.openapi import guarded
from api.preset_input import connector_of
from api.routes.connectors import located, make
from api.schemas import Page, PresetConnector
from api.strict import StrictRoute
from varlor.contracts.connector import Connector
from varlor.contracts.preset import Preset, PresetSummary

router = APIRouter(prefix="/presets", tags=["presets"], route_class=StrictRoute)
PresetPath = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[a-z0-9-]+$")]


@router.get("", operation_id="list_presets", summary="List ready-made connectors", responses=guarded())
async def list_all(parts: Svc, caller: Viewer) -> Page[PresetSummary]:  # noqa: ARG001 - asked for its role
    return Page(items=[_summary(each) for each in parts.presets.all()])


@router.get(
    "/{presetId}",
    operation_id="get_preset",
    summary="Get a ready-made connector",
    responses=guarded(404, 422),
)
async def get(
    presetId: PresetPath,  # noqa: N803 - the name on the wire
    parts: Svc,
    caller: Viewer,  # noqa: ARG001 - asked for its role
) -> Preset:
    return parts.presets.get(presetId)


@router.post(
    "/{presetId}/connectors",
    status_code=201,
    operation_id="create_connector_from_preset",
    summary="Create a connector from a preset: it needs only the credential and the preset's variables",
    responses=guarded(404, 409, 413, 422),
    response_model=Connector,
)
async def create(
    presetId: PresetPath,  # noqa: N803 - the name on the wire
    body: PresetConnector,
    request: Request,
    response: Response,
    parts: Svc,
    caller: Editor,
    key: IdempotencyKey = None,
) -> Connector | dict[str, Any]:
    connector = connector_of(parts.presets.get(presetId), body)

    async def act() -> Connector:
        return await make(parts, caller, connector)

    made = await once(caller, request, key, body, act, status=HTTPStatus.CREATED)
    return located(response, made)


def _summary(preset: Preset) -> PresetSummary:
    return PresetSummary(
        id=preset.id,
        name=preset.name,
        summary=preset.summary,
        docs=preset.docs,
        api_type=preset.api_type,
        auth_types=[each.type for each in preset.auth],
        endpoints=len(preset.endpoints),
    )
