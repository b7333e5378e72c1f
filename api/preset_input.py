"""From a preset and what a user adds to it to a connector, as if the user had written it whole."""

from typing import Any

from pydantic import ValidationError

from api.errors import invalid
from api.schemas import ConnectorInput, PresetConnector
from varlor.contracts.preset import Preset, PresetAuth
from varlor.errors import FieldProblem, InvalidInputError


def connector_of(preset: Preset, given: PresetConnector) -> ConnectorInput:
    """Raises InvalidInputError naming a variable, an authType or a client id that is missing or wrong."""
    values = _values(preset, given)
    auth = _auth(preset, given)
    document: dict[str, Any] = {
        "name": given.name or preset.name,
        "apiType": preset.api_type,
        "baseUrl": given.base_url or preset.filled(preset.base_url, values),
        "headers": preset.headers,
        "authType": auth.type,
        "presetId": preset.id,
        "bearerToken": given.bearer_token,
        "apiKey": given.api_key,
    }
    if preset.rate_limit:
        document["rateLimitConfig"] = preset.rate_limit.model_dump(mode="json", exclude={"source"})
    if auth.api_key_config:
        document["apiKeyConfig"] = auth.api_key_config.model_dump(mode="json")
    if auth.oauth_config:
        document["oauthConfig"] = _oauth(preset, auth, given, values)
    try:
        return ConnectorInput.model_validate({k: v for k, v in document.items() if v is not None})
    except ValidationError as error:
        raise invalid(error, document) from None


def _values(preset: Preset, given: PresetConnector) -> dict[str, str]:
    known = {each.name: each for each in preset.variables}
    problems = [
        FieldProblem(f"/variables/{name}", f"{preset.name} has no such variable.")
        for name in given.variables
        if name not in known
    ]
    if given.base_url is None:
        problems += [
            FieldProblem(f"/variables/{each.name}", f"{each.title}, such as {each.example}.")
            for each in preset.variables
            if each.name not in given.variables
        ]
    if problems:
        raise InvalidInputError("The preset's variables do not fit.", *problems)
    return {each.name: each.example for each in preset.variables} | given.variables


def _auth(preset: Preset, given: PresetConnector) -> PresetAuth:
    for each in preset.auth:
        if given.auth_type in (None, each.type):
            return each
    offered = ", ".join(each.type for each in preset.auth)
    problem = FieldProblem("/authType", f"{preset.name} takes {offered}.")
    raise InvalidInputError("The preset has no such authType.", problem)


def _oauth(
    preset: Preset, auth: PresetAuth, given: PresetConnector, values: dict[str, str]
) -> dict[str, Any]:
    if given.client_id is None:
        problem = FieldProblem("/clientId", "authType oauth2 needs the clientId of your app at the provider.")
        raise InvalidInputError("The input is not valid.", problem)
    config = auth.oauth_config
    document: dict[str, Any] = config.model_dump(mode="json", exclude_none=True) if config else {}
    for name, value in document.items():
        if isinstance(value, str) and "{" in value:
            document[name] = preset.filled(value, values)
    document["clientId"] = given.client_id
    if given.client_secret is not None:
        document["clientSecret"] = given.client_secret.get_secret_value()
    return document
