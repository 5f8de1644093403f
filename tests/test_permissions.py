"""Who may open what: every page of the program is in this table, and a page that is missing from it fails the suite."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from onewindow.accounts.models import Post
from onewindow.cases.actions import drafts, intake
from onewindow.cases.models import Case, CasePaper
from onewindow.catalogue import lists
from onewindow.documents import files
from onewindow.feedback.models import Rating
from tests.cast import Member, member, officer
from tests.factories import cases
from tests.factories.accounts import UserFactory
from tests.factories.applications import fill
from tests.factories.catalogue import flagship

OK, IN, NO, DEVICE = "opens", "sign-in", 404, "at a registered device only"
ROLES = ["visitor", "owner", "stranger", "clerk", "decider", "other_clerk"]
# name: (method, visitor, owner, stranger, clerk of the agency, decider of the agency, clerk of another agency)
EVERYONE = (OK,) * 6
SIGNED_IN = (IN, OK, OK, OK, OK, OK)
OWNER = (IN, OK, NO, NO, NO, NO)
CASE = (IN, OK, NO, OK, OK, NO)
DESK = (IN, NO, NO, OK, OK, NO)
STAFF = (IN, NO, NO, OK, OK, OK)
# What editors and checkers may open is in tests/web/test_manage_doors.py.
CONTENT = (IN, NO, NO, NO, NO, NO)
# For a browser that is no device of the hall.
AT_DEVICE = (DEVICE,) * 6
PAGES: dict[str, tuple[str, tuple[object, ...]]] = {
    "home": ("GET", EVERYONE), "search": ("GET", EVERYONE), "search-suggestions": ("GET", EVERYONE),
    "event": ("GET", EVERYONE), "items": ("GET", EVERYONE), "item": ("GET", EVERYONE),
    "item-print": ("GET", EVERYONE), "item-specimen": ("GET", EVERYONE),
    "item-mandate": ("GET", EVERYONE), "open-data-reuse": ("GET", EVERYONE),
    "item-version": ("GET", EVERYONE), "verify": ("GET", EVERYONE),
    # None has been announced here: tests/web/test_hearings.py.
    "hearings": ("GET", EVERYONE), "hearing": ("GET", (NO,) * 6), "hearing-notice": ("GET", (NO,) * 6),
    "granted": ("GET", EVERYONE),
    "verify-certificate": ("GET", EVERYONE), "help": ("GET", EVERYONE), "healthz": ("GET", EVERYONE),
    "item-leaflet": ("GET", EVERYONE), "item-lists": ("POST", EVERYONE), "list": ("GET", EVERYONE),
    "list-ticks": ("POST", EVERYONE), "list-renewal": ("POST", EVERYONE), "my-lists": ("GET", SIGNED_IN),
    "list-removal": ("POST", (IN, NO, NO, NO, NO, NO)),
    "open-data": ("GET", EVERYONE), "open-data-file": ("GET", (NO,) * 6),
    "reading": ("GET", EVERYONE), "set_language": ("POST", EVERYONE),
    "rate": ("GET", EVERYONE), "sandbox-sms": ("GET", EVERYONE),
    "sign-in": ("GET", EVERYONE), "sign-in-code": ("GET", EVERYONE), "staff-sign-in": ("GET", EVERYONE),
    "staff-totp": ("GET", EVERYONE), "staff-enrol": ("GET", EVERYONE), "sign-out": ("POST", EVERYONE),
    # No provider is configured here; tests/accounts/test_oidc.py and tests/web/test_sandbox_oidc.py have some.
    "oidc-begin": ("POST", (NO,) * 6), "oidc-return": ("GET", (NO,) * 6),
    "my-unbind": ("POST", (IN, NO, NO, NO, NO, NO)),
    "sandbox-oidc-discovery": ("GET", (NO,) * 6), "sandbox-oidc-authorize": ("GET", (NO,) * 6),
    "sandbox-oidc-token": ("POST", (NO,) * 6), "sandbox-oidc-keys": ("GET", (NO,) * 6),
    "sandbox-oidc-userinfo": ("GET", (NO,) * 6),
    "my-identity": ("GET", SIGNED_IN), "my-account": ("GET", SIGNED_IN), "my-sessions": ("POST", SIGNED_IN),
    "my-password": ("GET", SIGNED_IN), "my-mandate-new": ("GET", SIGNED_IN),
    "my-mandate-revocation": ("GET", (IN, NO, NO, NO, NO, NO)),
    "my-mandate-acceptance": ("POST", (IN, NO, NO, NO, NO, NO)),
    # Whose bindings open to whom: tests/web/test_bindings.py.
    "my-binding-new": ("GET", SIGNED_IN), "my-binding": ("GET", (IN, NO, NO, NO, NO, NO)),
    "my-binding-code": ("POST", (IN, NO, NO, NO, NO, NO)), "my-binding-consent": ("POST", (IN, NO, NO, NO, NO, NO)),
    "my-binding-proofs": ("POST", (IN, NO, NO, NO, NO, NO)), "my-binding-proof": ("GET", (IN, NO, NO, NO, NO, NO)),
    "my-acting": ("POST", SIGNED_IN),
    "desk-bindings": ("GET", (IN, NO, NO, OK, NO, OK)), "desk-binding": ("GET", (IN, NO, NO, NO, NO, NO)),
    "desk-parties": ("GET", (IN, NO, NO, OK, NO, OK)), "desk-party": ("GET", (IN, NO, NO, NO, NO, NO)),
    "desk-binding-verification": ("POST", (IN, NO, NO, NO, NO, NO)),
    "desk-binding-refusal": ("POST", (IN, NO, NO, NO, NO, NO)),
    "desk-binding-proof": ("GET", (IN, NO, NO, NO, NO, NO)),
    "apply-start": ("GET", SIGNED_IN), "my-cases": ("GET", SIGNED_IN),
    "my-notices": ("GET", SIGNED_IN),
    "my-case": ("GET", OWNER), "my-clock": ("GET", OWNER), "case-questions": ("GET", OWNER),
    "case-form": ("GET", OWNER), "case-held": ("GET", OWNER),
    "case-materials": ("GET", OWNER), "case-check": ("GET", OWNER), "case-add-paper": ("POST", OWNER),
    "case-remove-paper": ("POST", OWNER), "case-restore-paper": ("POST", OWNER), "case-prereview": ("POST", OWNER),
    "case-binding": ("GET", OWNER), "case-turn-paper": ("POST", (IN, NO, NO, NO, NO, NO)),  # the paper is a PDF
    "case-paper-small": ("GET", (IN, NO, NO, NO, NO, NO)),
    "case-reuse": ("POST", OWNER),
    "case-co-fillers": ("POST", OWNER), "case-co-filler-removal": ("POST", (IN, NO, NO, NO, NO, NO)),
    "together": ("GET", (IN, NO, NO, NO, NO, NO)),  # nobody was asked
    "case-gap": ("POST", OWNER), "case-promise-withdrawal": ("POST", OWNER), "case-correction-report": ("POST", OWNER),
    "my-credit": ("GET", SIGNED_IN), "desk-credit": ("GET", (IN, NO, NO, NO, NO, NO)),
    "desk-credit-repair": ("POST", (IN, NO, NO, NO, NO, NO)),  # heads and supervisors: tests/web/test_promises.py
    "case-submission": ("POST", OWNER), "case-corrections": ("POST", OWNER), "case-withdrawal": ("POST", OWNER),
    "case-parties": ("POST", OWNER), "case-party-removal": ("POST", (IN, NO, NO, NO, NO, NO)),
    "party": ("GET", (IN, NO, NO, NO, NO, NO)),  # nobody was asked
    "my-amendment": ("POST", OWNER), "my-agent-stop": ("POST", (IN, NO, NO, NO, NO, NO)),
    "desk-reuse": ("GET", (IN, NO, NO, NO, NO, NO)),  # managers: tests/cases/test_reuse.py
    "case-delivery": ("POST", OWNER), "my-remedy": ("GET", (IN, NO, NO, NO, NO, NO)),  # nothing to object to
    "desk-deliveries": ("GET", DESK), "desk-delivery-proof": ("GET", (IN, NO, NO, NO, NO, NO)),
    "case-file": ("GET", CASE), "case-document": ("GET", CASE),
    "case-application": ("GET", CASE), "desk-approval": ("GET", DESK),
    "case-certificate": ("GET", (IN, NO, NO, NO, NO, NO)),  # none has been issued yet
    "desk-list": ("GET", (IN, NO, NO, OK, OK, OK)), "desk-new": ("GET", (IN, NO, NO, OK, NO, OK)),
    "desk-instant": ("GET", (IN, NO, NO, OK, NO, NO)), "desk-case": ("GET", DESK), "desk-presence": ("GET", DESK),
    # There is no such proceeding in the case; tests/web/test_proceedings.py has some.
    "desk-proceeding-new": ("GET", (IN, NO, NO, NO, NO, NO)), "desk-proceeding": ("GET", (IN, NO, NO, NO, NO, NO)),
    "desk-proceeding-act": ("POST", (IN, NO, NO, NO, NO, NO)), "desk-site-photo": ("GET", (IN, NO, NO, NO, NO, NO)),
    "desk-site-photo-removal": ("POST", (IN, NO, NO, NO, NO, NO)), "case-hearing": ("POST", (IN, NO, NO, NO, NO, NO)),
    "verify-tool": ("GET", EVERYONE), "case-dossier": ("POST", OWNER),
    "desk-dossier": ("GET", (IN, NO, NO, NO, OK, NO)),
    "desk-posts": ("GET", (IN, NO, NO, OK, OK, OK)), "desk-away": ("POST", (IN, NO, NO, OK, OK, OK)),
    "desk-back": ("POST", (IN, NO, NO, NO, NO, NO)), "desk-backup": ("POST", (IN, NO, NO, NO, NO, NO)),
    "desk-number": ("POST", DESK), "desk-clock": ("GET", DESK), "desk-act": ("POST", DESK),
    "desk-corrections": ("GET", (IN, NO, NO, NO, NO, NO)),  # nothing was asked for: tests/cases/test_correction.py
    "desk-discretion": ("POST", (IN, NO, NO, NO, OK, NO)),
    "desk-certificates": ("GET", (IN, NO, NO, OK, OK, OK)),
    # Who may open the exchange's pages as operator or manager: tests/exchange/test_pages.py.
    "exchange-home": ("GET", CONTENT), "exchange-new": ("GET", CONTENT), "exchange-system": ("GET", CONTENT),
    "exchange-check": ("POST", CONTENT), "exchange-pause": ("POST", CONTENT),
    "exchange-resumption": ("POST", CONTENT), "exchange-replays": ("POST", CONTENT),
    "exchange-completions": ("GET", (IN, NO, NO, OK, NO, OK)), "exchange-template": ("GET", (IN, NO, NO, OK, NO, OK)),
    "exchange-batch": ("GET", (IN, NO, NO, NO, NO, NO)),
    "exchange-errors": ("GET", (IN, NO, NO, NO, NO, NO)),  # nobody has brought anything in
    # What operators may do with nodes: tests/web/test_nodes.py. Receipts: tests/hall/test_receipts.py.
    "nodes-home": ("GET", CONTENT), "nodes-issue": ("POST", CONTENT), "nodes-node": ("GET", CONTENT),
    "nodes-return": ("POST", CONTENT), "nodes-removal": ("POST", CONTENT), "nodes-conflict": ("POST", CONTENT),
    "desk-receipts": ("GET", (IN, NO, NO, OK, NO, OK)), "desk-receipt": ("GET", (IN, NO, NO, NO, NO, NO)),
    "desk-receipt-choose": ("GET", (IN, NO, NO, NO, NO, NO)), "desk-receipt-new": ("GET", (IN, NO, NO, NO, NO, NO)),
    "desk-receipt-voiding": ("POST", (IN, NO, NO, NO, NO, NO)),
    # Agents, neighbours and towns: tests/agents.
    "desk-errands": ("GET", CONTENT), "desk-errand-choose": ("GET", CONTENT), "desk-errand-new": ("GET", CONTENT),
    "desk-errand": ("GET", CONTENT), "desk-errand-act": ("POST", CONTENT), "desk-errand-photo": ("GET", CONTENT),
    "desk-errands-town": ("GET", (IN, NO, NO, OK, NO, OK)), "desk-errands-book": ("GET", (IN, NO, NO, OK, NO, OK)),
    "my-errand": ("GET", (NO,) * 6), "my-errand-stop": ("POST", (NO,) * 6),
    "manage-home": ("GET", CONTENT), "manage-item": ("GET", CONTENT), "manage-comparison": ("GET", CONTENT),
    "manage-draft-new": ("POST", CONTENT), "manage-draft": ("GET", CONTENT), "manage-preview": ("GET", CONTENT),
    "manage-vocabulary": ("GET", CONTENT), "manage-word": ("GET", CONTENT),
    "manage-word-retirement": ("POST", CONTENT), "manage-unanswered": ("GET", CONTENT),
    "manage-translations": ("GET", CONTENT), "manage-translation": ("GET", CONTENT),
    "manage-translation-file": ("GET", CONTENT),
    "manage-catalogue": ("GET", CONTENT), "manage-report": ("GET", CONTENT), "manage-export": ("GET", CONTENT),
    "manage-import": ("GET", CONTENT), "manage-item-new": ("GET", CONTENT),
    "manage-edit": ("GET", CONTENT), "manage-touched": ("GET", CONTENT),
    "manage-transfers": ("GET", CONTENT), "manage-transfer-new": ("GET", CONTENT), "manage-transfer": ("GET", CONTENT),
    "manage-transfer-edit": ("GET", CONTENT), "manage-transfer-items": ("GET", CONTENT),
    "manage-transfer-act": ("POST", CONTENT), "manage-act": ("POST", CONTENT),
    "calendar": ("GET", EVERYONE), "calendar-year": ("GET", EVERYONE),
    # Who may change the calendar: tests/web/test_manage_calendar.py.
    "manage-calendar": ("GET", STAFF), "manage-calendar-year": ("GET", STAFF),
    "manage-calendar-day": ("POST", CONTENT), "manage-calendar-change": ("GET", CONTENT),
    "manage-calendar-report": ("GET", CONTENT), "manage-calendar-application": ("POST", CONTENT),
    "manage-calendar-withdrawal": ("POST", CONTENT), "manage-calendar-reversal": ("POST", CONTENT),
    # Who writes rosters and who swaps duties: tests/web/test_rosters.py.
    "manage-rosters": ("GET", CONTENT), "manage-roster": ("GET", CONTENT), "manage-roster-file": ("GET", CONTENT),
    "manage-roster-act": ("POST", CONTENT), "desk-duties": ("GET", STAFF),
    "hall-party": ("GET", (IN, NO, NO, NO, NO, NO)), "my-party": ("GET", (IN, NO, NO, NO, NO, NO)),
    "case-appointments": ("GET", OWNER),
    "manage-hours": ("GET", CONTENT), "manage-hours-days": ("POST", CONTENT),
    "manage-hours-day-removal": ("POST", CONTENT), "manage-slots": ("GET", CONTENT),
    "manage-slot-act": ("POST", CONTENT), "manage-slot-release": ("POST", (IN, NO, NO, NO, NO, NO)),
    "manage-extended": ("GET", CONTENT), "hall-extended": ("GET", (NO,) * 6),
    "desk-swaps": ("POST", (IN, NO, NO, NO, NO, NO)), "desk-swap": ("POST", (IN, NO, NO, NO, NO, NO)),
    # A hall without zones does not exist; what opens in one is in tests/web/test_hall.py.
    "halls": ("GET", EVERYONE), "hall": ("GET", (NO,) * 6), "hall-draw": ("POST", (NO,) * 6),
    "errand": ("GET", (NO,) * 6),
    "ticket": ("GET", (NO,) * 6), "ticket-withdrawal": ("POST", (NO,) * 6), "ticket-return": ("POST", (NO,) * 6),
    "ticket-postponement": ("POST", (NO,) * 6), "ticket-reminder": ("POST", (NO,) * 6),
    "desk-numbers": ("GET", (IN, NO, NO, OK, OK, OK)), "desk-number-new": ("POST", (IN, NO, NO, OK, OK, OK)),
    "desk-number-priority": ("POST", (IN, NO, NO, OK, OK, OK)),
    "desk-bookings": ("GET", (IN, NO, NO, OK, OK, OK)), "desk-booking-new": ("POST", (IN, NO, NO, OK, OK, OK)),
    "desk-booking": ("GET", (IN, NO, NO, NO, NO, NO)), "desk-booking-act": ("POST", (IN, NO, NO, NO, NO, NO)),
    "screen": ("GET", (NO,) * 6), "screen-board": ("GET", (NO,) * 6), "screen-events": ("GET", (NO,) * 6),
    "window-screen": ("GET", (NO,) * 6), "window-board": ("GET", (NO,) * 6), "window-events": ("GET", (NO,) * 6),
    "window-rating": ("POST", (NO,) * 6), "voice": ("GET", (NO,) * 6),
    "kiosk": ("GET", (NO,) * 6), "kiosk-queue": ("GET", (NO,) * 6), "kiosk-draw": ("POST", (NO,) * 6),
    "kiosk-ticket": ("GET", (NO,) * 6), "kiosk-check-in": ("GET", (NO,) * 6), "kiosk-numbers": ("GET", (NO,) * 6),
    "kiosk-ticket-print": ("POST", (NO,) * 6), "kiosk-guides": ("GET", (NO,) * 6), "kiosk-guide": ("GET", (NO,) * 6),
    # At a registered device only, signed in there or not: tests/web/test_kiosk.py.
    "kiosk-device": ("GET", (NO,) * 6), "kiosk-end": ("GET", EVERYONE), "kiosk-alive": ("GET", AT_DEVICE),
    "kiosk-leaving": ("POST", AT_DEVICE), "kiosk-sign-in": ("GET", AT_DEVICE), "kiosk-sign-in-code": ("GET", AT_DEVICE),
    "kiosk-track": ("GET", AT_DEVICE), "kiosk-tracked": ("GET", AT_DEVICE), "kiosk-cases": ("GET", AT_DEVICE),
    "kiosk-case": ("GET", AT_DEVICE), "kiosk-items": ("GET", AT_DEVICE), "kiosk-certificates": ("GET", AT_DEVICE),
    "kiosk-guide-print": ("POST", AT_DEVICE), "kiosk-certificate-print": ("POST", AT_DEVICE),
    "kiosk-printing": ("GET", AT_DEVICE),
    "hall-appointments": ("GET", (NO,) * 6), "hall-hold": ("POST", (IN, NO, NO, NO, NO, NO)),
    "my-bookings": ("GET", SIGNED_IN), "my-booking": ("GET", (IN, NO, NO, NO, NO, NO)),
    "my-booking-calendar": ("GET", (IN, NO, NO, NO, NO, NO)), "my-booking-act": ("POST", (IN, NO, NO, NO, NO, NO)),
    # Managers of the hall: tests/hall/test_floor.py.
    "desk-hall": ("GET", CONTENT), "desk-floor": ("GET", CONTENT), "desk-floor-facts": ("GET", CONTENT),
    "desk-floor-events": ("GET", CONTENT), "desk-alerts": ("GET", CONTENT), "desk-alert": ("POST", CONTENT),
    "desk-hall-rules": ("GET", CONTENT), "desk-moves": ("GET", CONTENT), "desk-move-reversal": ("POST", CONTENT),
    "desk-floor-relief": ("POST", CONTENT),
    "desk-floor-window": ("GET", CONTENT), "desk-hall-day": ("GET", CONTENT),
    "desk-window": ("GET", (IN, NO, NO, OK, OK, OK)), "desk-window-act": ("POST", (IN, NO, NO, OK, OK, OK)),
    "desk-window-sign-on": ("POST", (IN, NO, NO, NO, NO, NO)),
    # Managers and operators: tests/web/test_devices.py.
    "manage-devices": ("GET", CONTENT), "manage-device": ("GET", CONTENT), "manage-device-rules": ("GET", CONTENT),
    "manage-device-token": ("POST", CONTENT), "manage-device-act": ("POST", CONTENT), "manage-doors": ("GET", CONTENT),
    "uploads": ("POST", (NO, OK, OK, OK, OK, OK)), "upload": ("HEAD", (NO,) * 6),
}  # fmt: skip


def names(patterns=None):
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "api-v1":
                yield from names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and "api" not in pattern.lookup_str:
            yield pattern.name


def test_every_page_is_in_the_table():
    assert set(names()) - set(PAGES) == set()


@pytest.fixture
def matter(db, citizen) -> Case:
    return a_matter(citizen)


def a_matter(citizen: Member) -> Case:
    """A submitted case with one paper, a receipt and an invitation to rate."""
    case = drafts.open_case(flagship(), by=citizen.principal, person=citizen.person)
    stored = files.store(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF", "证明.pdf", "user:1"
    )
    drafts.add_paper(case, "photo", stored, by=citizen.principal)
    intake.submit(fill(case, citizen.principal), by=citizen.principal)
    intake.receive(case, by=cases.officer("收件员", "WJJ", "clerk"))
    Rating.objects.create(case=case)
    return case


@pytest.fixture
def people(citizen, other_citizen, clerk, decider, other_agency_clerk) -> dict[str, Client]:
    members = [citizen, other_citizen, clerk, decider, other_agency_clerk]
    return dict(zip(ROLES, [Client(), *(member.client for member in members)], strict=True))


@pytest.fixture(scope="class")
def settled(django_db_setup, django_db_blocker) -> Iterator[tuple[Case, dict[str, str]]]:
    """The matter, and the cookies of those who try its doors: made once for all doors of a class of tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        citizen = UserFactory(name="李秀英")
        members = [member(citizen), member(UserFactory(name="陈静")), officer(Post.Role.CLERK, name="刘敏")]
        members += [officer(Post.Role.DECIDER, name="赵勇"), officer(Post.Role.CLERK, agency="MZJ", name="周丽")]
        cookies = [each.client.cookies[settings.SESSION_COOKIE_NAME].value for each in members]
        yield a_matter(members[0]), dict(zip(ROLES[1:], cookies, strict=True))
        transaction.set_rollback(True)


