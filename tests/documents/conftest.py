import io
import zipfile

import pytest
from PIL import Image

from onewindow.documents import typesetting
from onewindow.documents.scanners.sandbox import EICAR

OWNER = "user:7"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Every test keeps its files apart, and its templates with them."""
    settings.MEDIA_ROOT = tmp_path / "files"
    typesetting.digest.cache_clear()
    yield settings.MEDIA_ROOT
    typesetting.digest.cache_clear()


def picture(kind="JPEG", size=(40, 30), colour="white"):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def office(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
INFECTED_PDF = PDF + EICAR + b"\n%%EOF\n"
FACTS = {
    "title": "受理通知书", "number": "新卫健受字〔2026〕第0000012号", "case_number": "5101142600000127",
    "organ": "成都市新都区卫生健康局", "date": "2026-11-23", "applicant": "张建国", "item": "公共场所卫生许可",
    "basis": ["《中华人民共和国行政许可法》第三十二条"], "remedies": {"reconsideration": "", "suit": ""},
    "papers": [{"name": "骨科直接返还证明", "count": 2, "form": "原件"}], "sandbox": True,
}  # fmt: skip
