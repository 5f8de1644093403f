from django.urls import path

from onewindow.web.desk import cases, instant

urlpatterns = [
    path("desk/", cases.index, name="desk-list"),
    path("desk/new/", instant.choose, name="desk-new"),
    path("desk/new/<str:code>/", instant.show, name="desk-instant"),
    path("desk/cases/<str:number>/", cases.show, name="desk-case"),
    path("desk/cases/<str:number>/presence/", cases.presence, name="desk-presence"),
    path("desk/cases/<str:number>/number/", cases.view_number, name="desk-number"),
    path("desk/cases/<str:number>/clock/<str:key>/", cases.clock_page, name="desk-clock"),
    path("desk/cases/<str:number>/<slug:act>/", cases.act, name="desk-act"),
]
