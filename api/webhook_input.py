"""What a caller may say of a webhook connector, which is called and calls nobody; else 422 with a pointer."""

from api.schemas import ConnectorInput
from varlor.contracts.connector import Connector, ConnectorSettings, Secrets
from varlor.contracts.webhook import WebhookConfig
from varlor.errors import ConflictError, FieldProblem, InvalidInputError

_NO_USE = "A webhook connector has no use for it."


def accepted_webhook(given: ConnectorInput) -> tuple[ConnectorSettings, Secrets]:
    """The settings to store, and the secret if one was given (some senders choose it themselves)."""
    useless = {
        "authType": given.auth_type != "none",
        "headers": bool(given.headers),
        "oauthConfig": given.oauth_config is not None,
        "apiKeyConfig": given.api_key_config is not None,
        "pagination": given.pagination is not None,
        "bearerToken": given.bearer_token is not None,
        "apiKey": given.api_key is not None,
    }
    problems = [FieldProblem(f"/{name}", _NO_USE) for name, found in useless.items() if found]
    if problems:
        raise InvalidInputError("The input is not valid.", *problems)
    settings = ConnectorSettings(
        name=given.name,
        api_type="webhook",
        rate_limit_config=given.rate_limit_config,
        webhook_config=given.webhook_config or WebhookConfig(),
    )
    return settings, Secrets(webhook_secret=given.webhook_secret)


def refuse_webhook_fields(given: ConnectorInput) -> None:
    """What is a webhook's alone, on a connector that is none."""
    for name, found in (("webhookConfig", given.webhook_config), ("webhookSecret", given.webhook_secret)):
        if found is not None:
            problem = FieldProblem(f"/{name}", "Only a connector with apiType webhook has it.")
            raise InvalidInputError("The input is not valid.", problem)


def refuse_fetching(connector: Connector) -> None:
    """There is no other side that could be asked anything."""
    if connector.api_type == "webhook":
        raise ConflictError("A webhook connector receives events; there is nothing to fetch from it.")
