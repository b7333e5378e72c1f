"""dlt's rest_api source, default settings, to Parquet on disk. Run in dlt's own environment."""

import sys
from time import monotonic, process_time
from typing import Any

import dlt
from dlt.sources.rest_api import rest_api_source


def main(address: str, size: int, folder: str) -> None:
    config: dict[str, Any] = {
        "client": {"base_url": address},
        "resources": [
            {
                "name": "things",
                "endpoint": {
                    "path": "/offset",
                    "data_selector": "data",
                    "paginator": {"type": "offset", "limit": size, "total_path": "total"},
                },
            }
        ],
    }
    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.filesystem(bucket_url=f"file://{folder}/out"),
        dataset_name="bench",
        pipelines_dir=f"{folder}/state",
    )
    began, spent = monotonic(), process_time()
    pipeline.run(rest_api_source(config), loader_file_format="parquet")
    print(monotonic() - began, process_time() - spent)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
