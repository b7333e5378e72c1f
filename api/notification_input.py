"""What a caller may say of outgoing notifications; else 422 with a pointer."""

import base64
import binascii
from typing import Annotated, Final

from pydantic import Field, SecretStr

from api.write_only import WriteOnly
from varlor.contracts.model import Id, Model
from varlor.contracts.notification import NotificationTarget
from varlor.errors import FieldProblem, InvalidInputError
from varlor.ports import UrlJudge

_LEAST, _MOST = 24, 64  # bytes, as the Standard Webhooks specification has it
_PREFIX: Final = "whsec_"


class NotificationInput(NotificationTarget):
    """`secret`: `whsec_` and 24 to 64 random bytes in base64; without it the stored one stays."""

    secret: Annotated[WriteOnly, Field(description="write-only; whsec_…")] = None


class NotificationAccepted(Model):
    """A message that waits to be sent; `GET /notifications/deliveries` tells what becomes of it."""

    notification_id: Id


def accepted(given: NotificationInput, judge: UrlJudge) -> tuple[NotificationTarget, SecretStr | None]:
    """The target to store and the secret to seal; raises InvalidInputError."""
    if given.secret is not None and not _usable(given.secret.get_secret_value()):
        detail = f"Give {_PREFIX} and {_LEAST} to {_MOST} random bytes in base64."
        raise InvalidInputError("The secret cannot sign.", FieldProblem("/secret", detail))
    url = given.url
    if url is not None:
        try:
            url = judge.check_saved(url)
        except InvalidInputError as error:
            raise InvalidInputError(error.detail, FieldProblem("/url", error.detail)) from None
        if not given.events:
            raise InvalidInputError(
                "No event was named.", FieldProblem("/events", "Name at least one event.")
            )
    events = list(dict.fromkeys(given.events))
    return NotificationTarget(url=url, events=events), given.secret if url is not None else None


def _usable(secret: str) -> bool:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith(_PREFIX) and _LEAST <= len(key) <= _MOST
