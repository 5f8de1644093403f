"""现场核查: two officers or more, check point by check point, with photographs and the party's signature (§34)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied

from onewindow.accounts.models import User
from onewindow.accounts.principal import Principal
from onewindow.cases.actions import guards, proceedings
from onewindow.cases.actions.proceedings import UNDER_WAY
from onewindow.cases.actions.wording import wording
from onewindow.cases.models import Case, Proceeding, SitePhoto
from onewindow.cases.models.proceedings import said_day
from onewindow.catalogue.procedure import CheckPoint
from onewindow.documents.content import IMAGES, FileRefused
from onewindow.documents.models import File
from onewindow.kernel import clock
from onewindow.kernel.flow import WrongState, transition
from onewindow.kernel.ledger import Actor

FINDINGS = {"ok": "符合", "fault": "不符合", "none": "不涉及"}
SIGNED = {"signed": "当事人签字", "refused": "当事人拒绝签字"}
# Where the guide names no points, the officers write what they saw.
WHOLE = (CheckPoint(key="whole", text="现场情况与申请是否一致"),)
NOTICE = "请当事人在场并提供方便。核查由两名以上工作人员进行，不收取任何费用；核查的时间计算在办理期限内。"


def points_of(case: Case) -> tuple[CheckPoint, ...]:
    return case.guide.scrutiny.check_points or WHOLE


@transition(
    "case.visit_arranged", label="安排现场核查", source=UNDER_WAY, target=None, allowed=guards.examiner, writes=True
)
def arrange(
    case: Case, *, by: Actor, on: date, time: str, place: str, officers: Sequence[int], note: str = ""
) -> dict[str, Any]:
    """The applicant is told the day. It stops no clock unless the item cites a law (行政许可法 §45)."""
    proceedings.coming(on, what="现场核查")
    people = proceedings.chosen(case, officers, least=2, otherwise="现场核查应当由两名以上工作人员进行，请再选一名。")
    place = wording(place, least=4, otherwise="请写明核查的地点。")
    names = "、".join(user.name for user in people)
    rows = [("核查时间", said_day(on, time)), ("核查地点", place), ("核查人员", names), ("说明", wording(note))]
    found = proceedings.opened(
        case, Proceeding.Kind.SITE_VISIT, on, rows, time=time, place=place, officers=[user.pk for user in people]
    )
    facts: dict[str, Any] = {"answer_by": on.isoformat(), "to": case.applicant_name, "body": [NOTICE]}
    paper = proceedings.paper(case, found, "visit_notice", by=by, **facts)
    return {"words": f"{said_day(on, time)} {place}", "paper": paper}


def add_photo(case: Case, found: Proceeding, point: str, file: File, *, by: Principal) -> SitePhoto:
    """By one of the officers sent, until the record is made."""
    _ensure_sent(found, by)
    if point and point not in {each.key for each in points_of(case)}:
        raise ValueError("没有这个核查要点。")
    if file.mime not in IMAGES:
        raise FileRefused("这里只能上传照片。")
    return SitePhoto.objects.create(proceeding=found, point=point, file=file, added_by=by.key)


def remove_photo(found: Proceeding, photo: SitePhoto, *, by: Principal) -> None:
    _ensure_sent(found, by)
    found.photos.filter(pk=photo.pk, removed_at__isnull=True).update(removed_at=clock.now())


def _ensure_sent(found: Proceeding, by: Principal) -> None:
    if by.user_id not in found.officers:
        raise PermissionDenied("只有被指派的核查人员可以记录。")
    if found.state != Proceeding.State.PLANNED:
        raise WrongState(found.case, "核查笔录已经作出，照片不能再改。")


@transition(
    "case.visit_recorded", label="作出核查笔录", source=UNDER_WAY, target=None, allowed=guards.sent, writes=True,
    tone="primary",
)  # fmt: skip
def record(
    case: Case, *, by: Actor, proceeding: Any, present: Sequence[int], findings: Mapping[str, tuple[str, str]],
    conclusion: str, signed: str, party: str, witness: str = "",
) -> dict[str, Any]:  # fmt: skip
    """核查笔录: officers, place, time, findings against the check points, photographs, the party's signature."""
    assert isinstance(by, Principal)
    found = proceedings.of(case, proceeding, Proceeding.State.PLANNED)
    _ensure_sent(found, by)
    if found.on > clock.today():
        raise ValueError("还没有到安排的核查日期。改了时间的，请先取消再重新安排。")
    went = set(present) & set(found.officers)
    if len(went) < 2:
        raise ValueError("到场的核查人员少于两名，这次核查无效，请重新安排（行政许可法第三十四条）。")
    rows = _findings(case, findings)
    names = dict(User.objects.filter(pk__in=went).values_list("pk", "name"))
    who = _party(signed, party, witness)
    photos = _photos(case, found)
    conclusion = wording(conclusion, least=2, otherwise="请写明核查结论。")
    faults = sum(result == "fault" for result, _ in findings.values())
    result = [
        ("到场核查人员", "、".join(names[pk] for pk in sorted(went))),
        ("记录时间", clock.now().astimezone(clock.SHANGHAI).strftime("%Y年%-m月%-d日 %H:%M")),
        *rows, *photos, ("核查结论", conclusion), ("当事人", who),
    ]  # fmt: skip
    proceedings.close(found, result, f"{faults} 项不符合" if faults else "符合")
    body = [] if signed == "signed" else ["当事人拒绝签字，由见证人见证，不影响本笔录的效力。"]
    signers = ["核查人员签名", "当事人签名"] if signed == "signed" else ["核查人员签名", "见证人签名"]
    paper = proceedings.paper(case, found, "visit_record", by=by, body=body, signers=signers)
    return {"words": f"{found.conclusion} · {conclusion}", "paper": paper}


def _findings(case: Case, findings: Mapping[str, tuple[str, str]]) -> proceedings.Rows:
    rows = []
    for n, point in enumerate(points_of(case), start=1):
        result, note = findings.get(point.key, ("", ""))
        if result not in FINDINGS:
            raise ValueError(f"请选择“{point.text}”的核查结果。")
        least = 2 if result == "fault" else 0
        note = wording(note, least=least, otherwise=f"“{point.text}”不符合，请写明现场看到的情况。")
        rows.append((f"{n}. {point.text}", f"{FINDINGS[result]}{'：' + note if note else ''}"))
    return rows


def _party(signed: str, party: str, witness: str) -> str:
    if signed not in SIGNED:
        raise ValueError("请选择当事人是否签字。")
    party = wording(party, least=2, otherwise="请写明现场当事人的姓名。")
    if signed == "signed":
        return f"{party}（已签字）"
    witness = wording(witness, least=2, otherwise="当事人拒绝签字的，请写明见证人的姓名。")
    return f"{party}（拒绝签字，见证人：{witness}）"


def _photos(case: Case, found: Proceeding) -> proceedings.Rows:
    """By number, point and hash: the pictures stay with the case, and the paper proves which they were."""
    said = {point.key: point.text for point in points_of(case)}
    kept = found.photos.filter(removed_at__isnull=True).select_related("file")
    return [
        (f"照片 {n}", f"{said.get(photo.point, '现场全貌')}（SHA-256 {photo.file.sha256[:16]}…）")
        for n, photo in enumerate(kept, start=1)
    ]
