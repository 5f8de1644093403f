"""The hall 大厅: its places, the numbers people hold, and who sits at which window."""

from onewindow.hall.models.appointments import Booking, Party, Slot
from onewindow.hall.models.devices import Device, DeviceRules, Opening, Printout
from onewindow.hall.models.nodes import Errand, Node, NodeConflict, Outgoing, Outpost
from onewindow.hall.models.places import Hours, Queue, Rules, SpecialDay, Window, Zone
from onewindow.hall.models.receipts import Receipt, ReceiptFile
from onewindow.hall.models.reminders import Reminder
from onewindow.hall.models.rosters import Attendance, Duty, Roster, Swap
from onewindow.hall.models.services import Service
from onewindow.hall.models.tickets import Consultation, Sitting, Ticket, Visit
from onewindow.hall.models.watch import Alert, Move

__all__ = [
    "Alert", "Attendance", "Booking", "Consultation", "Device", "DeviceRules", "Duty", "Errand", "Hours", "Move",
    "Node", "NodeConflict", "Opening", "Outgoing", "Outpost", "Party", "Printout", "Queue", "Receipt", "ReceiptFile",
    "Reminder", "Roster", "Rules", "Service", "Sitting", "Slot", "SpecialDay", "Swap", "Ticket", "Visit", "Window",
    "Zone",
]  # fmt: skip
