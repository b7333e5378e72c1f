"""The environment's settings, beyond what their types say."""

from varlor.connectors.http import EgressPolicy
from varlor.errors import InvalidInputError
from varlor.settings import Settings
from varlor.stack.checks.finding import Finding, failing, ok
from varlor.temporal import make_codec


def settings(given: Settings) -> Finding:
    """What API and worker would refuse at their start."""
    try:
        EgressPolicy.from_settings(given)
        if given.codec_keys is not None:  # else the stack makes them
            make_codec(given)
    except InvalidInputError as error:
        return failing("settings", error.detail, "correct the setting")
    return ok("settings", f"{len(given.model_fields_set)} given")
