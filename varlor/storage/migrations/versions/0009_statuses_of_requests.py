"""The status of each logged request, to list a run's requests by; unknown of those logged before."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run_requests", sa.Column("status", sa.Integer()))
