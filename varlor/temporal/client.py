"""One client of Temporal per process, joined from the settings."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from temporalio.client import Client, Interceptor
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
)
from temporalio.service import TLSConfig

from varlor.errors import InvalidInputError, PartUnavailableError
from varlor.settings import Settings
from varlor.temporal.codec import EncryptingCodec
from varlor.temporal.codec_keys import CodecKeys

CONNECT_TIMEOUT: Final = timedelta(seconds=5)


def make_codec(settings: Settings) -> EncryptingCodec:
    """The payload codec of VARLOR_CODEC_KEYS; InvalidInputError names what is missing or weak."""
    if settings.codec_keys is None:
        raise InvalidInputError("VARLOR_CODEC_KEYS is not set: give id:base64 of 32 random bytes.")
    return EncryptingCodec(CodecKeys.parse(settings.codec_keys.get_secret_value()))


def data_converter(payload_codec: PayloadCodec) -> DataConverter:
    """Pydantic messages, encrypted; failures too, with their messages and stack traces."""
    return replace(
        pydantic_data_converter,
        payload_codec=payload_codec,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect(settings: Settings, *, lazy: bool = False) -> Client:
    """Make the client. `lazy` connects at the first call, which is for the API; a worker cannot be lazy.

    Raises InvalidInputError for settings that cannot be, PartUnavailableError when nobody answers.
    """
    interceptors: list[Interceptor] = []
    if settings.otel_exporter_otlp_endpoint:
        interceptors.append(TracingInterceptor())
    converter, tls = data_converter(make_codec(settings)), _tls(settings)
    try:
        return await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            api_key=settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None,
            tls=tls,
            data_converter=converter,
            interceptors=interceptors,
            connect_timeout=CONNECT_TIMEOUT,
            lazy=lazy,
        )
    except RuntimeError as error:
        raise PartUnavailableError("temporal", f"No Temporal at {settings.temporal_address}.") from error


def _tls(settings: Settings) -> TLSConfig | bool:
    """On when asked for, when a certificate is given, and always with an API key."""
    ca, cert, key = settings.temporal_tls_ca, settings.temporal_tls_cert, settings.temporal_tls_key
    if (cert is None) != (key is None):
        raise InvalidInputError("VARLOR_TEMPORAL_TLS_CERT and VARLOR_TEMPORAL_TLS_KEY go together.")
    if ca is None and cert is None:
        return settings.temporal_tls or settings.temporal_api_key is not None
    return TLSConfig(server_root_ca_cert=_file(ca), client_cert=_file(cert), client_private_key=_file(key))


def _file(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read ({type(error).__name__}).") from error
