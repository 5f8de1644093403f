from django.urls import path

from onewindow.web.public import items, pages, verification

urlpatterns = [
    path("", pages.home, name="home"),
    path("search/", items.search, name="search"),
    path("items/", items.index, name="items"),
    path("items/<str:code>/", items.show, name="item"),
    path("items/<str:code>/print/", items.paper, name="item-print"),
    path("items/<str:code>/versions/<int:number>/", items.version, name="item-version"),
    path("verify/", verification.index, name="verify"),
    path("verify/<str:number>/", verification.show, name="verify-certificate"),
    path("help/", pages.guidance, name="help"),
    path("healthz", pages.health, name="healthz"),
]
