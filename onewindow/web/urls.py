from django.urls import include, path
from django.views.i18n import set_language

from onewindow.web import uploads

urlpatterns = [
    path("", include("onewindow.web.public.urls")),
    path("", include("onewindow.web.account.urls")),
    path("", include("onewindow.web.my.urls")),
    path("", include("onewindow.web.desk.urls")),
    path("", include("onewindow.web.manage.urls")),
    path("", include("onewindow.web.halls.urls")),
    path("uploads/", uploads.collection, name="uploads"),
    path("uploads/<uuid:upload_id>/", uploads.item, name="upload"),
    path("language/", set_language, name="set_language"),
]
