"""Schedules: recurring syncs. What they do is stored here; when they do it is the engine's."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from api.deps import Admin, Caller, Cursor, Editor, Limit, Svc, Viewer
from api.door import PREFIX
from api.fetch_input import refuse_unfit
from api.idempotency import IdempotencyKey, once
from api.openapi import guarded
from api.schedule_input import (
    BackfillRequest,
    ScheduleInput,
    ScheduleNote,
    SchedulePatch,
    merged,
    refuse_never,
    settings_of,
)
from api.schemas import Page
from api.services import Services
from api.strict import StrictRoute
from api.trail import audit
from api.webhook_input import refuse_fetching
from varlor.contracts.model import Id
from varlor.contracts.schedule import (
    RecentRun,
    Schedule,
    ScheduleSettings,
    ScheduleState,
    StoredSchedule,
)
from varlor.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError, VarlorError

router = APIRouter(prefix="/schedules", tags=["schedules"], route_class=StrictRoute)
ScheduleId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
RECENT: Final = 5
_SILENT: Final = ScheduleNote()
_LOST: Final = ScheduleState(paused=True, note="The workflow engine does not know this schedule; resume it.")


@router.post(
    "",
    status_code=201,
    operation_id="create_schedule",
    summary="Run a fetch request again and again",
    responses=guarded(404, 409, 413, 422),
    response_model=Schedule,
)
async def create(
    body: ScheduleInput,
    request: Request,
    response: Response,
    parts: Svc,
    caller: Editor,
    key: IdempotencyKey = None,
) -> Schedule | dict[str, Any]:
    settings = settings_of(body)
    await _within_reach(parts, caller, settings)

    async def act() -> Schedule:
        stored = await caller.store.schedules.create(settings)
        try:
            await parts.timetable.put(caller.tenant_id, stored, paused=body.paused, note=body.note)
            refuse_never(stored, await parts.timetable.state(caller.tenant_id, stored.id))
        except VarlorError:
            await caller.store.schedules.delete(stored.id)
            with suppress(VarlorError):  # what the engine alone knows ends by itself
                await parts.timetable.delete(caller.tenant_id, stored.id)
            raise
        await _audit(caller, "created", stored)
        return await _shown(parts, caller, stored)

    made = await once(caller, request, key, body, act, status=HTTPStatus.CREATED)
    made_id = made["id"] if isinstance(made, dict) else made.id
    response.headers["Location"] = f"{PREFIX}/schedules/{made_id}"
    return made


@router.get("", operation_id="list_schedules", summary="List schedules", responses=guarded(422))
async def list_all(
    parts: Svc,
    caller: Viewer,
    limit: Limit = 50,
    cursor: Cursor = None,
    connector_id: Annotated[Id | None, Query(alias="connectorId")] = None,
) -> Page[Schedule]:
    found = await caller.store.schedules.list(limit=limit, cursor=cursor, connector_id=connector_id)
    shown = await asyncio.gather(*(_shown(parts, caller, stored) for stored in found.items))
    return Page(items=shown, next_cursor=found.next_cursor)


@router.get(
    "/{scheduleId}",
    operation_id="get_schedule",
    summary="Get a schedule, its next times and its newest runs",
    responses=guarded(404, 422),
)
async def get(scheduleId: ScheduleId, parts: Svc, caller: Viewer) -> Schedule:  # noqa: N803 - the name on the wire
    return await _shown(parts, caller, await caller.store.schedules.get(scheduleId))


@router.patch(
    "/{scheduleId}",
    operation_id="update_schedule",
    summary="Change a schedule (merge patch); runs under way go on as they began",
    responses=guarded(404, 409, 413, 422),
)
async def update(
    scheduleId: ScheduleId,  # noqa: N803 - the name on the wire
    body: SchedulePatch,
    parts: Svc,
    caller: Editor,
) -> Schedule:
    stored = await caller.store.schedules.get(scheduleId)
    settings = merged(stored, body)
    await _within_reach(parts, caller, settings)
    state = await _state(parts, caller, scheduleId)
    changed = stored.model_copy(
        update={name: getattr(settings, name) for name in type(settings).model_fields}
    )
    paused = state.paused if body.paused is None else body.paused
    note = body.note if "note" in body.model_fields_set else state.note
    await parts.timetable.put(caller.tenant_id, changed, paused=paused, note=note)
    try:
        refuse_never(changed, await parts.timetable.state(caller.tenant_id, scheduleId))
    except InvalidInputError:
        await parts.timetable.put(caller.tenant_id, stored, paused=state.paused, note=state.note)
        raise
    if body.paused:
        await parts.timetable.put(caller.tenant_id, changed, paused=True, note=note, drop_waiting=True)
    changed = await caller.store.schedules.update(scheduleId, settings)
    await _audit(caller, "updated", changed)
    return await _shown(parts, caller, changed)


@router.delete(
    "/{scheduleId}",
    status_code=204,
    operation_id="delete_schedule",
    summary="Delete a schedule; its runs and their dataset stay",
    responses=guarded(404, 422),
)
async def delete(scheduleId: ScheduleId, parts: Svc, caller: Admin) -> None:  # noqa: N803 - the name on the wire
    stored = await caller.store.schedules.get(scheduleId)
    await parts.timetable.delete(caller.tenant_id, scheduleId)
    with suppress(NotFoundError):  # somebody else's call was first
        await caller.store.schedules.delete(scheduleId)
    await _audit(caller, "deleted", stored)


@router.post(
    "/{scheduleId}/trigger",
    status_code=202,
    operation_id="trigger_schedule",
    summary="Start one of its runs now",
    responses=guarded(404, 409, 422),
    response_model=Schedule,
)
async def trigger(
    scheduleId: ScheduleId,  # noqa: N803 - the name on the wire
    request: Request,
    parts: Svc,
    caller: Editor,
    key: IdempotencyKey = None,
) -> Schedule | dict[str, Any]:
    stored = await caller.store.schedules.get(scheduleId)

    async def act() -> Schedule:
        state = await _known(parts, caller, scheduleId)
        if state.running and stored.overlap == "skip":
            raise ConflictError("One of its runs is under way, and its overlap policy is skip.")
        await parts.timetable.trigger(caller.tenant_id, scheduleId)
        await _audit(caller, "triggered", stored)
        return await _shown(parts, caller, stored)

    return await once(caller, request, key, None, act, status=HTTPStatus.ACCEPTED)


@router.post(
    "/{scheduleId}/backfill",
    status_code=202,
    operation_id="backfill_schedule",
    summary="Make up for the times of a range, one after the other",
    responses=guarded(404, 409, 413, 422),
    response_model=Schedule,
)
async def backfill(
    scheduleId: ScheduleId,  # noqa: N803 - the name on the wire
    body: BackfillRequest,
    request: Request,
    parts: Svc,
    caller: Editor,
    key: IdempotencyKey = None,
) -> Schedule | dict[str, Any]:
    stored = await caller.store.schedules.get(scheduleId)
    if body.end_at > parts.clock.now():
        problem = FieldProblem("/endAt", "Only what is past can be made up for.")
        raise InvalidInputError("The range is not over yet.", problem)

    async def act() -> Schedule:
        await _known(parts, caller, scheduleId)
        await parts.timetable.backfill(caller.tenant_id, scheduleId, after=body.start_at, until=body.end_at)
        await _audit(caller, "backfilled", stored)
        return await _shown(parts, caller, stored)

    return await once(caller, request, key, body, act, status=HTTPStatus.ACCEPTED)


@router.post(
    "/{scheduleId}/pause",
    operation_id="pause_schedule",
    summary="Start no more runs until it is resumed; a run under way goes on",
    responses=guarded(404, 413, 422),
)
async def pause(
    scheduleId: ScheduleId,  # noqa: N803 - the name on the wire
    parts: Svc,
    caller: Editor,
    body: ScheduleNote = _SILENT,
) -> Schedule:
    return await _switched(parts, caller, scheduleId, body, paused=True)


@router.post(
    "/{scheduleId}/resume",
    operation_id="resume_schedule",
    summary="Go on with its next time",
    responses=guarded(404, 413, 422),
)
async def resume(
    scheduleId: ScheduleId,  # noqa: N803 - the name on the wire
    parts: Svc,
    caller: Editor,
    body: ScheduleNote = _SILENT,
) -> Schedule:
    return await _switched(parts, caller, scheduleId, body, paused=False)


async def _switched(
    parts: Services, caller: Caller, schedule_id: str, body: ScheduleNote, *, paused: bool
) -> Schedule:
    stored = await caller.store.schedules.get(schedule_id)
    state = await parts.timetable.state(caller.tenant_id, schedule_id)
    note = body.note if body.note is not None or state is None else state.note
    put = parts.timetable.put
    await put(caller.tenant_id, stored, paused=paused, note=note, drop_waiting=paused)
    await _audit(caller, "paused" if paused else "resumed", stored)
    return await _shown(parts, caller, stored)


async def _within_reach(parts: Services, caller: Caller, settings: ScheduleSettings) -> None:
    """The connector, and the dataset if it is named by its id, are there and this tenant's."""
    connector = await caller.store.connectors.get(settings.connector_id)
    refuse_fetching(connector)
    refuse_unfit(connector, settings.fetch, parts.reading, "/fetch")
    if connector.status == "deleting":
        raise ConflictError("The connector is being deleted.")
    if settings.fetch.dataset.id is not None:
        await caller.store.datasets.get(settings.fetch.dataset.id)


