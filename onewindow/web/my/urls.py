from django.urls import path

from onewindow.web.my import acting, apply, cases, files, notices, photos, rating, together

urlpatterns = [
    path("apply/<str:code>/", apply.start, name="apply-start"),
    path("my/acting/", acting.choose, name="my-acting"),
    path("my/notices/", notices.index, name="my-notices"),
    path("my/cases/", cases.index, name="my-cases"),
    path("my/cases/<str:number>/", cases.show, name="my-case"),
    path("my/cases/<str:number>/clock/<str:key>/", cases.clock_page, name="my-clock"),
    path("my/cases/<str:number>/questions/", apply.questions, name="case-questions"),
    path("my/cases/<str:number>/form/<int:page>/", apply.form_page, name="case-form"),
    path("my/cases/<str:number>/materials/", apply.materials, name="case-materials"),
    path("my/cases/<str:number>/materials/<str:key>/", apply.add_paper, name="case-add-paper"),
    path("my/cases/<str:number>/papers/<uuid:paper>/removal/", apply.remove_paper, name="case-remove-paper"),
    path("my/cases/<str:number>/papers/<uuid:paper>/return/", apply.restore_paper, name="case-restore-paper"),
    path("my/cases/<str:number>/materials/<str:key>/binding/", photos.bind, name="case-binding"),
    path("my/cases/<str:number>/materials/<str:key>/reuse/", photos.reuse, name="case-reuse"),
    path("my/cases/<str:number>/papers/<uuid:paper>/turn/", photos.turn, name="case-turn-paper"),
    path("my/cases/<str:number>/papers/<uuid:paper>/small/", photos.small, name="case-paper-small"),
    path("my/cases/<str:number>/co-fillers/", together.create, name="case-co-fillers"),
    path("my/cases/<str:number>/co-fillers/<str:filler>/removal/", together.remove, name="case-co-filler-removal"),
    path("together/<str:filler>/", together.show, name="together"),
    path("my/cases/<str:number>/check/", apply.check, name="case-check"),
    path("my/cases/<str:number>/prereview/", apply.request_prereview, name="case-prereview"),
    path("my/cases/<str:number>/submission/", apply.submit, name="case-submission"),
    path("my/cases/<str:number>/withdrawal/", cases.withdraw, name="case-withdrawal"),
    path("cases/<str:number>/files/<uuid:paper>/", files.case_file, name="case-file"),
    path("cases/<str:number>/documents/<int:entry>/", files.document, name="case-document"),
    path("cases/<str:number>/application/", files.application, name="case-application"),
    path("cases/<str:number>/certificate/", files.certificate, name="case-certificate"),
    path("rate/<str:token>/", rating.show, name="rate"),
]
