"""当面委托: by a code to the neighbour's own phone, or by a signed paper, photographed. Then the case is opened."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied

from onewindow.accounts import entrusted
from onewindow.accounts.models import Mandate
from onewindow.accounts.principal import Principal
from onewindow.accounts.providers import SignInRefused, phone_code
from onewindow.agents.models import Errand
from onewindow.cases.actions import drafts
from onewindow.cases.models import Case
from onewindow.documents.models import File, MandateProof
from onewindow.kernel import clock
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor
from onewindow.notifications.actions import send_secret

# One errand, and the time its case may take; it ends with the errand.
LASTS = dt.timedelta(days=180)
UNKNOWN_PHONE = "这个手机号和登记的对不上（或者没有登记过），不能用验证码委托。请用纸质委托书：打印、本人签名、拍照。"

OTHER_NAME = "这个身份证号码登记的是另一个姓名。请逐字核对，写错了就重新登记；没有写错，请陪本人到镇里窗口核对身份。"


def own(errand: Errand, by: Actor) -> bool:
    return isinstance(by, Principal) and by.has("agent") and by.user_id == errand.agent_id


def purpose(errand: Errand, what: str) -> str:
    return f"errand-{what}:{errand.pk}"


def ask_code(errand: Errand, what: str, *, by: Principal) -> None:
    """`what`: "mandate" consents, "return" says that papers are back. The message says which."""
    if not own(errand, by):
        raise PermissionDenied("只有承办的代办员可以发验证码。")
    if not entrusted.answers(errand.person, errand.name, errand.phone):
        raise ValueError(UNKNOWN_PHONE)
    try:
        sent = phone_code.send_code(errand.phone, f"errand:{by.user_id}", purpose(errand, what))
    except SignInRefused as refusal:
        raise ValueError(refusal.message) from refusal
    facts = {"code": sent.code, "agent": by.name, "item": str(errand.item)}
    send_secret(errand.phone, f"errand_{what}_code", facts, hide="code")


def spend(errand: Errand, what: str, code: str) -> None:
    """Outside of any transaction: a wrong try stays counted."""
    if not phone_code.spend(errand.phone, code, purpose=purpose(errand, what)):
        raise ValueError(phone_code.WRONG)
    if not entrusted.answers(errand.person, errand.name, errand.phone):
        raise ValueError(UNKNOWN_PHONE)


def entrust_by_code(errand: Errand, *, by: Principal, code: str) -> Errand:
    if errand.state == Errand.State.OPEN:
        return errand
    spend(errand, "mandate", code)
    return entrust(errand, by=by, how=Mandate.Proof.PHONE_CODE)


def entrust_by_paper(errand: Errand, *, by: Principal, photo: File) -> Errand:
    """授权委托书 with the neighbour's signature or fingerprint, the card seen; the town can look at it and stop it."""
    if errand.state == Errand.State.OPEN:
        return errand
    return entrust(errand, by=by, how=Mandate.Proof.SIGNED, photo=photo)


@transition(
    "errand.entrusted", label="委托", source={Errand.State.ASKED}, target=Errand.State.OPEN, allowed=own, writes=True
)
def entrust(errand: Errand, *, by: Principal, how: Mandate.Proof, photo: File | None = None) -> dict[str, Any]:
    """The mandate covers this one item; the case is the neighbour's, the station is where it is taken in."""
    person, item = errand.person, errand.item
    if person.name != errand.name:
        raise ValueError(OTHER_NAME)
    errand.mandate = entrusted.give(
        person, by=by, name=errand.name, item=item.code, how=how, ends=clock.today() + LASTS
    )
    if photo is not None:
        MandateProof.objects.create(mandate=errand.mandate, file=photo)
    errand.case = drafts.open_case(
        item, by=by, person=person, mandate=errand.mandate, channel=Case.Channel.AGENT, site=errand.site_id,
        phone=errand.phone, once=f"errand:{errand.number}",
    )  # fmt: skip
    facts: dict[str, Any] = {"how": how.value, "case": errand.case.number, "mandate": errand.mandate.pk}
    return facts | ({"photo": photo.sha256} if photo else {})
