"""What an API says about itself: where its document is, and what can be read there."""

from varlor.connectors.discovery.discoverer import DocumentDiscoverer

__all__ = ["DocumentDiscoverer"]
