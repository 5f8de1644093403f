"""值班表: nobody publishes one without those who must attend; only its windows give numbers; changes have a history."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from onewindow.accounts.models import Absence, Post
from onewindow.accounts.principal import from_user
from onewindow.catalogue.sheets import plain_workbook
from onewindow.hall import estimates, roster_sheet, serving
from onewindow.hall.actions import booking, calling, drawing, rostering, sitting, swapping
from onewindow.hall.hours import Timetable
from onewindow.hall.models import Attendance, Duty, Roster, Slot, Ticket, Window
from onewindow.hall.planning import Plan
from onewindow.kernel.flow import Stale, WrongState
from onewindow.kernel.models import Entry
from tests.factories.accounts import PostFactory, SiteFactory, StaffFactory, UserFactory
from tests.hall.conftest import a_window, a_zone, drawn, seated
from tests.hall.rostered import MONDAY, Hall, at, duty

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall(zone, time_machine):
    time_machine.move_to(at(2), tick=False)
    made = Hall()
    made.clock = time_machine
    return made


class TestPublishing:
    def test_without_those_who_must_attend_it_is_refused_and_names_them(self, hall):
        roster = hall.roster()
        hall.put(roster, "TAX")
        hall.put(roster, "BDC", "evening")
        with pytest.raises(ValueError, match="必到部门没有到齐") as refused:
            rostering.publish(roster, by=hall.manager)
        assert str(refused.value).endswith(
            "3月3日（周二）夜间延时缺房管、公积金；3月7日（周六）周六延时缺房管、国土、公积金。"
        )
        assert Roster.objects.get().state == "draft"

    def test_with_them_it_is_published_and_its_windows_can_be_booked(self, hall):
        roster = hall.published()
        assert roster.state == "published"
        evening = Slot.objects.filter(queue=hall.queues["SW"], starts__gte=at(3, "18:00"), starts__lt=at(3, "21:00"))
        assert evening.count() == 6
        assert not Slot.objects.filter(queue=hall.queues["ZH"]).exists()

    def test_which_agencies_must_attend_is_a_row_of_the_site(self, hall):
        Attendance.objects.exclude(name="税务").delete()
        roster = hall.roster()
        hall.put(roster, "TAX")
        assert rostering.publish(roster, by=hall.manager).state == "published"

    def test_a_session_that_is_over_is_not_asked_for(self, hall):
        roster = hall.roster()
        hall.clock.move_to(at(4), tick=False)
        for agency in ("FCZ", "BDC", "TAX", "GJJ"):
            hall.put(roster, agency, "saturday")
        assert rostering.publish(roster, by=hall.manager).state == "published"
        with pytest.raises(ValueError, match="已经过去"):
            hall.put(roster, "WJJ", "evening")

    def test_only_the_halls_manager_writes_it(self, hall):
        roster = hall.roster()
        with pytest.raises(PermissionDenied):
            rostering.publish(roster, by=from_user(hall.officers["TAX"]))
        stranger = StaffFactory()
        PostFactory(user=stranger, role=Post.Role.MANAGER, agency=None, site=SiteFactory(code="510114001000"))
        with pytest.raises(PermissionDenied):
            rostering.open_week(hall.site, MONDAY, by=from_user(stranger))


class TestWriting:
    def test_one_window_one_officer_a_session(self, hall):
        roster = hall.roster()
        hall.put(roster, "TAX", "evening")
        with pytest.raises(ValueError, match="A03 号窗口已经排了TAX的人"):
            hall.put(roster, "TAX", "evening", user=hall.officer("TAX"))
        other = a_window("A09", hall.queues["SW"])
        with pytest.raises(ValueError, match=r"TAX的人.*已经排在 A03 号窗口"):
            hall.put(roster, "TAX", "evening", window=other)
        assert Duty.objects.count() == 1

    def test_who_is_away_or_has_no_post_there_is_not_placed(self, hall):
        roster = hall.roster()
        away = hall.officers["GJJ"]
        Absence.objects.create(user=away, starts=date(2026, 3, 3), ends=date(2026, 3, 3), set_by="test")
        with pytest.raises(ValueError, match="3月3日 登记了离岗"):
            hall.put(roster, "GJJ")
        assert not Duty.objects.exists()
        hall.put(roster, "GJJ", "saturday")

    def test_two_editors_one_of_them_looks_again(self, hall):
        roster = hall.roster()
        seen = roster.revision
        hall.put(Roster.objects.get(), "TAX", "evening")
        plan = Plan(roster)
        with pytest.raises(Stale):
            rostering.assign(
                roster, by=hall.manager, seen=seen, sessions=list(plan.sessions.values()),
                window=plan.windows["A02"], officer=plan.officers[hall.officers["BDC"].pk, "BDC"],
            )  # fmt: skip

    def test_a_published_roster_is_changed_but_never_incomplete(self, hall):
        roster = hall.published()
        with pytest.raises(ValueError, match="夜间延时缺税务"):
            rostering.take_off(roster, by=hall.manager, duty=duty(roster, "TAX", "evening"))
        relief = hall.officer("TAX", "替班")
        officer = Plan(roster).officers[relief.pk, "TAX"]
        rostering.replace(roster, by=hall.manager, duty=duty(roster, "TAX", "evening"), officer=officer)
        assert (roster.state, duty(roster, "TAX", "evening").user) == ("changed", relief)
        said = Entry.objects.get(event="roster.replaced").data
        assert said["removed"] == ["3月3日（周二）夜间延时 A03 号窗口 TAX的人（区TAX局）"]
        assert said["added"] == ["3月3日（周二）夜间延时 A03 号窗口 替班（区TAX局）"]

    def test_a_window_somebody_has_booked_is_not_taken_off(self, hall):
        roster = hall.roster()
        hall.put(roster, "WJJ", "evening")
        roster = hall.published()
        slot = Slot.objects.filter(queue=hall.queues["ZH"]).first()
        who = from_user(UserFactory())
        booking.confirm(booking.hold(slot, by=who), by=who)
        with pytest.raises(ValueError, match="“业务ZH”已有 1 个预约"):
            rostering.take_off(roster, by=hall.manager, duty=duty(roster, "WJJ", "evening"))

    def test_last_week_is_copied_where_it_still_fits(self, hall):
        hall.published()
        gone = hall.officers["GJJ"].posts.get()
        gone.ends = date(2026, 3, 8)
        gone.save()
        following = hall.roster(MONDAY + timedelta(7))
        rostering.copy(following, by=hall.manager)
        assert Duty.objects.filter(roster=following).count() == 6
        left_out = Entry.objects.get(event="roster.copied").data["left_out"]
        assert left_out == [
            "3月10日 夜间延时 A04 号窗口 GJJ的人：已经没有窗口岗位",
            "3月14日 周六延时 A04 号窗口 GJJ的人：已经没有窗口岗位",
        ]


class TestSheet:
    def test_what_goes_out_comes_back(self, hall):
        roster = hall.published()
        before = roster_sheet.rows_of(Plan(roster).duties)
        data = plain_workbook("值班表", before)
        placings, faults = roster_sheet.read(data, Plan(roster, ahead_cleared=True))
        assert (len(placings), faults) == (8, [])
        rostering.rewrite(roster, by=hall.manager, placings=placings)
        assert roster_sheet.rows_of(Plan(roster).duties) == before

    def test_wrong_rows_are_all_named(self, hall):
        roster = hall.roster()
        rows = roster_sheet.rows_of([])
        tax = hall.officers["TAX"].username
        lines = [
            ["2026-03-03", "夜间延时", "A03", "TAX", "", tax],
            ["2026-03-04", "夜间延时", "A03", "TAX", "", tax],
            ["2026-03-03", "晚上", "A03", "TAX", "", tax],
            ["2026-03-03", "夜间延时", "Z99", "TAX", "", tax],
            ["2026-03-07", "周六延时", "A03", "GJJ", "", tax],
            ["2026-03-03", "夜间延时", "A03", "TAX", "", tax],
        ]
        rows += [[*line, "", "", ""] for line in lines]
        _, faults = roster_sheet.read(plain_workbook("值班表", rows), Plan(roster, ahead_cleared=True))
        assert [fault.split("：")[0] for fault in faults] == [f"第 {n} 行" for n in (3, 4, 5, 6, 7)]
        assert "没有“夜间延时”这个场次" in faults[0] and "没有本大厅的窗口岗位" in faults[3]
        assert roster_sheet.read(b"no workbook", Plan(roster))[1][0].startswith("读不出这个文件")


class TestSwapping:
    def two(self, hall):
        roster = hall.roster()
        other = hall.officer("TAX", "小李")
        hall.put(roster, "TAX", "evening")
        hall.put(roster, "TAX", "saturday", user=other)
        for agency in ("FCZ", "BDC", "GJJ"):
            hall.put(roster, agency)
        rostering.publish(roster, by=hall.manager)
        return roster, hall.officers["TAX"], other

    def test_nothing_moves_before_the_other_agrees(self, hall):
        roster, one, other = self.two(hall)
        evening, saturday = duty(roster, "TAX", "evening"), duty(roster, "TAX", "saturday")
        swap = swapping.ask(evening, saturday, by=from_user(one), why="孩子发烧")
        assert duty(roster, "TAX", "evening").user == one
        with pytest.raises(PermissionDenied):
            swapping.agree(swap, by=from_user(one))
        swapping.agree(swap, by=from_user(other))
        assert [duty(roster, "TAX", kind).user for kind in ("evening", "saturday")] == [other, one]
        assert Roster.objects.get().state == "changed"
        assert Entry.objects.get(event="roster.swapped").actor_name == "小李"

    def test_declined_and_out_of_date(self, hall):
        roster, one, other = self.two(hall)
        asked = [duty(roster, "TAX", kind) for kind in ("evening", "saturday")]
        swap = swapping.ask(*asked, by=from_user(one))
        with pytest.raises(ValueError, match="已经在请人换"):
            swapping.ask(*asked, by=from_user(one))
        swapping.decline(swap, by=from_user(other))
        again = swapping.ask(*asked, by=from_user(one))
        relief = hall.officer("TAX")
        relief = Plan(roster).officers[relief.pk, "TAX"]
        rostering.replace(Roster.objects.get(), by=hall.manager, duty=asked[1], officer=relief)
        with pytest.raises(WrongState, match="已经不在值班表上"):
            swapping.agree(again, by=from_user(other))

    def test_nobody_swaps_into_another_agencys_place(self, hall):
        roster = hall.published()
        one = hall.officers["TAX"]
        with pytest.raises(ValueError, match="没有区GJJ局的窗口岗位"):
            swapping.ask(duty(roster, "TAX", "evening"), duty(roster, "GJJ", "saturday"), by=from_user(one))


class TestServing:
    def test_in_extended_hours_only_rostered_windows_give_numbers(self, hall):
        hall.clock.move_to(at(3, "18:30"), tick=False)
        with pytest.raises(ValueError, match="今天的夜间延时没有排窗口值班"):
            drawing.ensure_open(hall.queues["SW"])
        hall.clock.move_to(at(2), tick=False)
        hall.published()
        hall.clock.move_to(at(3, "18:30"), tick=False)
        drawing.ensure_open(hall.queues["SW"])
        with pytest.raises(ValueError, match="没有排窗口值班，3月9日 09:00 开始服务"):
            drawing.ensure_open(hall.queues["ZH"])

    def test_an_officer_signs_on_in_the_evening_only_at_a_window_on_the_roster(self, hall):
        hall.published()
        hall.clock.move_to(at(3, "18:30"), tick=False)
        assert sitting.sign_on(hall.windows["TAX"], by=from_user(hall.officers["TAX"]))
        with pytest.raises(ValueError, match="A05 号窗口不在今天夜间延时的值班表上，现在不能上岗；3月9日 09:00"):
            sitting.sign_on(hall.windows["WJJ"], by=from_user(hall.officers["WJJ"]))

    def test_who_signed_on_by_day_calls_in_the_evening_only_those_who_came_by_day(self, hall):
        """上岗 before the session is no way round the roster; nobody who drew in time is left standing."""
        hall.published()
        hall.clock.move_to(at(3, "16:50"), tick=False)
        by = seated(hall.windows["WJJ"])
        early = drawn(hall.queues["ZH"])
        hall.clock.move_to(at(3, "18:30"), tick=False)
        late = drawn(hall.queues["ZH"])
        assert calling.call_next(hall.windows["WJJ"], by=by).pk == early.pk
        calling.finish(calling.at(hall.windows["WJJ"]), by=by)
        why = "A05 号窗口不在今天夜间延时的值班表上，只能叫 18:00 以前取的号；3月9日 09:00 开始服务"
        with pytest.raises(ValueError, match=why):
            calling.call_next(hall.windows["WJJ"], by=by)
        tax = seated(hall.windows["TAX"])
        assert calling.call_next(hall.windows["TAX"], by=tax) is None, (
            "on the roster: nobody waits, and nothing is wrong"
        )
        late.refresh_from_db()
        assert late.state == "waiting"

    def test_waits_are_reckoned_with_the_windows_that_may_call(self, hall):
        """Who is off the roster counts for those who came by day, and for nobody after."""
        hall.published()
        queue, own = hall.queues["SW"], hall.windows["TAX"]
        spare = a_window("A09", queue)
        hall.clock.move_to(at(3, "16:50"), tick=False)
        seated(own), seated(spare)
        drawn(queue)
        load = estimates.loads([queue])[queue.pk]
        assert (load.windows, load.wait(1).most) == (2, 3)
        hall.clock.move_to(at(3, "18:30"), tick=False)
        drawn(queue), drawn(queue)
        load = estimates.loads([queue])[queue.pk]
        assert [turn.at for turn in load.turns] == [0, 10, 20, 30] and load.windows == 2
        Ticket.objects.filter(issued_at__lt=at(3, "18:00")).update(state="done")
        load = estimates.loads([queue])[queue.pk]
        assert [turn.at for turn in load.turns] == [0, 10, 20] and load.windows == 1

    def test_a_draft_serves_nobody(self, hall):
        hall.put(hall.roster(), "TAX")
        assert Timetable.of(hall.site.pk).now(hall.queues["SW"], at(3, "18:30")) is None

    def test_who_serves_now_and_next(self, hall):
        hall.published()
        hall.clock.move_to(at(3, "18:30"), tick=False)
        now = serving.now(hall.site)
        assert (now.label, now.until) == ("夜间延时", at(3, "21:00"))
        assert [each.window.number for each in now.windows] == ["A01", "A02", "A03", "A04"]
        assert [agency.pk for agency in now.following.agencies] and now.following.session.starts == at(7, "09:00")
        week = serving.week(hall.site)
        assert [(shift.session.kind, len(shift.duties)) for shift in week] == [("evening", 4), ("saturday", 4)]


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_ten_managers_at_once_place_one_officer_at_a_window(time_machine):
    time_machine.move_to(at(2))
    a_zone()
    hall = Hall()
    people = [hall.officer("TAX", f"人{n}") for n in range(10)]
    roster = hall.roster()

    def press(user):
        try:
            return hall.put(Roster.objects.get(pk=roster.pk), "TAX", "evening", user=user)
        except (ValueError, Stale):
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        got = [each for each in pool.map(press, people) if each]
    assert len(got) == 1
    assert Duty.objects.count() == 1 and Window.objects.filter(duties__isnull=False).count() == 1
