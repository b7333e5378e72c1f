"""The house rules that a reader would otherwise have to remember: who may import whom, names, sizes."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("varlor", "workflows", "activities", "api", "worker")
LEAVES = {"varlor.contracts", "varlor.names", "varlor.errors", "varlor.redaction", "varlor.rings"}
ADAPTERS = {
    f"varlor.{room}"
    for room in ("connectors", "auth", "crypto", "storage", "cache", "datasets", "temporal", "presets")
}
ROOTS = {
    "worker",
    "api.app",
    "varlor.cli",
    "varlor.stack",
    "varlor.bootstrap",
    "varlor.serving",
    "varlor.access",
}

MAY_IMPORT: dict[str, set[str]] = {
    "varlor.contracts": set(),
    "varlor.names": set(),
    "varlor.errors": {"varlor.contracts"},
    "varlor.redaction": set(),
    "varlor.rings": {"varlor.errors"},
    "varlor.settings": {"varlor.errors"},
    "varlor.telemetry": {*LEAVES, "varlor.settings"},
    "varlor.ports": LEAVES,
    "activities": {*LEAVES, "varlor.ports"},
    "workflows": {"varlor.contracts", "varlor.names", "activities"},
    "api": {
        *LEAVES,
        *("varlor.ports", "varlor.settings", "varlor.telemetry", "workflows"),
        *("activities.check", "activities.onboard_draft"),
    },
    **{room: {*LEAVES, "varlor.ports", "varlor.settings"} for room in ADAPTERS},
}
MAY_IMPORT["varlor.auth"] |= {
    # an authorization server is where a tenant pointed: the guarded client is the only door to it
    "varlor.connectors.http",
    "varlor.connectors.retry_after",
}
MAY_IMPORT["varlor.presets"] |= {
    # an OpenAPI document is read into a preset exactly as a discovered one is
    "varlor.connectors.discovery",
}
BANNED_NAMES = {"utils", "helpers", "common", "misc", "base", "util", "helper"}
MOST_LINES = 300
MOST_TEST_LINES = 400
LONG_FOR_A_REASON: dict[str, str] = {}


def sources(*tops: str) -> Iterator[Path]:
    for top in tops:
        place = ROOT / top
        found = [place] if place.is_file() else sorted(place.rglob("*.py"))
        yield from (path for path in found if "results" not in path.parts)  # what benchmarks leave


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    if any(module == root or module.startswith(f"{root}.") for root in ROOTS):
        return "root"
    rooms = [r for r in MAY_IMPORT if module == r or module.startswith(f"{r}.")]
    return max(rooms, key=len) if rooms else module


def imports_of(path: Path) -> Iterator[tuple[str, int, bool]]:
    """Each import of ours: (module, line, whether it stands inside a function)."""
    tree = ast.parse(path.read_text())
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        found: list[str] = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found = [node.module]
            if node.module in ("varlor", "workflows", "activities", "api"):
                found = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in found:
            if name.split(".")[0] in OURS:
                yield name, getattr(node, "lineno", 0), id(node) in inside


ALL = list(sources("varlor", "workflows", "activities", "api", "worker.py"))


@pytest.mark.parametrize("path", ALL, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    module = module_of(path)
    room = room_of(module)
    if room == "root":
        return
    allowed = MAY_IMPORT.get(room, set())
    for name, line, _ in imports_of(path):
        same = name == room or name.startswith(f"{room}.")
        fits = any(name == a or name.startswith(f"{a}.") for a in allowed)
        assert same or fits or name == room.split(".")[0], (
            f"{path.relative_to(ROOT)}:{line} imports {name}; the room {room} may import {sorted(allowed)}. "
            "Ask for what you need as a protocol in varlor/ports and join it in varlor/bootstrap.py."
        )


@pytest.mark.parametrize("path", ALL, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_import_hides_inside_a_function(path: Path) -> None:
    if room_of(module_of(path)) == "root":
        return  # the command line loads its commands when they are asked for
    hidden = [f"{name} (line {line})" for name, line, inside in imports_of(path) if inside]
    assert not hidden, f"{path.relative_to(ROOT)} hides imports inside functions: {hidden}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [p for p in sources(*OURS[:4], "examples", "tests") if p.stem in BANNED_NAMES]
    assert not vague


def test_files_stay_small() -> None:
    long: list[str] = []
    for path in [*ALL, *sources("examples", "tests", "benchmarks")]:
        name = str(path.relative_to(ROOT))
        if "migrations/versions" in name or name in LONG_FOR_A_REASON:
            continue
        lines = len(path.read_text().splitlines())
        if lines > (MOST_TEST_LINES if name.startswith("tests/") else MOST_LINES):
            long.append(f"{name}: {lines} lines")
    assert not long, f"split them by responsibility, or name the reason in LONG_FOR_A_REASON: {long}"


def test_the_exceptions_still_exist() -> None:
    assert all((ROOT / name).exists() for name in LONG_FOR_A_REASON)


def test_no_class_of_ours_looks_like_a_test() -> None:
    named = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in ALL
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
    ]
    assert not named


def test_the_root_holds_no_python_but_the_worker() -> None:
    assert [p.name for p in ROOT.glob("*.py")] == ["worker.py"]


def test_a_worker_holds_nothing_of_the_api_in_memory() -> None:
    loaded = "import sys, worker; print(*{'api', 'fastapi', 'alembic'} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == []
