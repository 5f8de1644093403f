"""`python -m tests.lives`: print docs/lives-of-a-case.md from the lives."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from tests.lives import book, contents  # noqa: E402 - Django first

book.DOC.write_text(book.text(book.read()), encoding="utf-8")
contents.DOC.write_text(contents.printed(), encoding="utf-8")
