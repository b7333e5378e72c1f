"""`varlor presets …`: the ready-made connectors, and the making of new ones."""

import json
from pathlib import Path
from typing import Annotated

import typer

from varlor.cli.connectors import ask
from varlor.cli.failures import CommandError
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, StateDirOption, check_id
from varlor.cli.output import print_facts, print_json, print_table, say
from varlor.contracts.preset import Preset
from varlor.presets import read_preset, write_preset
from varlor.presets.from_openapi import preset_from

app = typer.Typer(no_args_is_help=True)
COLUMNS = {"id": "id", "name": "name", "apiType": "type", "authTypes": "auth", "endpoints": "endpoints"}
FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="presets", help="Ready-made connectors: list, show, check, make.")


@app.command("list")
def list_presets(state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False) -> None:
    """List the presets of the running stack, its own folder's included."""
    items = ask(state_dir, lambda api: api.get("/presets"))["items"]
    print_json(items) if as_json else print_table(items, COLUMNS)


@app.command()
def show(
    preset_id: Annotated[str, typer.Argument(help="The preset's id.", callback=check_id)],
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """Show one preset: auth, variables, endpoints, and the page that each fact is from."""
    item = ask(state_dir, lambda api: api.get(f"/presets/{preset_id}"))
    if as_json:
        return print_json(item)
    print_facts({key: value for key, value in item.items() if key not in ("endpoints", "auth")})
    print_table(item["auth"], {"type": "auth", "title": "how", "source": "source"})
    return print_table(
        item["endpoints"], {"id": "id", "path": "path", "summary": "summary", "source": "source"}
    )


@app.command()
def check(file: FileArgument, as_json: JsonOption = False) -> None:
    """Check a preset file; every wrong field is named. Needs no stack."""
    preset = read_preset(_text(file))
    facts = {"id": preset.id, "name": preset.name, "endpoints": len(preset.endpoints)}
    print_json(facts) if as_json else say(
        f"{file} is a preset: {preset.name}, {len(preset.endpoints)} endpoints"
    )


@app.command()
def schema() -> None:
    """Print the JSON Schema of a preset file, for an editor's completion."""
    typer.echo(json.dumps(Preset.model_json_schema(mode="validation"), indent=2))


@app.command("from-openapi")
def from_openapi(
    file: FileArgument,
    base_url: Annotated[
        str | None, typer.Option(help="Where the API is, if the document does not say.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write here instead of printing.")] = None,
) -> None:
    """Make a preset of an OpenAPI document: endpoints, paging, auth and primary keys inferred."""
    preset, notes = preset_from(file.read_bytes(), file.absolute().as_uri(), base_url=base_url)
    written = write_preset(preset)
    if out is None:
        typer.echo(written)
    else:
        out.write_text(written)
        say(f"{out}: {preset.name}, {len(preset.endpoints)} endpoints")
    for note in notes:
        say(note)


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except UnicodeDecodeError:
        raise CommandError(f"{file} is not text in UTF-8") from None
