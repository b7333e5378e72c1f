"""Everything that can be set, read once from `VARLOR_…` into one frozen object."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of one process. `mode` embedded is what `varlor up` starts; else production."""

    model_config = SettingsConfigDict(env_prefix="VARLOR_", frozen=True, extra="ignore")

    mode: Literal["embedded", "production"] = "production"
    state_dir: Path = Path(".varlor")

    database_url: str = ""
    redis_url: str = ""
    data_url: str = ""
    keep_hours: Annotated[int, Field(ge=1, le=24 * 365)] = (
        168  # for which old versions of a dataset can be read
    )
    data_options: dict[str, str] = {}  # storage options of deltalake, e.g. aws_endpoint_url

    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_api_key: SecretStr | None = None
    temporal_tls_ca: Path | None = None
    temporal_tls_cert: Path | None = None
    temporal_tls_key: Path | None = None
    temporal_tls: bool = False
    temporal_ui_url: str = "http://127.0.0.1:8233"
    temporal_http_port: int | None = (
        None  # embedded: the dev server's HTTP API, which asks nobody who they are
    )

    presets_dir: Path | None = None  # presets of this installation, *.yaml

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    public_url: str = "http://127.0.0.1:8000"

    master_keys: SecretStr | None = None  # v2:base64,v1:base64; newest first
    master_keys_file: Path | None = None  # or a file with them, one to a line, mode 0600
    master_keys_kms: str | None = None  # or the same form, each key wrapped by AWS KMS
    codec_keys: SecretStr | None = None  # the same form; the payload codec's own ring
    codec_path: SecretStr | None = None  # embedded only: the unguessable path of the loopback codec server

    jwt_private_key: SecretStr | None = None  # embedded only: PEM that `varlor token` signs with
    jwt_public_key: str | None = None  # PEM the API verifies with when no JWKS is named
    jwt_jwks_url: str | None = None
    jwt_issuer: str = "varlor"
    jwt_audience: str = "varlor"

    oidc_issuer: str | None = None  # whose accounts sign in to the UI; with it, oidc_client_id
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None  # none for a public client

    egress_allow: Annotated[tuple[str, ...], NoDecode] = ()
    egress_proxy_url: str | None = None

    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    otel_exporter_otlp_endpoint: str | None = None
    metrics_port: int | None = None  # the worker's own /metrics

    @field_validator("egress_allow", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value
