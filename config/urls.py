from django.urls import include, path

urlpatterns = [
    path("api/", include("onewindow.api.urls")),
    path("", include("onewindow.web.urls")),
]

handler400 = "onewindow.web.public.errors.bad_request"
handler403 = "onewindow.web.public.errors.forbidden"
handler404 = "onewindow.web.public.errors.not_found"
handler500 = "onewindow.web.public.errors.broken"
