"""Alembic, without its files: the versions are modules of this package, the connection is ours."""

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """The ledger has the newest schema; runs inside the caller's transaction."""
    scripts = ScriptDirectory(str(_folder()))

    def steps(revision: object, _context: object) -> object:
        return scripts._upgrade_revs("head", revision)  # type: ignore[arg-type]  # Alembic's own env.py recipe

    context = MigrationContext.configure(connection, opts={"fn": steps, "transactional_ddl": True})
    with Operations.context(context):
        context.run_migrations()


def _folder() -> object:
    from importlib.resources import files

    return files("humaspost.ledger") / "migrations"
