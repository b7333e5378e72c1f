"""Documents made by accident or by malice: what can be read is read, in bounded time and memory."""

import time
from typing import Any

import pytest

from tests.connectors.discovery.conftest import Discover, Site, by_path
from varlor.connectors.discovery.documents import RefusedDocumentError, read_document
from varlor.connectors.discovery.pages import named_documents

GOOD: dict[str, Any] = {"get": {"responses": {"200": {"description": "OK"}}}}
YAML_HEAD = b"openapi: 3.0.0\npaths: {}\n"


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        [],
        {"get": None},
        {"get": []},
        {"get": {"parameters": {"not": "a list"}, "responses": []}},
        {
            "get": {
                "parameters": [None, 1, {}, {"name": 3, "in": "query"}, {"$ref": "#/nowhere"}],
                "tags": "x",
            }
        },
        {"get": {"parameters": [{"name": "a", "in": "moon"}, {"name": "b", "in": "query", "schema": 5}]}},
        {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"allOf": [1, None]}}}}}}},
        {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": {}}}}}}}},
        {"get": {"operationId": {"x": 1}, "summary": 5, "responses": {"200": {"$ref": 9}}}},
        {"get": {"servers": [None, {"url": 5}, {"url": "http://[::1"}], "responses": {}}},
    ],
)
async def test_one_malformed_operation_costs_no_other(site: Site, discover: Discover, bad: Any) -> None:
    site.put("/openapi.json", {"openapi": "3.1.0", "paths": {"/bad": bad, "/good": GOOD}})
    found = await discover(site.url)
    assert "/good" in by_path(found)


async def test_references_that_cycle_end(site: Site, discover: Discover) -> None:
    components = {
        "A": {"$ref": "#/components/schemas/B"},
        "B": {"$ref": "#/components/schemas/A"},
        "Node": {"allOf": [{"$ref": "#/components/schemas/Node"}, {"$ref": "#/components/schemas/Tree"}]},
        "Tree": {"properties": {"items": {"$ref": "#/components/schemas/List"}, "next": {"type": "string"}}},
        "List": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
    }
    paths = {f"/{name}": _answering({"$ref": f"#/components/schemas/{name}"}) for name in components}
    document = {"openapi": "3.0.0", "paths": paths, "components": {"schemas": components}}
    site.put("/openapi.json", document)
    endpoints = by_path(await discover(site.url))
    assert len(endpoints) == 5
    assert endpoints["/Node"].record_path == "$.items"
    assert endpoints["/List"].record_path == "$"


async def test_other_documents_are_never_fetched(site: Site, elsewhere: Site, discover: Discover) -> None:
    paths = {
        "/a": _answering({"$ref": f"{elsewhere.url}/schemas.json#/A"}),
        "/b": _answering({"$ref": "schemas.json#/B"}),
    }
    site.put("/openapi.json", {"openapi": "3.0.0", "paths": paths})
    site.put("/schemas.json", {"B": {"type": "array"}})
    found = await discover(site.url)
    assert len(found.endpoints) == 2
    assert any("not fetched" in note for note in found.notes)
    assert elsewhere.requests == []
    assert "/schemas.json" not in site.paths


async def test_ids_are_unique_and_names_of_ones_own_survive(site: Site, discover: Discover) -> None:
    ids = {"/a": "list", "/b": "list", "/c": "list c", "/d": "d.list_all"}
    paths = {path: {"get": {"operationId": name, "responses": {}}} for path, name in ids.items()}
    site.put("/openapi.json", {"openapi": "3.0.0", "paths": paths})
    found = await discover(site.url)
    assert [endpoint.id for endpoint in found.endpoints] == ["GET /a", "GET /b", "GET /c", "d.list_all"]


@pytest.mark.parametrize(
    ("servers", "base", "paths", "wanted"),
    [
        ([{"url": "/api"}], "/api", ["/a"], ["/a"]),
        ([{"url": "/api/v1/"}], "/api", ["/a"], ["/v1/a"]),
        ([{"url": "{site}/api"}], "", ["/a"], ["/api/a"]),
        ([{"url": "https://api.example.com/v1"}, {"url": "/v2"}], "/v2", ["/a"], ["/a"]),
        ([{"url": "https://api.example.com/v1"}], "/v1", ["/a"], ["/a"]),
        ([], "/api", ["/api/a", "/other"], ["/a"]),
        ([], "/api", ["/a", "/b"], ["/a", "/b"]),
        ([{"url": "/api"}], "/other", ["/a"], []),
        ([{"url": ""}], "/api", ["/a"], ["/a"]),
        ([{"url": "{unnamed}"}], "", ["/a"], ["/a"]),
        ([{"url": "http://[::1"}], "/api", ["/a"], ["/a"]),
        ([], "", ["a", "/x y", "/p#q", "/../z", "//host/a"], ["/a"]),
    ],
)
async def test_paths_are_placed_below_the_base_url(
    site: Site,
    discover: Discover,
    servers: list[dict[str, str]],
    base: str,
    paths: list[str],
    wanted: list[str],
) -> None:
    named = [{"url": server["url"].replace("{site}", site.url)} for server in servers]
    document = {"openapi": "3.0.0", "servers": named, "paths": dict.fromkeys(paths, GOOD)}
    site.put(f"{base}/openapi.json", document)
    found = await discover(site.url + base)
    assert [endpoint.path for endpoint in found.endpoints] == wanted


