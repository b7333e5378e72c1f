"""Schemathesis over the document, against a real server: no 5xx, and no answer that is not documented."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from api.app import create_app
from tests.api.conftest import token
from varlor.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    ignored_auth,
)
TENANT = "t-schemathesis"


# An event stream never ends by itself: tests/api/test_events.py reads it.
document = create_app(settings=Settings(mode="embedded")).openapi()
schema = schemathesis.openapi.from_dict(document).exclude(operation_id="stream_events")


@schema.parametrize()  # pyright: ignore[reportUntypedFunctionDecorator] - schemathesis leaves it untyped
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
def test_answers_are_as_documented(case: schemathesis.Case[Any], api_url: str) -> None:
    role = "operator" if case.path.startswith("/api/v2/codec/") else "admin"
    headers = {"Authorization": f"Bearer {token(TENANT, role)}"}
    case.call_and_validate(base_url=api_url, headers=headers, checks=list(CHECKS))
