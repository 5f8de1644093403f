"""值守: signing on to a window, pausing it, handing it over, signing off."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from onewindow.accounts.models import Post, Site, User
from onewindow.accounts.principal import Principal
from onewindow.hall import live, on_duty
from onewindow.hall.models import Sitting, Ticket, Window
from onewindow.hall.node import authority
from onewindow.kernel import clock, ledger
from onewindow.kernel.ledger import Actor

# How long before the ordinary hours begin one may sign on.
EARLY = timedelta(minutes=20)
STAFF = ("clerk", "reviewer", "decider")


def manages(by: Actor, site_id: str) -> bool:
    """大厅管理 of the site, of the town whose station it is, or of the whole district."""
    if not isinstance(by, Principal):
        return False
    own = {post.site for post in by.posts if post.role == "manager" and post.agency is None}
    return None in own or site_id in own or Site.objects.filter(pk=site_id, level="village", parent__in=own).exists()


def of(principal: Principal) -> Sitting | None:
    """Where the officer sits now."""
    sittings = Sitting.objects.select_related("window__zone", "window__site")
    return sittings.filter(user_id=principal.user_id, ended_at=None).first()


def place(principal: Principal, agency: str) -> str | None:
    """收件地: where the officer sits now, or where the post for this agency is."""
    if seat := of(principal):
        return seat.window.site_id
    return principal.place_for(agency)


@transaction.atomic
def sign_on(window: Window, *, by: Principal) -> Sitting:
    """上岗. A window has one officer; who sits elsewhere signs off there first."""
    if not by.has(*STAFF):
        raise PermissionDenied("只有窗口人员可以上岗。")
    authority.ensure_here(window.site_id)
    mine = of(by)
    if mine and mine.window_id == window.pk:
        return mine
    if mine:
        raise ValueError(f"您正在 {mine.window} 号窗口值守，请先离岗。")
    _ensure_on_duty(window)
    try:
        with transaction.atomic():
            sitting = Sitting.objects.create(window=window, user_id=by.user_id)
    except IntegrityError as error:
        holder = Sitting.objects.select_related("user").filter(window=window, ended_at=None).first()
        who = f"（{holder.user}）" if holder else ""
        raise ValueError(f"{window} 号窗口已有人值守{who}，请选别的窗口，或请对方先离岗。") from error
    _note(window, "window.signed_on", by)
    return sitting


def _ensure_on_duty(window: Window) -> None:
    """In an extended session only who is on the published roster; whoever comes early for what follows may sit down."""
    soon = clock.now() + EARLY
    off = on_duty.off_roster(window)
    if off and off.altogether and on_duty.off_roster(window, soon):
        raise ValueError(f"{window} 号窗口不在今天{off.label}的值班表上，现在不能上岗{off.when}。")


@transaction.atomic
def pause(sitting: Sitting, *, by: Principal, reason: str, minutes: int | None = None) -> None:
    """暂停服务: the window calls nobody until it goes on; the screen says so, and when it goes on if that is known."""
    _own(sitting, by)
    reason, now = reason.strip()[:60] or "暂停服务", clock.now()
    back_at = now + timedelta(minutes=minutes) if minutes else None
    running = Sitting.objects.filter(pk=sitting.pk, paused_at=None)
    if running.update(paused_at=now, reason=reason, back_at=back_at):
        _note(sitting.window, "window.paused", by, reason=reason, minutes=minutes)
    sitting.refresh_from_db()


@transaction.atomic
def go_on(sitting: Sitting, *, by: Principal) -> None:
    _own(sitting, by)
    if _back(sitting):
        _note(sitting.window, "window.resumed", by)
    sitting.refresh_from_db()


def _back(sitting: Sitting) -> int:
    """The pause is over and counted, once; how long pauses take tells when the next one will be over."""
    away = Sitting.objects.select_for_update().filter(pk=sitting.pk, paused_at__isnull=False).first()
    if away is None or away.paused_at is None:
        return 0
    minutes = (clock.now() - away.paused_at).total_seconds() / 60
    return Sitting.objects.filter(pk=sitting.pk).update(
        paused_at=None, back_at=None, reason="", pauses=F("pauses") + 1, away=F("away") + minutes
    )


@transaction.atomic
def sign_off(sitting: Sitting, *, by: Principal) -> None:
    """离岗; not while somebody is being served."""
    if sitting.user_id != by.user_id and not manages(by, sitting.window.site_id):
        raise PermissionDenied("只能给自己离岗，或由大厅管理办理。")
    Sitting.objects.select_for_update().get(pk=sitting.pk)
    if busy := Ticket.objects.filter(window_id=sitting.window_id, state__in=Ticket.AT_WINDOW).first():
        raise ValueError(f"{busy.number} 号还在窗口，请先办完、转出或过号，再离岗。")
    _back(sitting)
    if Sitting.objects.filter(pk=sitting.pk, ended_at=None).update(ended_at=clock.now()):
        _note(sitting.window, "window.signed_off", by)


@transaction.atomic
def hand_over(sitting: Sitting, to: Principal, *, by: Principal) -> Sitting:
    """交接: the next officer takes the window with whoever stands at it."""
    _own(Sitting.objects.select_for_update().get(pk=sitting.pk), by)
    if not to.has(*STAFF):
        raise ValueError(f"{to.name} 没有窗口岗位，不能接班。")
    if elsewhere := of(to):
        raise ValueError(f"{to.name} 正在 {elsewhere.window} 号窗口值守。")
    _back(sitting)
    Sitting.objects.filter(pk=sitting.pk).update(ended_at=clock.now())
    try:
        with transaction.atomic():
            taken = Sitting.objects.create(window_id=sitting.window_id, user_id=to.user_id)
    except IntegrityError as error:
        raise ValueError(f"{to.name} 刚刚在别的窗口上岗了。") from error
    Ticket.objects.filter(window_id=sitting.window_id, state__in=Ticket.AT_WINDOW).update(officer_id=to.user_id)
    _note(sitting.window, "window.handed_over", by, to=to.name)
    return taken


def reliefs(sitting: Sitting, principal: Principal) -> QuerySet[User]:
    """Who may take over: officers of the same organs and place, who sit nowhere now."""
    today, agencies = clock.today(), {post.agency for post in principal.posts if post.site == sitting.window.site_id}
    posts = Post.objects.filter(Q(ends__isnull=True) | Q(ends__gte=today), starts__lte=today, role__in=STAFF,
                                site_id=sitting.window.site_id, agency__in=agencies)  # fmt: skip
    sitting_now = Sitting.objects.filter(ended_at=None).values("user")
    return User.objects.filter(pk__in=posts.values("user"), is_active=True).exclude(pk__in=sitting_now).order_by("name")


def _own(sitting: Sitting, by: Principal) -> None:
    if sitting.user_id != by.user_id or sitting.ended_at:
        raise PermissionDenied("您没有在这个窗口值守。")


def _note(window: Window, event: str, by: Principal, **data: object) -> None:
    ledger.record(("window", f"{window.site_id}-{window.number}"), event, by=by, data=data)
    live.tell(window)