def _answering(schema: Any) -> dict[str, Any]:
    return {"get": {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}}


def _merge_bomb() -> bytes:
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(100)) + "}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 100)}]}}" for n in range(1, 6)]
    return YAML_HEAD + "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("merge keys that multiply", _merge_bomb()),
        ("endless nesting", YAML_HEAD + b"x: " + b"[" * 1_000_000),
        ("nested blocks", YAML_HEAD + b"x:\n " + b"- " * 100_000 + b"1"),
        ("aliases without number", YAML_HEAD + b"a: &a 1\nb: [" + b"*a," * 20_000 + b"]"),
        ("a tag that makes objects", YAML_HEAD + b"x: !!python/object/apply:os.system [id]"),
        ("no YAML at all", YAML_HEAD + b"\tx: ]["),
        ("half a JSON document", b'{"openapi": "3.1.0", "paths": {"/a": {"get"'),
        ("endless JSON", b'{"openapi": "3.1.0", "paths": ' + b"[" * 100_000),
        ("too much YAML", YAML_HEAD + b"# " + b"x" * 11_000_000),
    ],
)
def test_a_hostile_document_is_refused_soon(name: str, body: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(RefusedDocumentError):
        read_document(body)
    assert time.monotonic() - started < 20, name


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<!--",
        "<a x='",
        "<script>url:",
        "</",
        '<script>"data":',
        "&#",
        "[[",
        '<script>"a.',
        "<script>`${",
    ],
)
def test_a_hostile_page_is_read_soon(unit: str) -> None:
    started = time.monotonic()
    named_documents("http://api.example.com/", unit.encode() * (1_000_000 // len(unit)), unit * 20_000)
    assert time.monotonic() - started < 10


def test_a_document_of_shared_anchors_costs_no_more_than_its_text() -> None:
    lines = ["a0: &a0 [1]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert read_document(YAML_HEAD + "\n".join(lines).encode()) is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{}",
        b"[1]",
        b"42",
        b"<html>openapi: 3</html>",
        b'{"openapi": "1.0"}',
        b"openapi",
        b"\xff\xfe{",
    ],
)
def test_anything_else_is_no_document(body: bytes) -> None:
    assert read_document(body) is None


def test_a_comma_too_many_is_borne() -> None:
    assert read_document(b'{\n "openapi": "3.0.0",\n "paths": {},\n}') is not None


def test_a_base_that_is_no_address_is_passed_over() -> None:
    page = b'<html><base href="http://["><redoc spec-url="/shop.json"></redoc></html>'
    assert named_documents("http://api.example.com/docs", page, None).urls == [
        "http://api.example.com/shop.json"
    ]


def test_a_document_in_utf_16_is_read() -> None:
    document = '{"openapi": "3.1.0", "paths": {}}'
    assert read_document(document.encode("utf-16")) is not None


async def test_a_refused_document_is_named(site: Site, discover: Discover) -> None:
    site.put("/openapi.yaml", YAML_HEAD + b"x: " + b"[" * 1_000, "application/yaml")
    found = await discover(site.url)
    assert found.source == "none"
    assert any("/openapi.yaml was not read" in note for note in found.notes)


async def test_a_large_document_is_read_quickly(site: Site, discover: Discover) -> None:
    item = {"type": "object", "properties": {f"field{n}": {"type": "string"} for n in range(200)}}
    page = {
        "type": "object",
        "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}},
    }
    paths = {f"/things{n}": _answering(page) for n in range(2_000)}
    document = {"openapi": "3.0.0", "paths": paths, "components": {"schemas": {"Item": item}}}
    site.put("/openapi.json", document)
    found = await discover(site.url)
    assert {endpoint.record_path for endpoint in found.endpoints} == {"$.data"}
    assert len(found.endpoints) == 2_000
