"""A document is found wherever APIs keep it, and through whatever names it; the credential stays at home."""

import asyncio

import orjson
import pytest
from starlette.responses import Response

from tests.connectors.discovery.conftest import DOCUMENTS, Discover, Site
from tests.connectors.kit import NOW, FreeWindow
from varlor.errors import SourceError

SHOP = (DOCUMENTS / "shop-3.1.json").read_bytes()
SWAGGER_UI = """<!doctype html><html><body><div id="swagger-ui"></div>
<script src="https://cdn.example.com/swagger-ui-bundle.js"></script>
<script>window.ui = SwaggerUIBundle({{ {options}, dom_id: '#swagger-ui' }})</script></body></html>"""


@pytest.mark.parametrize(
    "path",
    [
        "/openapi.json",
        "/swagger.json",
        "/v3/api-docs",
        "/v2/api-docs",
        "/swagger/v1/swagger.json",
        "/api/openapi.json",
        "/api-docs",
        "/api/schema/",
        "/server/specs/oas",
        "/api/v1/openapi.json",
    ],
)
async def test_a_document_at_a_usual_place(site: Site, discover: Discover, path: str) -> None:
    site.put_document(path)
    found = await discover(site.url)
    assert (found.source, found.document_url) == ("openapi", f"{site.url}{path}")
    assert len(found.endpoints) == 4
    assert (found.fetched_at, (found.expires_at - found.fetched_at).total_seconds()) == (NOW, 3600)
    assert all(request.headers["authorization"] == "Bearer canary-secret" for request in site.requests)


@pytest.mark.parametrize("at", ["/openapi.yaml", "/openapi.yml", "/swagger.yaml"])
async def test_a_yaml_document_is_known_by_its_content(site: Site, discover: Discover, at: str) -> None:
    site.put(at, (DOCUMENTS / "music-3.0.yaml").read_bytes(), "text/plain")
    assert (await discover(site.url)).document_url == site.url + at


@pytest.mark.parametrize("at", ["/shop/v1/openapi.json", "/shop/openapi.json", "/openapi.json"])
async def test_below_the_base_url_and_above_it(site: Site, discover: Discover, at: str) -> None:
    site.put_document(at)
    assert (await discover(f"{site.url}/shop/v1")).document_url == site.url + at


@pytest.mark.parametrize(
    "page",
    [
        SWAGGER_UI.format(options="url: '/hidden/shop.json'"),
        SWAGGER_UI.format(options='"url": "../hidden/shop.json"'),
        SWAGGER_UI.format(options='urls: [{"url": "\\/hidden\\/shop.json", "name": "Shop"}]'),
        SWAGGER_UI.format(options="configUrl: '/hidden/config'"),
        '<html><script>var c = JSON.parse(\'{"urls":[{"url":"/hidden/shop.json"}]}\')</script></html>',
        "<html><body><redoc spec-url='/hidden/shop.json'></redoc></body></html>",
        "<html><script>Redoc.init('/hidden/shop.json', {}, document.body)</script></html>",
        '<html><script id="api-reference" data-url="/hidden/shop.json"></script></html>',
        '<html><elements-api apiDescriptionUrl="/hidden/shop.json"/></html>',
        '<html><head><link rel="service-desc" href="/hidden/shop.json"></head></html>',
        '<html><script src="/hidden/swagger-initializer.js"></script></html>',
        SWAGGER_UI.format(options="url: `${window.location.origin}/hidden/shop.json`"),
        SWAGGER_UI.format(options='url: window.location.origin + "/hidden/shop.json"'),
        "<html><script>const A = '/hidden/shop.json'; SwaggerUIBundle({url: A})</script></html>",
        '<html><script>show(new URL("../hidden/shop.json", location.href).href)</script></html>',
        '<html><script>fetch("/hidden/shop.json?v=1").then(show)</script></html>',
        '<html><head><base href="/hidden/"></head><body><redoc spec-url="shop.json"></redoc></body></html>',
        """<html><div data-configuration='{"spec": {"url": "/hidden/shop.json"}}'></div></html>""",
        '<html><a href="/hidden/shop.json">Download the OpenAPI specification</a></html>',
        f"<html><script>show(JSON.parse('{SHOP.decode()}'))</script></html>",
        f'<html><script>window.o = {{"swaggerDoc": {SHOP.decode()}, "x": 1}}</script></html>',
    ],
)
@pytest.mark.parametrize("at", ["/api/docs", "/docs"])
async def test_a_page_that_names_its_document(site: Site, discover: Discover, page: str, at: str) -> None:
    site.put(at, page.replace("../hidden", "../" * at.count("/") + "hidden"), "text/html")
    site.put("/hidden/shop.json", SHOP)
    site.put("/hidden/config", {"urls": [{"url": "/hidden/shop.json", "name": "swagger"}]})
    initializer = "window.onload = () => { SwaggerUIBundle({ url: 'shop.json' }) }"
    site.put("/hidden/swagger-initializer.js", initializer, "text/javascript")
    found = await discover(site.url)
    assert (found.source, len(found.endpoints)) == ("openapi", 4)


