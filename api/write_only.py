"""Secrets as fields of a request: taken, and never answered."""

from typing import Annotated

from pydantic import Field

from varlor.contracts.connector import Secret, SentSecret

WriteOnly = Annotated[Secret | None, Field(json_schema_extra={"writeOnly": True})]
SentWriteOnly = Annotated[SentSecret | None, Field(json_schema_extra={"writeOnly": True})]
