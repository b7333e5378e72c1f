"""airbyte-cdk's declarative source, to a file of JSON lines. Run in the environment of `airbyte.txt`."""

import contextlib
import json
import sys
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource


def manifest(address: str, size: int) -> dict[str, Any]:
    paginator = {
        "type": "DefaultPaginator",
        "page_token_option": {
            "type": "RequestOption",
            "inject_into": "request_parameter",
            "field_name": "offset",
        },
        "page_size_option": {
            "type": "RequestOption",
            "inject_into": "request_parameter",
            "field_name": "limit",
        },
        "pagination_strategy": {"type": "OffsetIncrement", "page_size": size},
    }
    stream = {
        "type": "DeclarativeStream",
        "name": "things",
        "primary_key": ["id"],
        "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object", "properties": {}}},
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {
                "type": "HttpRequester",
                "url_base": address,
                "path": "/offset",
                "http_method": "GET",
            },
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
            },
            "paginator": paginator,
        },
    }
    return {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["things"]},
        "streams": [stream],
        "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
    }


def main(address: str, size: int, folder: str) -> None:
    catalog = {
        "streams": [
            {
                "stream": {
                    "name": "things",
                    "json_schema": {},
                    "supported_sync_modes": ["full_refresh"],
                },
                "sync_mode": "full_refresh",
                "destination_sync_mode": "append",
            }
        ]
    }
    config, listed = Path(folder) / "config.json", Path(folder) / "catalog.json"
    config.write_text("{}")
    listed.write_text(json.dumps(catalog))
    began, spent = monotonic(), process_time()
    source = ConcurrentDeclarativeSource(
        catalog=ConfiguredAirbyteCatalogSerializer.load(catalog),
        config={},
        state=None,
        source_config=manifest(address, size),
    )
    parsed = AirbyteEntrypoint.parse_args(["read", "--config", str(config), "--catalog", str(listed)])
    with (Path(folder) / "things.jsonl").open("w") as out, contextlib.redirect_stdout(out):
        for message in AirbyteEntrypoint(source).run(parsed):
            out.write(f"{message}\n")
    print(monotonic() - began, process_time() - spent)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
