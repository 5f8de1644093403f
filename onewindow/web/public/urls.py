from django.urls import path

from onewindow.web.public import calendar, events, items, lists, opendata, pages, reading, search, verification

urlpatterns = [
    path("", pages.home, name="home"),
    path("search/", search.index, name="search"),
    path("search/suggestions/", search.suggestions, name="search-suggestions"),
    path("events/<slug:key>/", events.show, name="event"),
    path("items/", items.index, name="items"),
    path("items/<str:code>/", items.show, name="item"),
    path("items/<str:code>/print/", items.paper, name="item-print"),
    path("items/<str:code>/specimen.pdf", items.specimen, name="item-specimen"),
    path("items/<str:code>/versions/<int:number>/", items.version, name="item-version"),
    path("items/<str:code>/mandate.pdf", items.mandate, name="item-mandate"),
    path("items/<str:code>/leaflet.pdf", lists.leaflet, name="item-leaflet"),
    path("items/<str:code>/lists/", lists.create, name="item-lists"),
    path("lists/<str:number>/", lists.show, name="list"),
    path("lists/<str:number>/ticks/", lists.tick, name="list-ticks"),
    path("lists/<str:number>/renewal/", lists.renew, name="list-renewal"),
    path("lists/<str:number>/removal/", lists.remove, name="list-removal"),
    path("my/lists/", lists.mine, name="my-lists"),
    path("verify/", verification.index, name="verify"),
    path("verify/<slug:name>.<str:kind>", verification.tool, name="verify-tool"),
    path("verify/<str:number>/", verification.show, name="verify-certificate"),
    path("reading/", reading.show, name="reading"),
    path("open-data/", opendata.index, name="open-data"),
    path("open-data/reuse.csv", opendata.papers_spared, name="open-data-reuse"),
    path("open-data/<str:name>", opendata.download, name="open-data-file"),
    path("calendar/", calendar.index, name="calendar"),
    path("calendar/<int:year>/", calendar.show, name="calendar-year"),
    path("help/", pages.guidance, name="help"),
    path("healthz", pages.health, name="healthz"),
]
