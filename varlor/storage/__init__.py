"""The database behind `ports.Store`: SQLite or PostgreSQL, every row under its tenant."""

from varlor.storage.engine import create_engine
from varlor.storage.scope import Encryption
from varlor.storage.store import SqlStore

__all__ = ["Encryption", "SqlStore", "create_engine"]
