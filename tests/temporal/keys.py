"""Fresh codec keys in the form of the setting."""

import base64
import secrets


def codec_key(key_id: str) -> str:
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(32)).decode()}"
