"""What the office told me, newest first."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from onewindow.kernel import clock, wire
from onewindow.notifications.models import Message
from onewindow.web.account.guards import SignedIn, signed_in

PAGE = 30


@signed_in
def index(request: SignedIn) -> HttpResponse:
    """Looking is reading: what is shown counts as read from now on."""
    mine = Message.objects.in_app(request.principal.user_id).order_by("-id")
    after = wire.whole(request.GET.get("after", ""))
    rows = list((mine if after is None else mine.filter(pk__lt=after))[: PAGE + 1])
    shown = rows[:PAGE]
    fresh = {message.pk for message in shown if message.read_at is None}
    if fresh:
        Message.objects.filter(pk__in=fresh, read_at__isnull=True).update(read_at=clock.now())
    following = shown[-1].pk if len(rows) > PAGE else None
    return render(request, "my/notices.html", {"notices": shown, "fresh": fresh, "next": following})
