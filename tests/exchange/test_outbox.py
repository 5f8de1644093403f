"""Handed over once: through errors, time-outs, a killed worker and a peer that is away (a real peer over HTTP)."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from onewindow.cases.actions import intake
from onewindow.exchange import outbox, systems
from onewindow.exchange.models import Letter, System
from onewindow.kernel import clock, subscribers
from onewindow.kernel.models import Entry
from onewindow.notifications.models import Message
from tests.exchange.conftest import BY, SECRET, again, filed, sent, wired
from tests.factories import cases

pytestmark = pytest.mark.django_db


def test_a_case_is_handed_over_and_has_two_numbers(system, peer):
    letter = sent(filed())
    assert (letter.state, letter.attempts, letter.case.state) == ("done", 1, "outside")
    (kept,) = peer.cases.values()
    assert letter.case.outside_number == kept["external"] and letter.case.outside["sandbox"]
    assert kept["said"]["number"] == letter.case.number
    assert "applicant" not in kept["said"] and "form" not in kept["said"]  # nobody asked for them
    entry = Entry.objects.get(subject=letter.case.number, event="case.passed_on")
    assert (entry.actor, entry.data["number"]) == ("system:exchange:gongjijin", kept["external"])


def test_only_what_the_options_name_is_given_and_the_ledger_says_what(db, peer):
    wired(peer.url, person=True, fields=["name", "unknown"])
    case = filed()
    letter = sent(case)
    (kept,) = peer.cases.values()
    assert kept["said"]["applicant"]["number"] == case.person.number
    assert "510125" not in str(letter.shown) + str(Entry.objects.filter(subject=case.number).values_list("data"))
    sent_names = Entry.objects.get(event="case.passed_on").data["sent"]
    assert sent_names[0] == "申请人" and "unknown" not in sent_names


def test_the_ledger_calls_without_being_asked_and_twice_makes_one_letter(system):
    case = filed()
    assert "exchange.outbox" in subscribers._handlers
    entry = Entry.objects.get(subject=case.number, event="case.submitted")
    outbox.on_entry(entry)
    outbox.on_entry(entry)
    assert Letter.objects.count() == 1


def test_an_error_is_tried_again_later(system, peer):
    peer.faults["status"] = 1
    letter = sent(filed())
    assert (letter.state, letter.answer) == ("waiting", "对方答复 500：沙箱故意出错")
    assert letter.next_at > clock.now() and not outbox.deliver(letter.pk)  # not before its time
    assert (again(letter).state, letter.attempts, len(peer.cases)) == ("done", 2, 1)


def test_who_does_not_hear_the_answer_asks_again_under_the_same_key(system, peer):
    peer.faults["lost"] = 1
    letter = sent(filed())
    assert (letter.state, len(peer.cases)) == ("waiting", 1)
    assert again(letter).state == "done"
    assert (len(peer.cases), len(peer.asked), len(set(peer.asked))) == (1, 2, 1)
    assert letter.case.outside_number == next(iter(peer.cases.values()))["external"]


def test_a_slow_peer_is_not_waited_for(system, peer):
    peer.faults["slow"] = 1
    began = time.monotonic()
    letter = sent(filed())
    assert letter.state == "waiting" and time.monotonic() - began < 2.5
    time.sleep(2.5)  # it took the case in all the same
    assert (again(letter).state, len(peer.cases)) == ("done", 1)


def test_what_is_refused_for_good_is_put_aside_and_somebody_is_told(system, peer, operator):
    peer.secret = "another-secret-entirely"
    letter = sent(filed())
    assert (letter.state, letter.attempts, letter.case.state) == ("parked", 1, "submitted")
    assert Message.objects.filter(user=operator.user, template="exchange_alert").count() == 1
    peer.secret = SECRET
    assert outbox.replay(letter) and not outbox.replay(letter)
    assert again(letter).state == "done"


def test_after_many_attempts_it_is_put_aside(system, peer):
    peer.faults["status"] = 99
    letter = sent(filed())
    for _ in range(outbox.MOST - 1):
        System.objects.update(open_until=None)
        again(letter)
    assert (letter.state, letter.attempts) == ("parked", outbox.MOST)


def test_a_peer_that_is_away_opens_the_circuit_and_costs_no_attempts(system, peer, operator):
    peer.faults["status"] = 99
    letter = sent(filed())
    for _ in range(systems.PATIENCE - 1):
        again(letter)
    system.refresh_from_db()
    assert system.is_open and letter.attempts == systems.PATIENCE
    assert (again(letter).attempts, Message.objects.filter(user=operator.user).count()) == (systems.PATIENCE, 1)
    peer.faults.clear()
    System.objects.update(open_until=clock.now() - timedelta(seconds=1))
    assert again(letter).state == "done"
    system.refresh_from_db()
    assert (system.failures, system.is_open) == (0, False)


def test_paused_is_paused_and_goes_on(system, peer):
    systems.pause(system, by=BY, why="对方升级")
    letter = sent(filed())
    assert (letter.state, letter.attempts, peer.asked) == ("waiting", 0, [])
    systems.resume(system, by=BY)
    assert outbox.run_due() == 1


def test_who_withdraws_first_is_not_sent(system, peer):
    case = filed()
    outbox.on_entry(Entry.objects.get(subject=case.number, event="case.submitted"))
    intake.withdraw(case, by=cases.citizen())
    letter = Letter.objects.get()
    assert (again(letter).state, peer.asked) == ("done", []) and "没有发送" in letter.answer


def test_a_system_set_up_later_catches_up(db, peer):
    case = filed()
    assert outbox.enqueue(case) is None
    assert (outbox.catch_up(wired(peer.url)), outbox.run_due()) == (1, 1)
    case.refresh_from_db()
    assert case.state == "outside"


KILLED = """
import os, django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {database!r}
from onewindow.exchange import outbox
from onewindow.exchange.models import Letter
outbox._hand_over = lambda *args, **kwargs: os.kill(os.getpid(), 9)  # their answer is here, nothing is written yet
outbox.deliver(Letter.objects.get().pk)
"""


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_their_answer_and_ours_hands_over_once(peer, tmp_path):
    wired(peer.url)
    case = filed()
    outbox.on_entry(Entry.objects.get(subject=case.number, event="case.submitted"))
    script = KILLED.format(database=connection.settings_dict["NAME"])
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-800:]
    letter = Letter.objects.get()
    assert (letter.state, letter.attempts, len(peer.cases)) == ("waiting", 1, 1)
    assert not outbox.deliver(letter.pk)  # somebody may still be at it
    assert (again(letter).state, letter.case.state) == ("done", "outside")
    assert (len(peer.cases), len(peer.asked), len(set(peer.asked))) == (1, 2, 1)


def test_the_self_check_looks_at_address_signature_clock_and_format(system, peer, capsys):
    call_command("exchange", "check")
    said = capsys.readouterr().out
    assert all(f"好  {what}" in said for what in ("地址", "连通", "签名", "时钟", "格式")) and "不好" not in said
    peer.secret = "another-secret-entirely"
    with pytest.raises(CommandError, match="处不好"):
        call_command("exchange", "check", "gongjijin")
    assert "不好  签名" in capsys.readouterr().out
    system.refresh_from_db()
    assert any(not finding["good"] for finding in system.findings)


def test_production_refuses_the_sandbox_and_addresses_inside(settings, system, peer):
    from onewindow.exchange import checks

    settings.PRODUCTION, settings.SANDBOX, settings.EXCHANGE_SANDBOX = True, False, True
    assert [error.id for error in checks.sandbox_peer_is_not_in_production()] == ["exchange.E001"]
    assert [error.id for error in checks.no_system_is_a_sandbox(databases=["default"])] == ["exchange.E002"]
    with pytest.raises(ValueError, match="不能在生产环境"):
        systems.adapter(system)
    with pytest.raises(ValueError, match="https"):
        wired(peer.url, kind="json-http")
    inside = wired("https://127.0.0.1:9/x", kind="json-http")
    assert "内部网络" in systems.check(inside)[-1].told
    settings.EXCHANGE_INSIDE = frozenset({"127.0.0.1"})
    named = wired(peer.url, kind="json-http")
    assert all(finding.good for finding in systems.check(named))


def test_secrets_are_kept_sealed_or_in_the_environment(system, peer, monkeypatch):
    assert SECRET not in str(system.secrets) + str(Entry.objects.values_list("data"))
    monkeypatch.setenv("ONEWINDOW_EXCHANGE_GJJ", SECRET)
    options = {"url": peer.url}
    kept = {"secret": "env:ONEWINDOW_EXCHANGE_GJJ"}
    moved = systems.save("gongjijin", name="x", kind="sandbox", options=options, secrets=kept, by=BY)
    assert moved.secrets == {"secret": "env:ONEWINDOW_EXCHANGE_GJJ"}
    assert all(finding.good for finding in systems.check(moved))
    again = systems.save("gongjijin", name="x", kind="sandbox", options=options, secrets={"secret": ""}, by=BY)
    assert again.secrets == moved.secrets
