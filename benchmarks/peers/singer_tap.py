"""A tap of singer-sdk, its messages into a file. Run in the environment of `singer.txt`."""

import contextlib
import sys
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import BaseOffsetPaginator

TEXTS = ("uid", "name", "email", "created_at", "updated_at", "status", "note", "city", "country", "zip")
NUMBERS = ("amount", "tax", "score", "lat", "lon")
ADDRESS, SIZE, FOLDER = sys.argv[1], int(sys.argv[2]), sys.argv[3]


class Offsets(BaseOffsetPaginator):
    def has_more(self, response: Any) -> bool:
        return self.current_value + SIZE < response.json()["total"]


class Things(RESTStream[int]):
    name = "things"
    path = "/offset"
    url_base = ADDRESS
    records_jsonpath = "$.data[*]"
    schema = th.PropertiesList(
        *(th.Property(name, th.IntegerType) for name in ("id", "quantity")),
        *(th.Property(name, th.StringType) for name in (*TEXTS, "tags", "description")),
        *(th.Property(name, th.NumberType) for name in NUMBERS),
        th.Property("active", th.BooleanType),
    ).to_dict()

    def get_new_paginator(self) -> BaseOffsetPaginator:
        return Offsets(start_value=0, page_size=SIZE)

    def get_url_params(self, context: Any, next_page_token: int | None) -> dict[str, Any]:  # noqa: ARG002
        return {"offset": next_page_token or 0, "limit": SIZE}


class TapThings(Tap):
    name = "tap-things"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self) -> list[Things]:
        return [Things(self)]


def main() -> None:
    began, spent = monotonic(), process_time()
    with (Path(FOLDER) / "things.jsonl").open("w") as out, contextlib.redirect_stdout(out):
        TapThings(config={}).sync_all()
    print(monotonic() - began, process_time() - spent)


if __name__ == "__main__":
    main()
