"""A small API of our own to connect to: seeded data, every paging style, every credential, faults."""

from examples.sample_api.app import create_app

__all__ = ["create_app"]
