from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "onewindow.cases"

    def ready(self) -> None:
        from onewindow.cases import calendar_notices, changeover, deliveries, grants, messages, party_messages, renewals
        from onewindow.cases.actions import (  # noqa: F401 - transitions declare themselves
            afterwards,
            agents,
            amendment,
            barring,
            calendar,
            concerning,
            correction,
            forwarding,
            intake,
            outcome,
            outside,
            pause,
            review,
            second,
            serving,
            transfer,
            version,
        )
        from onewindow.kernel.subscribers import subscribe

        subscribe("cases.messages", messages.on_entry)
        subscribe("cases.calendar", calendar_notices.on_entry)
        subscribe("cases.changeover", changeover.on_entry)
        subscribe("cases.parties", party_messages.on_entry)
        subscribe("cases.deliveries", deliveries.on_entry)
        subscribe("cases.renewals", renewals.on_entry)
        subscribe("cases.grants", grants.on_entry)
