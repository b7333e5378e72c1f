"""What a caller may say of a connector, beyond what its fields' types hold; else 422 with a pointer."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from api.errors import invalid
from api.schemas import ConnectorInput, ConnectorPatch
from varlor.contracts.connector import AuthType, Connector, ConnectorSettings, Secrets
from varlor.errors import FieldProblem, InvalidInputError, UnsupportedError
from varlor.ports import UrlJudge

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
_NEEDED: Final[dict[AuthType, str]] = {"bearer": "bearer_token", "apikey": "api_key"}
_PORTS: Final = {"http": 80, "https": 443}


def accepted(given: ConnectorInput, judge: UrlJudge) -> tuple[ConnectorSettings, Secrets]:
    """The settings to store and the secrets to seal; raises InvalidInputError, UnsupportedError."""
    _supported(given.connector_type, given.api_type, given.auth_type)
    secrets = Secrets(bearer_token=given.bearer_token, api_key=given.api_key)
    plain = given.model_dump(by_alias=False, exclude=set(_SECRET_FIELDS))
    settings = _judged(ConnectorSettings.model_validate(plain), judge)
    _fitting(settings, secrets)
    return settings, secrets


def merged(
    stored: Connector, patch: ConnectorPatch, judge: UrlJudge
) -> tuple[ConnectorSettings, Secrets | None]:
    """RFC 7396 of the patch upon the stored settings; secrets None when the stored ones stay.

    A credential never follows its connector to another origin: who may edit a connector must not be
    able to have its token sent to a host of their own.
    """
    given = patch.model_fields_set
    _supported(patch.connector_type or "api", patch.api_type or "rest", patch.auth_type or "none")
    settings = _judged(_patched(stored, patch), judge)
    if given & _SECRET_FIELDS:
        secrets = Secrets(bearer_token=patch.bearer_token, api_key=patch.api_key)
        _fitting(settings, secrets)
        return settings, secrets
    if not stored.has_credential:
        return settings, None
    if settings.auth_type != stored.auth_type:
        return settings, Secrets()
    if settings.auth_type != "none" and origin(settings.base_url) != origin(stored.base_url):
        detail = "Another host needs the credential again: send it together with the new baseUrl."
        raise InvalidInputError("The stored credential stays at its host.", FieldProblem("/baseUrl", detail))
    return settings, None


def refuse_headers(names: Iterable[str]) -> None:
    """Headers that hold credentials belong to authType; those of the transport belong to us."""
    problems: list[FieldProblem] = []
    for name in names:
        if name.lower() in CREDENTIAL_HEADERS:
            detail = "Credentials belong to authType (bearer or apikey), where they are sealed."
            problems.append(FieldProblem(f"/headers/{_escaped(name)}", detail))
        elif name.lower() in TRANSPORT_HEADERS:
            problems.append(FieldProblem(f"/headers/{_escaped(name)}", _TRANSPORT))
    if problems:
        raise InvalidInputError("Some headers cannot be set.", *problems)


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port (RFC 6454, section 4)."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _patched(stored: Connector, patch: ConnectorPatch) -> ConnectorSettings:
    current = stored.model_dump(mode="json", include=set(ConnectorSettings.model_fields))
    changes = patch.model_dump(mode="json", exclude_unset=True, exclude=set(_SECRET_FIELDS))
    for whole in ("pagination", "apiKeyConfig"):
        if whole in changes:
            current.pop(whole, None)
    document = _merge(current, changes)
    try:
        return ConnectorSettings.model_validate(document)
    except ValidationError as error:
        raise invalid(error, document) from None


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


def _supported(connector_type: str, api_type: str, auth_type: str) -> None:
    if connector_type != "api":
        _unsupported("/connectorType", f"connectorType {connector_type} is reserved; use api.")
    if api_type != "rest":
        _unsupported("/apiType", f"apiType {api_type} is not supported by this version; use rest.")
    if auth_type == "oauth2":
        _unsupported("/authType", "authType oauth2 is not supported by this version; use bearer.")


def _unsupported(pointer: str, detail: str) -> None:
    raise UnsupportedError(detail, FieldProblem(pointer, detail))


def _judged(settings: ConnectorSettings, judge: UrlJudge) -> ConnectorSettings:
    refuse_headers(settings.headers)
    if settings.auth_type == "apikey" and settings.api_key_config is None:
        problem = FieldProblem("/apiKeyConfig", "authType apikey needs apiKeyConfig with its keyName.")
        raise InvalidInputError("The input is not valid.", problem)
    _key_name(settings)
    try:
        url = judge.check_saved(settings.base_url)
    except InvalidInputError as error:
        raise InvalidInputError(error.detail, FieldProblem("/baseUrl", error.detail)) from None
    return settings.model_copy(update={"base_url": url})


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


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
