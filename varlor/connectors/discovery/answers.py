"""An operation's good answer: its JSON schema and its headers, described or shown by example."""

from typing import Any, Final, NamedTuple

from varlor.connectors.discovery.foreign import mapping
from varlor.connectors.discovery.references import Document
from varlor.connectors.discovery.schemas import from_example

_STATUSES: Final = ("200", "2XX", "2xx", "201", "202", "203", "206", "default")


class Answer(NamedTuple):
    schema: Any
    headers: dict[str, Any]


def good_answer(document: Document, operation: dict[str, Any]) -> Answer:
    """`schema` is None when nothing is said of JSON."""
    responses = {str(status): response for status, response in mapping(operation.get("responses")).items()}
    status = next((status for status in _STATUSES if status in responses), None)
    response = document.follow(responses.get(status or ""))
    headers = {
        str(name): document.follow(header) for name, header in mapping(response.get("headers")).items()
    }
    return Answer(_schema(document, response), headers)


def _schema(document: Document, response: dict[str, Any]) -> Any:
    if "schema" in response:  # 2.0
        return response["schema"]
    media = _json_media(document, {**mapping(response.get("content")), **_shown_in_2_0(response)})
    if media.get("schema"):
        return media["schema"]
    example: Any = media.get("example")
    for named in mapping(media.get("examples")).values():
        example = document.follow(named).get("value") if example is None else example
    return None if example is None else from_example(example)


def _json_media(document: Document, content: dict[str, Any]) -> dict[str, Any]:
    def rank(name: str) -> int:
        kind = name.partition(";")[0].strip().lower()
        if kind == "application/json":
            return 0
        return 1 if kind.endswith(("+json", "/json")) else 2 if kind in ("*/*", "application/*") else 3

    best = min(content, key=rank, default=None)
    return document.follow(content[best]) if best is not None and rank(best) < 3 else {}  # noqa: PLR2004 - the rank of what is no JSON


def _shown_in_2_0(response: dict[str, Any]) -> dict[str, Any]:
    shown = mapping(response.get("examples"))
    return {str(name): {"example": example} for name, example in shown.items() if "/" in str(name)}
