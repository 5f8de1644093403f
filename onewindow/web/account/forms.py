from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from onewindow.accounts.models import Person, User
from onewindow.catalogue.models import Item

mobile = RegexValidator(r"\A1[3-9][0-9]{9}\Z", _("手机号应为 11 位数字。"))
six_digits = RegexValidator(r"\A[0-9]{6}\Z", _("请输入 6 位数字。"))


class Spaceless(forms.CharField):
    """Numbers as people type them: 138 0013 8000."""

    def to_python(self, value: Any) -> str:
        return "".join(str(super().to_python(value)).split())


class Plain(forms.Form):
    """An empty box says which one it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("请填写%(label)s。") % {"label": field.label}


class PhoneForm(Plain):
    phone = Spaceless(label=_("手机号"), max_length=20, validators=[mobile])


class CodeForm(Plain):
    code = Spaceless(label=_("验证码"), max_length=12, validators=[six_digits])


class PasswordForm(Plain):
    identifier = forms.CharField(label=_("账号"), max_length=60)
    password = forms.CharField(label=_("密码"), max_length=200, strip=False)


class NewPasswordForm(Plain):
    """`current` is asked where a password exists; it is checked like a sign-in, with its lock."""

    current = forms.CharField(label="现在的密码", max_length=200, strip=False, required=False)
    new = forms.CharField(label="新密码", max_length=200, strip=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_new(self) -> str:
        """Django has no Chinese for the first of its faults."""
        try:
            validate_password(self.cleaned_data["new"], self.user)
        except forms.ValidationError as faults:
            raise forms.ValidationError(
                ["密码太短，至少 8 位。" if each.code == "password_too_short" else each for each in faults.error_list]
            ) from None
        return str(self.cleaned_data["new"])


class IdentityForm(Plain):
    name = forms.CharField(label="姓名", max_length=80)
    document = forms.ChoiceField(label="证件类型", choices=Person.Document.choices)
    number = Spaceless(label="证件号码", max_length=40)


class MandateForm(IdentityForm):
    """`givers`: key → name of those the person may give a mandate for; "all" says what an empty scope means aloud."""

    giver = forms.ChoiceField(label="委托人", required=False)
    whole = forms.ChoiceField(
        label="可以代办哪些事", required=False, choices=[("all", "所有事项"), ("some", "只限下面勾选的事项")],
    )  # fmt: skip
    items = forms.ModelMultipleChoiceField(
        label="可以代办的事项", required=False,
        queryset=Item.objects.filter(complete=True, current__isnull=False).order_by("agency", "code"),
    )  # fmt: skip
    ends = forms.DateField(label="截止日期", required=False)

    def __init__(self, *args: Any, givers: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["giver"].choices = list(givers.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("whole") == "some" and not data.get("items"):
            self.add_error("items", "请至少勾选一件事，或者改选“所有事项”。")
        return data

    @property
    def scope(self) -> list[str]:
        return [] if self.cleaned_data["whole"] != "some" else [item.code for item in self.cleaned_data["items"]]


class BindingForm(Plain):
    """Common to those who ask to act for somebody 绑定."""

    name = forms.CharField(label="姓名", max_length=80)
    number = Spaceless(label="身份证号码", max_length=40)


class ChildForm(BindingForm):
    relation = forms.ChoiceField(
        label="您是孩子的", choices=[(each, each) for each in ("父亲", "母亲", "祖父母或外祖父母", "其他监护人")]
    )


class ElderForm(BindingForm):
    relation = forms.ChoiceField(
        label="您是老人的", choices=[(each, each) for each in ("儿子", "女儿", "儿媳或女婿", "配偶", "其他亲属")]
    )
    phone = Spaceless(label="老人的手机号", max_length=20, validators=[mobile])
    ends = forms.DateField(label="截止日期")


class FirmForm(Plain):
    name = forms.CharField(label="单位名称", max_length=120)
    number = Spaceless(label="统一社会信用代码", max_length=40)


class SeenForm(Plain):
    """What the clerk reads off the original."""

    name = forms.CharField(label="原件上的姓名或名称", max_length=120)
    number = Spaceless(label="原件上的号码", max_length=40)
    paper = forms.CharField(label="核对了哪种原件", max_length=60)
    card = forms.BooleanField(label="申请人本人到场，身份证原件已核对")
