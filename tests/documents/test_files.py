import io
import socket
import struct
import threading
import zipfile

import pytest

from onewindow.documents import content, files
from onewindow.documents.content import DOCX, XLSX, FileRefused, safe_name
from onewindow.documents.models import File
from onewindow.documents.scanners import Finding, ScannerUnavailable
from onewindow.documents.scanners.clamav import ClamAV
from onewindow.documents.scanners.sandbox import EICAR
from tests.documents.conftest import INFECTED_PDF, OWNER, PDF, office, picture

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("data", "mime", "name"),
    [
        (PDF, content.PDF, "证明.pdf"),
        (picture("JPEG"), content.JPEG, "证明.jpg"),
        (picture("PNG"), content.PNG, "证明.png"),
        (picture("WEBP"), content.WEBP, "证明.webp"),
        (office("[Content_Types].xml", "word/document.xml"), DOCX, "证明.docx"),
        (office("[Content_Types].xml", "xl/workbook.xml"), XLSX, "证明.xlsx"),
    ],
)
def test_the_content_decides_the_type_and_the_extension(data, mime, name):
    file = files.store(data, "证明.exe", OWNER)
    assert (file.mime, file.name, file.size) == (mime, name, len(data))
    assert files.open_file(file).read() == data


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "空的"),
        (b"<!doctype html><script>alert(1)</script>", "可以上传 PDF"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "可以上传 PDF"),
        (b"MZ\x90\x00" + b"\0" * 200, "可以上传 PDF"),
        (b"GIF89a" + b"\0" * 30, "可以上传 PDF"),
        (office("a.txt"), "压缩包"),
        (office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "宏"),
        (b"PK\x03\x04" + b"\0" * 100, "损坏"),
        (b"%PDF-1.7\nhalf of it", "不完整"),
        (picture("PNG")[:60], "打不开"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "打不开"),
    ],
)
def test_what_is_not_allowed_is_refused_in_words(data, says, media):
    with pytest.raises(FileRefused, match=says):
        files.store(data, "身份证.jpg", OWNER)
    assert not File.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_a_decompression_bomb_is_not_decoded():
    header = struct.pack("!II", 60_000, 60_000)
    bomb = picture("PNG").replace(struct.pack("!II", 40, 30), header, 1)
    with pytest.raises(FileRefused, match=r"太大|打不开"):
        files.store(bomb, "a.png", OWNER)


def test_a_file_over_the_limit_is_refused(settings):
    settings.UPLOAD_MAX_BYTES = 100
    with pytest.raises(files.TooLarge):
        files.store(io.BytesIO(picture()), "a.jpg", OWNER)


def test_the_same_content_lies_on_disk_once_without_a_name_or_execution_bits(media):
    first, second = files.store(PDF, "甲.pdf", OWNER), files.store(PDF, "乙.pdf", "user:8")
    assert first.pk != second.pk
    kept = [path for path in media.rglob("*") if path.is_file()]
    assert [path.relative_to(media).as_posix() for path in kept] == [f"{first.sha256[:2]}/{first.sha256[2:]}"]
    assert kept[0].stat().st_mode & 0o111 == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\桌面\\身份证.JPG", "身份证.pdf"),
        ("户口\u202egpj.exe", "户口gpj.pdf"),
        ("租赁合同 v3.1", "租赁合同 v3.1.pdf"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie x.pdf"),
        (".pdf", "文件.pdf"),
        ("长" * 200, "长" * 76 + ".pdf"),
    ],
)
def test_names_are_for_people_only(given, kept):
    assert safe_name(given, content.PDF) == kept


def test_an_infected_file_is_refused_at_once(media):
    with pytest.raises(FileRefused, match="有害内容"):
        files.store(INFECTED_PDF, "a.pdf", OWNER)
    assert not File.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []


class Away:
    title = "away"

    def scan(self, stream):
        raise ScannerUnavailable("connection refused")


def test_a_file_waits_while_the_scanner_is_away(monkeypatch):
    monkeypatch.setattr(files, "scanner", Away)
    file = files.store(PDF, "a.pdf", OWNER)
    assert file.scan == File.Scan.WAITING
    assert files.serve(file).status_code == 409
    monkeypatch.undo()
    assert files.scan_waiting() == 1
    file.refresh_from_db()
    assert file.scan == File.Scan.CLEAN


WORKBOOK = office("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(("data", "shown"), [(PDF, "inline"), (picture(), "inline"), (WORKBOOK, "attachment")])
def test_served_files_can_not_act(data, shown):
    response = files.serve(files.store(data, "收入证明.bin", OWNER))
    assert response["Content-Disposition"].startswith(f"{shown}; filename*=utf-8''%E6%94%B6")
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert ("sandbox" in response["Content-Security-Policy"]) == (data != PDF)
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.fixture
def clamd():
    """A server that speaks clamd's INSTREAM and knows EICAR."""
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(server,), daemon=True).start()
    yield server.getsockname()
    server.close()


def _serve(server):
    while True:
        try:
            link, _ = server.accept()
        except OSError:
            return
        with link, link.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            data = b""
            while size := struct.unpack("!I", stream.read(4))[0]:
                data += stream.read(size)
            link.sendall(b"stream: Eicar-Signature FOUND\0" if EICAR in data else b"stream: OK\0")


def test_clamav_is_asked_in_its_own_protocol(clamd, monkeypatch):
    host, port = clamd
    monkeypatch.setenv("ONEWINDOW_CLAMD", f"{host}:{port}")
    assert ClamAV((host, port)).scan(io.BytesIO(b"x" * 300_000 + EICAR)) == Finding(True, "Eicar-Signature")
    assert files.store(PDF, "a.pdf", OWNER).scan == File.Scan.CLEAN
    with pytest.raises(FileRefused, match="有害内容"):
        files.store(INFECTED_PDF, "a.pdf", OWNER)


def test_a_dead_clamd_is_not_a_clean_answer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
    with pytest.raises(ScannerUnavailable):
        ClamAV(address).scan(io.BytesIO(b"x"))


def test_a_zip_of_a_future_version_is_broken_and_no_more():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("word/document.xml", "x")
    bent = data.getvalue().replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xff")
    with pytest.raises(FileRefused, match="已损坏"):
        files.store(bent, "x.docx", OWNER)
