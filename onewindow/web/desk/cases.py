"""The desk: work list by due date, the case file, and the acts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from onewindow.accounts import divisions
from onewindow.accounts.actions import view_number as view_full_number
from onewindow.accounts.models import Agency
from onewindow.accounts.principal import Principal
from onewindow.cases import bars, concerning, deadlines, readiness, steps, timeline
from onewindow.cases.actions import correction, guards, later_check, proceedings, second
from onewindow.cases.models import OPEN_STATES, Case, Presence, Proceeding, State
from onewindow.catalogue.procedure import PROCEDURES
from onewindow.documents.content import FileRefused
from onewindow.feedback.actions import invite
from onewindow.feedback.models import Rating
from onewindow.hall.actions import calling
from onewindow.kernel import clock, forms, ledger, wire
from onewindow.kernel.flow import NOT_NOW, Conflict
from onewindow.web.account.guards import SignedIn, staff_only
from onewindow.web.desk import discretion, versions, window, worklist
from onewindow.web.desk.acts import ACTS, Offer, Words, offers, unsent
from onewindow.web.desk.acts import proceedings as acts
from onewindow.web.my import steps as questions

OFFICERS = ("clerk", "reviewer", "decider", "manager", "head", "governor")


@staff_only(*OFFICERS, "supervisor")
def index(request: SignedIn) -> HttpResponse:
    context = worklist.page(request.principal, request.GET)
    return render(request, "desk/list.html", context)


def open_case(request: SignedIn, number: str) -> Case:
    cases = Case.objects.select_related(
        "version", "item", "agency", "person", "mandate__agent", "concerns__successor"
    ).defer("version__body")
    return get_object_or_404(cases.open_to(request.principal).exclude(state=State.DRAFT), number=number)


@staff_only(*OFFICERS, "supervisor")
def show(request: SignedIn, number: str) -> HttpResponse:
    return file_page(request, open_case(request, number))


def file_page(
    request: SignedIn, case: Case, *, typed: tuple[str, Words] | None = None, conflict: str = "", status: int = 200
) -> HttpResponse:
    """The case file; `typed` keeps what the officer wrote in an act that was refused."""
    principal = request.principal
    offered, ready = offers(case, principal, typed), readiness.check(case)
    context: dict[str, Any] = {
        "case": case,
        "ready": ready,
        **versions.context(case, ready),
        **_around(case),
        "at_home": bool(principal.agencies() & {case.agency_id, *case.partners}) or principal.has("supervisor"),
        "pages": forms.display_places(case.guide.form, case.form, divisions.name),
        "said": said(case),
        **told(request, case),
        "offers": offered,
        **refused(request, typed, offered),
        "others": Presence.meet(case, principal.user_id),
        "conflict": conflict,
        "remarked": {name[7:]: text for name, text in request.POST.items() if name.startswith("remark.")},
        "left": worklist.days_left(case),
    }
    more = under_way(case, principal) | judging(request, case)
    return render(request, "desk/case.html", context | more, status=status)


def refused(request: SignedIn, typed: tuple[str, Words] | None, offered: list[Offer]) -> dict[str, Any]:
    """Why, said on top as well: on a phone the form stands far below, on a long case its error may be out of sight."""
    why = [str(text) for texts in typed[1].errors.values() for text in texts] if typed else []
    there = typed is not None and typed[0] in {offer.act.slug for offer in offered}
    return {
        "unsent": unsent(offered, typed, request.POST.dict()),
        "refused": {"act": typed[0], "why": why[0]} if typed and there and why else None,
    }


def told(request: SignedIn, case: Case) -> dict[str, Any]:
    events = timeline.of(case, inner=True)
    return {
        "at_window": calling.of_officer(request.principal),
        "events": events,
        "story": timeline.newest(events, every="story" in request.GET),
    }


def judging(request: SignedIn, case: Case) -> dict[str, Any]:
    """What a correction may ask for, what waits for a second signature or runs out, and the standard to decide by."""
    barring = bars.standing(case) if case.state in OPEN_STATES else None
    waiting = {
        # Where a second notice may still ask for something; None: anywhere.
        "anew": correction.places_again(case) if case.state in {State.SUBMITTED, State.RECEIVED} else None,
        "mending": case.state == State.CORRECTING and guards.mender(case, request.principal),
        "proposed": second.words(case),
        "renewal": concerning.told(case),
        "barring": barring and bars.why(barring),
    }
    return waiting | discretion.context(request, case)


def under_way(case: Case, by: Principal) -> dict[str, Any]:
    """The review's steps and the other agencies that take part."""
    partners = Agency.objects.filter(code__in=case.partners) if case.partners else []
    road = steps.road(case) if case.accepted_at else []
    clocks = deadlines.shown(case)
    found: dict[str, Any] = {
        "deadlines": clocks,
        "waited": deadlines.waited(case, clocks),
        "road": road,
        "procedures": PROCEDURES,
        "partners": {agency.code: str(agency) for agency in partners},
        "check_states": later_check.STATES,
        "check_results": later_check.RESULTS,
    }
    deciding = case.state in proceedings.UNDER_WAY and not case.guide.immediate
    return found | {
        "proceedings": list(Proceeding.objects.filter(case=case).select_related("agency")) if case.accepted_at else [],
        "begin": acts.beginnings(case, by) if deciding else [],
        "obstacles": list(proceedings.obstacles(case, grant=True)) if deciding else [],
    }


