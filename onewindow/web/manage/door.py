"""Who may open the pages behind the catalogue: 内容编辑 writes, 内容审核 is the second person; both read everything."""

from __future__ import annotations

from onewindow.web.account.guards import staff_only

content_only = staff_only("editor", "checker")
editor_only = staff_only("editor")
checker_only = staff_only("checker")
