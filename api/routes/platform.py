"""The platform around the tenants: where Temporal Web is, and which master keys still hold secrets."""

from fastapi import APIRouter

from api.deps import Operator, Svc, Viewer
from api.openapi import guarded
from api.strict import StrictRoute
from varlor.contracts.model import Model

router = APIRouter(tags=["platform"], route_class=StrictRoute)


class Platform(Model):
    """What is around the API: `temporalWeb` is the address of this namespace's workflows."""

    temporal_web: str


class MasterKeyUse(Model):
    version: str
    secrets: int


class MasterKeys(Model):
    """How many sealed values, of all tenants, each master key still opens."""

    newest: str
    versions: list[MasterKeyUse]


@router.get("/platform", operation_id="get_platform", summary="Where Temporal Web is", responses=guarded())
async def platform(parts: Svc, _: Viewer) -> Platform:
    return Platform(temporal_web=parts.temporal_web_url)


@router.get(
    "/master-keys",
    operation_id="get_master_keys",
    summary="Sealed values by master key",
    responses=guarded(),
)
async def master_keys(parts: Svc, _: Operator) -> MasterKeys:
    usage = await parts.store.key_usage()
    newest, *_rest = usage
    return MasterKeys(
        newest=newest,
        versions=[MasterKeyUse(version=version, secrets=secrets) for version, secrets in usage.items()],
    )
