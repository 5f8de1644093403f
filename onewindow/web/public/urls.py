from django.urls import path

from onewindow.web.public import pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("search/", pages.home, name="search"),
    path("items/", pages.home, name="items"),
    path("verify/", pages.home, name="verify"),
    path("help/", pages.guidance, name="help"),
    path("healthz", pages.health, name="healthz"),
]
