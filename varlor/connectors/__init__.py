"""What an outside API is to us: tested, discovered and read."""

from varlor.connectors.service import APIConnectorService

__all__ = ["APIConnectorService"]
