"""Webhooks in: is it signed by who may, what does it say of itself, and what row does it make."""

from varlor.connectors.webhook.arrivals import SignedArrivals
from varlor.connectors.webhook.records import EventRecords

__all__ = ["EventRecords", "SignedArrivals"]
