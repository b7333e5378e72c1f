"""Lakes: in a local folder, and in an S3-compatible server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.datasets.lake_kit import Lake
from varlor.datasets import DeltaDatasets


@pytest.fixture
def local_lake(tmp_path: Path) -> Lake:
    return Lake(DeltaDatasets(str(tmp_path / "lake"), {}), {})


@pytest.fixture
def lake(local_lake: Lake) -> Lake:
    return local_lake


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_lake(s3_server: str, tmp_path: Path) -> Lake:
    bucket = f"lake-{tmp_path.name.replace('_', '-').lower()}"[:60].rstrip("-")
    options = {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
        "aws_conditional_put": "etag",
    }
    client: Any = boto3.client(
        "s3",
        endpoint_url=s3_server,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket=bucket)
    return Lake(DeltaDatasets(f"s3://{bucket}/prefix", options), options)
