"""代办台账: errands as rows, for the agent, the town and Excel; and what a town should look after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count

from onewindow.agents.models import Errand, ErrandQuerySet, Held
from onewindow.cases.models import CLOSED_STATES, State
from onewindow.kernel import clock, secrecy

HEAD = (
    "编号", "登记时间", "服务站", "代办员", "委托人", "住在", "外村", "事项", "委托方式", "办件编号", "现在",
    "手上材料", "结束时间", "说明",
)  # fmt: skip
ELSEWHERE = "区外"


@dataclass
class Line:
    errand: Errand
    held: list[Held] = field(default_factory=list)

    @property
    def stage(self) -> str:
        return stage(self.errand)

    @property
    def days(self) -> int:
        """Since it was taken up."""
        return (clock.today() - self.errand.taken_at.astimezone(clock.SHANGHAI).date()).days

    @property
    def home(self) -> str:
        return self.errand.home.name.removesuffix("便民服务站") if self.errand.home else ELSEWHERE


def stage(errand: Errand) -> str:
    """In one word where it stands; read from mandate and case, kept nowhere."""
    if errand.state != Errand.State.OPEN:
        return str(errand.get_state_display())
    assert errand.case is not None and errand.mandate is not None
    if errand.mandate.revoked_at is not None:
        return "委托已停止"
    if errand.case.state == State.DRAFT:
        return "准备材料"
    return "结果待送" if errand.case.state in CLOSED_STATES else str(errand.case.get_state_display())


def lines(errands: Iterable[Errand]) -> list[Line]:
    """With the papers in somebody's hands; one more query, however many."""
    found = {errand.pk: Line(errand) for errand in errands}
    for held in Held.objects.filter(errand__in=found, returned_at=None, lost_at=None):
        found[held.errand_id].held.append(held)
    return list(found.values())


def listed(errands: ErrandQuerySet) -> ErrandQuerySet:
    return errands.select_related("item", "site", "agent", "home", "mandate", "case")


def row(line: Line) -> list[str]:
    errand = line.errand
    ended = errand.ended_at.astimezone(clock.SHANGHAI) if errand.ended_at else None
    return [
        errand.number, f"{errand.taken_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}", str(errand.site),
        str(errand.agent), secrecy.mask_name(errand.name), line.home, "是" if errand.from_elsewhere else "",
        str(errand.item), errand.mandate.get_proven_how_display() if errand.mandate else "",
        errand.case.number if errand.case else "", line.stage,
        "；".join(f"{held}：{held.get_holder_display()}" for held in line.held),
        f"{ended:%Y-%m-%d %H:%M}" if ended else "", errand.why_ended or errand.note,
    ]  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """What a town sees first."""

    open: int
    unentrusted: int
    papers: dict[str, int]
    lost: int


def figures(errands: ErrandQuerySet) -> Figures:
    under_way = errands.under_way()
    known = Held.objects.filter(errand__in=errands.values("pk"))
    by_holder = known.filter(returned_at=None, lost_at=None).order_by().values_list("holder").annotate(Count("pk"))
    labels = dict(Held.Holder.choices)
    return Figures(
        under_way.count(), under_way.filter(state=Errand.State.ASKED).count(),
        {str(labels[holder]): number for holder, number in by_holder}, known.filter(lost_at__isnull=False).count(),
    )  # fmt: skip
