"""A new version meets applications under way: who moves by which rule, what stays, what the applicant is told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction

from onewindow.cases import changeover, messages, timeline, versions
from onewindow.cases.actions import drafts, intake, outcome, version
from onewindow.cases.models import Case, CasePaper, Changeover, State
from onewindow.catalogue import publish, rules, running
from onewindow.catalogue.guide import Guide
from onewindow.catalogue.models import Item, ItemVersion
from onewindow.kernel import ledger
from onewindow.kernel.flow import WrongState
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.cases.conftest import post, reviewed, rows, submitted, whole
from tests.factories import cases
from tests.factories.catalogue import body_of, flagship

pytestmark = pytest.mark.django_db
CARD, LICENCE = "XDP0096", "XDA0106"  # 老年证; 公共场所卫生许可: 20 working days by law, 5 promised
BY = ledger.System("test")
ALL = dict.fromkeys(running.STAGES, "all") | {"why": "条例第十二条：在办的适用新规定"}
BETTER, OLD = dict.fromkeys(running.STAGES, "better"), dict.fromkeys(running.STAGES, "old")
PAPER = {"key": "extra", "name": "居住证明", "why": "证明常住"}
FIELD = {"key": "extra", "label": "常住地"}


@pytest.fixture
def monday(calendar, time_machine):
    time_machine.move_to("2026-03-02 10:00+08:00")
    return time_machine


def published(code: str, rule=None, **changes) -> ItemVersion:
    """The next version of the item, as a draft's release makes it."""
    item = Item.objects.select_related("current").get(pk=code)
    guide = Guide.model_validate(item.current.guide.model_dump(mode="json") | changes)
    with transaction.atomic():
        return publish.release(guide, after=item.current_id, by=BY, rule=rule or ALL)


def unsaved(code: str, **changes) -> ItemVersion:
    return ItemVersion(
        item_id=code, number=2, body=Guide.model_validate(body_of(code) | changes).model_dump(mode="json")
    )


def papers(code: str, *more, without=()) -> list:
    return [row for row in body_of(code)["materials"] if row["key"] not in without] + list(more)


def with_field(code: str, field: dict) -> dict:
    pages = [dict(page) for page in body_of(code)["form"]["pages"]]
    pages[0]["fields"] = [*pages[0]["fields"], field]
    return {"pages": pages}


def carry_out() -> None:
    """As the worker does; the rows are handed over by hand, for nothing is committed in a test."""
    for entry in Entry.objects.filter(event="item.published").order_by("id"):
        changeover.on_entry(entry)
    changeover.run()
    for entry in Entry.objects.filter(event="case.version_moved").order_by("id"):
        messages.on_entry(entry)


def again(case: Case) -> Case:
    return Case.objects.select_related("version", "item", "agency").get(pk=case.pk)


def row(case: Case) -> dict:
    return Entry.objects.get(subject=case.number, event="case.version_moved").data


# What changes → for an accepted licence case, for a draft nobody has filled in.
LIMIT = {"days": 10, "unit": "working"}
LIVES = [
    ("a promise of three days for five", {"promised": {"days": 3, "unit": "working"}}, "better", "better"),
    ("a promise of eight days", {"promised": {"days": 8, "unit": "working"}}, "worse", "worse"),
    ("no promise any more", {"promised": None}, "worse", "worse"),
    ("seven natural days for five working", {"promised": {"days": 7, "unit": "natural"}}, "even", "even"),
    ("half the statutory time", {"statutory": LIMIT}, "better", "better"),
    ("one more paper", {"materials": papers(LICENCE, PAPER)}, "worse", "worse"),
    ("a paper that may be asked", {"materials": papers(LICENCE, PAPER | {"necessity": "conditional"})}, "unclear",
     "unclear"),
    ("a paper less, handed in already", {"materials": papers(LICENCE, without=("plans",))}, "even", "better"),
    ("a visit less or more", {"visits": {"count": 2, "reason": "现场核验"}}, "worse", "worse"),
    ("a fee", {"fees": [{"name": "工本费", "standard": "10 元"}]}, "worse", "worse"),
    ("a longer certificate", {"result": body_of(LICENCE)["result"] | {"valid_months": None}}, "better", "better"),
    ("a shorter certificate", {"result": body_of(LICENCE)["result"] | {"valid_months": 12}}, "worse", "worse"),
    ("other words only", {"summary": "换一种说法", "plain_names": ["卫生证"]}, "even", "even"),
    ("another reason to refuse", {"refusals": ["选址不符合要求的"]}, "unclear", "unclear"),
    ("a question more in the form", {"form": with_field(LICENCE, FIELD)}, "worse", "worse"),
    ("shorter, but one more paper", {"promised": {"days": 3, "unit": "working"}, "materials": papers(LICENCE, PAPER)},
     "worse", "worse"),
]  # fmt: skip


