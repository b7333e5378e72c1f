"""The codec's own ring: its keys live as long as histories and schedules, apart from the master keys."""

from varlor.errors import SealError
from varlor.rings import Ring


class CodecKeys(Ring):
    """Keys of VARLOR_CODEC_KEYS."""

    noun = "codec key"

    def key(self, key_id: str) -> bytes:
        """The key of this id; SealError when the ring does not hold it."""
        try:
            return self._keys[key_id]
        except KeyError:
            given = ", ".join(self.versions)
            raise SealError(
                f"A payload is encrypted under codec key {key_id!r}, which VARLOR_CODEC_KEYS lacks"
                f" (it holds {given}). Keep old keys as long as histories and schedules need them."
            ) from None
