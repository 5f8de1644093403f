#!/usr/bin/env python3
"""核验一件办件的卷宗：不联网，不需要一窗平台，只要 Python 3 和 cryptography（pip install cryptography）。

    python3 verify.py 卷宗.zip [--key 另行取得的公钥.pem]

Stands alone: it imports nothing of OneWindow, and may be read in ten minutes. Ends with 0 when all holds, with 1 when
anything was changed.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

SEAL = "onewindow-dossier-seal"
# What a file somebody has changed can make the readers raise.
BROKEN = (
    KeyError, ValueError, TypeError, AttributeError, LookupError, OSError, EOFError, NotImplementedError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
CHUNK = 1 << 20
ALGORITHM = ec.ECDSA(hashes.SHA256())


class Wrong(Exception):
    """What does not hold, in words."""


def canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def key_id(public: ec.EllipticCurvePublicKey) -> str:
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "p256:" + hashlib.sha256(spki).hexdigest()[:32]


def read_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    public = serialization.load_pem_public_key(pem)
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise Wrong("公钥不是 EC P-256")
    return public


class Dossier:
    def __init__(self, path: Path, trusted: Path | None) -> None:
        self.path, self.trusted = path, trusted
        try:
            self.zip = zipfile.ZipFile(path)
            self.manifest: dict[str, Any] = json.loads(self.zip.read("manifest.json"))
        except BROKEN as error:
            raise Wrong(f"这个文件打不开，或者不是卷宗：{error}") from error
        self.keys = {each["id"]: read_key(self.zip.read(each["path"])) for each in self.manifest["keys"]}
        self.rows: dict[tuple[str, int], dict[str, Any]] = {}
        self.digests: dict[str, str] = {}
        self.notes: list[str] = []

    # -- 1 keys and seals ------------------------------------------------------------------------------------------

    def check_keys(self) -> str:
        for named, public in self.keys.items():
            if key_id(public) != named:
                raise Wrong(f"公钥 {named} 与它的指纹不符")
        if self.trusted is None:
            self.notes.append("公钥取自卷宗本身。要确认它确是本区的，请加 --key，用另外取得的公钥再核一次。")
            return f"{len(self.keys)} 把公钥，指纹相符"
        if key_id(read_key(self.trusted.read_bytes())) != self.manifest["key_id"]:
            raise Wrong("卷宗不是用您给的公钥对应的密钥封存的")
        return "封存卷宗的密钥与您给的公钥相符"

    def signed(self, named: str, signature: bytes, message: bytes) -> None:
        if named not in self.keys:
            raise Wrong(f"卷宗里没有公钥 {named}")
        self.keys[named].verify(signature, message, ALGORITHM)

    def check_seal(self) -> str:
        """Every byte of the file before the seal itself."""
        words = self.zip.comment.decode("ascii", "replace").split()
        if len(words) != 3 or words[0] != SEAL or len(words[2]) != 128:
            raise Wrong("没有封条")
        digest, left = hashlib.sha256(), self.path.stat().st_size - len(self.zip.comment)
        with self.path.open("rb") as file:
            while left and (chunk := file.read(min(CHUNK, left))):
                digest.update(chunk)
                left -= len(chunk)
        signature = encode_dss_signature(int(words[2][:64], 16), int(words[2][64:], 16))
        self.signed(words[1], signature, f"{SEAL} {digest.hexdigest()}".encode())
        return "整个文件从封存起没有一个字节变动"

    def check_manifest(self) -> str:
        signature = base64.b64decode(self.zip.read("manifest.sig"))
        self.signed(self.manifest["key_id"], signature, self.zip.read("manifest.json"))
        return f"办件 {self.manifest['case']}，{self.manifest['made_at']} 封存"

    def check_members(self) -> str:
        listed = {each["path"]: each for each in self.manifest["members"]}
        names = self.zip.namelist()
        if len(names) != len(set(names)) or set(names) != listed.keys() | {"manifest.json", "manifest.sig"}:
            raise Wrong(f"清单与内容不符：{'、'.join(sorted(set(names) ^ listed.keys()))}")
        for path in listed:
            digest = hashlib.sha256()
            with self.zip.open(path) as member:
                while chunk := member.read(CHUNK):
                    digest.update(chunk)
            self.digests[path] = digest.hexdigest()
        if wrong := [path for path, said in listed.items() if self.digests[path] != said["sha256"]]:
            raise Wrong(f"与清单上的哈希不符：{'、'.join(wrong)}")
        return f"{len(listed)} 份内容与清单逐份相符"

    # -- 2 the ledger ----------------------------------------------------------------------------------------------

    def lines(self, path: str) -> Iterator[dict[str, Any]]:
        with self.zip.open(path) as member:
            for line in member:
                yield json.loads(line)

    def check_chains(self) -> str:
        withheld = sum(self._chain(chain) for chain in self.manifest["chains"])
        if withheld:
            self.notes.append(f"账本有 {withheld} 条是内部记录，内容没有给出，只给了哈希；其余各条照样逐条相扣。")
        return f"{sum(each['rows'] for each in self.manifest['chains'])} 条账本记录首尾相扣"

    def _chain(self, chain: dict[str, Any]) -> int:
        head, seq, withheld = b"", 0, 0
        for row in self.lines(chain["file"]):
            seq += 1
            where = f"{chain['kind']} {chain['subject']} 第 {seq} 条"
            if row["seq"] != seq:
                raise Wrong(f"{where}缺失，下一条是第 {row['seq']} 条")
            if row["payload"] is None:
                withheld += 1
            elif hashlib.sha256(head + row["payload"].encode()).hexdigest() != row["hash"]:
                raise Wrong(f"{where}的内容与哈希不符")
            else:
                said = json.loads(row["payload"])
                if said[1:3] != [chain["kind"], chain["subject"]]:
                    raise Wrong(f"{where}说的是另一件事")
                self.rows[chain["file"], seq] = {"event": said[3], "data": said[6]}
            head = bytes.fromhex(row["hash"])
        if (seq, head.hex()) != (chain["rows"], chain["head"]):
            raise Wrong(f"{chain['kind']} {chain['subject']}：链尾应是第 {chain['rows']} 条，这里到第 {seq} 条")
        return withheld

    def check_days(self) -> str:
        """The row's hash, with its siblings, must lead to the root of its day."""
        seals = {each["day"]: each for each in self.manifest["seals"]}
        open_rows, sealed = 0, 0
        for chain in self.manifest["chains"]:
            for row in self.lines(chain["file"]):
                if row["day"] not in seals:
                    open_rows += 1
                    continue
                node = hashlib.sha256(b"\0" + bytes.fromhex(row["hash"])).digest()
                for step in row["path"]:
                    beside = bytes.fromhex(step[1:])
                    pair = beside + node if step[0] == "L" else node + beside
                    node = hashlib.sha256(b"\1" + pair).digest()
                if node.hex() != seals[row["day"]]["root"]:
                    raise Wrong(f"第 {row['seq']} 条记录不在 {row['day']} 的日封里")
                sealed += 1
        if open_rows:
            self.notes.append(f"有 {open_rows} 条记录所在的日子在导出时还没有日封（当天的记录次日封存）。")
        return f"{sealed} 条记录在 {len(seals)} 个日封之内"

    # -- 3 papers, certificates, files -----------------------------------------------------------------------------

    def sealed_facts(self, what: str, facts: Any, said: dict[str, Any]) -> None:
        message = f"{said['template_digest']}\n{canonical(facts)}".encode()
        try:
            self.signed(said["key_id"], base64.b64decode(said["signature"]), message)
        except InvalidSignature:
            raise Wrong(f"{what}的内容与签发时的签名不符") from None
        sources = [self.zip.read(path) for path in said["template_files"]]
        if sources and hashlib.sha256(b"\0".join(sources)).hexdigest() != said["template_digest"]:
            raise Wrong(f"{what}的版式文件与签发时的不符")
        if said["problem"]:
            raise Wrong(f"{what}：{said['problem']}")

    def check_papers(self) -> str:
        for said in self.manifest["papers"]:
            row = self.rows.get((self.manifest["chains"][0]["file"], said["seq"]))
            issued = (row or {}).get("data", {}).get("paper")
            if issued is None or issued["facts"]["number"] != said["number"]:
                raise Wrong(f"账本第 {said['seq']} 条没有出具《{said['title']}》{said['number']}")
            self.sealed_facts(f"《{said['title']}》{said['number']}", issued["facts"], {**said, **_seal_of(issued)})
        listed = {said["seq"] for said in self.manifest["papers"]}
        for (file, seq), row in self.rows.items():
            if file == self.manifest["chains"][0]["file"] and row["data"].get("paper") and seq not in listed:
                raise Wrong(f"账本第 {seq} 条出具的文书没有列在清单上")
        return f"{len(listed)} 份文书与签发时的签名相符"

    def check_certificates(self) -> str:
        for said in self.manifest["certificates"]:
            kept = json.loads(self.zip.read(said["file"]))
            self.sealed_facts(f"证照 {said['number']}", kept["facts"], {**said, **_seal_of(kept)})
        return f"{len(self.manifest['certificates'])} 张证照与签发时的签名相符"

    def check_files(self) -> str:
        for said in self.manifest["files"]:
            if said["problem"]:
                raise Wrong(f"材料“{said['title']}”（{said['name']}）：{said['problem']}")
            if said["path"] and self.digests.get(said["path"]) != said["sha256"]:
                raise Wrong(f"材料“{said['title']}”（{said['name']}）与收下时的哈希不符")
        return f"{len(self.manifest['files'])} 份材料与收下时的哈希相符"

    CHECKS: tuple[tuple[str, Callable[[Dossier], str]], ...] = (
        ("公钥", check_keys), ("封条", check_seal), ("清单签名", check_manifest), ("清单", check_members),
        ("账本", check_chains), ("日封", check_days), ("文书", check_papers), ("证照", check_certificates),
        ("材料", check_files),
    )  # fmt: skip


