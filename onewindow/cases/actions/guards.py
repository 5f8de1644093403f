"""Who may act on a case."""

from __future__ import annotations

from onewindow.accounts.models import Mandate
from onewindow.accounts.principal import Principal
from onewindow.cases import deadlines, steps
from onewindow.cases.models import Case, State
from onewindow.kernel.ledger import Actor, System


def applicant(case: Case, by: Actor) -> bool:
    """The person whose matter it is, or who filed it: under a mandate, only while that is in force; a body's operators
    as far as their mandates reach, a child's guardian.

    A clerk who took it in at the window filed it for the window, not as the applicant.
    """
    if not isinstance(by, Principal):
        return False
    if by.person_id is not None and by.person_id == case.person_id:
        return True
    if case.agent_stopped_at and case.mandate and case.mandate.agent_id == by.person_id:
        return False
    filed = by.user_id == case.filed_by_id and case.channel != Case.Channel.DESK
    if filed and (case.mandate_id is None or Mandate.objects.in_force().filter(pk=case.mandate_id).exists()):
        return True
    if by.person_id is None:
        return False
    held = Mandate.objects.in_force().reaching().filter(agent=by.person_id)
    if case.organisation_id:
        held = held.filter(principal_organisation=case.organisation_id)
    else:
        held = held.filter(principal_person=case.person_id)
    return any(mandate.covers(case.item_id) for mandate in held)


def filer(case: Case, by: Actor) -> bool:
    """The applicant; what was taken in at the window also by the window's clerks, at the applicant's word."""
    return applicant(case, by) or (case.channel == Case.Channel.DESK and clerk(case, by))


def submitter(case: Case, by: Actor) -> bool:
    """The filer; what has passed the pre-review also the window's clerk, before whom the applicant stands."""
    return filer(case, by) or (case.state == State.PASSED and clerk(case, by))


def mender(case: Case, by: Actor) -> bool:
    """The filer; whoever brings the correction to the window instead is taken in there, wherever it began."""
    return filer(case, by) or (case.state == State.CORRECTING and clerk(case, by))


def filler(case: Case, by: Actor) -> bool:
    """Whoever may write in the draft: the filer, or somebody the applicant asked to fill it in together."""
    if filer(case, by):
        return True
    asked = case.co_fillers.filter(joined_at__isnull=False, ended_at__isnull=True)
    return isinstance(by, Principal) and asked.filter(user_id=by.user_id).exists()


def witness(case: Case, by: Actor) -> bool:
    """The clerk before whom the applicant signs a proposed change."""
    return any(not each["answer"] for each in case.amendments) and clerk(case, by)


def principal(case: Case, by: Actor) -> bool:
    """委托人: whose matter an agent files; for a body who stands for it."""
    if not isinstance(by, Principal) or by.person_id is None or case.mandate is None:
        return False
    if case.mandate.agent_id == by.person_id:
        return False
    if case.organisation_id:
        return Mandate.objects.bodies(by.person_id).filter(pk=case.organisation_id).exists()
    return by.person_id == case.person_id


def party(case: Case, by: Actor) -> bool:
    """共同申请人: applies together with the applicant, and has joined."""
    if not isinstance(by, Principal) or by.person_id is None:
        return False
    return case.parties.filter(person_id=by.person_id, joined_at__isnull=False, ended_at__isnull=True).exists()


def _post(case: Case, by: Actor, *roles: str) -> bool:
    return isinstance(by, Principal) and by.has_at(case.agency_id, *roles) and not partial(case, by)


def partial(case: Case, by: Principal) -> bool:
    """回避: nobody works on the own matter, on one filed for somebody else, or after saying so (公务员法 §76)."""
    recused = any(each["user"] == by.user_id for each in case.recused)
    return recused or applicant(case, by) or party(case, by)


def _at_step(case: Case, by: Actor, *keys: str) -> bool:
    """An open step of one of these kinds is within the officer's reach."""
    if not isinstance(by, Principal):
        return False
    return any(step["key"].startswith(keys) for step in steps.mine(case, by)) and not partial(case, by)


def clerk(case: Case, by: Actor) -> bool:
    """The window's post; what a colleague has taken on 认领 is the colleague's."""
    return _post(case, by, "clerk") and _nobody_elses(case, by, "intake", "delivery")


def clerk_here(case: Case, by: Actor) -> bool:
    """A clerk, of what is handled here: what goes to an outside system is accepted or refused there."""
    return clerk(case, by) and not case.goes_outside


def courier(case: Case, by: Actor) -> bool:
    """Who takes a matter to the outside system and brings back its word: the exchange, or a clerk by hand."""
    by_hand = case.state != State.OUTSIDE_DONE and clerk(case, by)
    return case.goes_outside and (exchange(by) or by_hand)


def exchange(by: Actor) -> bool:
    return isinstance(by, System) and by.part.startswith("exchange:")