async def test_a_document_that_is_laid_out_within_a_script(site: Site, discover: Discover) -> None:
    """As swagger-ui-express writes it: each line of it looks like YAML."""
    laid_out = orjson.dumps(orjson.loads(SHOP), option=orjson.OPT_INDENT_2).decode()
    script = (
        f'window.onload = function() {{\n  var options = {{\n  "swaggerDoc": {laid_out},\n  "x": 1 }};\n}}'
    )
    site.put("/docs", '<html><script src="./docs/swagger-ui-init.js"></script></html>', "text/html")
    site.put("/docs/swagger-ui-init.js", script, "application/javascript")
    found = await discover(site.url)
    assert (found.source, len(found.endpoints), found.notes) == ("openapi", 4, [])


async def test_the_base_url_itself_may_link_to_the_document(site: Site, discover: Discover) -> None:
    site.put("/v1", {"ok": True}, Link='</v1/shop.json>; rel="service-desc"; type="application/json"')
    site.put_document("/v1/shop.json")
    found = await discover(f"{site.url}/v1")
    assert found.document_url == f"{site.url}/v1/shop.json"


async def test_the_base_url_itself_may_be_the_document(site: Site, discover: Discover) -> None:
    site.put_document("/api")
    assert (await discover(f"{site.url}/api")).document_url == f"{site.url}/api"


async def test_a_base_url_that_is_a_file_is_told_where_the_api_is(site: Site, discover: Discover) -> None:
    site.put_document("/shop.json")
    found = await discover(f"{site.url}/shop.json")
    assert found.endpoints == []
    assert any("Set the base URL" in note for note in found.notes)


@pytest.mark.parametrize(("base", "below"), [("", "/api/{}"), ("/api", "/{}"), ("/v1", "/api/{}")])
async def test_a_document_that_still_names_its_developers_machine(
    site: Site, discover: Discover, base: str, below: str
) -> None:
    operation = {"get": {"responses": {"200": {"description": "OK"}}}}
    paths = {f"/api/{name}": operation for name in ("orders", "users")}
    document = {"swagger": "2.0", "host": "localhost:8000", "basePath": "/", "paths": paths}
    site.put(f"{base}/openapi.json", document)
    found = await discover(site.url + base)
    assert [each.path for each in found.endpoints] == [below.format("orders"), below.format("users")]


async def test_a_server_without_a_scheme_is_a_host(site: Site, discover: Discover) -> None:
    site.put_document("/server/specs/oas", servers=[{"url": site.url.removeprefix("http://")}])
    assert all(each.path.count("/") <= 2 for each in (await discover(site.url)).endpoints)


async def test_an_api_catalog(site: Site, discover: Discover) -> None:
    target = {"href": "/catalogued.json", "type": "application/json"}
    linkset = {"linkset": [{"anchor": site.url, "service-desc": [target]}]}
    site.put("/.well-known/api-catalog", linkset, "application/linkset+json")
    site.put_document("/catalogued.json")
    assert (await discover(site.url)).document_url == f"{site.url}/catalogued.json"


async def test_another_page_with_several_documents_says_which_was_taken(
    site: Site, discover: Discover
) -> None:
    urls = [{"url": "/one.json", "name": "One"}, {"url": "/two.json", "name": "Two"}]
    site.put("/docs", SWAGGER_UI.format(options=f"urls: {orjson.dumps(urls).decode()}"), "text/html")
    site.put_document("/one.json")
    site.put_document("/two.json")
    found = await discover(site.url)
    assert found.document_url == f"{site.url}/one.json"
    assert any("/two.json" in note for note in found.notes)


