"""打印: paper is taken and the press written down, then something prints; the same press again prints nothing."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from onewindow.accounts.principal import Principal
from onewindow.documents.models import Certificate
from onewindow.hall import slips
from onewindow.hall.actions import devices
from onewindow.hall.models import Device, Printout, Visit
from onewindow.kernel import ledger

NO_PAPER = "这台设备没有纸了，已通知管理人员。"


def ticket(visit: Visit, device: Device, slip: slips.Slip, *, once: str) -> Printout:
    """号票 to the device's own printer; what did not print says so, and is not sent again by this press.

    A device without a printer of its own in the network prints by its browser (`begin`).
    """
    made, new = _press(device, Printout.What.TICKET, visit.secret, "roll", once)
    if not new or made.state == Printout.State.FAILED or not device.printer_host:
        return made
    try:
        slips.send(slip, device)
    except slips.NotPrinted as problem:
        made.state, made.why = Printout.State.FAILED, str(problem)
        ledger.record(("device", device.key), "device.print_failed", by=devices.Machine(device), data={"why": made.why})
    else:
        made.state = Printout.State.SENT
    made.save(update_fields=["state", "why"])
    return made


def guide(item: str, device: Device, *, pages: int, once: str) -> Printout:
    return _press(device, Printout.What.GUIDE, item, "sheets", once, pages=pages)[0]


@transaction.atomic
def certificate(found: Certificate, device: Device, *, by: Principal, pages: int, once: str) -> Printout:
    """The holder's own copy: counted, and in the certificate's own chain of the ledger which copy it was."""
    Certificate.objects.select_for_update(of=("self",)).get(pk=found.pk)
    made, new = _press(device, Printout.What.CERTIFICATE, found.number, "sheets", once, pages=pages, user=by.user_id)
    if new and made.state != Printout.State.FAILED:
        data = {"device": device.key, "copy": copies(found.number), "pages": pages}
        ledger.record(found, "certificate.printed", by=by, data=data)
    return made


def copies(number: str) -> int:
    made = Printout.objects.filter(what=Printout.What.CERTIFICATE, subject=number)
    return made.exclude(state=Printout.State.FAILED).count()


def begin(printout: Printout) -> bool:
    """The browser is about to print it; True once for a press, so that a page loaded again prints nothing."""
    waiting = Printout.objects.filter(pk=printout.pk, state=Printout.State.SENDING)
    return bool(waiting.update(state=Printout.State.SENT))


def _press(
    device: Device, what: str, subject: str, column: str, once: str, *, pages: int = 1, user: int | None = None
) -> tuple[Printout, bool]:
    """The row of this press and whether it is new; paper is taken with it."""
    try:
        with transaction.atomic():
            made = Printout.objects.create(
                once=once[:40], device=device, what=what, subject=subject, pages=pages, user_id=user
            )
            if not devices.take(device, column, pages):
                made.state, made.why = Printout.State.FAILED, NO_PAPER
                made.save(update_fields=["state", "why"])
    except IntegrityError:
        return Printout.objects.get(once=once[:40]), False
    return made, True
