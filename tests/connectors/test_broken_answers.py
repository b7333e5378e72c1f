"""A broken answer is shown on the run, but never the credential that it echoes."""

import httpx2
import pytest

from varlor.connectors.http.message import OutResponse
from varlor.connectors.page import Page
from varlor.errors import SourceError

SECRET = "s3cr3t-t0ken-of-the-user"


def test_an_echoed_credential_is_cut_out_of_the_shown_answer() -> None:
    body = f"<html>You sent {SECRET} to the debug page</html>".encode()
    page = Page(OutResponse(200, "OK", httpx2.Headers(), body, "", 1, "text/html"), print, (SECRET,))
    with pytest.raises(SourceError) as caught:
        page.document()
    assert caught.value.kind == "not_json"
    assert caught.value.excerpt is not None
    assert "debug page" in caught.value.excerpt
    assert SECRET not in caught.value.excerpt
