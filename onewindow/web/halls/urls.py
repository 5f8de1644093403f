from django.urls import include, path

from onewindow.web.halls import appointments, asked, network, parties, places, screens

urlpatterns = [
    path("halls/", network.index, name="halls"),
    path("halls/<str:code>/", places.show, name="hall"),
    path("halls/<str:code>/extended/", places.extended, name="hall-extended"),
    path("halls/<str:code>/tickets/", places.draw, name="hall-draw"),
    path("halls/<str:code>/queues/<int:pk>/appointments/", appointments.days, name="hall-appointments"),
    path("halls/<str:code>/queues/<int:pk>/holds/", appointments.hold, name="hall-hold"),
    path("halls/<str:code>/queues/<int:pk>/parties/", parties.create, name="hall-party"),
    path("my/bookings/parties/<int:pk>/", parties.show, name="my-party"),
    path("my/cases/<str:number>/appointments/", parties.places, name="case-appointments"),
    path("my/bookings/", appointments.index, name="my-bookings"),
    path("my/bookings/<str:number>/", appointments.show, name="my-booking"),
    path("my/bookings/<str:number>/calendar.ics", appointments.calendar, name="my-booking-calendar"),
    path("my/bookings/<str:number>/<slug:verb>/", appointments.act, name="my-booking-act"),
    path("tickets/asked/<str:number>/", asked.show, name="errand"),
    path("tickets/<str:secret>/", places.ticket, name="ticket"),
    path("tickets/<str:secret>/<int:pk>/withdrawal/", places.give_up, name="ticket-withdrawal"),
    path("tickets/<str:secret>/<int:pk>/postponement/", places.postpone, name="ticket-postponement"),
    path("tickets/<str:secret>/<int:pk>/reminder/", places.remind, name="ticket-reminder"),
    path("tickets/<str:secret>/<int:pk>/return/", places.come_back, name="ticket-return"),
    path("voice/<str:edition>/<str:name>", screens.part, name="voice"),
    path("screens/<str:site>/<str:code>/", screens.zone, name="screen"),
    path("screens/<str:site>/<str:code>/board/", screens.facts, name="screen-board"),
    path("screens/<str:site>/<str:code>/events/", screens.events, name="screen-events"),
    path("screens/<str:site>/windows/<str:number>/", screens.window, name="window-screen"),
    path("screens/<str:site>/windows/<str:number>/board/", screens.facts, name="window-board"),
    path("screens/<str:site>/windows/<str:number>/events/", screens.events, name="window-events"),
    path("screens/<str:site>/windows/<str:number>/ratings/<str:token>/", screens.rate, name="window-rating"),
    path("", include("onewindow.web.halls.kiosk_urls")),
]
