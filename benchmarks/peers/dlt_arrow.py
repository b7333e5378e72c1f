"""dlt at its best here: whole pages as Arrow tables, so that nothing is normalised record by record."""

import sys
from collections.abc import Iterator
from time import monotonic, process_time

import dlt
import pyarrow as pa
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import OffsetPaginator


def main(address: str, size: int, folder: str) -> None:
    client = RESTClient(
        address, paginator=OffsetPaginator(limit=size, total_path="total"), data_selector="data"
    )

    @dlt.resource(name="things")
    def things() -> Iterator[pa.Table]:
        for page in client.paginate("/offset"):
            yield pa.Table.from_pylist(list(page))

    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.filesystem(bucket_url=f"file://{folder}/out"),
        dataset_name="bench",
        pipelines_dir=f"{folder}/state",
    )
    began, spent = monotonic(), process_time()
    pipeline.run(things(), loader_file_format="parquet")
    print(monotonic() - began, process_time() - spent)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
