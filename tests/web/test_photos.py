"""Photographs from a phone: upright, light, several pages in one; what was handed in before is not asked again."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from onewindow.cases.actions import drafts, intake, outcome, review
from onewindow.cases.models import CasePaper
from onewindow.documents import content, files
from onewindow.documents.models import Certificate
from tests.factories import cases
from tests.factories.applications import fill
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
ORIENTATION, GPS = 0x0112, 0x8825


def shot(size=(400, 300), kind="JPEG", colour="navy", orientation=None, place=False):
    """A picture with a red upper left corner, as a phone saves it."""
    image = Image.new("RGB", size, colour)
    image.paste("red", (0, 0, size[0] // 4, size[1] // 4))
    exif = Image.Exif()
    if orientation:
        exif[ORIENTATION] = orientation
    if place:
        exif.get_ifd(GPS)[1] = "N"
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


def picture(file):
    with files.open_file(file) as stream:
        return Image.open(io.BytesIO(stream.read()))


@pytest.fixture
def draft(citizen):
    return drafts.open_case(flagship("XDP0032"), by=citizen.principal, person=citizen.person)


def hand_in(citizen, case, data, name="IMG_1.jpg", material="lease"):
    upload = SimpleUploadedFile(name, data)
    citizen.client.post(f"/my/cases/{case.number}/materials/{material}/", {"file": upload})
    return CasePaper.objects.filter(case=case, removed_at=None).order_by("added_at").last()


def test_a_photo_held_sideways_is_kept_upright_and_without_its_place(citizen, draft):
    kept = picture(hand_in(citizen, draft, shot(orientation=6, place=True)).file)
    assert kept.size == (300, 400)
    assert kept.getpixel((290, 10))[0] > 200, "the corner has turned with the picture"
    assert not kept.getexif()


def test_a_large_photo_is_shrunk_and_a_small_clean_one_kept_to_the_byte(citizen, draft):
    large = hand_in(citizen, draft, shot((4000, 3000))).file
    assert max(picture(large).size) == 2600
    clean = shot(colour="green")
    with files.open_file(hand_in(citizen, draft, clean).file) as stream:
        assert stream.read() == clean


def test_an_apple_photo_is_taken_and_shown_as_jpeg(citizen, draft):
    file = hand_in(citizen, draft, shot(kind="HEIF"), name="IMG_0007.HEIC").file
    assert (file.mime, file.name) == (content.JPEG, "IMG_0007.jpg")


def test_turning_keeps_the_order_and_the_old_picture(citizen, draft):
    paper = hand_in(citizen, draft, shot())
    citizen.client.post(f"/my/cases/{draft.number}/papers/{paper.pk}/turn/")
    now = draft.papers.get(removed_at=None)
    assert (picture(now.file).size, now.added_at) == ((300, 400), paper.added_at)
    assert draft.papers.count() == 2
    small = citizen.client.get(f"/my/cases/{draft.number}/papers/{now.pk}/small/")
    assert max(Image.open(io.BytesIO(small.content)).size) <= 320


def test_several_pages_become_one_pdf_in_the_order_given(citizen, draft):
    pages = [hand_in(citizen, draft, shot(colour=colour)) for colour in ("navy", "green", "black")]
    binding = f"/my/cases/{draft.number}/materials/lease/binding/"
    assert "第几页" in citizen.client.get(binding).content.decode()
    numbers = dict(zip((f"order.{page.pk}" for page in pages), ("2", "1", "0"), strict=True))
    citizen.client.post(binding, numbers)
    left = {paper.file.name: paper for paper in draft.papers.filter(removed_at=None)}
    assert left.keys() == {"房屋租赁合同.pdf", "IMG_1.jpg"}
    with files.open_file(left["房屋租赁合同.pdf"].file) as stream:
        assert stream.read().count(b"/Type /Page\n") == 2


def test_one_photo_is_nothing_to_bind(citizen, draft):
    paper = hand_in(citizen, draft, shot())
    other = hand_in(citizen, draft, shot(colour="green"))
    response = citizen.client.post(
        f"/my/cases/{draft.number}/materials/lease/binding/", {f"order.{paper.pk}": "1", f"order.{other.pk}": "0"}
    )
    assert response.status_code == 422 and "至少选两张" in response.content.decode()
    assert draft.papers.filter(removed_at=None).count() == 2


def test_what_was_handed_in_before_is_offered_and_taken_with_one_click(citizen, other_citizen, draft):
    before = hand_in(citizen, draft, shot(), name="租房合同.jpg")
    draft.refresh_from_db()
    drafts.save_answers(draft, {"ground": "home", "home": "rent"}, by=citizen.principal)
    again = drafts.open_case(
        draft.item, by=citizen.principal, person=citizen.person, answers={"ground": "home", "home": "rent"}
    )
    page = f"/my/cases/{again.number}/materials/"
    assert "租房合同.jpg" in citizen.client.get(page).content.decode()
    citizen.client.post(f"{page}lease/reuse/", {"from": f"paper:{before.pk}"})
    assert again.papers.get().file == before.file
    strangers = drafts.open_case(draft.item, by=other_citizen.principal, person=other_citizen.person)
    taken = other_citizen.client.post(
        f"/my/cases/{strangers.number}/materials/lease/reuse/", {"from": f"paper:{before.pk}"}
    )
    assert (taken.status_code, strangers.papers.count()) == (404, 0)


def test_a_certificate_issued_here_stands_for_the_paper_of_its_name(citizen):
    item = flagship("XDP0032")
    case = intake.submit(fill(cases.draft(item, citizen.principal), citizen.principal), by=citizen.principal)
    staff = cases.officer("全能", item.agency_id, "clerk", "reviewer", "decider")
    intake.accept(case, by=staff)
    while case.state == "reviewing":
        review.give_opinion(case, by=staff, advice="agree", opinion="符合条件")
    outcome.grant(case, by=staff)
    certificate = Certificate.objects.get()
    wants = flagship("XDP0096", materials=[{"key": "permit", "name": certificate.type_name}])
    draft = drafts.open_case(wants, by=citizen.principal, person=citizen.person)
    page = f"/my/cases/{draft.number}/materials/"
    assert certificate.number in citizen.client.get(page).content.decode()
    citizen.client.post(f"{page}permit/reuse/", {"from": f"certificate:{certificate.number}"})
    assert draft.papers.get().file.mime == content.PDF


def test_the_materials_page_asks_the_same_few_questions_however_much_was_handed_in(
    citizen, draft, django_assert_max_num_queries
):
    for colour in ("navy", "green", "black", "gold"):
        hand_in(citizen, draft, shot(colour=colour))
    again = drafts.open_case(draft.item, by=citizen.principal, person=citizen.person)
    with django_assert_max_num_queries(7):
        citizen.client.get(f"/my/cases/{again.number}/materials/")
