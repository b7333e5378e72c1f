"""A connector's secrets between the clear and the row: one sealed value per field."""

from collections.abc import Collection
from typing import Final

from varlor.contracts.connector import AuthType, ConnectorSettings, Secrets
from varlor.storage.scope import Scope
from varlor.storage.tables import CredentialRow, GrantRow

_NEEDED: Final[dict[AuthType, str]] = {"bearer": "bearer_token", "apikey": "api_key"}


def sealed_row(scope: Scope, connector_id: str, secrets: Secrets, version: int) -> CredentialRow:
    """Seal every given field for this connector, field and version."""
    return CredentialRow(
        tenant_id=scope.tenant,
        connector_id=connector_id,
        version=version,
        key_version=scope.encryption.key_version,
        sealed={
            field: scope.encryption.seal(
                secret.get_secret_value().encode(),
                tenant=scope.tenant,
                connector=connector_id,
                field=field,
                version=version,
            )
            for field, secret in secrets
            if secret is not None
        },
        updated_at=scope.clock.now(),
    )


def opened(scope: Scope, row: CredentialRow) -> Secrets:
    """Unseal every field; SealError when one was moved, changed or sealed under a lost key."""
    return Secrets.model_validate(
        {
            field: scope.encryption.open(
                token, tenant=scope.tenant, connector=row.connector_id, field=field, version=row.version
            ).decode()
            for field, token in row.sealed.items()
        }
    )


def suffices(settings: ConnectorSettings, secrets: Collection[str], *, token: bool) -> bool:
    """Tell whether the credential that this way of signing in needs is there, by the fields that are sealed.

    `token`: a user's token is stored.
    """
    if settings.auth_type == "oauth2":
        return token or _by_itself(settings, secrets)
    needed = _NEEDED.get(settings.auth_type)
    return needed in secrets if needed else bool(secrets)


def has_token(grant: GrantRow | None) -> bool:
    """Tell whether a user's token is stored."""
    return grant is not None and bool(grant.sealed)


def _by_itself(settings: ConnectorSettings, secrets: Collection[str]) -> bool:
    """Whether a machine's grant can get its first token without anybody's consent."""
    config = settings.oauth_config
    if config is None or config.grant == "authorization_code":
        return False
    if config.grant == "refresh_token" and "refresh_token" not in secrets:
        return False
    method = config.token_endpoint_auth_method
    return method == "none" or ("private_key" if method == "private_key_jwt" else "client_secret") in secrets
