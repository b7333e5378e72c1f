"""The UI's client is generated from the API's document, so the committed one must be that of this API."""

import filecmp
import json
import os
import subprocess
from pathlib import Path

from api.app import create_app
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
