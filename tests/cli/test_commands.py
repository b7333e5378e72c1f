"""The commands that need no stack: help, misuse, tokens, and how options are read."""

import asyncio
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import pytest
import typer

from api.engine import DISCOVER_SECONDS
from tests.cli.conftest import Varlor
from tests.stack.launched import varlor as varlor_process
from varlor.auth.jwt import EmbeddedKey, JwtVerifier
from varlor.bootstrap import SystemClock
from varlor.cli.app import COMMANDS
from varlor.cli.client import TIMEOUT
from varlor.cli.credential import parse_auth
from varlor.cli.failures import CommandError, at
from varlor.cli.options import parse_duration
from varlor.cli.paging import parse_pagination
from varlor.cli.query import parse_query
from varlor.cli.target import parse_target
from varlor.stack.state import StateDir


def test_help_names_every_command() -> None:
    answer = varlor_process("--help")
    assert answer.returncode == 0
    assert all(name in answer.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(varlor: Varlor, command: str) -> None:
    answer = varlor(command, "--help")
    assert answer.returncode == 0
    assert "Usage: varlor" in answer.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["nonsense"], 2),
        (["up", "--port", "many"], 2),
        (["connectors", "list"], 1),
        (["runs", "show", "run_1"], 1),
        (["token", "--tenant", "t", "--role", "king"], 2),
        (["token", "--tenant", "t", "--role", "viewer"], 1),
        (["token", "--tenant", "", "--role", "viewer"], 2),
        (["token", "--tenant", "a/b", "--role", "viewer"], 2),
        (["token", "--tenant", "t", "--role", "viewer", "--subject", ""], 2),
        (["connectors", "show", ""], 2),
        (["datasets", "rows", "../runs"], 2),
        (["token", "--tenant", "t", "--role", "viewer", "--ttl", "soon"], 2),
        (["fetch", "ftp://example.com/x"], 2),
        (["fetch", "https://user:pass@example.com/x"], 2),
        (["datasets", "export", "ds_1", "--out", "rows.xlsx"], 1),
        (["connectors", "delete", "con_1"], 1),
        (["connectors", "fetch", "con_1", "/x", "--dataset", "d", "--incremental", "at:since"], 2),
        (["connectors", "fetch", "con_1", "/x"], 2),
    ],
)
def test_a_failure_is_one_line_on_stderr(varlor: Varlor, words: list[str], code: int, tmp_path: Path) -> None:
    answer = varlor(*words, VARLOR_STATE_DIR=str(tmp_path / "none"))
    assert answer.returncode == code
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: ")
    assert answer.stderr.count("\n") == 1
    assert "Value error" not in answer.stderr


def test_an_export_into_no_folder_names_it(varlor: Varlor) -> None:
    answer = varlor("datasets", "export", "ds_1", "--out", "/nonexist/rows.csv")
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert "folder /nonexist: make it" in answer.stderr


def test_an_export_onto_a_folder_is_refused(varlor: Varlor, tmp_path: Path) -> None:
    answer = varlor("datasets", "export", "ds_1", "--out", str(tmp_path), "--format", "csv")
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert "is a folder: give the file" in answer.stderr


def test_an_api_that_is_not_there_is_said_so(varlor: Varlor) -> None:
    answer = varlor("connectors", "list", VARLOR_API_URL="http://127.0.0.1:1", VARLOR_TOKEN="t")
    assert answer.returncode == 1
    assert "does not answer" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_token_opens_the_api_for_its_tenant_and_role(varlor: Varlor, tmp_path: Path) -> None:
    folder = StateDir(tmp_path)
    folder.ensure()
    keys = folder.keys()
    words = ("token", "--tenant", "acme", "--role", "editor", "--subject", "ada", "--ttl", "15m")
    answer = varlor(*words, "--state-dir", str(tmp_path))
    assert answer.returncode == 0
    assert answer.stderr == ""
    verifier = JwtVerifier(EmbeddedKey(keys.jwt_public), SystemClock(), issuer="varlor", audience="varlor")
    identity = asyncio.run(verifier.verify(answer.stdout.strip()))
    assert (identity.subject, identity.tenant_id, identity.roles) == ("ada", "acme", frozenset({"editor"}))
    assert 800 < identity.expires_at.timestamp() - time.time() <= 900


def test_a_command_waits_for_the_longest_answer_of_the_api() -> None:
    assert TIMEOUT > DISCOVER_SECONDS


def test_doctor_finds_this_machine_fit(varlor: Varlor, tmp_path: Path) -> None:
    answer = varlor("doctor", "--json", "--state-dir", str(tmp_path))
    findings = {each["name"]: each for each in json.loads(answer.stdout)}
    for name in ("python", "packages", "application", "temporal program", "valkey program", "clock"):
        assert findings[name]["state"] == "ok", findings[name]
    assert answer.returncode == (1 if any(each["state"] == "fail" for each in findings.values()) else 0)


