import base64

import pytest

from onewindow.cases.actions import intake
from onewindow.cases.models import CasePaper
from onewindow.documents import files
from onewindow.documents.models import File, Upload
from tests.documents.conftest import picture
from tests.factories.applications import fill
from tests.factories.cases import draft

pytestmark = pytest.mark.django_db
PHOTO = picture(size=(300, 200))


@pytest.fixture
def case(citizen):
    return draft(by=citizen.principal)


@pytest.fixture
def material(case):
    return next(material.key for material in case.guide.materials if material.upload)


def send(who, method, where="/uploads/", body=b"", **headers):
    kind = "application/offset+octet-stream" if method == "PATCH" else "text/plain"
    return who.client.generic(method, where, body, kind, headers={"tus-resumable": "1.0.0", **headers})


def announce(who, target, size=None, **headers):
    said = {"filename": "照片.jpg", "target": target}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
    length = str(len(PHOTO) if size is None else size)
    return send(who, "POST", **{"upload-length": length, "upload-metadata": metadata, **headers})


@pytest.fixture
def target(case, material):
    return f"case:{case.number}:{material}"


@pytest.fixture
def where(citizen, target):
    return announce(citizen, target)["Location"]


def test_a_photo_arrives_in_two_parts_and_lies_with_its_material(citizen, case, material, where):
    half = send(citizen, "PATCH", where, PHOTO[:400], **{"upload-offset": "0"})
    assert (half.status_code, half["Upload-Offset"]) == (204, "400")
    asked = send(citizen, "HEAD", where)
    assert (asked["Upload-Offset"], asked["Upload-Length"]) == ("400", str(len(PHOTO)))
    late = send(citizen, "PATCH", where, PHOTO[:400], **{"upload-offset": "0"})
    assert (late.status_code, late["Upload-Offset"]) == (409, "400")
    done = send(citizen, "PATCH", where, PHOTO[400:], **{"upload-offset": "400"})
    file = File.objects.get(pk=done["X-File"])
    assert (file.owner, file.name) == (citizen.principal.key, "照片.jpg")
    assert files.open_file(file).read() == PHOTO
    assert CasePaper.objects.get(case=case, material=material).file == file


def test_a_stranger_finds_no_upload_and_no_case(other_citizen, where, target):
    for method in ("HEAD", "PATCH", "DELETE"):
        assert send(other_citizen, method, where, b"x", **{"upload-offset": "0"}).status_code == 404
    assert announce(other_citizen, target).status_code == 404


def test_nobody_may_upload_without_signing_in(client, target):
    class Nobody:
        pass

    Nobody.client = client
    assert announce(Nobody, target).status_code == 404
    assert send(Nobody, "OPTIONS")["Tus-Extension"] == "creation,termination"


@pytest.mark.parametrize(
    ("size", "headers", "status"),
    [
        (0, {}, 422),
        (10**9, {}, 413),
        (-1, {}, 400),
        (1, {"tus-resumable": "0.2"}, 412),
        (1, {"upload-metadata": "a ?"}, 400),
    ],
)
def test_bad_announcements(citizen, target, size, headers, status):
    assert announce(citizen, target, size, **headers).status_code == status


def test_a_file_goes_only_where_the_item_has_a_material(citizen, case):
    for target in (f"case:{case.number}:nothing", f"other:{case.number}:x", ""):
        assert announce(citizen, target).status_code == 404


def test_more_than_announced_is_refused_before_it_is_read(citizen, target):
    where = announce(citizen, target, 10)["Location"]
    assert send(citizen, "PATCH", where, b"x" * 11, **{"upload-offset": "0"}).status_code == 413
    assert send(citizen, "HEAD", where)["Upload-Offset"] == "0"


def test_a_web_page_in_a_jpg_is_refused_in_words(citizen, target):
    where = announce(citizen, target, 15)["Location"]
    answer = send(citizen, "PATCH", where, b"<html>hi</html>", **{"upload-offset": "0"})
    assert answer.status_code == 422
    assert "可以上传 PDF" in answer.content.decode()
    assert not Upload.objects.exists()


def test_an_application_handed_in_meanwhile_takes_no_more_papers(citizen, case, where):
    send(citizen, "PATCH", where, PHOTO[:400], **{"upload-offset": "0"})
    intake.submit(fill(case, citizen.principal), by=citizen.principal)
    answer = send(citizen, "PATCH", where, PHOTO[400:], **{"upload-offset": "400"})
    assert answer.status_code == 422
    assert "不能再改" in answer.content.decode()
    assert File.objects.count() == case.papers.count()


def test_giving_up(citizen, where):
    assert send(citizen, "DELETE", where).status_code == 204
    assert not Upload.objects.exists()


def test_another_site_can_not_upload_in_the_persons_name(citizen, target):
    citizen.client.handler.enforce_csrf_checks = True
    assert announce(citizen, target).status_code == 403
