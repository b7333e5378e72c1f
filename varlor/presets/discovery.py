"""Discovery of a connector that was made from a preset: the preset already says what there is."""

import re
from datetime import timedelta
from typing import Final

from varlor.contracts.check import Discovery, Endpoint, EndpointParameter
from varlor.contracts.connector import Connector
from varlor.contracts.preset import Preset, PresetEndpoint
from varlor.errors import NotFoundError
from varlor.ports import Clock, Discoverer, Presets, RequestAuth

_LIFETIME: Final = timedelta(hours=1)
_SLOT: Final = re.compile(r"\{([^{}/]+)\}")


class PresetDiscoverer:
    """Answers for connectors of a preset; asks the API itself for every other."""

    def __init__(self, presets: Presets, others: Discoverer, clock: Clock) -> None:
        self._presets = presets
        self._others = others
        self._clock = clock

    async def discover(self, tenant: str, connector: Connector, auth: RequestAuth) -> Discovery:
        if connector.preset_id is None:
            return await self._others.discover(tenant, connector, auth)
        try:
            preset = self._presets.get(connector.preset_id)
        except NotFoundError:
            found = await self._others.discover(tenant, connector, auth)
            gone = f"The preset {connector.preset_id} is no longer here; the API itself was asked."
            return found.model_copy(update={"notes": [gone, *found.notes]})
        now = self._clock.now()
        return Discovery(
            source="preset",
            document_url=preset.docs,
            fetched_at=now,
            expires_at=now + _LIFETIME,
            endpoints=[endpoint_of(preset, each) for each in preset.endpoints],
        )


def endpoint_of(preset: Preset, endpoint: PresetEndpoint) -> Endpoint:
    """A preset's endpoint as discovery shows it."""
    slots = [
        EndpointParameter(name=name, location="path", required=True, type="string")
        for name in _SLOT.findall(endpoint.path or "")
    ]
    sent = [
        EndpointParameter(name=name, location="query", default=value)
        for name, value in endpoint.params.items()
    ]
    return Endpoint(
        id=endpoint.id,
        method="POST" if endpoint.query else endpoint.method,
        path=endpoint.path or "",
        summary=endpoint.summary,
        parameters=[*slots, *sent],
        params=endpoint.params,
        body=endpoint.body,
        record_path=endpoint.record_path,
        pagination=endpoint.pagination or preset.pagination,
        primary_key=endpoint.primary_key or None,
        incremental=endpoint.incremental,
        query=endpoint.query,
        variables=endpoint.variables or None,
    )
