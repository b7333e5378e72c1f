"""Datasette: a real JSON API that nobody here wrote, over compound keys, nulls and unicode."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.ports import free_port

ROWS = 10_500
SHAPES = ["", "?_shape=objects", "?_shape=arrays", "?_shape=array", "?_shape=object"]


def row(number: int) -> tuple[Any, ...]:
    text = None if number % 5 == 0 else f"ünï, {number} / 名前 🦊"
    return number // 3, f"k{number % 3}/ü,{number % 7}~", text, number / 8 if number % 2 else None


def fill(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("create table big (a integer, b text, t text, v real, primary key (a, b))")
        database.executemany("insert into big values (?, ?, ?, ?)", (row(i) for i in range(ROWS)))
        database.execute("create table small (id integer primary key, name text)")
        database.executemany("insert into small values (?, ?)", ((i, f"n{i}") for i in range(40)))
        database.execute("create table empty (id integer primary key)")
        database.execute("create view seen as select a, t from big where a < 100")


@pytest.fixture(scope="module")
def datasette(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("datasette") / "db.sqlite"
    fill(path)
    port = free_port()
    log = path.with_suffix(".log").open("wb")
    command = [sys.executable, "-m", "datasette", str(path), "--port", str(port)]
    server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/-/versions.json", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)
        log.close()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            httpx2.get(url, timeout=2, trust_env=False).raise_for_status()
        except httpx2.HTTPError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("datasette did not start")
