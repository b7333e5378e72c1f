"""Every cookie of ours alike: no script reads it, no other site's form sends it, HTTPS where there is any."""

from fastapi import Response


def keep(response: Response, public_url: str, name: str, value: str, *, path: str, seconds: int) -> None:
    """Leave a secret with the browser. Lax: it comes along when a provider sends the browser back to us."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=path,
        httponly=True,
        samesite="lax",
        secure=public_url.startswith("https://"),
    )


def forget(response: Response, name: str, *, path: str) -> None:
    response.delete_cookie(name, path=path, httponly=True, samesite="lax")
