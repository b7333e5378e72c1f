"""The page on which the user says yes or no."""

from html import escape
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse

from examples.sample_api.oauth.messages import Asked

_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Allow access? · Sample shop</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 15vh auto; padding: 0 1rem }
button { font: inherit; padding: .4rem 1.2rem; margin-right: .5rem }
</style>
<h1>Allow access?</h1>
<p><strong>$client</strong> asks to read from the sample shop as <em>sample-user</em>:</p>
<p><code>$scope</code></p>
<form method="post" action="?$query">
<button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button>
</form>
</html>
""")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def consent_page(request: Request, asked: Asked) -> HTMLResponse:
    scope = asked.client.get_allowed_scope(asked.form.get("scope"))
    shown = {"client": asked.client.client_id, "scope": scope, "query": request.url.query}
    return HTMLResponse(_PAGE.substitute({k: escape(v) for k, v in shown.items()}), headers=_HEADERS)
