"""Alembic's entry: works on the connection, inside the transaction, that it is given."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from varlor.storage.tables import METADATA


def _plain_types(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write SQLAlchemy's own types into a migration, so that no later change of ours alters history."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_item=_plain_types,
    transactional_ddl=True,
)
context.run_migrations()
