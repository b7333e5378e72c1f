"""What tests steer the server with, below `/_oauth`; none of it is OAuth."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from examples.sample_api.oauth.clients import Client
from examples.sample_api.oauth.faults import Faults, Rules
from examples.sample_api.oauth.settings import Settings
from examples.sample_api.oauth.state import State
from examples.sample_api.oauth.tally import Tally


class Which(BaseModel):
    """The grants meant: those of a client, or one; all when neither is named."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid")

    client_id: str | None = None
    grant_id: str | None = None


class Admin:
    """`POST` clients, settings, faults, grants/revoke, access/expire, reset; `GET` grants, stats."""

    def __init__(self, state: State, faults: Faults, tally: Tally) -> None:
        self._state, self._faults, self._tally = state, faults, tally

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/_oauth", include_in_schema=False)
        router.add_api_route("/clients", self._add_client, methods=["POST"], status_code=201)
        router.add_api_route("/settings", self._show_settings, methods=["GET"])
        router.add_api_route("/settings", self._change_settings, methods=["POST"])
        router.add_api_route("/faults", self._set_faults, methods=["POST"])
        router.add_api_route("/faults", self._clear_faults, methods=["DELETE"])
        router.add_api_route("/grants", self._show_grants, methods=["GET"])
        router.add_api_route("/grants/revoke", self._revoke_grants, methods=["POST"])
        router.add_api_route("/access/expire", self._expire_access, methods=["POST"])
        router.add_api_route("/stats", self._show_stats, methods=["GET"])
        router.add_api_route("/stats", self._tally.clear, methods=["DELETE"], status_code=204)
        router.add_api_route("/reset", self._reset, methods=["POST"], status_code=204)
        return router

    async def _add_client(self, client: Client) -> dict[str, Any]:
        with self._state.lock:
            self._state.clients[client.client_id] = client
        return client.model_dump(exclude_none=True)

    async def _show_settings(self) -> Settings:
        return self._state.settings

    async def _change_settings(self, changed: dict[str, Any]) -> Settings:
        """Takes the fields to change; all others stay."""
        with self._state.lock:
            now = self._state.settings.model_dump(by_alias=True)
            try:
                self._state.settings = Settings.model_validate(now | changed)
            except ValidationError as error:
                raise HTTPException(422, error.errors(include_url=False, include_context=False)) from error
            return self._state.settings

    async def _set_faults(self, rules: Rules) -> dict[str, int]:
        self._faults.replace(rules.rules)
        return {"rules": len(rules.rules)}

    async def _clear_faults(self) -> dict[str, int]:
        self._faults.replace([])
        return {"rules": 0}

    async def _show_grants(self) -> list[dict[str, Any]]:
        with self._state.lock:
            return [
                {
                    "grantId": grant.grant_id,
                    "clientId": grant.client_id,
                    "grantType": grant.grant_type,
                    "scope": grant.scope,
                    "createdAt": grant.created_at,
                    "refreshes": grant.refreshes,
                    "accessExpiresAt": grant.access_expires_at,
                    "ended": grant.ended,
                }
                for grant in self._state.grants.values()
            ]

    async def _revoke_grants(self, which: Which) -> dict[str, int]:
        with self._state.lock:
            ended = self._state.end_grants("provider", client_id=which.client_id, grant_id=which.grant_id)
        return {"revoked": ended}

    async def _expire_access(self, which: Which) -> dict[str, int]:
        with self._state.lock:
            count = self._state.expire_access(client_id=which.client_id, grant_id=which.grant_id)
        return {"expired": count}

    async def _show_stats(self) -> dict[str, Any]:
        with self._state.lock:
            return self._tally.shown(self._state)

    async def _reset(self) -> None:
        """Forgets clients, grants, faults, settings and counts."""
        with self._state.lock:
            self._state.reset()
            self._faults.replace([])
            self._tally.clear()