def _seal_of(issued: dict[str, Any]) -> dict[str, Any]:
    return {key: issued[key] for key in ("template_digest", "signature", "key_id")}


def verify(path: Path, trusted: Path | None, say: Callable[[str], None]) -> bool:
    try:
        dossier = Dossier(path, trusted)
    except (Wrong, *BROKEN) as problem:
        say(f"✗ {problem}")
        return False
    sound = True
    for name, check in Dossier.CHECKS:
        try:
            say(f"✓ {name}：{check(dossier)}")
        except InvalidSignature:
            sound = False
            say(f"✗ {name}：签名不符，内容被改动过")
        except (Wrong, *BROKEN) as problem:
            sound = False
            say(f"✗ {name}：{problem}")
    for note in dossier.notes:
        say(f"· {note}")
    return sound


def main() -> int:
    reading = argparse.ArgumentParser(description="核验一件办件的卷宗，不联网")
    reading.add_argument("dossier", type=Path, help="卷宗 .zip")
    reading.add_argument("--key", type=Path, help="另行取得的公钥（PEM）")
    asked = reading.parse_args()
    sound = verify(asked.dossier, asked.key, print)
    print("卷宗完整，没有改动。" if sound else "卷宗不可采信：上面打 ✗ 的地方对不上。")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
