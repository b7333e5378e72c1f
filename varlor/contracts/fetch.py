"""The fetch request: which records to read and into which dataset."""

import hashlib
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from varlor.contracts.connector import HeaderName, HeaderValue
from varlor.contracts.date_windows import FROM, TO, UNTIL, DateWindows, is_date
from varlor.contracts.error_rules import ErrorRules
from varlor.contracts.export import AsyncExport
from varlor.contracts.for_each import ForEach
from varlor.contracts.incremental import Incremental
from varlor.contracts.model import NUMBER, Id, Model, Name
from varlor.contracts.pagination import AnyPagination, JsonPath, ParamName

WriteMode = Literal["append", "replace", "merge"]
SchemaPolicy = Literal["evolve", "freeze", "discard"]
Path = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=r"^[^\x00-\x20\x7f\\]+$")]
_STREAM: Final = {
    *("path", "endpoint_id", "method", "params", "headers", "body", "query", "variables"),
    *("record_path", "for_each", "async_export"),
}
_QUERY: Final = "query ($after: String) { users(first: 100, after: $after) { nodes { id name } } }"
Query = Annotated[str, StringConstraints(min_length=1, max_length=65_536)]
ParamValue = Annotated[str, StringConstraints(max_length=4096)] | bool | int | float


class DatasetTarget(Model):
    """An existing dataset by `id`, or a new one (or the tenant's one of that name) by `name`."""

    id: Id | None = None
    name: Name | None = None
    write_mode: WriteMode = "append"
    primary_key: Annotated[list[Name], Field(max_length=16)] = []
    schema_policy: SchemaPolicy = "evolve"

    @model_validator(mode="after")
    def _one_dataset(self) -> "DatasetTarget":
        if (self.id is None) == (self.name is None):
            raise ValueError("give either id or name")
        if self.write_mode == "merge" and not self.primary_key:
            raise ValueError("writeMode merge needs a primaryKey")
        return self


class Limits(Model):
    """Where a run stops though the API has more; whole pages, so maxRows may be passed by one page."""

    max_pages: Annotated[int, Field(ge=1), NUMBER] | None = None
    max_rows: Annotated[int, Field(ge=1), NUMBER] | None = None
    max_requests: Annotated[int, Field(ge=1), NUMBER] | None = None


class FetchRequest(Model):
    """What `POST /connectors/{id}/fetch` takes and what a schedule stores."""

    path: Path | None = None
    endpoint_id: Annotated[str, StringConstraints(min_length=1, max_length=512)] | None = None
    query: Annotated[Query, Field(description="GraphQL: one query", examples=[_QUERY])] | None = None
    variables: Annotated[dict[str, Any], Field(max_length=128, description="GraphQL: of the query")] = {}
    method: Literal["GET", "POST"] = "GET"
    params: Annotated[dict[ParamName, ParamValue | list[ParamValue]], Field(max_length=128)] = {}
    headers: Annotated[dict[HeaderName, HeaderValue], Field(max_length=64)] = {}
    body: dict[str, Any] | None = None
    dataset: DatasetTarget
    pagination: AnyPagination = "auto"
    record_path: JsonPath | None = None
    incremental: Incremental | None = None
    for_each: ForEach | None = None
    date_windows: DateWindows | None = None
    async_export: AsyncExport | None = None
    limits: Limits = Limits()
    error_rules: ErrorRules = []

    @field_validator("incremental")
    @classmethod
    def _nothing_doubled(cls, wanted: Incremental | None, info: ValidationInfo) -> Incremental | None:
        """Records around the bound come again, so that something must tell them apart."""
        target: DatasetTarget | None = info.data.get("dataset")
        if wanted is None or target is None:
            return wanted
        if target.write_mode == "replace":
            raise ValueError("an incremental sync adds to the dataset: set writeMode merge with a primaryKey")
        if not target.primary_key:
            raise ValueError(
                "records around the last position come again: give the dataset a primaryKey (writeMode merge "
                "keeps each record's newest version, append keeps every version once)"
            )
        if target.write_mode == "append" and "." in wanted.cursor_field:
            raise ValueError("writeMode append needs a cursorField at the top of the record")
        return wanted

    @field_validator("for_each")
    @classmethod
    def _parent_is_used(cls, wanted: ForEach | None, info: ValidationInfo) -> ForEach | None:
        places = [info.data.get(name) for name in ("path", "params", "body")]
        if wanted is not None and info.data.get("endpoint_id") is None and wanted.slot not in str(places):
            raise ValueError(f"put {wanted.slot}, the parent's value, into path, params or body")
        return wanted

    @field_validator("date_windows")
    @classmethod
    def _windows_are_used(cls, wanted: DateWindows | None, info: ValidationInfo) -> DateWindows | None:
        if wanted is None:
            return None
        if info.data.get("for_each") is not None or info.data.get("incremental") is not None:
            raise ValueError("a range is read by itself; leave out forEach and incremental")
        places = str([info.data.get(name) for name in ("path", "params", "body")])
        if FROM not in places or not (TO in places or UNTIL in places):
            raise ValueError("put {from}, and {to} or {until}, into path, params or body")
        if TO in places and not is_date(wanted.from_):
            raise ValueError("a window of times has no last day; put {until} in the place of {to}")
        return wanted

    @field_validator("async_export")
    @classmethod
    def _nothing_else(cls, wanted: AsyncExport | None, info: ValidationInfo) -> AsyncExport | None:
        if wanted is not None and (info.data.get("for_each") or info.data.get("date_windows")):
            raise ValueError("an export reads one job; leave out forEach and dateWindows")
        return wanted

    @model_validator(mode="after")
    def _one_place(self) -> "FetchRequest":
        if [self.path, self.endpoint_id, self.async_export, self.query].count(None) != 3:  # noqa: PLR2004 - all but one
            raise ValueError("give one of path, endpointId, asyncExport and (GraphQL) query")
        if self.variables and self.path is not None:
            raise ValueError("variables belong to a GraphQL query, not to a path")
        if self.body is not None and self.method != "POST":
            raise ValueError("body needs method POST")
        return self

    def places(self) -> dict[str, str]:
        """Each path below which something is asked for, by the pointer of what holds it."""
        export, each = self.async_export, self.for_each
        found = {
            "": self.path,
            "/forEach": each.path if each else None,
            "/asyncExport/start": export.start.path if export else None,
            "/asyncExport/status": export.status.path if export else None,
            "/asyncExport/download": export.download.path if export else None,
        }
        return {pointer: path for pointer, path in found.items() if path is not None}

    @property
    def source(self) -> str:
        """What is read, in a few words."""
        if self.async_export is not None:
            return f"export {self.async_export.start.path}"
        if self.query is not None:
            return "GraphQL query"
        return f"{self.method} {self.path or self.endpoint_id}"

    def stream(self, connector_id: str) -> str:
        """Tells this request's records from those of other requests into the same dataset."""
        asked = self.model_dump_json(include=_STREAM, by_alias=True, exclude_defaults=True)
        by = self.incremental.cursor_field if self.incremental else ""
        return hashlib.sha256(f"{connector_id} {by} {asked}".encode()).hexdigest()[:16]
