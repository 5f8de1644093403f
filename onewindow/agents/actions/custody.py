"""材料保管: a paper taken has photo and receipt, each hand it goes through is on record, its return is signed for."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction

from onewindow.accounts.principal import Principal
from onewindow.agents.actions.entrusting import own, spend
from onewindow.agents.models import Bag, Errand, Held
from onewindow.cases.models import CasePaper
from onewindow.documents.models import File
from onewindow.kernel import clock, ledger

Holder = Held.Holder
MOST_COPIES = 99
STOPPED = "委托已经停止或到期，不能再收材料、领结果。手上的请尽快还给本人。"


def _ensure_own(errand: Errand, by: Principal) -> None:
    if not own(errand, by):
        raise PermissionDenied("只有承办的代办员可以办。")


def _locked(errand: Errand) -> Errand:
    return Errand.objects.select_for_update().get(pk=errand.pk)


def open_papers(errand: Errand) -> list[Held]:
    return list(Held.objects.filter(errand=errand, returned_at=None, lost_at=None).select_related("bag"))


def take_paper(errand: Errand, material: str, *, by: Principal, form: str, copies: int = 1) -> Held:
    """收下原件（复印件）: only what has a photo in the application. Sent twice it is taken once."""
    _ensure_own(errand, by)
    if errand.case is None:
        raise ValueError(STOPPED)
    known = {each.key: each.name for each in errand.case.guide.materials}
    if material not in known or form not in {Held.Form.ORIGINAL, Held.Form.COPY} or not 1 <= copies <= MOST_COPIES:
        raise ValueError("请选择材料、原件还是复印件、几份。")
    photo = CasePaper.objects.filter(case=errand.case, material=material, removed_at=None, file__isnull=False)
    if not photo.exists():
        raise ValueError(f"“{known[material]}”还没有照片。先拍照上传，再收下原件，丢了才有凭据。")
    return _keep(errand, by, material=material, name=known[material], form=form, copies=copies)


def take_result(errand: Errand, *, by: Principal) -> Held:
    """领回结果, from the town or the organ, to be brought to the neighbour."""
    _ensure_own(errand, by)
    if errand.case is None or errand.case.decided_at is None:
        raise ValueError("还没有结果，办好以后再领。")
    if Held.objects.filter(errand=errand, form=Held.Form.RESULT, lost_at=None).exists():
        raise ValueError("结果已经领过了。")
    name = errand.case.guide.result.name or "办理结果"
    return _keep(errand, by, material="", name=name, form=Held.Form.RESULT, copies=1)


def result_due(errand: Errand) -> bool:
    """There is a decision, and its paper was not signed for by the neighbour."""
    if errand.case is None or errand.case.decided_at is None:
        return False
    return not Held.objects.filter(errand=errand, form=Held.Form.RESULT, returned_at__isnull=False).exists()


def _keep(errand: Errand, by: Principal, *, material: str, name: str, form: str, copies: int) -> Held:
    """Paper or result, only under a mandate that holds at this moment."""
    same = Held.objects.filter(errand=errand, material=material, form=form, returned_at=None, lost_at=None)
    with transaction.atomic():
        now = _locked(errand)
        if there := same.first():
            return there
        if now.state != Errand.State.OPEN or not now.entrusted:
            raise ValueError(STOPPED)
        receipt = f"{errand.number}-{errand.held.count() + 1:02d}"
        held = Held.objects.create(
            errand=errand, material=material, name=name, form=form, copies=copies, receipt=receipt
        )
        data = {"receipt": receipt, "paper": name, "form": form, "copies": copies}
        ledger.record(errand, "errand.paper_taken", by=by, data=data)
    return held


def hand_over(errand: Errand, *, by: Principal) -> Bag:
    """交镇里: everything the agent has in hand of this errand, in one bag; a second time it is the same bag."""
    _ensure_own(errand, by)
    with transaction.atomic():
        _locked(errand)
        mine = Held.objects.filter(errand=errand, holder=Holder.AGENT, returned_at=None, lost_at=None)
        mine = mine.exclude(form=Held.Form.RESULT)
        if not mine.exists():
            if waiting := errand.bags.filter(received_at=None).last():
                return waiting
            raise ValueError("手上没有要交的材料。")
        bag = Bag.objects.create(errand=errand, number=f"{errand.number}-J{errand.bags.count() + 1}")
        papers = [str(each) for each in mine]
        mine.update(holder=Holder.BAG, bag=bag)
        ledger.record(errand, "errand.handed_over", by=by, data={"bag": bag.number, "papers": papers})
    return bag


def _ensure_town(errand: Errand, by: Principal) -> None:
    town = errand.site.parent_id
    if by.user_id == errand.agent_id or not any(
        post.local and post.site == town and post.role in {"clerk", "manager"} for post in by.posts
    ):
        raise PermissionDenied("只有这个镇（街道）便民服务中心的人可以签收，代办员不能签收自己交的。")


@transaction.atomic
def receive(bag: Bag, *, by: Principal, papers: Sequence[str], short: bool = False) -> list[Held]:
    """镇里签收: what is ticked is the town's now; with `short`, the agent answers for the rest."""
    _ensure_town(bag.errand, by)
    errand = _locked(bag.errand)
    if not Bag.objects.filter(pk=bag.pk, received_at=None).update(received_at=clock.now(), received_by=by.user_id):
        raise ValueError("这张交接单已经签收过了。")
    inside = [held for held in bag.held.filter(holder=Holder.BAG) if held.open]
    there = [held for held in inside if str(held.pk) in papers]
    missing = [held for held in inside if held not in there]
    if missing and not short:
        names = "、".join(str(held) for held in missing)
        raise ValueError(f"{names}没有打勾：袋里有就打勾；确实没有的，勾上“没打勾的不在袋里”再签收。")
    Held.objects.filter(pk__in=[held.pk for held in there]).update(holder=Holder.TOWN)
    Held.objects.filter(pk__in=[held.pk for held in missing]).update(holder=Holder.AGENT, bag=None)
    data = {"bag": bag.number, "papers": [str(each) for each in there], "missing": [str(each) for each in missing]}
    ledger.record(errand, "errand.bag_received", by=by, data=data)
    return missing


