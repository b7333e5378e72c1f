"""Credentials that do not change by themselves: bearer token, API key in header or query, none."""

from collections.abc import Mapping

from varlor.contracts.connector import ApiKeyConfig, ConnectorSettings, Secrets
from varlor.errors import InvalidInputError, UnsupportedError
from varlor.ports import AuthParts
from varlor.redaction import is_sensitive


class StaticAuth:
    """`ports.RequestAuth` of a credential that is what it is; a 401 cannot be cured by asking again."""

    def __init__(self, parts: AuthParts) -> None:
        self._parts = parts

    async def parts(self) -> AuthParts:
        return self._parts

    async def refused(self) -> bool:
        return False


def static_auth(settings: ConnectorSettings, secrets: Secrets) -> StaticAuth:
    """Raises InvalidInputError when the credential that `auth_type` asks for is missing."""
    if settings.auth_type == "none":
        return StaticAuth(AuthParts())
    if settings.auth_type == "bearer":
        if secrets.bearer_token is None:
            raise InvalidInputError("The connector has no bearer token; save one first.")
        return StaticAuth(
            AuthParts(headers={"Authorization": f"Bearer {secrets.bearer_token.get_secret_value()}"})
        )
    if settings.auth_type == "apikey":
        if secrets.api_key is None or settings.api_key_config is None:
            raise InvalidInputError("The connector has no API key; save one with its apiKeyConfig first.")
        return StaticAuth(_api_key(settings.api_key_config, secrets.api_key.get_secret_value()))
    raise UnsupportedError(f"The authentication {settings.auth_type} is not a static credential.")


def _api_key(config: ApiKeyConfig, key: str) -> AuthParts:
    value = f"{config.prefix or ''}{key}"
    if config.location == "query":
        return AuthParts(params={config.key_name: value})
    return AuthParts(headers={config.key_name: value})


def key_param(settings: ConnectorSettings) -> frozenset[str]:
    """The query parameter that carries the credential, which no stored URL may hold."""
    config = settings.api_key_config
    if settings.auth_type == "apikey" and config is not None and config.location == "query":
        return frozenset({config.key_name})
    return frozenset()


def secret_values(parts: AuthParts, own_headers: Mapping[str, str]) -> tuple[str, ...]:
    """Every text that would give a credential away if an answer echoed it."""
    telling = [value for name, value in own_headers.items() if is_sensitive(name)]
    whole = [*parts.headers.values(), *parts.params.values(), *telling]
    return tuple(dict.fromkeys([*whole, *(value.rpartition(" ")[2] for value in whole)]))
