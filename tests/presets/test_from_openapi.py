"""Any OpenAPI document becomes a preset that can be used."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from varlor.contracts.preset import Preset
from varlor.errors import InvalidInputError
from varlor.presets import read_preset, write_preset
from varlor.presets.from_openapi import preset_from

DOCUMENTS = Path(__file__).parents[1] / "connectors/discovery/documents"
ADDRESS = "https://api.example.com/openapi.json"


def made(**document: Any) -> Preset:
    whole = {"openapi": "3.0.0", "info": {"title": "My API"}, "paths": PATHS, **document}
    return preset_from(yaml.safe_dump(whole).encode(), ADDRESS)[0]


PATHS = {
    "/things": {
        "get": {
            "operationId": "listThings",
            "parameters": [{"name": "cursor", "in": "query", "schema": {"type": "string"}}],
            "security": [{"o": ["things.read", "things"]}],
            "responses": {
                "200": {
                    "description": "ok",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "next_cursor": {"type": "string"},
                                    "things": {
                                        "type": "array",
                                        "items": {"type": "object", "properties": {"id": {"type": "string"}}},
                                    },
                                },
                            }
                        }
                    },
                }
            },
        }
    }
}


@pytest.mark.parametrize("path", sorted(DOCUMENTS.iterdir()), ids=lambda path: path.name)
def test_a_document_becomes_a_preset_that_reads_back(path: Path) -> None:
    preset, notes = preset_from(path.read_bytes(), ADDRESS)
    assert preset.endpoints
    assert notes
    assert read_preset(write_preset(preset)) == preset


def test_paging_records_and_key_are_inferred() -> None:
    endpoint = made().endpoints[0]
    assert (endpoint.id, endpoint.record_path, endpoint.primary_key) == ("listThings", "$.things", ["id"])
    assert endpoint.pagination
    assert endpoint.pagination.type == "cursor"


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ({"type": "http", "scheme": "bearer"}, ("bearer", None)),
        ({"type": "http", "scheme": "basic"}, ("apikey", "Authorization")),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, ("apikey", "X-Key")),
        ({"type": "apiKey", "in": "query", "name": "key"}, ("apikey", "key")),
        (
            {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://id.example.com/a"}}},
            ("bearer", None),
        ),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, ("none", None)),
    ],
)
def test_auth_is_what_the_document_declares(scheme: dict[str, Any], expected: tuple[str, str | None]) -> None:
    auth = made(components={"securitySchemes": {"s": scheme}}).auth[0]
    assert (auth.type, auth.api_key_config.key_name if auth.api_key_config else None) == expected


def test_oauth_asks_for_no_more_than_reading_needs() -> None:
    flow = {
        "authorizationUrl": "/authorize",
        "tokenUrl": "https://id.example.com/token",
        "scopes": {"things": "", "things.read": "", "admin": ""},
    }
    scheme = {"type": "oauth2", "flows": {"authorizationCode": flow}}
    config = made(components={"securitySchemes": {"o": scheme}}).auth[0].oauth_config
    assert config
    assert config.scopes == ["things.read"]
    assert config.authorization_url == "https://api.example.com/authorize"


def test_the_variables_of_a_server_are_the_presets() -> None:
    server = {
        "url": "https://{Sub-Domain}.example.com/{v}",
        "variables": {"v": {"default": "v2"}, "Sub-Domain": {"default": "acme", "description": "Your site"}},
    }
    preset = made(servers=[server])
    assert preset.base_url == "https://{sub_domain}.example.com/{v}"
    assert [(each.name, each.title, each.example) for each in preset.variables] == [
        ("sub_domain", "Your site", "acme"),
        ("v", "The v in your address", "v2"),
    ]


def test_a_document_without_a_server_needs_a_base_url() -> None:
    body = yaml.safe_dump({"openapi": "3.0.0", "info": {"title": "T"}, "paths": PATHS}).encode()
    with pytest.raises(InvalidInputError, match="base URL"):
        preset_from(body, "file:///home/me/openapi.yaml")
    assert (
        preset_from(body, "file:///x.yaml", base_url="https://a.example.com")[0].base_url
        == "https://a.example.com"
    )


def test_what_is_no_document_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no OpenAPI"):
        preset_from(b"<html></html>", ADDRESS)
