"""What `POST /_oauth/settings` changes while the server runs."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Settings(BaseModel):
    """Lifetimes in seconds, and the ways in which a provider's own word can be wrong.

    `metadata` replaces fields of the metadata documents (null removes one). `issuer` is the address asked
    for when it is null: a server reached by several names needs one that is fixed.
    """

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid")

    access_seconds: Annotated[int, Field(ge=1)] = 60
    refresh_seconds: Annotated[int, Field(ge=1)] = 14 * 86_400
    code_seconds: Annotated[int, Field(ge=1)] = 60
    issuer: str | None = None
    iss: Literal["right", "wrong", "missing"] = "right"
    metadata: dict[str, Any] = {}
