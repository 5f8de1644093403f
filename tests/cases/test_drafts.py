"""Drafts under many hands, and whether they are whole when they are sent."""

import pytest
from django.core.exceptions import PermissionDenied

from onewindow.cases import readiness
from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import Case, State
from onewindow.catalogue.models import Item
from onewindow.documents.models import File
from onewindow.kernel import clock, flow, ledger
from onewindow.kernel.models import Entry
from tests.cases.conftest import post, submitted, whole
from tests.factories import cases
from tests.factories.applications import picture
from tests.factories.catalogue import flagship
from tests.kernel.test_flow import at_once

SENDING = [intake.submit, intake.request_prereview]


@pytest.mark.django_db
class TestWhole:
    @pytest.mark.parametrize("send", SENDING)
    def test_an_empty_draft_is_not_sent(self, send):
        case = cases.draft()
        with pytest.raises(readiness.NotReady) as refused:
            send(case, by=cases.citizen())
        assert {"form:name", "material:photo"} <= refused.value.problems.keys()
        assert [entry.event for entry in ledger.timeline("case", case.number)] == ["case.opened"]

    @pytest.mark.parametrize("send", SENDING)
    @pytest.mark.parametrize(
        ("spoil", "place"),
        [
            (lambda case, by: drafts.remove_paper(case, case.papers.get(), by=by), "material:photo"),
            (lambda case, by: drafts.save_answers(case, case.answers | {"age": 50}, by=by), "condition:age_60"),
            (lambda case, by: drafts.save_form(case, case.form | {"phone": ""}, by=by), "form:phone"),
            (lambda case, by: File.objects.update(scan=File.Scan.INFECTED), "material:photo"),
        ],
    )
    def test_what_lacks_one_thing_names_it(self, send, spoil, place):
        case, by = whole(), cases.citizen()
        spoil(case, by)
        with pytest.raises(readiness.NotReady) as refused:
            send(case, by=by)
        assert list(refused.value.problems) == [place]

    def test_the_window_asks_the_same(self):
        clerk = cases.officer("窗口", flagship().agency_id, "clerk")
        case = drafts.open_case(flagship(), by=clerk, person=cases.person(), channel="desk")
        with pytest.raises(readiness.NotReady):
            intake.submit_in_person(case, by=clerk)

    def test_what_the_form_declares_prevails_over_the_first_questions(self):
        case = whole("XDP0096")
        case.answers |= {"who": "proxy"}
        assert readiness.variables(case)["who"] == case.form["who"] == "self"

    def test_asking_costs_one_statement(self, django_assert_num_queries):
        case = Case.objects.select_related("version", "agency").get(pk=whole().pk)
        assert case.guide and clock.calendar()  # kept by the process
        with django_assert_num_queries(2):
            intake.submit(case, by=_owner(case))


def _owner(case):
    from onewindow.accounts.principal import Principal

    return Principal(user_id=case.filed_by_id, name="李秀英", kind="citizen", person_id=case.person_id)


@pytest.mark.django_db
class TestRemarks:
    @pytest.fixture
    def returned(self):
        case = intake.request_prereview(whole(), by=cases.citizen())
        remarks = [{"on": "form:phone", "text": "电话少一位"}, {"on": "", "text": "请与家人再核对一遍"}]
        return intake.return_with_remarks(case, by=post(case, "clerk"), remarks=remarks)

    def test_each_is_answered_at_its_place_and_the_general_one_by_any_change(self, returned):
        by = cases.citizen()
        with pytest.raises(readiness.NotReady, match="电话少一位"):
            intake.request_prereview(returned, by=by)
        drafts.save_form(returned, returned.form | {"phone": "13880001235"}, by=by, changed=["phone"])
        assert returned.open_remarks == []
        intake.request_prereview(returned, by=by)

    def test_saving_without_a_change_answers_nothing(self, returned):
        drafts.save_form(returned, returned.form, by=cases.citizen(), changed=[])
        assert len(returned.open_remarks) == 2

    def test_a_second_round_has_a_number_of_its_own(self, returned):
        by = cases.citizen()
        drafts.save_form(returned, returned.form | {"phone": "13880001235"}, by=by, changed=["phone"])
        intake.request_prereview(returned, by=by)
        again = [{"on": "material:photo", "text": "照片要浅色背景"}]
        intake.return_with_remarks(returned, by=post(returned, "clerk"), remarks=again)
        issued = Entry.objects.filter(subject=returned.number, event="case.prereview_returned").order_by("seq")
        numbers = [entry.data["paper"]["facts"]["number"] for entry in issued]
        assert numbers[1] == f"{numbers[0]}-2"
        (said,) = issued[1].data["paper"]["facts"]["remarks"]
        assert (said["on"], said["text"]) == ("近期1寸免冠照片", "照片要浅色背景") and "浅色背景" in said["standard"]

    @pytest.mark.parametrize("remark", [{"on": "form:nothing", "text": "改一改"}, {"on": "", "text": " "}])
    def test_a_remark_stands_somewhere_and_says_something(self, remark):
        case = intake.request_prereview(whole(), by=cases.citizen())
        with pytest.raises(ValueError):
            intake.return_with_remarks(case, by=post(case, "clerk"), remarks=[remark])
        assert case.remarks == []


