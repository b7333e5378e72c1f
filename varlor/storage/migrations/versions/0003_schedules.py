"""Schedules, and what a run knows of the one that started it."""

from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("connector_id", sa.Text(), nullable=False),
        sa.Column("settings", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connector_id"],
            ["connectors.tenant_id", "connectors.id"],
            name=op.f("fk_schedules_connectors"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_schedules")),
    )
    op.create_index(op.f("ix_schedules_tenant_id_created_at_id"), "schedules", ["tenant_id", "created_at", "id"])
    op.create_index(op.f("ix_schedules_tenant_id_connector_id"), "schedules", ["tenant_id", "connector_id"])
    op.add_column("runs", sa.Column("schedule_id", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("workflow_id", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_runs_tenant_id_schedule_id_created_at_id"),
        "runs",
        ["tenant_id", "schedule_id", "created_at", "id"],
    )
