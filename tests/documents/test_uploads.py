import threading
from datetime import timedelta

import pytest
from django.db import connection

from onewindow.documents import files, uploads
from onewindow.documents.content import FileRefused
from onewindow.documents.models import File, Upload
from onewindow.kernel import clock
from tests.documents.conftest import INFECTED_PDF, OWNER, picture

PHOTO = picture(size=(300, 200))


def begin(data=PHOTO, owner=OWNER):
    return uploads.create(owner=owner, name="照片.jpg", size=len(data), target="case:5101142600000127:photo")


def partials(media):
    folder = media / "partial"
    return list(folder.iterdir()) if folder.exists() else []


@pytest.mark.django_db
def test_an_upload_resumes_where_the_connection_was_cut(media):
    upload = begin()
    uploads.append(upload.pk, OWNER, 0, PHOTO[:500])
    assert uploads.find(upload.pk, OWNER).offset == 500
    done = uploads.append(upload.pk, OWNER, 500, PHOTO[500:])
    assert files.open_file(done.file).read() == PHOTO
    assert (done.file.name, done.file.owner, done.offset) == ("照片.jpg", OWNER, len(PHOTO))
    assert partials(media) == []


@pytest.mark.django_db
def test_a_wrong_offset_tells_the_right_one():
    upload = begin()
    uploads.append(upload.pk, OWNER, 0, PHOTO[:500])
    with pytest.raises(uploads.WrongOffset) as wrong:
        uploads.append(upload.pk, OWNER, 0, PHOTO[:500])
    assert wrong.value.offset == 500


@pytest.mark.django_db
def test_more_than_was_announced_is_refused():
    upload = begin()
    with pytest.raises(files.TooLarge):
        uploads.append(upload.pk, OWNER, 0, PHOTO + b"x")
    assert uploads.find(upload.pk, OWNER).offset == 0


@pytest.mark.django_db
def test_the_limit_is_known_before_the_first_byte(settings):
    with pytest.raises(files.TooLarge):
        uploads.create(owner=OWNER, name="a", size=settings.UPLOAD_MAX_BYTES + 1, target="x")


@pytest.mark.django_db
@pytest.mark.parametrize("act", [uploads.find, uploads.terminate, lambda pk, who: uploads.append(pk, who, 0, b"x")])
def test_a_strangers_upload_does_not_exist(act):
    upload = begin()
    with pytest.raises(Upload.DoesNotExist):
        act(upload.pk, "user:8")
    assert Upload.objects.filter(pk=upload.pk).exists()


@pytest.mark.django_db
def test_bad_content_ends_the_upload(media):
    upload = begin(INFECTED_PDF)
    with pytest.raises(FileRefused, match="有害内容"):
        uploads.append(upload.pk, OWNER, 0, INFECTED_PDF)
    assert not Upload.objects.exists()
    assert not File.objects.exists()
    assert partials(media) == []


@pytest.mark.django_db
def test_what_nobody_finished_is_forgotten(media):
    old, new = begin(), begin()
    uploads.append(old.pk, OWNER, 0, PHOTO[:10])
    Upload.objects.filter(pk=old.pk).update(created_at=clock.now() - timedelta(days=3))
    assert uploads.purge_partial(timedelta(days=1)) == 1
    assert list(Upload.objects.values_list("pk", flat=True)) == [new.pk]
    assert partials(media) == []


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_of_two_pieces_for_the_same_place_one_wins():
    upload, barrier, results = begin(), threading.Barrier(4), []

    def send(mark):
        barrier.wait()
        try:
            uploads.append(upload.pk, OWNER, 0, mark * 400)
            results.append(mark)
        except uploads.WrongOffset as wrong:
            results.append(wrong.offset)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(mark,)) for mark in (b"a", b"b", b"c", b"d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [mark for mark in results if isinstance(mark, bytes)]
    assert len(winners) == 1
    assert sorted(mark for mark in results if isinstance(mark, int)) == [400, 400, 400]
    assert uploads._partial(upload.pk).read_bytes() == winners[0] * 400