@transaction.atomic
def hand_back(errand: Errand, *, by: Principal) -> int:
    """镇里退回代办员: what the town still has of this errand, to be taken home."""
    _ensure_town(errand, by)
    _locked(errand)
    papers = Held.objects.filter(errand=errand, holder=Holder.TOWN, returned_at=None, lost_at=None)
    names = [str(each) for each in papers]
    if not names:
        raise ValueError("镇里没有这件代办的材料。")
    papers.update(holder=Holder.AGENT, bag=None)
    ledger.record(errand, "errand.handed_back", by=by, data={"papers": names})
    return len(names)


def give_back(
    errand: Errand, papers: Sequence[str], *, by: Principal, code: str = "", signed: File | None = None
) -> list[Held]:
    """交还本人: signed for by the code on the neighbour's phone, or by a slip that is photographed."""
    _ensure_own(errand, by)
    mine = [held for held in open_papers(errand) if held.holder == Holder.AGENT and str(held.pk) in papers]
    if not mine:
        raise ValueError("请勾选交还的材料或结果（要在您手上的）。")
    if not code and signed is None:
        raise ValueError("交还要有凭据：填本人手机收到的验证码，或者拍本人签名的签收单。")
    if code:
        spend(errand, "return", code)
    how = Held.Proof.CODE if code else Held.Proof.SIGNED
    with transaction.atomic():
        _locked(errand)
        still = Held.objects.filter(
            pk__in=[held.pk for held in mine], holder=Holder.AGENT, returned_at=None, lost_at=None
        )
        if still.update(returned_at=clock.now(), returned_how=how, signed=signed) != len(mine):
            raise ValueError("这些材料刚刚有变化，请刷新后再看。")
        data = {"papers": [str(each) for each in mine], "how": how.value}
        ledger.record(errand, "errand.returned", by=by, data=data | ({"photo": signed.sha256} if signed else {}))
    return mine


@transaction.atomic
def report_lost(held: Held, *, by: Principal, how: str) -> None:
    """遗失: said at once, to the neighbour and the town; by whoever had it."""
    errand = held.errand
    if held.holder == Holder.TOWN:
        _ensure_town(errand, by)
    else:
        _ensure_own(errand, by)
    how = how.strip()[:200]
    if len(how) < 4:
        raise ValueError("请写明什么时候、在哪里、怎么丢的，至少四个字。")
    found = Held.objects.filter(pk=held.pk, returned_at=None, lost_at=None)
    if not found.update(lost_at=clock.now(), lost_how=how):
        raise ValueError("这份材料已经交还或登记过遗失。")
    ledger.record(errand, "errand.paper_lost", by=by, data={"paper": str(held), "how": how, "receipt": held.receipt})
