"""The API in process on a real database, Valkey and Temporal; each test is a tenant of its own."""

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.app import create_app
from api.services import Services
from tests.api.processes import environment, running, wait_for_port
from tests.ports import free_port
from varlor.crypto import new_master_key
from varlor.settings import Settings
from varlor.stack.tokens import sign
from varlor.storage.migrate import upgrade

PRIVATE = Ed25519PrivateKey.generate()
PRIVATE_PEM = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC_PEM = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
CODEC_PATH = "unguessable-path-of-the-embedded-stack"
PUBLIC_URL = "http://varlor.test"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, redis_url: str, temporal_address: str) -> Settings:
    folder: Path = tmp_path_factory.mktemp("api")
    database = f"sqlite:///{folder / 'varlor.db'}"
    upgrade(database)
    return Settings(
        mode="embedded",
        state_dir=folder,
        database_url=database,
        redis_url=redis_url,
        data_url=str(folder / "data"),
        temporal_address=temporal_address,
        temporal_ui_url="http://127.0.0.1:8233",
        public_url=PUBLIC_URL,
        master_keys=SecretStr(new_master_key()),
        codec_keys=SecretStr(new_master_key("c1")),
        codec_path=SecretStr(CODEC_PATH),
        jwt_public_key=PUBLIC_PEM,
        egress_allow=("127.0.0.1",),
        log_level="warning",
    )


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    app = create_app(settings=settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def services(app: FastAPI) -> Services:
    return app.state.services


@pytest.fixture
def tenant() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def _at_once(app: FastAPI) -> ASGIApp:
    """The app, given a body that was announced as a server gives it: all of it, and no more to come."""

    async def given(scope: Scope, receive: Receive, send: Send) -> None:
        announced = Headers(scope=scope).get("content-length")

        async def whole() -> Message:
            message = await receive()
            if str(len(message.get("body", b""))) == announced:
                message["more_body"] = False
            return message

        await app(scope, whole, send)

    return given


@dataclass(frozen=True)
class Door:
    """Opens clients of the API in process: by role, as nobody, or with a token of one's own."""

    app: FastAPI
    tenant: str

    def client(self, *, headers: dict[str, str] | None = None, in_parts: bool = False) -> httpx2.AsyncClient:
        """`in_parts`: a body comes in two parts, of which the second is empty."""
        transport = httpx2.ASGITransport(app=self.app if in_parts else _at_once(self.app))
        return httpx2.AsyncClient(transport=transport, base_url=f"{PUBLIC_URL}/api/v2", headers=headers or {})

    def as_role(self, role: str, tenant: str | None = None) -> httpx2.AsyncClient:
        return self.client(headers={"Authorization": f"Bearer {token(tenant or self.tenant, role)}"})


def token(tenant: str, role: str, ttl: float = 600) -> str:
    return sign(PRIVATE_PEM, tenant=tenant, role=role, subject=f"{role}@{tenant}", ttl=ttl)


@pytest.fixture
def door(app: FastAPI, tenant: str) -> Door:
    return Door(app, tenant)


@pytest.fixture
async def admin(door: Door) -> AsyncIterator[httpx2.AsyncClient]:
    async with door.as_role("admin") as client:
        yield client


@pytest.fixture
async def editor(door: Door) -> AsyncIterator[httpx2.AsyncClient]:
    async with door.as_role("editor") as client:
        yield client


@pytest.fixture
async def viewer(door: Door) -> AsyncIterator[httpx2.AsyncClient]:
    async with door.as_role("viewer") as client:
        yield client


@pytest.fixture
async def nobody(door: Door) -> AsyncIterator[httpx2.AsyncClient]:
    async with door.client() as client:
        yield client


@pytest.fixture(scope="session")
def sample_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample API at a fiftieth of its size, in a process of its own."""
    port, log = free_port(), tmp_path_factory.mktemp("sample") / "log"
    command = ["-m", "examples.sample_api", "--port", str(port), "--scale", "0.02"]
    with running(command, log) as process:
        wait_for_port(port, process, log)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def worker_log(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A real worker on both queues; answers where it logs."""
    log = tmp_path_factory.mktemp("worker") / "log"
    with running(["-m", "worker"], log, environment(settings)) as process:
        yield log
        assert process.poll() is None, log.read_text()[-3000:]


@pytest.fixture(scope="session")
def api_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served") / "log"


@pytest.fixture(scope="session")
def api_url(settings: Settings, api_log: Path) -> Iterator[str]:
    """The same API under a real uvicorn, as the stack starts it."""
    port = free_port()
    with running(uvicorn_command(port), api_log, environment(settings)) as process:
        wait_for_port(port, process, api_log)
        yield f"http://127.0.0.1:{port}"


def uvicorn_command(port: int) -> list[str]:
    command = ["-m", "uvicorn", "--factory", "api.app:create_app", "--port", str(port), "--no-access-log"]
    return [*command, "--timeout-graceful-shutdown", "5", "--log-level", "warning"]
