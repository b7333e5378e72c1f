"""The plain pages: what is up, a way to sign in by the one-time link, and the API's operations. No script."""

import asyncio
import base64
import hashlib
from html import escape
from typing import Annotated, Any, Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.deps import Svc
from api.door import COOKIE, PREFIX, same_origin
from api.routes.health import state_of
from api.routes.session import set_cookie
from varlor.errors import UnauthenticatedError, VarlorError

router = APIRouter(include_in_schema=False)
instead = APIRouter(include_in_schema=False)
"""What stands where the UI is not built."""
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:3rem auto;padding:0 1rem;"
    "color:#1b1f24;background:#fff}"
    "table{border-collapse:collapse;width:100%}td,th{padding:.3rem .8rem .3rem 0;text-align:left;"
    "border-bottom:1px solid #d8dee4;vertical-align:top}code{font-size:.9em}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}td,th{border-color:#30363d}"
    "a{color:#58a6ff}}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_CSP: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


@instead.get("/")
@router.get("/status")
async def status_page(
    request: Request, parts: Svc, code: Annotated[str | None, Query(max_length=256)] = None
) -> HTMLResponse:
    """States of the parts, and who is signed in; `code` is offered in a form, never spent by a GET."""
    states = await asyncio.gather(*(state_of(probe) for probe in parts.probes.values()))
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{'up' if up else 'down'}</td></tr>"
        for name, up in zip(parts.probes, states, strict=True)
    )
    body = (
        f"<h1>varlor</h1><p>{await _greeting(request, parts)}</p>{_sign_in(code)}"
        f"<table><tr><th>part</th><th>state</th></tr>{rows}</table>"
        f'<p><a href="{PREFIX}/docs">API operations</a> · '
        f'<a href="{PREFIX}/openapi.json">OpenAPI document</a> · '
        f'<a href="{escape(parts.temporal_ui_url)}" rel="noreferrer">Temporal Web</a></p>'
    )
    return _html("varlor", body)


@router.post("/sign-in")
async def sign_in(request: Request, parts: Svc) -> RedirectResponse:
    """Spend the one-time code that the status page's form carries."""
    same_origin(parts, request.headers)
    form = parse_qs((await request.body()).decode(errors="replace"), max_num_fields=4)
    token, _ = await parts.sessions.redeem(form.get("code", [""])[0])
    answer = RedirectResponse("/", status_code=303)
    set_cookie(answer, parts, token)
    return answer


@router.get(f"{PREFIX}/docs")
async def operations(request: Request) -> HTMLResponse:
    """Every operation of the OpenAPI document as one table; needs no other server."""
    document: dict[str, Any] = request.app.openapi()
    rows = "".join(
        f"<tr><td><code>{escape(method.upper())}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('summary', ''))}<br><small>{escape(operation['operationId'])} · "
        f"{escape(', '.join(sorted(operation['responses'])))}</small></td></tr>"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    about = escape(document["info"]["description"])
    body = (
        f"<h1>varlor API</h1><p>{about}</p>"
        f'<p><a href="{PREFIX}/openapi.json">OpenAPI document</a></p><table>{rows}</table>'
    )
    return _html("varlor API", body)


async def _greeting(request: Request, parts: Svc) -> str:
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return "Not signed in."
    try:
        who = await parts.sessions.resolve(cookie)
    except UnauthenticatedError:
        return "The session has ended. Open a new sign-in link."
    except VarlorError:
        return "Who is signed in cannot be told now."
    return f"Signed in as {escape(who.subject)} ({escape(', '.join(sorted(who.roles)))})."


def _sign_in(code: str | None) -> str:
    if not code:
        return ""
    return (
        '<form method="post" action="/sign-in">'
        f'<input type="hidden" name="code" value="{escape(code)}"><button>Sign in</button></form>'
    )


def _html(title: str, body: str) -> HTMLResponse:
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": _CSP})
