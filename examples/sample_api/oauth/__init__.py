"""An authorization server of our own, strict where the RFCs let one be, with faults on demand."""

from examples.sample_api.oauth.provider import Provider

__all__ = ["Provider"]
