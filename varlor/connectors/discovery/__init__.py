"""What an API says about itself: where its document is, and what can be read there."""

from varlor.connectors.discovery.discoverer import Discoverer

__all__ = ["Discoverer"]
