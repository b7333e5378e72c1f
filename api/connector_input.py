"""What a caller may say of a connector, beyond what its fields' types hold; else 422 with a pointer."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from api.errors import invalid
from api.schemas import ConnectorInput, ConnectorPatch
from api.webhook_input import accepted_webhook, refuse_webhook_fields
from varlor.contracts.connector import AuthType, Connector, ConnectorSettings, Secrets
from varlor.contracts.oauth import OAuthConfig
from varlor.errors import FieldProblem, InvalidInputError, UnsupportedError
from varlor.ports import ReadingJudge, UrlJudge

CREDENTIAL_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie"})
TRANSPORT_HEADERS: Final = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "accept-encoding",
    }
)
_TRANSPORT: Final = "This header is set by the transport."
_SECRET_FIELDS: Final = frozenset({"bearer_token", "api_key"})
_WEBHOOK_FIELDS: Final = frozenset({"name", "connector_type", "api_type", "webhook_config"})
_OAUTH_SECRETS: Final = frozenset({"client_secret", "private_key", "refresh_token"})
_HIDDEN: Final[dict[str, Any]] = dict.fromkeys({*_SECRET_FIELDS, "webhook_secret"}, True) | {
    "oauth_config": {*_OAUTH_SECRETS, "redirect_uri"}
}
_NEEDED: Final[dict[AuthType, str]] = {"bearer": "bearer_token", "apikey": "api_key"}
_OAUTH_WIRE: Final = {
    "client_secret": "clientSecret",
    "private_key": "privateKey",
    "refresh_token": "refreshToken",
}
_ENDPOINTS: Final = {
    "authorization_url": "authorizationUrl",
    "token_url": "tokenUrl",
    "revocation_url": "revocationUrl",
    "issuer": "issuer",
}
_PORTS: Final = {"http": 80, "https": 443}


def accepted(
    given: ConnectorInput, judge: UrlJudge, reading: ReadingJudge
) -> tuple[ConnectorSettings, Secrets]:
    """The settings to store and the secrets to seal; raises InvalidInputError, UnsupportedError."""
    _supported(given.connector_type)
    if given.api_type == "webhook":
        return accepted_webhook(given)
    refuse_webhook_fields(given)
    secrets = _secrets(given)
    plain = given.model_dump(by_alias=False, exclude=_HIDDEN)
    settings = _judged(ConnectorSettings.model_validate(plain), judge, reading)
    _fitting(settings, secrets)
    return settings, secrets


def merged(
    stored: Connector, patch: ConnectorPatch, judge: UrlJudge, reading: ReadingJudge
) -> tuple[ConnectorSettings, Secrets | None]:
    """RFC 7396 of the patch upon the stored settings; secrets None when the stored ones stay.

    A credential never follows its connector to another origin: who may edit a connector must not be
    able to have its token sent to a host of their own. (The store forgets an OAuth token by itself.)
    """
    given = patch.model_fields_set
    _supported(patch.connector_type or "api")
    if "webhook" in {stored.api_type, patch.api_type}:
        return _patched_webhook(stored, patch), None
    settings = _judged(_patched(stored, patch), judge, reading)
    given_oauth = patch.oauth_config.model_fields_set if patch.oauth_config else set[str]()
    if given & _SECRET_FIELDS or given_oauth & _OAUTH_SECRETS:
        secrets = _secrets(patch)
        _fitting(settings, secrets)
        return settings, secrets
    if not stored.has_credential:
        return settings, None
    if settings.auth_type != stored.auth_type:
        return settings, Secrets()
    if settings.auth_type not in {"none", "oauth2"} and origin(settings.base_url) != origin(stored.base_url):
        detail = "Another host needs the credential again: send it together with the new baseUrl."
        raise InvalidInputError("The stored credential stays at its host.", FieldProblem("/baseUrl", detail))
    return settings, None


def refuse_headers(names: Iterable[str], place: str = "/headers") -> None:
    """Headers that hold credentials belong to authType; those of the transport belong to us."""
    problems: list[FieldProblem] = []
    for name in names:
        if name.lower() in CREDENTIAL_HEADERS:
            detail = "Credentials belong to authType (bearer or apikey), where they are sealed."
            problems.append(FieldProblem(f"{place}/{_escaped(name)}", detail))
        elif name.lower() in TRANSPORT_HEADERS:
            problems.append(FieldProblem(f"{place}/{_escaped(name)}", _TRANSPORT))
    if problems:
        raise InvalidInputError("Some headers cannot be set.", *problems)


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port (RFC 6454, section 4)."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def retargets(stored: Connector, settings: ConnectorSettings) -> bool:
    """Whether an OAuth token, and what renews it, would go elsewhere: then the store forgets them."""
    if stored.auth_type != "oauth2":
        return False
    if settings.auth_type != "oauth2" or origin(settings.base_url) != origin(stored.base_url):
        return True
    kept = {"scopes", "audience", "extra_params", "redirect", "redirect_uri", "token_endpoint_auth_method"}
    before, after = (
        each.oauth_config.model_dump(exclude=kept) if each.oauth_config else None
        for each in (stored, settings)
    )
    return before != after


def _secrets(given: ConnectorInput | ConnectorPatch) -> Secrets:
    oauth = given.oauth_config
    return Secrets(
        bearer_token=given.bearer_token,
        api_key=given.api_key,
        client_secret=oauth.client_secret if oauth else None,
        private_key=oauth.private_key if oauth else None,
        refresh_token=oauth.refresh_token if oauth else None,
    )


def _patched(stored: Connector, patch: ConnectorPatch) -> ConnectorSettings:
    current = stored.model_dump(mode="json", include=set(ConnectorSettings.model_fields))
    changes = patch.model_dump(mode="json", exclude_unset=True, exclude=_HIDDEN)
    for whole in ("pagination", "apiKeyConfig", "webhookConfig"):
        if whole in changes:
            current.pop(whole, None)
    document = _merge(current, changes)
    try:
        return ConnectorSettings.model_validate(document)
    except ValidationError as error:
        raise invalid(error, document) from None


def _patched_webhook(stored: Connector, patch: ConnectorPatch) -> ConnectorSettings:
    """No connector becomes a webhook, and a webhook becomes nothing else: its address would be another."""
    if patch.api_type not in {None, stored.api_type}:
        problem = FieldProblem("/apiType", "Create another connector: a webhook's address is its own.")
        raise InvalidInputError("The apiType cannot be changed.", problem)
    useless = patch.model_fields_set - _WEBHOOK_FIELDS
    if useless:
        problems = [
            FieldProblem(f"/{to_camel(name)}", "A webhook has no use for it.") for name in sorted(useless)
        ]
        raise InvalidInputError("The input is not valid.", *problems)
    return _patched(stored, patch)


def _merge(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    result: dict[str, Any] = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merge(result.get(key), value)
    return result


def _supported(connector_type: str) -> None:
    if connector_type != "api":
        _unsupported("/connectorType", f"connectorType {connector_type} is reserved; use api.")


def _unsupported(pointer: str, detail: str) -> None:
    raise UnsupportedError(detail, FieldProblem(pointer, detail))


def _judged(settings: ConnectorSettings, judge: UrlJudge, reading: ReadingJudge) -> ConnectorSettings:
    refuse_headers(settings.headers)
    reading.check_paths(settings, settings.api_type)
    if settings.auth_type == "apikey" and settings.api_key_config is None:
        problem = FieldProblem("/apiKeyConfig", "authType apikey needs apiKeyConfig with its keyName.")
        raise InvalidInputError("The input is not valid.", problem)
    _key_name(settings)
    url = _saved(judge, settings.base_url, "/baseUrl")
    return settings.model_copy(update={"base_url": url, "oauth_config": _judged_oauth(settings, judge)})


def _saved(judge: UrlJudge, url: str, pointer: str) -> str:
    try:
        return judge.check_saved(url)
    except InvalidInputError as error:
        raise InvalidInputError(error.detail, FieldProblem(pointer, error.detail)) from None


def _judged_oauth(settings: ConnectorSettings, judge: UrlJudge) -> OAuthConfig | None:
    """Its addresses as they came, once judged: an issuer is compared to the letter (RFC 8414)."""
    config = settings.oauth_config
    if config is None:
        if settings.auth_type == "oauth2":
            problem = FieldProblem("/oauthConfig", "authType oauth2 needs oauthConfig with its clientId.")
            raise InvalidInputError("The input is not valid.", problem)
        return None
    for field, wire in _ENDPOINTS.items():
        url = getattr(config, field)
        if url is not None:
            _saved(judge, url, f"/oauthConfig/{wire}")
    return config


def _key_name(settings: ConnectorSettings) -> None:
    config = settings.api_key_config
    if config is None or config.location != "header":
        return
    if config.key_name.lower() in TRANSPORT_HEADERS:
        problem = FieldProblem("/apiKeyConfig/keyName", _TRANSPORT)
        raise InvalidInputError("The input is not valid.", problem)


def _fitting(settings: ConnectorSettings, secrets: Secrets) -> None:
    """A secret that the authType has no use for is a mistake worth telling, not worth storing."""
    needed = _NEEDED.get(settings.auth_type)
    for field, wire in (("bearer_token", "bearerToken"), ("api_key", "apiKey")):
        if getattr(secrets, field) is not None and field != needed:
            problem = FieldProblem(f"/{wire}", f"authType {settings.auth_type} has no use for it.")
            raise InvalidInputError("The credential does not fit the authType.", problem)
    _sendable(settings, secrets)
    _fitting_oauth(settings, secrets)


def _sendable(settings: ConnectorSettings, secrets: Secrets) -> None:
    """What goes into a header has characters that a header can carry."""
    key = settings.api_key_config
    in_header = secrets.bearer_token, secrets.api_key if key and key.location == "header" else None
    for secret, wire in zip(in_header, ("bearerToken", "apiKey"), strict=True):
        if secret is not None and any(character > "\xff" for character in secret.get_secret_value()):
            problem = FieldProblem(f"/{wire}", "It holds characters that no header can carry; remove them.")
            raise InvalidInputError("The credential cannot be sent.", problem)


def _fitting_oauth(settings: ConnectorSettings, secrets: Secrets) -> None:
    config = settings.oauth_config if settings.auth_type == "oauth2" else None
    method = config.token_endpoint_auth_method if config else ""
    used = {
        "client_secret": method.startswith("client_secret"),
        "private_key": method == "private_key_jwt",
        "refresh_token": config is not None and config.grant == "refresh_token",
    }
    for field, wire in _OAUTH_WIRE.items():
        if getattr(secrets, field) is not None and not used[field]:
            problem = FieldProblem(f"/oauthConfig/{wire}", "authType, grant or method have no use for it.")
            raise InvalidInputError("The credential does not fit the oauthConfig.", problem)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
