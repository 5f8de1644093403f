from django.urls import path

from onewindow.web.halls import guides, kiosk, matters, sheets, shell

urlpatterns = [
    path("kiosk/<str:code>/", shell.home, name="kiosk"),
    path("kiosk/<str:code>/device/", shell.register, name="kiosk-device"),
    path("kiosk/<str:code>/leaving/", shell.leave, name="kiosk-leaving"),
    path("kiosk/<str:code>/alive/", shell.alive, name="kiosk-alive"),
    path("kiosk/<str:code>/end/", shell.end, name="kiosk-end"),
    path("kiosk/<str:code>/sign-in/", shell.sign_in, name="kiosk-sign-in"),
    path("kiosk/<str:code>/sign-in/code/", shell.sign_in_code, name="kiosk-sign-in-code"),
    path("kiosk/<str:code>/numbers/", kiosk.start, name="kiosk-numbers"),
    path("kiosk/<str:code>/queues/<int:pk>/", kiosk.queue, name="kiosk-queue"),
    path("kiosk/<str:code>/check-in/", kiosk.check_in, name="kiosk-check-in"),
    path("kiosk/<str:code>/tickets/", kiosk.draw, name="kiosk-draw"),
    path("kiosk/<str:code>/tickets/<str:secret>/", kiosk.ticket, name="kiosk-ticket"),
    path("kiosk/<str:code>/tickets/<str:secret>/prints/", kiosk.print_again, name="kiosk-ticket-print"),
    path("kiosk/<str:code>/guides/", guides.find, name="kiosk-guides"),
    path("kiosk/<str:code>/guides/<str:item>/", guides.guide, name="kiosk-guide"),
    path("kiosk/<str:code>/guides/<str:item>/prints/", sheets.guide, name="kiosk-guide-print"),
    path("kiosk/<str:code>/track/", matters.track, name="kiosk-track"),
    path("kiosk/<str:code>/tracked/", matters.tracked, name="kiosk-tracked"),
    path("kiosk/<str:code>/cases/", matters.cases, name="kiosk-cases"),
    path("kiosk/<str:code>/cases/<str:number>/", matters.case, name="kiosk-case"),
    path("kiosk/<str:code>/items/", matters.items, name="kiosk-items"),
    path("kiosk/<str:code>/certificates/", matters.certificates, name="kiosk-certificates"),
    path("kiosk/<str:code>/certificates/<str:number>/prints/", sheets.certificate, name="kiosk-certificate-print"),
    path("kiosk/<str:code>/printing/<str:once>/", sheets.show, name="kiosk-printing"),
]
