"""A thousand people press at once on fifty places, over HTTP: fifty get one, the others are told and may wait."""

import http.client
import secrets
import time as seconds
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from onewindow.accounts.models import User
from onewindow.hall.models import Booking, Slot
from onewindow.kernel import clock
from tests.hall.conftest import a_queue

CLIENTS, PLACES, CONNECTIONS = 1000, 50, 40


def people(number):
    """Signed in as by the pages, without walking them: a session is a signed cookie."""
    names = [User(username=f"crowd-{n}", name=f"市民{n}", phone=f"1371{n:07d}", password="!") for n in range(number)]
    return [_cookie(user) for user in User.objects.bulk_create(names)]


def _cookie(user):
    session, now = SessionStore(), int(seconds.time())
    session.update(
        {
            SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(), "sid": secrets.token_hex(16), "since": now, "seen_at": now,
        }
    )  # fmt: skip
    session.save()
    return session.session_key


def press(server, cookies, path, slot):
    """One connection after another person's request: POST as a browser sends it, with the CSRF cookie and its twin."""
    answers, token = [], secrets.token_hex(16)
    to = urlsplit(server)
    line = http.client.HTTPConnection(to.hostname, to.port, timeout=60)
    for cookie in cookies:
        line.request(
            "POST", path, body=f"slot={slot}&people=1", headers={
                "Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": token,
                "Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}; {settings.CSRF_COOKIE_NAME}={token}",
            },
        )  # fmt: skip
        reply = line.getresponse()
        answers.append((reply.status, reply.getheader("Location", ""), reply.read().decode()))
    line.close()
    return answers


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_a_thousand_clients_on_fifty_places(live_server):
    queue = a_queue()
    starts = clock.now() + timedelta(days=1)
    slot = Slot.objects.create(queue=queue, starts=starts, ends=starts + timedelta(minutes=30), online=PLACES)
    cookies = people(CLIENTS)
    path = reverse("hall-hold", args=[queue.site_id, queue.pk])
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        shares = [cookies[n::CONNECTIONS] for n in range(CONNECTIONS)]
        answers = [
            one for share in pool.map(lambda c: press(live_server.url, c, path, slot.pk), shares) for one in share
        ]
    assert Counter(status for status, _, _ in answers) == {302: PLACES, 409: CLIENTS - PLACES}
    assert all(place.startswith("/my/bookings/") for status, place, _ in answers if status == 302)
    told = [page for status, _, page in answers if status == 409]
    assert all("刚刚约满了" in page and f'{path}?wait"' in page and "候补" in page for page in told)
    slot.refresh_from_db()
    assert (slot.taken_online, Booking.objects.filter(state="held").count()) == (PLACES, PLACES)
    _the_database_refuses(slot)


def _the_database_refuses(slot):
    """One more place counted, and one more booking slipped in beside the count."""
    with pytest.raises(IntegrityError, match="slot_never_oversold_online"), transaction.atomic():
        Slot.objects.filter(pk=slot.pk).update(taken_online=PLACES + 1)
    extra = User.objects.create(username="beside", password="!")
    with pytest.raises(IntegrityError, match="only 50 were taken"), transaction.atomic():
        Booking.objects.create(slot=slot, user=extra, state="booked")
    assert Booking.objects.count() == PLACES
    connection.close()
