"""决定、送达、办结."""

from __future__ import annotations

from django import forms

from onewindow.cases.actions import outcome
from onewindow.web.desk.acts.act import Act, Click, Words, one_of, text


class Grant(Words):
    opinion = text("决定意见（可不填）", rows=2, required=False)


class Deny(Words):
    reason = text("不予的事实和理由", rows=4, max_length=2000)


class Deliver(Words):
    way = one_of("送达方式", outcome.DELIVERY_WAYS, initial="online")
    receiver = forms.CharField(label="领取人（不填即申请人）", required=False, max_length=50)
    tracking = forms.CharField(label="邮寄单号", required=False, max_length=50)


GRANT = Act("grant", outcome.grant, Grant)
DELIVERY = Act("delivery", outcome.deliver, Deliver)
COMPLETION = Act("completion", outcome.finish, Click)
DENIAL = Act("denial", outcome.deny, Deny, "不予决定送达后产生法律效力，申请人可以复议或诉讼。")