def _around(case: Case) -> dict[str, Any]:
    """What has come of it: papers on their way, certificate, rating."""
    return {
        "deliveries": list(case.deliveries.select_related("party")),
        "parties": list(case.parties.current().select_related("person")) if case.guide.parties else [],
        "certificate": timeline.certificate(case),
        "rating": Rating.objects.filter(case=case).first(),
        "procedures": PROCEDURES,
    }


def said(case: Case) -> list[tuple[str, str]]:
    """What the applicant answered to the guide's questions, where the form does not say it again."""
    schema, form = questions.questions_schema(case.guide), {field.key for field in case.guide.form.walk()}
    rows = forms.display_places(schema, case.answers)[0][1]
    return [(label, words) for key, label, words in rows if words and key not in form]


@require_POST
@staff_only(*OFFICERS)
def act(request: SignedIn, number: str, act: str) -> HttpResponse:
    """POST /desk/cases/<number>/acceptance/ …: one click, one legal act. Nothing typed is lost when it is refused."""
    case, chosen = open_case(request, number), ACTS.get(act)
    if chosen is None:
        raise Http404
    form = chosen.form(request.POST, request.FILES)
    form.fit(case, request.principal)
    if not form.is_valid():
        return _unfit(request, case, act, form)
    try:
        chosen.run(
            case,
            by=request.principal,
            seen=wire.whole(request.POST.get("seen", "")),
            **chosen.arguments(form, request.POST.dict()),
        )
    except Conflict as conflict:
        return file_page(request, open_case(request, number), typed=(act, form), conflict=conflict.message, status=409)
    except (ValueError, FileRefused) as problem:
        form.add_error(None, str(problem))
        return file_page(request, open_case(request, number), typed=(act, form), status=422)
    acted(request, case, chosen.transition.event, chosen.transition.label)
    messages.success(request, f"已办：{chosen.transition.label}")
    return window.back(request, case)


def _unfit(request: SignedIn, case: Case, act: str, form: Words) -> HttpResponse:
    """What is to be mended in the form; or that it is too late for the act, whatever was typed."""
    spec = ACTS[act].transition
    late = "" if spec.possible(case, request.principal) else NOT_NOW.format(label=spec.label)
    return file_page(request, case, typed=(act, form), conflict=late, status=409 if late else 422)


def acted(request: SignedIn, case: Case, event: str, label: str) -> None:
    """What follows on the page side: the number at the window, and the rating once all is done."""
    window.note(request, case, event, label)
    if case.state in {State.FINISHED, State.OUTSIDE_DONE}:
        invite(case)


@staff_only(*OFFICERS)
def presence(request: SignedIn, number: str) -> HttpResponse:
    case = get_object_or_404(Case.objects.open_to(request.principal).only("id", "number", "revision"), number=number)
    seen = wire.whole(request.GET.get("seen", ""))
    moved = seen is not None and seen != case.revision
    others = Presence.meet(case, request.principal.user_id)
    return render(request, "desk/_presence.html", {"case": case, "others": others, "moved": moved})


@require_POST
@staff_only("clerk", "reviewer", "decider")
def view_number(request: SignedIn, number: str) -> HttpResponse:
    """Full number on screen: a reason, and a ledger row on the person and on the case."""
    case = open_case(request, number)
    if case.person is None or case.agency_id not in request.principal.agencies("clerk", "reviewer", "decider"):
        raise PermissionDenied("只有办理这件事的人员可以查看完整证件号码。")
    reason = request.POST.get("reason", "").strip()
    try:
        full = view_full_number(case.person, by=request.principal, reason=reason, case_number=case.number)
    except ValidationError as problem:
        messages.error(request, "；".join(problem.messages))
        return redirect("desk-case", number)
    said = reason.replace(full, case.person.number_masked)
    ledger.record(case, "case.number_viewed", by=request.principal, data={"reason": said})
    return render(request, "desk/number.html", {"case": case, "full": full, "reason": reason, "at": clock.now()})


@staff_only(*OFFICERS, "supervisor")
def clock_page(request: SignedIn, number: str, key: str) -> HttpResponse:
    case = open_case(request, number)
    found = next((deadline for deadline in deadlines.shown(case) if deadline.key == key), None)
    if found is None:
        raise Http404
    return render(request, "desk/clock.html", {"case": case, "deadline": found})