async def test_a_document_at_another_origin_is_read_without_the_credential(
    site: Site, elsewhere: Site, discover: Discover
) -> None:
    site.put("/docs", SWAGGER_UI.format(options=f"url: '{elsewhere.url}/shop.json'"), "text/html")
    elsewhere.put_document("/shop.json", servers=[{"url": f"{site.url}/"}])
    found = await discover(site.url, headers={"X-Team": "canary-team"})
    assert len(found.endpoints) == 4
    assert elsewhere.paths == ["/shop.json"]
    sent = str(elsewhere.requests[0].headers.raw)
    assert "canary" not in sent


async def test_an_unpacked_swagger_ui_is_not_taken_at_its_word(site: Site, discover: Discover) -> None:
    page = SWAGGER_UI.format(options='url: "https://petstore.swagger.io/v2/swagger.json"')
    site.put("/docs", page, "text/html")
    assert (await discover(site.url)).source == "none"


async def test_an_openid_provider(site: Site, discover: Discover) -> None:
    configuration = {
        "issuer": f"{site.url}/auth",
        "userinfo_endpoint": f"{site.url}/auth/userinfo",
        "jwks_uri": "https://keys.example.com/jwks",
    }
    site.put("/auth/.well-known/openid-configuration", configuration)
    found = await discover(f"{site.url}/auth")
    assert found.source == "oidc"
    assert [(e.id, e.path, e.primary_key) for e in found.endpoints] == [
        ("userinfo_endpoint", "/userinfo", ["sub"])
    ]
    assert any("jwks_uri" in note for note in found.notes)
    site.put_document("/auth/openapi.json")
    assert (await discover(f"{site.url}/auth")).source == "openapi"


async def test_a_root_that_names_its_resources(site: Site, discover: Discover) -> None:
    root = {
        "users_url": f"{site.url}/api/users{{?page}}",
        "orders": "/api/orders/",
        "self": "/api",
        "home": "https://www.example.com/",
    }
    site.put("/api", root)
    found = await discover(f"{site.url}/api")
    assert (found.source, [endpoint.path for endpoint in found.endpoints]) == ("probe", ["/users", "/orders"])


async def test_nothing_found_is_an_answer_with_reasons(site: Site, discover: Discover) -> None:
    site.missing = Response(status_code=403)
    found = await discover(f"{site.url}/api")
    assert (found.source, found.endpoints) == ("none", [])
    assert any("403" in note for note in found.notes)
    assert len(site.requests) <= 40
    assert len(set(site.paths)) == len(site.paths)


async def test_one_page_for_every_address_is_read_once(site: Site, discover: Discover) -> None:
    site.missing = Response("<html><a href='/app/openapi.json'>API</a></html>", media_type="text/html")
    assert (await discover(site.url)).source == "none"
    assert site.paths.count("/app/openapi.json") == 1


async def test_every_request_passes_the_window(site: Site, discover: Discover, window: FreeWindow) -> None:
    site.put_document("/openapi.json")
    window.waits = [0.0, 0.0, 0.0, 0.0, 60.0]
    assert (await discover(site.url)).source == "openapi"
    site.clear()
    window.waits = [0.0, 60.0, 60.0, 60.0, 60.0]
    found = await discover(site.url)
    assert len(site.requests) <= 4
    assert any("rate limit" in note for note in found.notes)


async def test_an_api_that_asks_for_fewer_requests_is_left_alone(
    site: Site, discover: Discover, window: FreeWindow
) -> None:
    site.missing = Response(status_code=429, headers={"Retry-After": "17"})
    with pytest.raises(SourceError) as caught:
        await discover(site.url)
    assert (caught.value.kind, caught.value.retry_after) == ("rate_limited", 17)
    assert window.blocked[0] == 17
    assert len(site.requests) <= 4


async def test_a_broken_api_is_not_an_api_without_a_document(site: Site, discover: Discover) -> None:
    site.missing = Response(status_code=503)
    with pytest.raises(SourceError) as caught:
        await discover(site.url)
    assert caught.value.kind == "server_error"


async def test_an_unreachable_api_is_given_up_at_once(discover: Discover) -> None:
    async with asyncio.timeout(5):
        with pytest.raises(SourceError) as caught:
            await discover("http://127.0.0.1:1")
    assert caught.value.kind == "unreachable"
