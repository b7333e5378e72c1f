"""What the UI and the API must have in common: the client is generated, remedies are written by hand."""

import filecmp
import json
import os
import re
import subprocess
from pathlib import Path
from typing import get_args

from api.app import create_app
from varlor.errors import AuthRequiredError, SchemaFrozenError, SourceKind
from varlor.settings import Settings

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "frontend/src/lib/api/generated"


def test_the_committed_client_is_the_one_of_this_api(tmp_path: Path) -> None:
    document, fresh = tmp_path / "openapi.json", tmp_path / "generated"
    document.write_text(json.dumps(create_app(settings=Settings(mode="embedded")).openapi()))
    made = subprocess.run(
        [ROOT / "frontend/npm", "--silent", "run", "client"],
        env={**os.environ, "CLIENT_FROM": str(document), "CLIENT_OUT": str(fresh)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert stale(fresh, COMMITTED) == [], "the UI's client is stale: run `make client` and commit it"


def test_every_way_a_run_can_fail_has_a_remedy_on_its_page() -> None:
    words = (ROOT / "frontend/src/components/runs/RunFailure.tsx").read_text()
    told = set(re.findall(r"^  '?([a-z_-]+)'?: ['\"]", words, re.MULTILINE))
    own = {error.slug for error in (AuthRequiredError, SchemaFrozenError)}
    assert {*get_args(SourceKind), *own} - told == set()


def stale(fresh: Path, committed: Path) -> list[str]:
    """Files that differ, or that only one side has."""
    names = {
        path.relative_to(side).as_posix()
        for side in (fresh, committed)
        for path in side.rglob("*")
        if path.is_file()
    }
    _, mismatch, errors = filecmp.cmpfiles(fresh, committed, sorted(names), shallow=False)
    return mismatch + errors