@pytest.mark.parametrize(("life", "changes", "accepted", "draft"), LIVES)
def test_what_is_better_for_the_applicant(monday, life, changes, accepted, draft):
    filed = whole(LICENCE)
    intake.submit(filed, by=cases.citizen())
    intake.accept(filed, by=post(filed, "clerk"))
    assert versions.verdict(versions.compare(filed, unsaved(LICENCE, **changes))) == accepted
    begun = cases.draft(Item.objects.get(pk=LICENCE))
    assert versions.verdict(versions.compare(begun, unsaved(LICENCE, **changes))) == draft


def test_dates_tell_what_a_shorter_promise_means(monday):
    case = submitted(LICENCE)
    intake.accept(case, by=post(case, "clerk"))
    assert case.promised_due == date(2026, 3, 9)
    published(LICENCE, BETTER, promised={"days": 3, "unit": "working"})
    carry_out()
    case = again(case)
    assert (case.version.number, case.promised_due, case.statutory_due) == (2, date(2026, 3, 5), date(2026, 3, 30))
    assert row(case)["told"] == "承诺办结的最后期限由3月9日改为3月5日"
    assert (row(case)["from_version"], row(case)["to_version"], row(case)["rule"]) == (1, 2, "对申请人有利的才换")


@pytest.mark.parametrize(("rule", "moved"), [(OLD, False), (BETTER, False), (ALL, True)])
def test_a_new_paper_binds_an_accepted_case_only_by_all_move(monday, rule, moved):
    case = submitted(LICENCE)
    intake.accept(case, by=post(case, "clerk"))
    published(LICENCE, rule, materials=papers(LICENCE, PAPER))
    carry_out()
    assert (again(case).version.number == 2) is moved
    found = Changeover.objects.get()
    assert (found.total, found.moved, found.kept) == (1, int(moved), int(not moved))
    assert found.finished_at is not None


def test_each_stage_follows_its_own_rule(monday):
    begun, sent = whole(LICENCE), submitted(LICENCE)
    accepted = intake.accept(submitted(LICENCE), by=post(sent, "clerk"))
    published(LICENCE, running.DEFAULT, materials=papers(LICENCE, PAPER))
    carry_out()
    assert [again(case).version.number for case in (begun, sent, accepted)] == [2, 1, 1]


def test_a_draft_keeps_what_was_typed_and_shows_the_rest_as_to_do(monday):
    pages = with_field(LICENCE, {"key": "shop_sign", "label": "店招"})
    case = whole(LICENCE, form=pages)
    asked = {field["key"] for page in body_of(LICENCE)["form"]["pages"] for field in page["fields"]}
    typed, handed_in = dict(case.form), CasePaper.objects.filter(case=case).count()
    published(LICENCE, form=with_field(LICENCE, FIELD), materials=papers(LICENCE, PAPER, without=("plans",)))
    carry_out()
    case = again(case)
    assert case.form == {key: value for key, value in typed.items() if key in asked}
    assert case.set_aside["shop_sign"]["value"] == typed["shop_sign"]
    assert CasePaper.objects.filter(case=case, removed_at=None).count() == handed_in
    with pytest.raises(changeover.Conflict, match="还缺“居住证明”"):
        intake.submit(case, by=cases.citizen())
    assert "不再问“店招”，您填的仍保留" in row(case)["told"]
    published(LICENCE, form=pages, materials=papers(LICENCE))  # rolled back
    carry_out()
    assert again(case).form["shop_sign"] == typed["shop_sign"]
    assert again(case).set_aside == {}
    intake.submit(again(case), by=cases.citizen())


