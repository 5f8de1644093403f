"""Open steps: at which posts of which agencies a case waits, and who has taken it on (docs/decisions/0017).

An entry of `Case.open_steps` is {"key", "name", "post", "agency", "days", "unit", "since", "user", "holder", "note"};
agency "" is the case's own, user 0 nobody. `Case.awaits` is the same for lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onewindow.accounts.principal import Principal
from onewindow.cases.models import DESK_STATES, Case, State
from onewindow.catalogue.procedure import Step
from onewindow.kernel import clock

Open = dict[str, Any]
# What waits outside the review: (key, name, post).
STAGES = {
    **dict.fromkeys(
        (State.PREREVIEW, State.RETURNED, State.PASSED, State.SUBMITTED, State.RECEIVED, State.CORRECTING),
        ("intake", "受理", "clerk"),
    ),
    State.DECIDING: ("decide", "决定", "decider"),
    State.DECIDED: ("delivery", "送达", "clerk"),
    State.DELIVERED: ("delivery", "送达", "clerk"),
}  # fmt: skip


def settle(case: Case) -> None:
    """Make the open steps fit the state; who had taken on a step that is still open keeps it."""
    state = State(case.state)
    if state == State.REVIEWING:
        if not reviews(case):
            case.open_steps = [opened(f"review-{n}", step) for n, step in group_at(case, case.step)]
    elif state in STAGES:
        key, name, post = STAGES[state]
        if [step["key"] for step in case.open_steps] != [key]:
            case.open_steps = [opened(key, Step(key="accept", name=name, post=post))]  # type: ignore[arg-type]
    elif state != State.PAUSED:
        case.open_steps = []
    waiting = case.open_steps if state in DESK_STATES else []
    marks = {f"{place(case, step)}@{step['user'] or ''}" for step in waiting}
    case.awaits = sorted(marks | {place(case, step) for step in waiting})


def opened(key: str, step: Step) -> Open:
    return {
        "key": key, "name": step.name, "post": step.post, "agency": step.agency, "days": step.days, "unit": step.unit,
        "since": clock.now().isoformat(), "user": 0, "holder": "", "note": "",
    }  # fmt: skip


def group_at(case: Case, start: int) -> list[tuple[int, Step]]:
    """The review steps that run at once 并联: those that follow one another under the same group."""
    found: list[tuple[int, Step]] = []
    for n, step in list(enumerate(case.review_steps))[start:]:
        if found and not (step.group and step.group == found[0][1].group):
            break
        found.append((n, step))
    return found


def reviews(case: Case) -> list[Open]:
    return [step for step in case.open_steps if step["key"].startswith("review-")]


def place(case: Case, step: Open) -> str:
    return f"{step['agency'] or case.agency_id}/{step['post']}"


def places_of(principal: Principal) -> list[str]:
    """Everything that waits at the person's posts."""
    return sorted({f"{held.agency}/{held.role}" for held in principal.posts if held.agency})


def free_places_of(principal: Principal) -> list[str]:
    """What is nobody's yet, the person's own, or that of somebody who is away and whose B 角 the person is."""
    users: dict[str, set[str]] = {}
    for held in principal.posts:
        if held.agency:
            own = users.setdefault(f"{held.agency}/{held.role}", {"", str(principal.user_id)})
            own |= {str(held.absent)} if held.absent else set()
    return sorted(f"{at}@{user}" for at, kept in users.items() for user in kept)


def within_reach(case: Case, step: Open, by: Principal) -> bool:
    """The person's post, and nobody else's hand on it: taken on by oneself, by nobody, or by A while B stands in."""
    agency, post = step["agency"] or case.agency_id, step["post"]
    if not by.has_at(agency, post):
        return False
    return step["user"] in (0, by.user_id) or by.stands_in_for(step["user"], agency, post)


def mine(case: Case, by: Principal) -> list[Open]:
    return [step for step in case.open_steps if within_reach(case, step, by)]


def change(case: Case, key: str, **values: Any) -> None:
    case.open_steps = [step | values if step["key"] == key else step for step in case.open_steps]
    settle(case)


@dataclass(frozen=True)
class Stage:
    """A review step of the road: done, open (with who has it), or still to come."""

    name: str
    post: str
    agency: str
    status: str
    at_once: bool
    now: Open | None


def road(case: Case) -> list[Stage]:
    """The review from its first step to its last; what was granted on a promise 告知承诺 had none."""
    if case.by_promise:
        return []
    waiting, found = {step["key"]: step for step in reviews(case)}, []
    together = group_at(case, case.step)
    for n, step in enumerate(case.review_steps):
        now = waiting.get(f"review-{n}")
        status = "open" if now else "later"
        if case.accepted_at and not now and n < case.step + len(together):
            status = "done"
        found.append(Stage(step.name, step.post, step.agency, status, bool(step.group), now))
    return found
