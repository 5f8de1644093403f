from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("", include("onewindow.web.public.urls")),
    path("", include("onewindow.web.account.urls")),
    path("language/", set_language, name="set_language"),
]
