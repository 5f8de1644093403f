"""Cases 办件: one matter of one applicant, from the first draft to the rating."""

from onewindow.cases.models.calendar import CalendarChange, CalendarMove
from onewindow.cases.models.case import Case, CaseQuerySet
from onewindow.cases.models.changeover import Changeover
from onewindow.cases.models.delivery import Delivery
from onewindow.cases.models.grants import Grant
from onewindow.cases.models.papers import CasePaper
from onewindow.cases.models.parties import Party
from onewindow.cases.models.proceedings import Proceeding, SitePhoto
from onewindow.cases.models.states import CLOSED_STATES, DESK_STATES, EDITABLE_STATES, OPEN_STATES, State
from onewindow.cases.models.together import CoFiller, Presence
from onewindow.cases.models.transfers import Transfer

__all__ = [
    "CLOSED_STATES", "DESK_STATES", "EDITABLE_STATES", "OPEN_STATES", "CalendarChange", "CalendarMove", "Case",
    "CasePaper", "CaseQuerySet", "Changeover", "CoFiller", "Delivery", "Grant", "Party", "Presence", "Proceeding",
    "SitePhoto", "State", "Transfer",
]  # fmt: skip
