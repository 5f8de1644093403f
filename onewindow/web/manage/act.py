"""One act on a draft or a plan as a resource: a slug, the action, and the few fields it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms

from onewindow.kernel.flow import Transition


class Plain(forms.Form):
    """Nothing to fill in."""

    use_required_attribute = False

    def arguments(self) -> dict[str, Any]:
        return self.cleaned_data


@dataclass(frozen=True)
class Act:
    slug: str
    run: Callable[..., Any]
    form: type[Plain] = Plain
    # Said when it is done.
    done: str = ""
    # Shown before an act that cannot be undone.
    question: str = ""

    @property
    def transition(self) -> Transition:
        return self.run.transition  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Offer:
    act: Act
    form: Plain


def offers(acts: Iterable[Act], subject: Any, by: Any, typed: tuple[str, Plain] | None = None) -> list[Offer]:
    """What the state and the post allow, each with its form as typed or fresh."""
    return [
        Offer(act, typed[1] if typed and typed[0] == act.slug else act.form())
        for act in acts
        if act.transition.possible(subject, by)
    ]
