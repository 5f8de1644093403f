"""Adapters to outside systems 外部系统: one file each; a new one is a class and a line here (docs/extend.md)."""

from __future__ import annotations

from onewindow.exchange.adapters.base import Adapter
from onewindow.exchange.adapters.file_drop import FileDrop
from onewindow.exchange.adapters.json_http import JsonHttp
from onewindow.exchange.adapters.sandbox import SandboxPeer

ADAPTERS: dict[str, type[Adapter]] = {"json-http": JsonHttp, "file-drop": FileDrop, "sandbox": SandboxPeer}
