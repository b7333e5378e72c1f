"""The async export: ask for a job, wait until it is done, download what it made."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from varlor.contracts.model import Model
from varlor.contracts.pagination import JsonPath, ParamName

JOB_SLOT: Final = "{job}"
ExportPath = Annotated[
    str, StringConstraints(min_length=1, max_length=2048, pattern=r"^[^\x00-\x20\x7f\\]+$")
]
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ExportStart(Model):
    """The request that begins a job; its answer holds the job's id at `jobIdPath`."""

    method: Literal["GET", "POST"] = "POST"
    path: ExportPath
    params: Annotated[dict[ParamName, str], Field(max_length=64)] = {}
    body: dict[str, Any] | None = None
    job_id_path: JsonPath = "$.id"

    @model_validator(mode="after")
    def _body_needs_post(self) -> "ExportStart":
        if self.body is not None and self.method != "POST":
            raise ValueError("body needs method POST")
        return self


class ExportStatus(Model):
    """Where the job's state is asked for: `{job}` in `path` is its id, the state is at `statusPath`."""

    path: ExportPath
    status_path: JsonPath = "$.status"

    @field_validator("path")
    @classmethod
    def _names_the_job(cls, path: str) -> str:
        if JOB_SLOT not in path:
            raise ValueError(f"put {JOB_SLOT}, the job's id, into the path: /exports/{JOB_SLOT}")
        return path


class ExportDone(Model):
    """The states, in any case, that say that the job is done, or that it has failed; others mean: not yet."""

    values: Annotated[list[Word], Field(min_length=1, max_length=20)] = ["completed"]
    failed: Annotated[list[Word], Field(max_length=20)] = ["failed", "error", "canceled", "cancelled"]


class ExportDownload(Model):
    """The result: the address or addresses at `urlPath` of the state's answer, or a `path` with `{job}`."""

    url_path: JsonPath | None = None
    path: ExportPath | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "ExportDownload":
        if (self.url_path is None) == (self.path is None):
            raise ValueError("give either urlPath or path")
        return self


class AsyncExport(Model):
    """An export that the API makes in its own time, as JSON lines, CSV or JSON, plain or packed by gzip."""

    start: ExportStart
    status: ExportStatus
    done: ExportDone = ExportDone()
    download: ExportDownload
