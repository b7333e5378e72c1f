"""The image installs the wheel, so everything that is read at run time must be in it, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOPS = ("varlor/", "workflows/", "activities/", "api/", "examples/sample_api/", "worker.py")
DATA = {".lua", ".mako", ".html", ".css", ".js", ".json", ".yaml"}


def test_the_wheel_holds_every_file_of_ours_and_no_other(tmp_path: Path) -> None:
    uv = Path(sys.executable).parent / "uv"
    build = [uv, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*build, "--out-dir", tmp_path, ROOT], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {
        path.relative_to(ROOT).as_posix()
        for top in TOPS
        for path in [ROOT / top, *(ROOT / top).rglob("*")]
        if path.suffix in DATA | {".py"} and path.is_file() and "node_modules" not in path.parts
    }
    assert ours <= packed, f"not in the wheel: {sorted(ours - packed)}"
    assert all(name.startswith(TOPS) for name in packed)
