"""Documents cannot drift: their links lead somewhere, the commands, options and files they name exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from varlor.cli.app import build

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def commands(page: Path) -> Iterator[tuple[tuple[str, ...], frozenset[str]]]:
    """Each `varlor …` in code: its words up to the first argument, and its options."""
    for code in re.findall(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", page.read_text(), re.DOTALL):
        for line in "".join(code).replace("\\\n", " ").splitlines():
            if found := re.search(
                r"(?:^|\s|\()(?:\.venv/bin/)?varlor ((?:[a-z]+(?:-[a-z]+)* ?)+)([^`)]*)", line
            ):
                words = tuple(found[1].split())
                yield words, frozenset(re.findall(r"--[a-z-]+", found[2].split(" #")[0]))


SAID = sorted(
    {(words, options) for page in PAGES for words, options in commands(page)},
    key=lambda said: (said[0], sorted(said[1])),
)


@pytest.mark.parametrize(("words", "options"), SAID, ids=lambda v: " ".join(sorted(v)) if v else "")
def test_every_command_in_the_documents_exists(words: tuple[str, ...], options: frozenset[str]) -> None:
    asked = CliRunner().invoke(build(words), [*words, "--help"], env={"COLUMNS": "200"})
    assert asked.exit_code == 0, f"varlor {' '.join(words)}: {asked.output}"
    missing = {option for option in options if option not in asked.output}
    assert not missing, f"varlor {' '.join(words)} has no {missing}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_file_named_in_code_exists(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        return  # it may speak of what is gone
    for name in re.findall(
        r"`((?:varlor|workflows|activities|api|tests|docs|benchmarks|examples)/[^`\s*{<]*)`", page.read_text()
    ):
        assert (ROOT / name).exists(), f"{page.name} names {name}"
