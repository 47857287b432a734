"""PostgreSQL: pools, transactions of a clinic, migrations, the SQL files, the embedded server."""
