"""Stands in for a scanner where there is none: it knows the EICAR test file and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from onewindow.documents.scanners import Finding

# The harmless string every scanner agrees to call a virus, in two halves so that this file is not one.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass(frozen=True)
class SandboxScanner:
    title: str = "测试检查（只认得 EICAR 测试文件，不能防病毒）"

    def scan(self, stream: BinaryIO) -> Finding:
        found = EICAR in stream.read()
        return Finding(infected=found, name="EICAR" if found else "")
