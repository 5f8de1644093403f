from django.urls import include, path

from onewindow.api.v1 import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("onewindow.web.urls")),
]