def test_a_paper_that_only_got_another_key_counts_as_handed_in(monday):
    case = whole(CARD)
    renamed = [row | ({"key": "portrait"} if row["key"] == "photo" else {}) for row in body_of(CARD)["materials"]]
    published(CARD, materials=renamed)
    carry_out()
    assert case.papers.filter(material="portrait").exists()
    intake.submit(again(case), by=cases.citizen())


def test_a_field_of_another_kind_is_asked_again_and_no_page_breaks(monday):
    case = whole(LICENCE)
    key = next(field["key"] for field in body_of(LICENCE)["form"]["pages"][0]["fields"] if field["kind"] == "text")
    pages = [dict(page) for page in body_of(LICENCE)["form"]["pages"]]
    pages[0]["fields"] = [f | ({"kind": "date"} if f["key"] == key else {}) for f in pages[0]["fields"]]
    published(LICENCE, form={"pages": pages})
    carry_out()
    case = again(case)
    assert key not in case.form and key in case.set_aside


def test_a_remark_at_a_paper_that_is_no_longer_asked_is_done(monday):
    case = intake.request_prereview(whole(LICENCE), by=cases.citizen())
    intake.return_with_remarks(case, by=post(case, "clerk"), remarks=[{"on": "material:plans", "text": "图纸不清楚"}])
    published(LICENCE, materials=papers(LICENCE, without=("plans",)))
    carry_out()
    assert again(case).open_remarks == []
    intake.request_prereview(again(case), by=cases.citizen())


def test_the_review_goes_on_where_it_was(monday):
    case = reviewed(submitted(LICENCE))
    fewer = [step for step in body_of(LICENCE)["steps"] if step["key"] != "review"]
    more = [*body_of(LICENCE)["steps"], {"key": "review", "name": "复核", "post": "reviewer"}]
    under_review = intake.accept(submitted(LICENCE), by=post(case, "clerk"))
    published(LICENCE, steps=more)
    carry_out()
    assert (again(case).state, again(under_review).state) == (State.DECIDING, State.REVIEWING)
    assert again(under_review).open_steps == under_review.open_steps
    published(LICENCE, steps=fewer)
    carry_out()
    assert again(under_review).state == State.DECIDING
    outcome.grant(again(case), by=post(case, "decider"))


def test_decisions_and_what_follows_never_move(monday):
    case = outcome.grant(reviewed(submitted(LICENCE)), by=post(submitted(LICENCE), "decider"))
    published(LICENCE, promised={"days": 1, "unit": "working"})
    carry_out()
    assert again(case).version.number == 1
    with pytest.raises(WrongState):
        version.move(again(case), by=BY, version=ItemVersion.objects.get(item=LICENCE, number=2))


def test_the_applicant_is_told_only_of_what_concerns_them(monday):
    case = whole(LICENCE)
    published(LICENCE, summary="换一种说法")
    carry_out()
    assert (row(case)["quiet"], Message.objects.filter(template="version_moved").count()) == (True, 0)
    published(LICENCE, materials=papers(LICENCE, PAPER))
    carry_out()
    assert Message.objects.filter(template="version_moved", subject=case.number).exists()
    assert "还要交“居住证明”" in timeline.of(case)[-1].words
    assert rows(case).count("case.version_moved") == 2


def test_a_rule_that_takes_away_names_its_ground(db):
    with pytest.raises(ValueError, match="写明依据"):
        running.chosen({"accepted": "all"})
    with pytest.raises(ValueError, match="选一条"):
        running.chosen({"draft": "harmless"})
    assert running.chosen({}) == running.DEFAULT


