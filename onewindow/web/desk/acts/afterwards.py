"""撤销、撤回、吊销、注销 of what was granted, and the second signature."""

from __future__ import annotations

from typing import Any

from django import forms

from onewindow.accounts.principal import Principal
from onewindow.cases.actions import afterwards, barring, forwarding, second
from onewindow.cases.models import Case
from onewindow.web.desk.acts.act import Act, Click, Words, one_of, text


class _End(Words):
    reason = text("事实", rows=3)
    heard = text("持证人的陈述、申辩和是否采纳", rows=2)


class Revoke(_End):
    ground = one_of("理由", afterwards.REVOCATION)
    field_order = ("ground",)


class Recall(_End):
    ground = one_of("理由", afterwards.RECALL)
    field_order = ("ground",)


class Withdraw(_End):
    ground = one_of("理由", afterwards.WITHDRAWAL)
    penalty = forms.CharField(label="行政处罚决定书文号", max_length=80)
    field_order = ("ground", "penalty")


class Cancel(Words):
    ground = one_of("理由", afterwards.CANCELLATION)
    reason = text("事实", rows=2)


class SendBack(Words):
    reason = text("为什么不签字", rows=2, max_length=500)

    def fit(self, case: Case, by: Principal) -> None:
        """Who proposed it may think again."""
        if case.proposed_by == by.key:
            self.fields["reason"].label = "为什么收回"


class Lift(Words):
    reason = text("解除的理由（复议决定书、判决书的文号等）", rows=2, max_length=500)


class Forward(Words):
    opinion = text("初审意见", rows=3)
    upper_number = forms.CharField(label="上级办件编号（有就填）", required=False, max_length=60)


class Upper(Words):
    number = forms.CharField(label="上级办件编号", required=False, max_length=60)
    result = one_of("上级的决定", {"": "还没有", **forwarding.RESULTS}, initial="")
    note = text("说明", rows=2, required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["result"].required = False


FORWARD = Act("forwarding", forwarding.forward, Forward, "初审结束后由上级机关决定，这件在本机关办结。")
UPPER = Act("upper-result", forwarding.note_upper, Upper)
LIFTING = Act("bar-lifting", barring.lift, Lift, "解除以后，申请人马上可以再次申请这项许可。")
TWO = "另一位决定人或负责人签字后才生效，证照当即失效。"
SIGNATURE = Act("signature", second.sign, Click)
RETURN = Act("proposal-return", second.send_back, SendBack)
REVOCATION = Act("revocation", afterwards.propose_revocation, Revoke, f"本来不该准予的才撤销。{TWO}")
RECALL = Act("recall", afterwards.propose_recall, Recall, f"准予没有错，但法律或客观情况变了才撤回。{TWO}")
WITHDRAWAL = Act("licence-withdrawal", afterwards.propose_withdrawal, Withdraw, f"吊销是行政处罚，先有处罚决定。{TWO}")
CANCELLATION = Act("cancellation", afterwards.cancel, Cancel, "注销当即生效，证照不能再用，不能恢复。")
