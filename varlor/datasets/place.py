"""Where one table lies, a local folder or a prefix of an S3 bucket, and how its files are reached."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deltalake.exceptions import (
    CommitFailedError,
    DeltaError,
    DeltaProtocolError,
    SchemaMismatchError,
    TableNotFoundError,
)
from pyarrow import fs

from varlor.errors import InvalidInputError, PartUnavailableError
from varlor.redaction import redact_text

_S3_OPTIONS = {
    "access_key_id": "access_key",
    "secret_access_key": "secret_key",
    "session_token": "session_token",
    "region": "region",
    "default_region": "region",
    "endpoint_url": "endpoint_override",
    "endpoint": "endpoint_override",
}
"""deltalake's storage options (with or without `aws_`, in any case) as pyarrow calls them."""

_CHAIN = re.compile(r"\n\s*\S*↳\S*\s*")  # between a failure of the store and its cause; colored
_NOT_THE_STORE = (
    CommitFailedError,
    TableNotFoundError,
    FileNotFoundError,
    DeltaProtocolError,
    SchemaMismatchError,
)


class Place:
    """A folder: `uri` for deltalake, `files` for Parquet. Holds secrets, so it has no repr."""

    __slots__ = ("_files", "_local", "options", "uri")

    def __init__(self, uri: str, options: Mapping[str, str]) -> None:
        self.uri = uri.rstrip("/")
        self.options = dict(options)
        self._local = "://" not in uri
        root = fs.LocalFileSystem() if self._local else _s3(self.uri, options)
        path = self.uri if self._local else self.uri.partition("://")[2]
        self._files = fs.SubTreeFileSystem(path, root)

    def child(self, name: str) -> "Place":
        return Place(f"{self.uri}/{name}", self.options)

    def create(self, path: str) -> Any:
        """A stream to write a new file to; it is there once the stream is closed."""
        if self._local:
            (Path(self.uri) / path).parent.mkdir(parents=True, exist_ok=True)
        return self._files.open_output_stream(path)

    def open(self, path: str) -> Any:
        return self._files.open_input_file(path)

    def size(self, path: str) -> int:
        """Bytes; raises FileNotFoundError."""
        info = self._files.get_file_info(path)
        if info.type != fs.FileType.File:
            raise FileNotFoundError(path)
        return info.size

    def delete(self, path: str) -> None:
        """One file; nothing happens when it is not there."""
        with suppress(FileNotFoundError):
            self._files.delete_file(path)

    def files(self) -> set[str]:
        """Every file by its path from here, hidden ones too."""
        found = self._files.get_file_info(fs.FileSelector("", recursive=True, allow_not_found=True))
        return {each.path for each in found if each.type == fs.FileType.File}

    def remove(self, folder: str = "") -> None:
        """Delete a folder with all that is in it; nothing happens when it is not there."""
        try:
            if folder:
                self._files.delete_dir(folder)
            else:
                self._files.base_fs.delete_dir(self._files.base_path)
        except FileNotFoundError:
            return


def _s3(uri: str, options: Mapping[str, str]) -> fs.S3FileSystem:
    if urlsplit(uri).scheme not in {"s3", "s3a"}:
        raise InvalidInputError("The data URL must be a local folder or s3://bucket/prefix.")
    plain = {key.lower().removeprefix("aws_"): value for key, value in options.items()}
    known = {_S3_OPTIONS[key]: value for key, value in plain.items() if key in _S3_OPTIONS}
    endpoint = known.get("endpoint_override", "")
    return fs.S3FileSystem(**known, scheme="http" if endpoint.startswith("http://") else "https")


@contextmanager
def storage() -> Generator[None]:
    """Translate what the store itself does wrong into PartUnavailableError."""
    try:
        yield
    except _NOT_THE_STORE:
        raise
    except (OSError, DeltaError) as error:
        raise away(error) from error


def away(error: Exception) -> PartUnavailableError:
    """What failed, and why (a full disk, a refused connection), which the last link of its chain says."""
    first, *causes = (link.partition("\n")[0] for link in _CHAIN.split(str(error)))
    readable = [cause for cause in causes if not cause.startswith("<")]  # a page may name the access key
    said = ": ".join(dict.fromkeys([first, *readable[-1:]]))
    return PartUnavailableError("storage", f"The datasets' storage failed: {redact_text(said)[:300]}")
