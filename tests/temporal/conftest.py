"""Codec keys, and a client that encrypts under them."""

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from tests.temporal.keys import codec_key
from varlor.settings import Settings
from varlor.temporal import connect


@pytest.fixture
def settings(temporal_address: str) -> Settings:
    return Settings(temporal_address=temporal_address, codec_keys=SecretStr(codec_key("c1")))


@pytest.fixture
async def client(settings: Settings) -> Client:
    return await connect(settings)
