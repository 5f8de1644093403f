"""Imported by pytest before Django.

Each process of the suite has an embedded PostgreSQL of its own under var/test, fsync off: a transaction of one would
otherwise hold back what the ledger's readers of another may see. With DATABASE_URL all share that server.
"""

import os
from pathlib import Path

from config.database import embedded_uri, ensure_database, var_dir

BASE = Path(os.environ.setdefault("ONEWINDOW_TEST_VAR", str(Path(__file__).resolve().parent.parent / "var" / "test")))
os.environ["ONEWINDOW_ENV"] = "test"
# On tables of a dozen rows a case with all it belongs to takes thirty times as long to plan as to read.
os.environ["PGOPTIONS"] = "-c join_collapse_limit=4 -c from_collapse_limit=4"
# A worker inherits the address its controller has made; only one from elsewhere is kept.
if str(BASE) in os.environ.get("DATABASE_URL", str(BASE)):
    os.environ["ONEWINDOW_VAR"] = str(BASE / os.environ.get("PYTEST_XDIST_WORKER", "main"))
    os.environ["DATABASE_URL"] = ensure_database(embedded_uri(var_dir() / "pg", durable=False), "onewindow")
else:
    os.environ["ONEWINDOW_VAR"] = str(BASE)
