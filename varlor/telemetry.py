"""What operators see of a process: logs without secrets, Prometheus numbers, traces when asked for."""

import logging
import sys
from typing import Any, Final

import orjson
import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from structlog.types import Processor
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from varlor.redaction import redact_event
from varlor.settings import Settings

_AS_THEY_ARE: Final = (
    orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
)
# Libraries that write whole URLs or bodies at info or debug: their warnings are enough.
_QUIET: Final = ("httpx2", "httpcore2", "sqlalchemy.engine", "aiosqlite", "sse_starlette", "uvicorn.access")


def configure(settings: Settings, service: str) -> None:
    """Set up logs and traces of this process, once, at its start; `service` names it in both."""
    _configure_logs(settings)
    structlog.contextvars.bind_contextvars(service=service)
    if settings.metrics_port is not None and service == "worker":
        _serve_metrics(f"{settings.host}:{settings.metrics_port}")
    if settings.otel_exporter_otlp_endpoint:
        _configure_traces(settings.otel_exporter_otlp_endpoint, service)


def _configure_logs(settings: Settings) -> None:
    """Our lines go straight to stderr, those of libraries through `logging`; both are redacted."""
    level, render = logging.getLevelNamesMapping()[settings.log_level.upper()], _renderer(settings)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, redact_event, render],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    foreign: list[Processor] = [structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(), redact_event]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, *foreign],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def _renderer(settings: Settings) -> Processor:
    if settings.log_format == "console":
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer(serializer=_json)


def _json(event: Any, **_: Any) -> str:
    return orjson.dumps(event, _plain, _AS_THEY_ARE).decode()


def _plain(value: object) -> str:
    """Name what is not JSON by its type alone: a repr may hold what redaction cannot see."""
    return f"<{type(value).__name__}>"


def _serve_metrics(address: str) -> None:
    """The worker's numbers are the SDK's own (slots, latencies, failures), served by it on `/metrics`."""
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=address))))


def _configure_traces(endpoint: str, service: str) -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": f"varlor-{service}"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


class HttpMetrics:
    """The API's numbers, in a registry of their own. Labels are methods, route templates and status codes."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        labels = ("method", "route", "status")
        self._requests = Counter("varlor_http_requests", "Requests answered", labels, registry=self.registry)
        self._seconds = Histogram(
            "varlor_http_request_seconds", "Time until the answer ended", labels[:2], registry=self.registry
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request; an unknown method is not worth a label of its own."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
