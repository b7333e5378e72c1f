"""What routes ask for: the services, who is asking, how much of a list, and the tenant's own store.

The dependencies are coroutines though they wait for nothing: FastAPI sends plain functions to a thread.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Query, Request

from api.door import PREFIX
from api.pointers import joined
from api.schemas import Page
from api.services import Services
from varlor.contracts.model import Model
from varlor.errors import FieldProblem, ForbiddenError, InvalidInputError, UnauthenticatedError
from varlor.ports import Identity, Listing, Role, TenantStore

MAX_PAGE: Final = 200
_MOST_TOLD: Final = 8
_REACH: Final[dict[Role, frozenset[Role]]] = {
    "viewer": frozenset({"viewer", "editor", "admin"}),
    "editor": frozenset({"editor", "admin"}),
    "admin": frozenset({"admin"}),
    "operator": frozenset({"operator"}),
}
M = TypeVar("M", bound=Model)


async def services(request: Request) -> Services:
    return request.app.state.services


async def identity(request: Request) -> Identity:
    """Set by the door (`api/door.py`) before anything of the request was read."""
    found = getattr(request.state, "identity", None)
    if not isinstance(found, Identity):
        raise UnauthenticatedError("Sign in, or send a bearer token.")
    return found


Svc = Annotated[Services, Depends(services)]
Who = Annotated[Identity, Depends(identity)]


class Caller:
    """Who asks, within one tenant, and that tenant's store."""

    def __init__(self, who: Identity, store: TenantStore, tenant_id: str) -> None:
        self.identity = who
        self.actor = who.subject
        self.tenant_id = tenant_id
        self.store = store

    def is_admin(self) -> bool:
        return "admin" in self.identity.roles


def may(role: Role) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency: the caller, if the role reaches; a lower role gets 403 before anything is looked up."""

    async def check(request: Request) -> Caller:
        # Asked here, for each dependency of a dependency costs as much again at every request.
        parts, who = await services(request), await identity(request)
        if not who.roles & _REACH[role] or who.tenant_id is None:
            raise ForbiddenError(f"This needs the role {role}.")
        if request.scope["query_string"]:
            _refuse_unknown(request)
        return Caller(who, parts.store.tenant(who.tenant_id), who.tenant_id)

    return check


def _refuse_unknown(request: Request) -> None:
    """A filter that is misspelt would otherwise filter nothing, in silence."""
    paths = request.app.openapi()["paths"]
    parameters = paths[f"{PREFIX}{request.scope['route'].path}"][request.method.lower()].get("parameters", [])
    known = [each["name"] for each in parameters if each["in"] == "query"]
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        told = f"There is no such parameter; this route takes {', '.join(known) or 'none'}."
        problems = [FieldProblem(f"/query{joined([name])}", told) for name in unknown[:_MOST_TOLD]]
        raise InvalidInputError("The query has a parameter that is not known here.", *problems)


async def operator(who: Who) -> Identity:
    """The platform's own role; no tenant's role includes it."""
    if "operator" not in who.roles:
        raise ForbiddenError("This needs the role operator.")
    return who


Viewer = Annotated[Caller, Depends(may("viewer"))]
Editor = Annotated[Caller, Depends(may("editor"))]
Admin = Annotated[Caller, Depends(may("admin"))]
Operator = Annotated[Identity, Depends(operator)]

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="items at most")]
Cursor = Annotated[str | None, Query(max_length=512, description="`nextCursor` of the page before")]


def page(listing: Listing[M]) -> Page[M]:
    return Page(items=list(listing.items), next_cursor=listing.next_cursor)
