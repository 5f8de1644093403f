import base64
from types import SimpleNamespace

import pytest
from django.http import Http404
from django.test import RequestFactory, override_settings
from django.urls import path

from onewindow.documents import files
from onewindow.documents.models import File, Upload
from onewindow.web import uploads as views
from tests.documents.conftest import picture

urlpatterns = [
    path("uploads/", views.collection, name="uploads"),
    path("uploads/<uuid:upload_id>/", views.item, name="upload"),
]
pytestmark = pytest.mark.django_db
PHOTO = picture(size=(300, 200))


@pytest.fixture(autouse=True)
def here():
    with override_settings(ROOT_URLCONF=__name__):
        yield


def send(method, where="/uploads/", who="user:7", body=b"", **headers):
    names = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    kind = "application/offset+octet-stream" if method == "PATCH" else ""
    request = RequestFactory().generic(method, where, body, kind, **{"HTTP_TUS_RESUMABLE": "1.0.0", **names})
    request.principal = SimpleNamespace(key=who) if who else None
    if where == "/uploads/":
        return views.collection(request)
    return views.item(request, Upload.objects.get(pk=where.split("/")[2]).pk)


def announce(size=None, **kwargs):
    size = len(PHOTO) if size is None else size
    said = {"filename": "照片.jpg", "target": "case:1:photo"}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
    return send("POST", upload_length=str(size), upload_metadata=metadata, **kwargs)


def test_a_photo_arrives_in_two_parts():
    made = announce()
    where = made["Location"]
    assert made.status_code == 201
    half = send("PATCH", where, body=PHOTO[:400], upload_offset="0")
    assert (half.status_code, half["Upload-Offset"]) == (204, "400")
    asked = send("HEAD", where)
    assert (asked["Upload-Offset"], asked["Upload-Length"]) == ("400", str(len(PHOTO)))
    assert send("PATCH", where, body=PHOTO[:400], upload_offset="0").status_code == 409
    done = send("PATCH", where, body=PHOTO[400:], upload_offset="400")
    file = File.objects.get(pk=done["X-File"])
    assert (file.owner, file.name) == ("user:7", "照片.jpg")
    assert files.open_file(file).read() == PHOTO


def test_a_stranger_finds_no_upload():
    where = announce()["Location"]
    for method in ("HEAD", "PATCH", "DELETE"):
        for who in ("user:8", None):
            with pytest.raises(Http404):
                send(method, where, who=who, body=b"x", upload_offset="0")
    with pytest.raises(Http404):
        announce(who=None)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"size": 0}, 422),
        ({"size": 10**9}, 413),
        ({"size": -1}, 400),
        ({"tus_resumable": "0.2"}, 412),
    ],
)
def test_bad_announcements(request_, status):
    assert announce(**request_).status_code == status


def test_more_than_announced_is_refused_before_it_is_read():
    where = announce(size=10)["Location"]
    assert send("PATCH", where, body=b"x" * 11, upload_offset="0").status_code == 413
    assert send("HEAD", where)["Upload-Offset"] == "0"


def test_a_web_page_in_a_jpg_is_refused_in_words():
    where = announce(size=15)["Location"]
    answer = send("PATCH", where, body=b"<html>hi</html>", upload_offset="0")
    assert answer.status_code == 422
    assert "可以上传 PDF" in answer.content.decode()


def test_giving_up():
    where = announce()["Location"]
    assert send("DELETE", where).status_code == 204
    assert not Upload.objects.exists()


def test_what_the_server_can_is_told_to_anyone():
    answer = send("OPTIONS", who=None)
    assert answer["Tus-Extension"] == "creation,termination"
