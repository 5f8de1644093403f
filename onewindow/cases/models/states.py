"""The states of a case; `docs/states.md` draws them."""

from __future__ import annotations

from django.db import models


class State(models.TextChoices):
    """The states that are law; the procedure between them is data of the item."""

    DRAFT = "draft", "草稿"
    PREREVIEW = "prereview", "预审中"
    RETURNED = "returned", "待修改"
    PASSED = "passed", "预审通过"
    SUBMITTED = "submitted", "已提交"
    RECEIVED = "received", "已收件"
    CORRECTING = "correcting", "待补正"
    REVIEWING = "reviewing", "审查中"
    PAUSED = "paused", "特别程序"
    OUTSIDE = "outside", "外部系统办理中"
    DECIDING = "deciding", "待决定"
    DECIDED = "decided", "已决定"
    DELIVERED = "delivered", "已送达"
    FINISHED = "finished", "已办结"
    OUTSIDE_DONE = "outside_done", "外部系统已办结"
    REFUSED = "refused", "不予受理"
    WITHDRAWN = "withdrawn", "已撤回"
    LAPSED = "lapsed", "逾期未补正"
    TERMINATED = "terminated", "已终止"
    FORWARDED = "forwarded", "转报办结"


OPEN_STATES = [
    State.PREREVIEW, State.RETURNED, State.PASSED, State.SUBMITTED, State.RECEIVED, State.CORRECTING,
    State.REVIEWING, State.PAUSED, State.DECIDING, State.DECIDED, State.DELIVERED,
    State.OUTSIDE,
]  # fmt: skip
# What the applicant may still change.
EDITABLE_STATES = [State.DRAFT, State.RETURNED, State.PASSED, State.CORRECTING]
# Ended: nothing more will happen.
CLOSED_STATES = [
    State.FINISHED, State.OUTSIDE_DONE, State.FORWARDED, State.REFUSED, State.WITHDRAWN, State.LAPSED,
    State.TERMINATED,
]  # fmt: skip
# Waiting for an officer, so shown on the work list.
DESK_STATES = [
    State.PREREVIEW, State.SUBMITTED, State.RECEIVED, State.REVIEWING, State.PAUSED, State.DECIDING, State.DECIDED,
    State.DELIVERED,
]  # fmt: skip