@pytest.mark.django_db
class TestPapers:
    def test_taken_out_and_put_back(self):
        case, by = whole(), cases.citizen()
        paper = case.papers.get()
        drafts.remove_paper(case, paper, by=by)
        assert case.papers.get().removed_at
        drafts.restore_paper(case, paper, by=by)
        drafts.restore_paper(case, paper, by=by)
        assert case.papers.get().removed_at is None

    def test_one_put_back_twice_is_there_once(self):
        clerk = cases.officer("窗口", flagship().agency_id, "clerk")
        case = drafts.open_case(flagship(), by=clerk, person=cases.person(), channel="desk")
        first = drafts.see_paper(case, "photo", "original", by=clerk)
        drafts.remove_paper(case, first, by=clerk)
        drafts.see_paper(case, "photo", "original", by=clerk)
        drafts.restore_paper(case, first, by=clerk)
        assert case.papers.filter(removed_at__isnull=True).count() == 1

    def test_nothing_is_added_seen_or_taken_out_once_it_is_submitted(self):
        by, clerk = cases.citizen(), cases.officer("窗口", flagship().agency_id, "clerk")
        read_before = whole()
        paper = read_before.papers.get()
        intake.submit(Case.objects.get(pk=read_before.pk), by=by)
        for act in (
            lambda case: drafts.add_paper(case, "photo", picture(by), by=by),
            lambda case: drafts.remove_paper(case, paper, by=by),
            lambda case: drafts.restore_paper(case, paper, by=by),
            lambda case: drafts.save_answers(case, {}, by=by),
            lambda case: drafts.save_form(case, {}, by=by),
        ):
            stale = Case.objects.get(pk=read_before.pk)
            stale.state, stale.revision = read_before.state, read_before.revision
            with pytest.raises(flow.WrongState):
                act(stale)
        with pytest.raises((flow.WrongState, PermissionDenied)):
            drafts.see_paper(read_before, "photo", "original", by=clerk)
        assert (case := Case.objects.get(pk=read_before.pk)).form and case.papers.get().removed_at is None

    def test_a_material_the_item_does_not_have(self):
        case, by = whole(), cases.citizen()
        with pytest.raises(ValueError, match="没有材料"):
            drafts.add_paper(case, "passport", picture(by), by=by)


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_mark_opens_one_case(self):
        item, by, person = Item.objects.get(pk=flagship().pk), cases.citizen(), cases.person()
        results = at_once(lambda: drafts.open_case(item, by=by, person=person, once="page-1"))
        assert len({result.pk for result in results}) == 1, results
        assert Case.objects.count() == Entry.objects.filter(event="case.opened").count() == 1

    def test_anothers_mark_opens_nothing_and_shows_nothing(self):
        item = Item.objects.get(pk=flagship().pk)
        first = drafts.open_case(item, by=cases.citizen(), person=cases.person(), once="page-1")
        other = cases.citizen("chen", name="陈静", number="510125198506210020")
        from onewindow.accounts.models import Person

        own = drafts.open_case(item, by=other, person=Person.objects.get(pk=other.person_id), once="page-1")
        assert (own.pk != first.pk, own.person_id) == (True, other.person_id)

    def test_eight_uploads_of_one_page_are_all_kept(self):
        case, by = cases.draft(), cases.citizen()
        results = at_once(lambda: drafts.add_paper(Case.objects.get(pk=case.pk), "photo", picture(by), by=by))
        assert case.papers.count() == 8, results

    def test_of_eight_saves_on_one_reading_one_is_kept_and_the_others_know(self):
        case, by = whole(), cases.citizen()
        results = at_once(lambda: drafts.save_form(Case.objects.get(pk=case.pk), case.form, by=by))
        lost = [result for result in results if result is not None]
        assert all(isinstance(result, flow.WrongState) for result in lost)
        assert Case.objects.get(pk=case.pk).revision == case.revision + 8 - len(lost)

    @pytest.mark.parametrize("round", range(6))
    def test_no_paper_leaves_while_the_application_goes_in(self, round):
        """Whoever is first: a submitted case has its photo, or the case is still a draft without it."""
        case, by = whole(), cases.citizen()
        paper = case.papers.get()
        acts = [lambda c: intake.submit(c, by=by), lambda c: drafts.remove_paper(c, paper, by=by)] * 4
        results = at_once(lambda: acts.pop()(Case.objects.get(pk=case.pk)))
        assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, flow.Conflict)], results
        case.refresh_from_db()
        assert (case.state == State.SUBMITTED) == case.papers.filter(removed_at__isnull=True).exists()

    def test_a_paper_that_leaves_between_the_question_and_the_statement_is_noticed(self, monkeypatch):
        case, by = whole(), cases.citizen()
        asked, paper = readiness.ensure, case.papers.get()

        def and_then_it_is_taken_out(subject, **how):
            found = asked(subject, **how)
            drafts.remove_paper(Case.objects.get(pk=subject.pk), paper, by=by)
            return found

        monkeypatch.setattr(readiness, "ensure", and_then_it_is_taken_out)
        with pytest.raises(readiness.NotReady):
            intake.submit(case, by=by)
        assert Case.objects.get(pk=case.pk).state == State.DRAFT

    def test_eight_submit_and_one_wins(self):
        case, by = whole(), cases.citizen()
        results = at_once(lambda: intake.submit(Case.objects.get(pk=case.pk), by=by))
        assert sum(isinstance(result, Case) for result in results) == 1, results
        assert Entry.objects.filter(subject=case.number, event="case.submitted").count() == 1

    def test_eight_reviewers_sign_one_step_and_only_it(self):
        from onewindow.cases.actions import review

        case = submitted("XDA0106")
        intake.accept(case, by=post(case, "clerk"))
        reviewer = post(case, "reviewer")
        read = [Case.objects.get(pk=case.pk) for _ in range(8)]
        results = at_once(lambda: review.give_opinion(read.pop(), by=reviewer, advice="agree", opinion="符合要求"))
        assert sum(isinstance(result, Case) for result in results) == 1, results
        assert Case.objects.get(pk=case.pk).step == 1
