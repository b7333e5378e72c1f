"""An index of the runs that have not ended, for whoever looks after those whose workflow is gone."""

from alembic import op
import sqlalchemy as sa

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("status NOT IN ('succeeded', 'failed', 'canceled')")


def upgrade() -> None:
    op.create_index("ix_runs_open", "runs", ["tenant_id", "id"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_index("ix_runs_open", table_name="runs")