def test_doctor_says_what_to_do_about_what_is_missing(varlor: Varlor, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{}")
    answer = varlor(
        *("doctor", "--json", "--state-dir", str(tmp_path)),
        VARLOR_REDIS_URL="redis://127.0.0.1:1/0",
        VARLOR_DATABASE_URL="sqlite:////proc/nowhere/x.db",
    )
    assert answer.returncode == 1
    findings = {each["name"]: each for each in json.loads(answer.stdout)}
    for name in ("keys", "Redis server", "database"):
        assert findings[name]["state"] == "fail"
        assert findings[name]["advice"]


def test_doctor_names_a_preset_that_cannot_be_read(varlor: Varlor, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("id: shop\nsummary: no name\n")
    answer = varlor("doctor", "--json", "--state-dir", str(tmp_path), VARLOR_PRESETS_DIR=str(tmp_path))
    (found,) = [each for each in json.loads(answer.stdout) if each["name"] == "presets"]
    assert found["state"] == "warning"
    assert "shop.yaml" in found["detail"]
    assert "/name" in found["detail"]
    assert found["advice"]


def test_the_database_is_brought_up_to_date(varlor: Varlor, tmp_path: Path) -> None:
    for _ in range(2):
        assert varlor("db", "upgrade", "--state-dir", str(tmp_path)).returncode == 0
    findings = json.loads(varlor("doctor", "--json", "--state-dir", str(tmp_path)).stdout)
    assert [each["detail"] for each in findings if each["name"] == "database"] == ["up to date"]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604800)]
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "canary")
    assert parse_auth("bearer:env:TOKEN") == {"authType": "bearer", "bearerToken": "canary"}
    assert parse_auth("key:query:api_key=env:TOKEN") == {
        "authType": "apikey",
        "apiKeyConfig": {"keyName": "api_key", "location": "query"},
        "apiKey": "canary",
    }
    with pytest.raises(CommandError, match="ABSENT"):
        parse_auth("bearer:env:ABSENT")


def test_a_credential_may_be_piped_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("canary\n"))
    assert parse_auth("bearer")["bearerToken"] == "canary"
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(CommandError, match="no terminal to ask for the bearer token"):
        parse_auth("bearer")


def test_a_problem_of_the_whole_input_has_no_place() -> None:
    assert at("/every", "too long") == "/every: too long"
    assert at("", "give either cron or every") == "give either cron or every"


def test_a_secret_on_the_command_line_is_warned_about(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse_auth("bearer:canary")["bearerToken"] == "canary"
    said = capsys.readouterr().err
    assert "warning" in said
    assert "canary" not in said


def test_a_misread_credential_is_not_repeated() -> None:
    with pytest.raises(typer.BadParameter) as caught:
        parse_auth("key:cookie:name=canary")
    assert "canary" not in str(caught.value)


def test_pagination_is_read_as_the_contract_has_it() -> None:
    assert parse_pagination("auto") == "auto"
    assert parse_pagination("none") == {"type": "none"}
    offset = parse_pagination("offset:offsetParam=skip,limit=500")
    assert (offset["offsetParam"], offset["limit"]) == ("skip", 500)
    cursor = parse_pagination("cursor:cursorPath=$.meta.next,cursorParam=after")
    assert cursor["cursorPath"] == "$.meta.next"
    for wrong in ("zigzag", "offset:limit=many", "cursor:cursorParam", "offset:speed=1"):
        with pytest.raises(typer.BadParameter):
            parse_pagination(wrong)


def test_a_url_is_taken_apart() -> None:
    target = parse_target("https://api.example.com:8443/v1/orders.json?status=open&tag=a&tag=b#top")
    assert target.origin == "https://api.example.com:8443"
    assert target.authority == "api.example.com:8443"
    assert target.path == "/v1/orders.json"
    assert target.params == {"status": "open", "tag": ["a", "b"]}
    assert target.name == "orders"
    assert parse_target("http://[::1]/").authority == "[::1]:80"


@pytest.mark.parametrize(
    "url", ["http://exa mple/x", "http://a..b/x", "http://0x7f.1/x", "http://a\x01b/", "http://"]
)
def test_an_address_that_nobody_has_is_refused_before_anything_starts(url: str) -> None:
    with pytest.raises(typer.BadParameter, match="http"):
        parse_target(url)


def test_a_folder_with_other_files_is_not_written_into(varlor: Varlor, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    answer = varlor("fetch", "https://example.com/x", "--out", str(tmp_path))
    assert answer.returncode == 1
    assert "other files" in answer.stderr
    assert varlor("fetch", "https://example.com/x", "--out", str(tmp_path / "thesis.txt")).returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_query_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "users.graphql"
    file.write_text("{ users { id } }")
    assert parse_query(None, None) == {}
    assert parse_query(str(file), None) == {"query": "{ users { id } }"}
    assert parse_query(str(file), '{"n": 3}')["variables"] == {"n": 3}
    with pytest.raises(CommandError, match="cannot be read"):
        parse_query(str(tmp_path / "none"), None)
    for query, variables in ((None, "{}"), (str(file), "[1]"), (str(file), "{")):
        with pytest.raises(typer.BadParameter):
            parse_query(query, variables)


class _Rows(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"id\n1\n")


def test_an_export_writes_to_a_pipe_and_through_a_link(varlor: Varlor, tmp_path: Path) -> None:
    file, link, pipe = tmp_path / "rows.csv", tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(file)
    os.mkfifo(pipe)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Rows) as server, ThreadPoolExecutor(2) as pool:
        pool.submit(server.serve_forever)
        read = pool.submit(pipe.read_bytes)
        api = {"VARLOR_API_URL": f"http://127.0.0.1:{server.server_port}", "VARLOR_TOKEN": "t"}
        words = ("datasets", "export", "ds_1", "--format", "csv", "--out")
        answers = [varlor(*words, str(out), **api) for out in (link, pipe)]
        server.shutdown()
    assert [answer.returncode for answer in answers] == [0, 0]
    assert link.is_symlink()
    assert pipe.is_fifo()
    assert read.result(5) == file.read_bytes() == b"id\n1\n"
