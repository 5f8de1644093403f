"""少交材料: counted once at the submission, on known numbers."""

from datetime import date

import pytest

from onewindow.accounts.models import Post
from onewindow.cases import reuse, timeline, vault
from onewindow.cases.actions import drafts, intake
from onewindow.documents import certificates, papers
from onewindow.kernel.ledger import System
from onewindow.web.public.opendata import SPARED_COLUMNS
from tests.cases.conftest import granted, submitted, whole
from tests.cast import officer
from tests.factories import cases

pytestmark = pytest.mark.django_db


def test_known_numbers(calendar, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    first, second = submitted(), whole()
    paper = second.papers.get()
    drafts.remove_paper(second, paper, by=cases.citizen())
    drafts.add_paper(second, "photo", paper.file, by=cases.citizen(), taken_from="paper:1")
    intake.submit(second, by=cases.citizen())
    assert first.reuse["new"] == 1 and first.reuse["vault"] == 0
    assert second.reuse == first.reuse | {"new": 0, "vault": 1}
    (row,) = reuse.figures(date(2026, 1, 1), date(2026, 12, 31))
    needed = 2 * first.reuse["needed"]
    assert (row["cases"], row["needed"], row["vault"], row["new"]) == (2, needed, 1, 1)
    assert reuse.share(row) == round(100 * (needed - 1) / needed, 1)
    assert not reuse.figures(date(2026, 4, 1), date(2026, 12, 31))
    assert not reuse.figures(date(2026, 1, 1), date(2026, 12, 31), {"MZJ"})
    manager = officer(Post.Role.MANAGER, agency=first.agency_id)
    page = manager.client.get("/desk/reuse/?year=2026")
    assert f"不用再交 {needed - 1} 份" in page.content.decode()
    assert manager.client.get("/desk/reuse/?year=2026&format=xlsx").content.startswith(b"PK")


def test_published_by_agency_and_month_and_never_a_single_matter(calendar, time_machine, client, monkeypatch):
    time_machine.move_to("2026-03-02 10:00+08:00")
    case = submitted()
    assert client.get("/open-data/reuse.csv").content.decode().splitlines() == [f"\ufeff{','.join(SPARED_COLUMNS)}"]
    monkeypatch.setattr(reuse, "FEWEST", 1)
    row = client.get("/open-data/reuse.csv").content.decode().splitlines()[1].split(",")
    assert row[:4] == ["2026-03", case.agency.name, "1", str(case.reuse["needed"])]
    assert row[-1] == str(reuse.share(case.reuse))


def test_a_copy_of_a_certificate_that_has_ended_is_offered_no_more(calendar, time_machine):
    """Handed in as a file it would pass for one that holds."""
    time_machine.move_to("2026-03-02 10:00+08:00")
    by = cases.citizen()
    licence = timeline.certificate(granted(submitted("XDA0106")))
    copy = papers.certificate_pdf(licence)
    used, later = whole(), whole()
    drafts.add_paper(used, "photo", copy, by=by)
    intake.submit(used, by=by)
    (title,) = (paper.title for paper in used.papers.filter(file=copy))

    def names():
        return [kept.name for kept in vault.offers(later, [title], by).get(title, [])]

    assert copy.name in names()
    key = f"paper:{used.papers.get(file=copy).pk}"
    certificates.cancel(licence, by=System("test"), ground="持证人申请注销")
    assert copy.name not in names() and vault.take(later, key, title, by) is None


def test_a_photo_of_last_year_is_offered_no_more(calendar, time_machine):
    """The item wants one of the last six months: offering the old one would lead to a correction."""
    time_machine.move_to("2026-03-02 10:00+08:00")
    by = cases.citizen()
    key = f"paper:{submitted().papers.get().pk}"
    time_machine.move_to("2026-09-02 10:00+08:00")
    later = whole()
    (title,) = (each.name for each in later.guide.materials if each.key == "photo")
    assert [kept.key for kept in vault.offers(later, [title], by)[title]] == [key]
    assert vault.take(later, key, title, by)
    time_machine.move_to("2026-09-03 10:00+08:00")
    assert vault.offers(later, [title], by) == {} and vault.take(later, key, title, by) is None
