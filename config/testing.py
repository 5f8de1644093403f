"""Imported by pytest before Django.

The suite runs on an embedded PostgreSQL of its own (var/test), fsync off, one database a worker.
"""

import os
from pathlib import Path

os.environ["ONEWINDOW_ENV"] = "test"
os.environ.setdefault("ONEWINDOW_TEST_VAR", str(Path(__file__).resolve().parent.parent / "var" / "test"))
os.environ["ONEWINDOW_VAR"] = os.environ["ONEWINDOW_TEST_VAR"]
if "DATABASE_URL" not in os.environ:
    from config.database import embedded_uri, ensure_database, var_dir

    os.environ["DATABASE_URL"] = ensure_database(embedded_uri(var_dir() / "pg", durable=False), "onewindow")
