"""办完、不办、停止: an errand ends when nothing of the neighbour's is in anybody's hands any more."""

from __future__ import annotations

from typing import Any

from onewindow.accounts.actions import end_mandate
from onewindow.accounts.principal import Principal
from onewindow.agents.actions import custody
from onewindow.agents.actions.entrusting import own
from onewindow.agents.models import Errand
from onewindow.cases.models import CLOSED_STATES
from onewindow.kernel import clock
from onewindow.kernel.flow import transition
from onewindow.kernel.ledger import Actor, System

# Whoever has the link that was sent to the neighbour's phone.
NEIGHBOUR = System("neighbour", "委托人（短信链接）")
NOT_BACK = "还有材料没有交还本人：{}。交还并签收以后再结束。"

NO_RESULT = (
    "结果还没有领回来交给本人签收。送到签收以后再点“办完了”；不经您手的，写明怎么到的本人手里，"
    "例如“本人自己领了”“邮寄到家”“电子证照，没有纸质”，至少四个字。"
)


def _held(errand: Errand) -> str:
    return "、".join(str(each) for each in custody.open_papers(errand))


@transition(
    "errand.finished", label="办完", source={Errand.State.OPEN}, target=Errand.State.DONE, allowed=own, writes=True
)
def finish(errand: Errand, *, by: Actor, without: str = "") -> dict[str, Any]:
    """The matter is over and everything is back; the mandate ends with it. `without`: how the result came otherwise."""
    if errand.case is None or errand.case.state not in CLOSED_STATES:
        raise ValueError("这件事还没有办结，结果出来、送到以后再点“办完”。")
    if held := _held(errand):
        raise ValueError(NOT_BACK.format(held))
    without = without.strip()[:200]
    if (due := custody.result_due(errand)) and len(without) < 4:
        raise ValueError(NO_RESULT)
    _over(errand, by, "代办已办完")
    errand.ended_at = clock.now()
    errand.why_ended = f"结果没有经代办员：{without}"[:200] if due else ""
    return {"case": errand.case.number} | ({"without": without} if due else {})


@transition(
    "errand.dropped", label="不办了", source={Errand.State.ASKED, Errand.State.OPEN}, target=Errand.State.DROPPED,
    allowed=own, writes=True, tone="danger",
)  # fmt: skip
def drop(errand: Errand, *, by: Actor, reason: str) -> dict[str, Any]:
    """The application, where it is filed, goes on: the neighbour follows it, or withdraws it."""
    reason = reason.strip()[:200]
    if len(reason) < 4:
        raise ValueError("请写明为什么不办了，至少四个字。")
    if held := _held(errand):
        raise ValueError(NOT_BACK.format(held))
    _over(errand, by, "代办员不再代办")
    errand.ended_at, errand.why_ended = clock.now(), reason
    return {"reason": reason}


def _over(errand: Errand, by: Actor, reason: str) -> None:
    if errand.mandate is not None and errand.mandate.revoked_at is None:
        end_mandate(errand.mandate, by=by, reason=reason)


def stop(errand: Errand, *, by: Actor = NEIGHBOUR) -> None:
    """停止代办 by the neighbour: the mandate ends at once. What the agent has in hand is brought back, signed for."""
    if errand.mandate is None or errand.mandate.revoked_at is not None:
        raise ValueError("已经停止，或者还没有委托。")
    end_mandate(errand.mandate, by=by, reason="委托人停止代办")


def may_stop(errand: Errand, by: Principal) -> bool:
    """The town too, when the mandate looks wrong."""
    town = errand.site.parent_id
    return any(post.local and post.site == town and post.role in {"clerk", "manager"} for post in by.posts)
