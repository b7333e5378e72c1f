"""What a preset file may say, and what a person is told of one that says something else."""

import json
from pathlib import Path

import pytest

from varlor.contracts.preset import Preset
from varlor.errors import InvalidInputError, NotFoundError
from varlor.presets import PresetCatalog, read_preset, write_preset

DOCS = Path(__file__).parents[2] / "docs"
SMALL = """
id: shop
name: Shop
summary: Orders.
docs: https://shop.example.com/docs
baseUrl: https://{account}.shop.example.com/v1
variables: [{name: account, title: Your account, example: acme}]
auth: [{type: bearer, title: Token, source: https://shop.example.com/docs/auth}]
endpoints:
  - {id: orders, summary: Orders, source: https://shop.example.com/docs/orders, path: /orders}
"""


def problems(text: str) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as caught:
        read_preset(text)
    return {each.pointer: each.detail for each in caught.value.problems}


def test_at_least_ten_are_shipped_and_every_fact_of_theirs_has_a_page() -> None:
    presets = PresetCatalog().all()
    assert len(presets) >= 10
    for preset in presets:
        sources = [each.source for each in (*preset.auth, *preset.endpoints)]
        sources += [preset.rate_limit.source] if preset.rate_limit else []
        assert all(source.startswith("https://") for source in (*sources, preset.docs))


@pytest.mark.parametrize(
    ("old", "new", "pointer"),
    [
        ("id: shop", "id: Shop One", "/id"),
        ("name: Shop\n", "", "/name"),
        ("path: /orders", "pathh: /orders", "/endpoints/0/pathh"),
        ("path: /orders", "path: /orders, pagination: {type: guess}", "/endpoints/0/pagination"),
        ("path: /orders", "path: /orders, query: '{ a }'", "/endpoints/0"),
        ("type: bearer", "type: apikey", "/auth/0"),
        (", source: https://shop.example.com/docs/auth", "", "/auth/0/source"),
        ("{account}", "acme", "/"),
        ("auth: [{", "headers: {'X': \"a\\nb\"}\nauth: [{", "/headers/X"),
    ],
)
def test_a_wrong_field_is_named(old: str, new: str, pointer: str) -> None:
    assert old in SMALL
    assert pointer in problems(SMALL.replace(old, new))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a: [",
        "!!python/object/apply:os.system [id]",
        "a: &a [x]\nb: [" + "*a," * 6_000 + "]",
        "x" * 3_000_000,
    ],
)
def test_what_is_no_preset_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidInputError):
        read_preset(text)


def test_a_preset_survives_being_written() -> None:
    for preset in (read_preset(SMALL), *PresetCatalog().all()):
        assert read_preset(write_preset(preset)) == preset


def test_a_folder_adds_replaces_and_is_looked_at_again(tmp_path: Path) -> None:
    catalog = PresetCatalog(tmp_path)
    with pytest.raises(NotFoundError):
        catalog.get("shop")
    (tmp_path / "shop.yaml").write_text(SMALL)
    (tmp_path / "github.yaml").write_text(SMALL.replace("id: shop", "id: github"))
    (tmp_path / "broken.yaml").write_text(SMALL.replace("name: Shop\n", ""))
    assert catalog.get("shop").name == "Shop"
    assert catalog.get("github").name == "Shop"
    assert catalog.get("stripe").name == "Stripe"
    assert "/name" in catalog.broken()[tmp_path / "broken.yaml"]


def test_the_published_schema_is_the_models() -> None:
    published = json.loads((DOCS / "preset.schema.json").read_text())
    assert published == Preset.model_json_schema(mode="validation"), (
        "write it again: .venv/bin/varlor presets schema > docs/preset.schema.json"
    )