def test_files_carry_a_rule_too(monday):
    case = whole(LICENCE)
    guide = rules.judged(Guide.model_validate(body_of(LICENCE) | {"summary": "文件里的新说法"}))
    with transaction.atomic():
        done = publish.publish([guide], policy=rules.DEFAULT)
    assert done.changed == (LICENCE,)
    carry_out()
    assert again(case).version.number == 2


def test_the_preview_counts_groups_and_needs_few_queries(monday, django_assert_num_queries):
    for _ in range(3):
        whole(LICENCE)
    accepted = submitted(LICENCE)
    intake.accept(accepted, by=post(accepted, "clerk"))
    shorter = unsaved(LICENCE, promised={"days": 3, "unit": "working"})
    with django_assert_num_queries(3):
        found = changeover.preview(shorter)
    assert (found.counts, found.total) == ({"draft": 3, "prereview": 0, "filed": 0, "accepted": 1}, 4)
    assert [(g.stage, g.verdict, len(g.numbers)) for g in found.groups] == [
        ("draft", "better", 3),
        ("accepted", "better", 1),
    ]
    assert found.moving("accepted", "better") == 1 and found.moving("accepted", "old") == 0


class TestExactlyOnce:
    def test_killed_between_two_batches_it_goes_on(self, monday, monkeypatch):
        monkeypatch.setattr(changeover, "BATCH", 2)
        begun = [whole(LICENCE) for _ in range(5)]
        changeover.begin(published(LICENCE, materials=papers(LICENCE, PAPER)))
        done = Changeover.objects.get()
        assert changeover.step(done.pk) == 2
        real = version.move
        calls = []

        def killed(case, **kwargs):
            calls.append(case)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return real(case, **kwargs)

        monkeypatch.setattr(version, "move", killed)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            changeover.step(done.pk)
        monkeypatch.setattr(version, "move", real)
        changeover.run()
        assert [rows(case).count("case.version_moved") for case in begun] == [1] * 5
        done.refresh_from_db()
        assert (done.moved, done.total, done.finished_at is not None) == (5, 5, True)

    def test_one_that_fails_does_not_keep_the_others_and_is_tried_again(self, monday, monkeypatch):
        begun = [whole(LICENCE) for _ in range(3)]
        changeover.begin(published(LICENCE, materials=papers(LICENCE, PAPER)))
        real = versions.compare
        monkeypatch.setattr(versions, "compare", lambda case, *a: 1 / 0 if case.pk == begun[1].pk else real(case, *a))
        changeover.run()
        assert [again(case).version.number for case in begun] == [2, 1, 2]
        assert Changeover.objects.get().finished_at is None
        monkeypatch.setattr(versions, "compare", real)
        changeover.run()
        assert again(begun[1]).version.number == 2
        assert Changeover.objects.get().finished_at is not None


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @staticmethod
    def apart(*jobs):
        def alone(job):
            try:
                return job()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(jobs)) as pool:
            return [future.result() for future in [pool.submit(alone, job) for job in jobs]]

    def test_several_workers_move_each_case_once(self, monkeypatch):
        monkeypatch.setattr(changeover, "BATCH", 3)
        begun = [whole(LICENCE) for _ in range(8)]
        changeover.begin(published(LICENCE, materials=papers(LICENCE, PAPER)))
        self.apart(*[changeover.run] * 4)
        changeover.run()
        assert [rows(case).count("case.version_moved") for case in begun] == [1] * 8

    def test_a_draft_begun_in_the_moment_of_publishing_is_not_left_behind(self):
        """Opening holds the item's row: the publication waits, and then finds the draft."""
        item, by = flagship(LICENCE), cases.citizen()
        stale = Item.objects.select_related("current").get(pk=item.pk)
        person = cases.person()

        def begin():
            return [drafts.open_case(stale, by=by, person=person) for _ in range(6)]

        opened, new = self.apart(begin, lambda: published(LICENCE, materials=papers(LICENCE, PAPER)))
        assert drafts.open_case(stale, by=by, person=person).version_id == new.pk
        changeover.begin(new)
        changeover.run()
        assert {again(case).version_id for case in opened} == {new.pk}
