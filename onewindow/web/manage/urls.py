from django.urls import path

from onewindow.web.manage import home

urlpatterns = [
    path("manage/", home.index, name="manage-home"),
]
