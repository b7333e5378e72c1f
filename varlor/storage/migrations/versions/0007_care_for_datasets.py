"""Datasets: promises of freshness, and when their tables are looked after."""

from alembic import op
import sqlalchemy as sa

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("refreshed_at", "fresh_until", "stale_since", "maintain_at", "maintained_at"):
        op.add_column("datasets", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("datasets", sa.Column("max_age", sa.BigInteger(), nullable=True))
    op.execute("UPDATE datasets SET refreshed_at = updated_at, maintain_at = updated_at")
    op.create_index(op.f("ix_datasets_fresh_until"), "datasets", ["fresh_until"])
    op.create_index(op.f("ix_datasets_maintain_at"), "datasets", ["maintain_at"])
