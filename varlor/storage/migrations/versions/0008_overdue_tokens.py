"""An index of when tokens are due, for whoever looks after those that nobody refreshed."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_grants_next_refresh_at"), "grants", ["next_refresh_at"])
