"""A connector's secrets between the clear and the row: one sealed value per field."""

from typing import Final

from varlor.contracts.connector import AuthType, ConnectorSettings, Secrets
from varlor.storage.scope import Scope
from varlor.storage.tables import CredentialRow

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


def suffices(settings: ConnectorSettings, row: CredentialRow) -> bool:
    """Tell whether the credential that this way of signing in needs is there."""
    needed = _NEEDED.get(settings.auth_type)
    return needed in row.sealed if needed else bool(row.sealed)
