"""Which document a page, a script, a configuration or a catalogue names.

Known: Swagger UI (page, initializer and configuration, also with the document inlined), Redoc, Scalar,
RapiDoc, Stoplight Elements, `service-desc` links (RFC 8631) and API catalogues (RFC 9727).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import islice
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from varlor.connectors.discovery.documents import is_document, read_json
from varlor.connectors.discovery.foreign import mapping, sequence
from varlor.connectors.pagination.links import links

_MOST: Final = 6
_MOST_INLINED: Final = 3
_MOST_TEXT: Final = 2 * 1024 * 1024
_MOST_HTML: Final = 128 * 1024  # characters; the parser takes quadratic time on what is no HTML
_ATTRIBUTES: Final = ("spec-url", "data-url", "apidescriptionurl", "data-spec-url", "data-openapi-url")
_IN_SCRIPT = re.compile(
    r"""(?:["']?\b(?:url|configUrl|spec-url|specUrl|spec_url|swaggerUrl|openapiUrl)["']?\s*[:=]|Redoc\.init\()\s*"""
    r"""["'`]([^"'`<>\s]{1,1000})["'`]"""
)
# A text that looks like a file; what comes before it in an expression is most often the origin.
_FILE = re.compile(
    r"""["'`](?:\$\{[^{}]{0,200}\})?([^"'`<>\s${}]{1,500}\.(?:json|ya?ml)(?:\?[^"'`<>\s]{0,100})?)["'`]"""
)
_OTHER_FILES: Final = re.compile(
    r"(?:manifest|package|tsconfig|locales?|i18n|translations?)\b", re.IGNORECASE
)
_INLINED = re.compile(
    r"""(?:["']?(?:swaggerDoc|spec|data)["']?\s*[:=]|JSON\.parse\(\s*['`])\s*(?=\{\s*["'](?:openapi|swagger)["'])"""
)
_DOCUMENT_NAME = re.compile(
    r"(?:openapi|swagger|api-?docs?|apispec)[^/?]*\.(?:json|ya?ml)(?:\?|$)", re.IGNORECASE
)
_SCRIPT_NAME = re.compile(r"(?:init|swagger-config|redoc-conf|/docs?|/index)[^/]*\.js(?:\?|$)", re.IGNORECASE)
# What a freshly unpacked Swagger UI shows: another API altogether.
_SAMPLES: Final = frozenset({"petstore.swagger.io", "petstore3.swagger.io", "generator.swagger.io"})


@dataclass(slots=True)
class Named:
    """`urls` of documents (or of what names them in turn), the likeliest first; `inlined` documents."""

    urls: list[str] = field(default_factory=list[str])
    inlined: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    base: str = ""  # what the page itself says that its addresses are relative to


def named_documents(url: str, body: bytes, link_header: str | None) -> Named:
    """What the answer from `url` names; addresses are absolute, at most 6."""
    named = Named()
    linked = links(link_header).get("service-desc")
    found = [linked] if linked else []
    found += _in_body(body.removeprefix(b"\xef\xbb\xbf").strip(), named)
    base = _absolute(url, named.base) or url
    for address in found:
        absolute = _absolute(base, address)
        if absolute and absolute not in named.urls and absolute != url and len(named.urls) < _MOST:
            named.urls.append(absolute)
    return named


def _in_body(body: bytes, named: Named) -> list[str]:
    if not body or len(body) > _MOST_TEXT:
        return []
    value = read_json(body)
    if value is not None:
        return list(_in_json(value))
    page = body.decode("utf-8", "replace")
    named.inlined += _inlined(page)
    if not page.startswith("<"):
        code = _plain(page)
        return [*_in_script(code), *_files(code)]
    parsed = _Page()
    parsed.feed(page[:_MOST_HTML])
    named.base = parsed.base
    return list(parsed.named())


def _in_json(value: Any) -> Iterator[str]:
    root = mapping(value)
    for context in map(mapping, sequence(root.get("linkset"))):
        for target in map(mapping, sequence(context.get("service-desc"))):
            yield str(target.get("href") or "")
    for listed in map(mapping, sequence(root.get("urls"))):
        yield str(listed.get("url") or "")
    for key in ("url", "configUrl"):
        if isinstance(root.get(key), str) and ("swagger" in str(root) or "api-docs" in str(root)):
            yield root[key]
    related = {**mapping(root.get("links")), **mapping(root.get("_links"))}
    target = related.get("service-desc")
    yield str(mapping(target).get("href") or target or "")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.documents: list[str] = []
        self.linked: list[str] = []
        self.scripts: list[str] = []
        self.files: list[str] = []
        self.code: list[str] = []
        self.base = ""
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        self.documents += [given[name] for name in _ATTRIBUTES if name in given]
        self._in_script = tag == "script"
        if "data-configuration" in given:
            self.code.append(_plain(given["data-configuration"]))
        if tag == "base":
            self.base = self.base or given.get("href", "")
        elif tag == "script" and "src" in given:
            self.scripts.append(given["src"])
        elif tag == "link" and "service-desc" in given.get("rel", "").lower().split():
            self.documents.append(given.get("href", ""))
        elif tag in ("a", "link") and _DOCUMENT_NAME.search(given.get("href", "")):
            self.linked.append(given["href"])
        elif tag == "a" and _FILE.fullmatch(f"'{given.get('href', '')}'"):
            self.files.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.code.append(_plain(data))

    def named(self) -> Iterator[str]:
        """The likeliest first."""
        yield from self.documents
        for code in self.code:
            yield from _in_script(code)
        yield from self.linked
        yield from (source for source in self.scripts if _SCRIPT_NAME.search(source))
        for code in self.code:
            yield from _files(code)
        yield from self.files


def _in_script(code: str) -> Iterator[str]:
    yield from (match for match in _IN_SCRIPT.findall(code) if "${" not in match)


def _files(code: str) -> Iterator[str]:
    yield from (match for match in _FILE.findall(code) if not _OTHER_FILES.search(match))


def _plain(code: str) -> str:
    """Pages escape slashes inside JSON, and JSON inside strings."""
    return code.replace("\\/", "/").replace("\\u002F", "/").replace("\\u0022", '"').replace('\\"', '"')


def _inlined(code: str) -> Iterator[dict[str, Any]]:
    for match in islice(_INLINED.finditer(code), _MOST_INLINED):
        try:
            document, _ = json.JSONDecoder().raw_decode(code, match.end())
        except (ValueError, RecursionError):
            continue
        if is_document(document):
            yield document


def _absolute(base: str, address: str) -> str | None:
    if not address or address.startswith(("#", "data:", "javascript:", "mailto:")):
        return None
    try:
        url = urljoin(base, address).partition("#")[0]
        parts = urlsplit(url)
    except ValueError:
        return None
    usable = parts.scheme in ("http", "https") and parts.hostname
    return (
        url
        if usable and (parts.hostname not in _SAMPLES or parts.hostname == urlsplit(base).hostname)
        else None
    )