@pytest.fixture
def doors(settled, db) -> tuple[Case, dict[str, Client]]:
    """What one test does to them is undone before the next."""
    case, cookies = settled
    clients = {role: Client() for role in ROLES}
    for role, cookie in cookies.items():
        clients[role].cookies[settings.SESSION_COOKIE_NAME] = cookie
    return Case.objects.get(pk=case.pk), clients


def address(name: str, case: Case) -> str:
    known = {
        "code": case.item_id, "number": case.number, "key": "intake" if "clock" in name else "photo", "page": 1,
        "token": case.rating.token, "paper": CasePaper.objects.get(case=case).pk, "act": "acceptance",
        "upload_id": uuid.uuid4(), "pk": 10**9, "entry": _receipt(case), "filler": "0" * 12, "party": "0" * 12,
        "year": 2026, "section": "base", "name": "unknown.csv", "change": "00000000",
        "conflict": 10**9,
        "reference": "0" * 12, "ground": "guardian", "secret": "0" * 12, "site": "510114", "verb": "call",
        "edition": "none",
        "item": case.item_id, "once": "0" * 32,
    }  # fmt: skip
    if name.startswith(("desk-proceeding", "desk-site", "case-hearing", "hearing", "desk-errand-photo")):
        known |= {"pk": uuid.uuid4(), "photo": uuid.uuid4(), "kind": "visit"}
    if name.endswith("binding-proof"):
        known["pk"] = uuid.uuid4()
    if name == "verify-tool":
        known |= {"name": "key", "kind": "pem"}
    if name == "event":
        known["key"] = "birth"
    if name == "item-version":
        known["number"] = 1
    if name.startswith("list"):  # open to whoever has the number, and it is nobody's
        known["number"] = lists.keep(case.item, {}, owner_id=None).number
    if name == "verify-certificate":
        known["number"] = "XDP2026000000100"
    arguments = get_resolver().reverse_dict.getlist(name)[0][0][0][1]
    return reverse(name, kwargs={key: known[key] for key in arguments})


def _receipt(case: Case) -> int:
    from onewindow.kernel.models import Entry

    return Entry.objects.get(subject=case.number, event="case.received").pk


def outcome(response) -> object:
    if response.status_code in {301, 302} and "sign-in" in response["Location"]:
        return IN
    if response.status_code == 403 and "这台机器没有登记" in response.content.decode():
        return DEVICE
    return NO if response.status_code == 404 else OK


class TestDoors:
    @pytest.mark.parametrize("name", PAGES)
    def test_who_may_open(self, name, doors):
        method, expected = PAGES[name]
        matter, people = doors
        found = []
        for role in ROLES:
            data = {"HTTP_TUS_RESUMABLE": "1.0.0"} if name.startswith("upload") else {}
            if name == "list-ticks":
                data |= {"data": "material=photo", "content_type": "application/x-www-form-urlencoded"}
            response = people[role].generic(method, address(name, matter), **data)
            assert response.status_code < 500
            found.append(outcome(response))
        if name in {"sign-in", "sign-in-code", "staff-sign-in", "staff-totp", "staff-enrol", "sign-out", "my-sessions"}:
            assert NO not in found  # these doors lead on to each other
        else:
            assert dict(zip(ROLES, found, strict=True)) == dict(zip(ROLES, expected, strict=True))