def registrar(case: Case, by: Actor) -> bool:
    """Who writes down the number a matter has in an outside system, once it is there."""
    there = case.guide.outside is not None and (case.state == State.OUTSIDE or not case.goes_outside)
    return there and (exchange(by) or officer(case, by))


def bearer(case: Case, by: Actor) -> bool:
    """Whoever may bring what is still lacking: the applicant's side anywhere, the clerk at the window."""
    return filer(case, by) or clerk(case, by)


def reviewer(case: Case, by: Actor) -> bool:
    """The post the item's step names, at the agency it names; a clerk's step is the clerk's."""
    return _at_step(case, by, "review-")


def decider(case: Case, by: Actor) -> bool:
    return _post(case, by, "decider") and _nobody_elses(case, by, "decide")


def _nobody_elses(case: Case, by: Actor, *keys: str) -> bool:
    waiting = [step for step in case.open_steps if step["key"] in keys]
    return not waiting or (isinstance(by, Principal) and any(steps.within_reach(case, step, by) for step in waiting))


def officer(case: Case, by: Actor) -> bool:
    return _post(case, by, "clerk", "reviewer", "decider", "manager")


def examiner(case: Case, by: Actor) -> bool:
    """Whoever has the case before them: in review the step's post, afterwards the decider."""
    return reviewer(case, by) or decider(case, by)


def worker(case: Case, by: Actor) -> bool:
    """Somebody at whose post the case waits."""
    return _at_step(case, by, "")


def free_worker(case: Case, by: Actor) -> bool:
    """… with an open step there that is not yet the person's own."""
    if not isinstance(by, Principal) or not worker(case, by):
        return False
    return any(step["user"] != by.user_id for step in steps.mine(case, by))


def concerned(case: Case, by: Actor) -> bool:
    """Any officer of the case, of whichever agency."""
    return officer(case, by) or worker(case, by)


def chair(case: Case, by: Actor) -> bool:
    """Who chairs a hearing of the case, and for that reason does not review it."""
    return isinstance(by, Principal) and any(each["user"] == by.user_id for each in case.recused if each.get("chair"))


def sent(case: Case, by: Actor) -> bool:
    """An officer who may be sent to the site, or the chair of the hearing; the act looks whether it is this one."""
    return officer(case, by) or chair(case, by)


def ender(case: Case, by: Actor) -> bool:
    return examiner(case, by) or chair(case, by)


def consulted(case: Case, by: Actor) -> bool:
    """An officer of an organ whose opinion was asked 征求意见."""
    asked = by.agencies("reviewer", "decider") if isinstance(by, Principal) else set()
    return bool(asked & set(case.partners)) and not partial(case, by)  # type: ignore[arg-type]


def filer_or_examiner(case: Case, by: Actor) -> bool:
    return filer(case, by) or examiner(case, by)


def holder(case: Case, by: Actor) -> bool:
    """Who has taken it on."""
    return isinstance(by, Principal) and any(step["user"] == by.user_id for step in case.open_steps)


def hander(case: Case, by: Actor) -> bool:
    """Who has it, or whoever directs the work at the agency."""
    return bool(case.open_steps) and (worker(case, by) or _post(case, by, "manager", "head"))


def inspector(case: Case, by: Actor) -> bool:
    """Looks after the decision at what was promised 事后核查."""
    return _post(case, by, "reviewer", "decider")


def extender(case: Case, by: Actor) -> bool:
    """The head of the organ extends a period; where several handle a licence jointly, the head of the government."""
    if deadlines.governor_extends(case.guide):
        return isinstance(by, Principal) and by.has_at(None, "governor") and not applicant(case, by)
    return _post(case, by, "head")


def asks_extension(case: Case, by: Actor) -> bool:
    """Whoever has the case before them; who may extend it does so and asks nobody."""
    return examiner(case, by) and not extender(case, by)


def head(case: Case, by: Actor) -> bool:
    return _post(case, by, "head")


def dossier(case: Case, by: Actor) -> bool:
    """Who may take the whole file along: decider, head, supervisor (of the agency, or of the district)."""
    supervises = isinstance(by, Principal) and by.has_at(None, "supervisor") and not applicant(case, by)
    return supervises or _post(case, by, "decider", "head", "supervisor")


def concluder(case: Case, by: Actor) -> bool:
    """The decider; what somebody proposed is another decider's or the head's to sign, and nobody else's."""
    return second(case, by) if case.proposal else decider(case, by)


def second(case: Case, by: Actor) -> bool:
    """第二人: never who proposed it."""
    return bool(case.proposal) and _post(case, by, "decider", "head") and by.key != case.proposed_by


def signer(case: Case, by: Actor) -> bool:
    """Whoever may end a proposal without signing: the second person, or who made it."""
    return bool(case.proposal) and _post(case, by, "decider", "head")


def serves(case: Case, by: Actor) -> bool:
    """Whoever hands over papers: the clerk, or the program where the law lets a day or an opening do it."""
    return clerk(case, by) or timer(case, by)


def timer(case: Case, by: Actor) -> bool:
    """What the law says happens by itself."""
    return isinstance(by, System)
