from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from onewindow.api.v1 import api

SNAPSHOT = settings.BASE_DIR / "docs" / "openapi.json"


def text() -> str:
    return json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=1) + "\n"


class Command(BaseCommand):
    help = "Write the API's schema to docs/openapi.json; its diff is a decision."

    def handle(self, *args: Any, **options: Any) -> None:
        SNAPSHOT.write_text(text(), encoding="utf-8")
        self.stdout.write(f"已写入 {SNAPSHOT.relative_to(settings.BASE_DIR)}")
