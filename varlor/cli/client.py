"""A thin client of our own API v2: what the commands need of it and no more."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import httpx2

from varlor.cli.access import Access
from varlor.cli.failures import CommandError, at

TIMEOUT = 110.0  # seconds; the longest answer, a discovery, takes 100


class ApiError(CommandError):
    """The API refused; `status` is the HTTP status."""

    def __init__(self, detail: str, status: int) -> None:
        super().__init__(detail)
        self.status = status


class ApiClient:
    """Speaks for one tenant; use it as an async context."""

    def __init__(self, access: Access) -> None:
        self._url = access.url
        self._http = httpx2.AsyncClient(
            base_url=f"{access.url}/api/v2",
            headers={"Authorization": f"Bearer {access.token}"},
            timeout=TIMEOUT,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, path: str, **params: Any) -> Any:
        return await self._send("GET", path, params=params)

    async def post(self, path: str, body: Any = None) -> Any:
        """Each call carries an Idempotency-Key of its own."""
        return await self._send(
            "POST", path, json=body, headers={"Idempotency-Key": secrets.token_urlsafe(16)}
        )

    async def put(self, path: str, body: Any) -> Any:
        return await self._send("PUT", path, json=body)

    async def patch(self, path: str, body: Any) -> Any:
        return await self._send("PATCH", path, json=body)

    async def delete(self, path: str) -> Any:
        return await self._send("DELETE", path)

    def cookie(self, name: str) -> str:
        """What the API has set; CommandError when it has not."""
        value = self._http.cookies.get(name)
        if value is None:
            raise CommandError("the API set no cookie for the browser: is it of this version?")
        return value

    async def items(self, path: str, limit: int, **params: Any) -> list[Any]:
        """At most `limit` items of a list, over as many pages as it takes."""
        found: list[Any] = []
        cursor: str | None = None
        while len(found) < limit:
            page = await self.get(path, limit=min(100, limit - len(found)), cursor=cursor, **params)
            found += page["items"]
            cursor = page["nextCursor"]
            if cursor is None:
                break
        return found

    async def download(self, path: str, target: Path, **params: Any) -> int:
        """Stream an answer into a file, which appears only when it is whole; the bytes of it.

        A device, a pipe or a link (`/dev/stdout`) is written to, never replaced by a file.
        """
        if await asyncio.to_thread(is_special, target):
            return await self._write(path, target, params)
        draft = target.with_name(f".{target.name}.part")
        try:
            size = await self._write(path, draft, params)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return size

    async def _write(self, path: str, target: Path, params: dict[str, Any]) -> int:
        size = 0
        async with self._stream(path, params) as chunks:
            with target.open("wb") as output:
                async for chunk in chunks:
                    size += output.write(chunk)
        return size

    @asynccontextmanager
    async def _stream(self, path: str, params: dict[str, Any]) -> AsyncGenerator[AsyncIterator[bytes]]:
        try:
            async with self._http.stream("GET", path, params=_given(params)) as response:
                if response.is_error:
                    await response.aread()
                    raise _refused(response)
                yield response.aiter_bytes()
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error

    async def _send(self, method: str, path: str, **request: Any) -> Any:
        if "params" in request:
            request["params"] = _given(request["params"])
        try:
            response = await self._http.request(method, path, **request)
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error
        if response.is_error:
            raise _refused(response)
        return response.json() if response.content else None

    def _unreachable(self, error: httpx2.HTTPError) -> CommandError:
        return CommandError(
            f"the API at {self._url} does not answer ({type(error).__name__}): is it running?"
        )


def is_special(target: Path) -> bool:
    """Whether it is written to as it stands, and never replaced."""
    return target.is_symlink() or (target.exists() and not target.is_file())


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _refused(response: httpx2.Response) -> ApiError:
    """The answer's problem (RFC 9457) as one line."""
    try:
        problem = response.json()
        detail = str(problem.get("detail") or problem.get("title"))
        fields = "; ".join(at(each["pointer"], each["detail"]) for each in problem.get("errors") or ())
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError):
        detail, fields = response.reason_phrase, ""
    said = f"{detail} ({fields})" if fields else detail
    return ApiError(f"{said} [{response.status_code}]", response.status_code)
