from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.validators import RegexValidator

from onewindow.accounts.models import Person, User

mobile = RegexValidator(r"\A1[3-9][0-9]{9}\Z", "手机号应为 11 位数字。")
six_digits = RegexValidator(r"\A[0-9]{6}\Z", "请输入 6 位数字。")


class Spaceless(forms.CharField):
    """Numbers as people type them: 138 0013 8000."""

    def to_python(self, value: Any) -> str:
        return "".join(str(super().to_python(value)).split())


class PhoneForm(forms.Form):
    phone = Spaceless(label="手机号", max_length=20, validators=[mobile])


class CodeForm(forms.Form):
    code = Spaceless(label="验证码", max_length=12, validators=[six_digits])


class PasswordForm(forms.Form):
    identifier = forms.CharField(label="账号", max_length=60)
    password = forms.CharField(label="密码", max_length=200, strip=False)


class NewPasswordForm(forms.Form):
    """`current` is asked where a password exists; it is checked like a sign-in, with its lock."""

    current = forms.CharField(label="现在的密码", max_length=200, strip=False, required=False)
    new = forms.CharField(label="新密码", max_length=200, strip=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_new(self) -> str:
        validate_password(self.cleaned_data["new"], self.user)
        return str(self.cleaned_data["new"])


class IdentityForm(forms.Form):
    name = forms.CharField(label="姓名", max_length=80)
    document = forms.ChoiceField(label="证件类型", choices=Person.Document.choices)
    number = Spaceless(label="证件号码", max_length=40)


class MandateForm(IdentityForm):
    ends = forms.DateField(label="截止日期", required=False)
