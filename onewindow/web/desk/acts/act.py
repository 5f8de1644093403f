"""One act of the desk: a slug, the action, and the few fields it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from onewindow.accounts.principal import Principal
from onewindow.cases.models import Case
from onewindow.kernel.flow import Transition


def text(label: str, *, rows: int = 3, required: bool = True, max_length: int = 1000) -> forms.CharField:
    widget = forms.Textarea({"rows": rows})
    return forms.CharField(label=label, widget=widget, required=required, max_length=max_length)


def one_of(label: str, options: dict[str, str], initial: str | None = None) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(options.items()), widget=forms.RadioSelect, initial=initial)


class Words(forms.Form):
    use_required_attribute = False
    # Fields seldom needed, folded away under a label of their own.
    more: tuple[str, ...] = ()
    more_label = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            verb = "请选择" if isinstance(field, forms.ChoiceField) else "请填写"
            field.error_messages["required"] = f"{verb}{field.label}。"

    def fit(self, case: Case, by: Principal) -> None:
        """Offer what this case and this officer have to choose from."""

    def said(self) -> dict[str, Any]:
        """What the act is told."""
        return self.cleaned_data

    def choose(self, name: str, options: dict[str, str], *, keep_single: bool = False) -> None:
        """The options of a choice; where there is only one there is nothing to ask. None: the act is not for now."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        if len(options) < 2 and not keep_single:
            del self.fields[name]
            return
        field.choices = list(options.items())
        field.initial = field.initial or next(iter(options), None)


class Click(Words):
    """Needs nothing but the click."""


class Remarks(Words):
    """Field-level: every non-empty `remark.<place>` is one remark."""

    general = text("对整份申请的意见", rows=2, required=False)

    def remarks(self, data: Mapping[str, str]) -> list[dict[str, str]]:
        found = [
            {"on": name.removeprefix("remark."), "text": data[name].strip()[:500]}
            for name in data
            if name.startswith("remark.") and data[name].strip()
        ]
        general = self.cleaned_data.get("general", "").strip()
        return [*found, *([{"on": "", "text": general}] if general else [])]


@dataclass(frozen=True)
class Act:
    slug: str
    run: Callable[..., Case]
    form: type[Words]
    # Shown before an act that cannot be undone.
    question: str = ""
    # Not shown where another form of the page does it.
    fits: Callable[[Case], bool] = lambda case: True

    @property
    def transition(self) -> Transition:
        return self.run.transition  # type: ignore[attr-defined]

    def arguments(self, form: Words, data: Mapping[str, str]) -> dict[str, Any]:
        if not isinstance(form, Remarks):
            return form.cleaned_data
        said = {name: value for name, value in form.cleaned_data.items() if name != "general"}
        return said | {"remarks": form.remarks(data)}
