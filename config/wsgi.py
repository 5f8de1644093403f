"""The website as WSGI; each worker builds its search index while the first visitors are still typing."""

import os
import threading

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()


def warm() -> None:
    from django.db import connection

    from onewindow.catalogue import search

    search.index()
    connection.close()


if settings.ENVIRONMENT != "test":  # there the database is not yet the one of the tests
    threading.Thread(target=warm, name="warm", daemon=True).start()
