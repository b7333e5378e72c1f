"""The UI: one page for every address of its own, and its hashed files, which never change."""

import mimetypes
import secrets
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException

from api.deps import Svc

FOLDER: Final = Path(__file__).parents[1] / "ui"
"""Where the build lands (`frontend/vite.config.ts`), here and in the wheel."""
_NONCE: Final = "__CSP_NONCE__"
_WAY_IN: Final = "__SIGN_IN__"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FOREVER: Final = "public, max-age=31536000, immutable"
_DAY: Final = "public, max-age=86400"
FileName = Annotated[str, InPath(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$")]


class _Place(Convertor[str]):
    """A path that is no API call and no file, so that those keep their own 404 and 405."""

    regex = r"(?!api/)[^.]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def router(folder: Path) -> APIRouter | None:
    """The routes of a UI built into `folder`; None when there is none."""
    built = folder / "index.html"
    if not built.is_file():
        return None
    page = built.read_text()
    register_url_convertor("place", _Place())
    routes = APIRouter(include_in_schema=False)

    @routes.get("/assets/{name}")
    async def asset(name: FileName, request: Request) -> Response:
        return _file(folder / "assets" / name, _FOREVER, request)

    @routes.get("/favicon.svg")
    async def icon(request: Request) -> Response:
        return _file(folder / "favicon.svg", _DAY, request)

    @routes.get("/{place:place}")  # noqa: FAST003 - the page itself reads where it is
    async def place(request: Request, parts: Svc) -> Response:
        home = _home(request, parts.public_url)
        way_in = "oidc" if parts.sign_in is not None else "link"
        return RedirectResponse(home, status_code=307) if home else _page(page.replace(_WAY_IN, way_in))

    return routes


def _page(page: str) -> HTMLResponse:
    """The page under a nonce of its own.

    Scripts come from this origin's files alone. The component library writes its theme into style elements,
    which the nonce lets in; nothing is loaded from, or sent to, anywhere else.
    """
    nonce = secrets.token_urlsafe(18)
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return HTMLResponse(page.replace(_NONCE, nonce), headers={"Content-Security-Policy": policy})


def _file(path: Path, keep: str, request: Request) -> Response:
    """A file of the build, packed if the browser takes that."""
    if not path.is_file():
        raise HTTPException(404)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {"Cache-Control": keep, "Vary": "Accept-Encoding"}
    packed = path.with_name(f"{path.name}.gz")
    if "gzip" in request.headers.get("accept-encoding", "") and packed.is_file():
        return FileResponse(packed, media_type=kind, headers=headers | {"Content-Encoding": "gzip"})
    return FileResponse(path, media_type=kind, headers=headers)


def _home(request: Request, public_url: str) -> str | None:
    """The same place under PUBLIC_URL, for who came by another of this machine's own names.

    The session cookie and the origin check are bound to that one. Behind a proxy the names differ by
    right, so only two loopback names are told apart.
    """
    public = urlsplit(public_url)
    here = urlsplit(f"//{request.headers.get('host', '')}")
    if not {public.hostname, here.hostname} <= _LOOPBACK or public.netloc == here.netloc:
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{public_url.rstrip('/')}{request.url.path}{query}"