async def _state(parts: Services, caller: Caller, schedule_id: str) -> ScheduleState:
    return await parts.timetable.state(caller.tenant_id, schedule_id) or _LOST


async def _known(parts: Services, caller: Caller, schedule_id: str) -> ScheduleState:
    state = await _state(parts, caller, schedule_id)
    if state is _LOST:
        raise ConflictError(_LOST.note or "")
    return state


async def _shown(parts: Services, caller: Caller, stored: StoredSchedule) -> Schedule:
    state = await _state(parts, caller, stored.id)
    runs = await caller.store.runs.list(limit=RECENT, cursor=None, schedule_id=stored.id)
    recent = [
        RecentRun.model_validate({n: getattr(run, n) for n in RecentRun.model_fields}) for run in runs.items
    ]
    of_engine = state.model_dump(by_alias=False, exclude={"running"})
    ours = {"recent_runs": recent, "parked": await _parked(caller, stored)}
    return Schedule.model_validate({**stored.model_dump(by_alias=False), **of_engine, **ours})


async def _parked(caller: Caller, stored: StoredSchedule) -> bool:
    with suppress(NotFoundError):  # it went in this moment, and the schedule goes with it
        return (await caller.store.connectors.get(stored.connector_id)).status == "needs_reauth"
    return False


async def _audit(caller: Caller, act: str, stored: StoredSchedule) -> None:
    await audit(caller, f"schedule.{act}", connector_id=stored.connector_id, schedule=stored.id)
