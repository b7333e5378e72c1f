"""A connector as it is answered: with the addresses of ours that others have to be told."""

from typing import Any

from api.door import PREFIX
from api.oauth_binding import redirect_uri_of
from api.services import Services
from varlor.contracts.connector import Connector


def shown(parts: Services, connector: Connector) -> Connector:
    """With the redirect URI to register at the provider, or the address that events are sent to."""
    told: dict[str, Any] = {}
    if connector.oauth_config is not None:
        uri = redirect_uri_of(parts, connector)
        told["oauth_config"] = connector.oauth_config.model_copy(update={"redirect_uri": uri})
    if connector.hook_id is not None:
        told["webhook_url"] = f"{parts.public_url.rstrip('/')}{PREFIX}/hooks/{connector.hook_id}"
    return connector.model_copy(update=told) if told else connector
