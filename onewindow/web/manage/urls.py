from django.urls import path

from onewindow.web.manage import catalogue, drafts, editor, exchange, history, home, translations, vocabulary

urlpatterns = [
    path("manage/", home.index, name="manage-home"),
    path("manage/catalogue/", catalogue.index, name="manage-catalogue"),
    path("manage/catalogue/report/", catalogue.report, name="manage-report"),
    path("manage/catalogue/export/", catalogue.export, name="manage-export"),
    path("manage/catalogue/import/", catalogue.take_in, name="manage-import"),
    path("manage/catalogue/<str:code>/", history.show, name="manage-item"),
    path("manage/catalogue/<str:code>/comparison/", history.comparison, name="manage-comparison"),
    path("manage/catalogue/<str:code>/draft/", drafts.create, name="manage-draft-new"),
    path("manage/drafts/new/", drafts.new, name="manage-item-new"),
    path("manage/drafts/<int:pk>/", drafts.show, name="manage-draft"),
    path("manage/drafts/<int:pk>/preview/", drafts.preview, name="manage-preview"),
    path("manage/drafts/<int:pk>/cases/", drafts.cases, name="manage-touched"),
    path("manage/drafts/<int:pk>/edit/<slug:section>/", editor.edit, name="manage-edit"),
    path("manage/drafts/<int:pk>/<slug:act>/", drafts.act, name="manage-act"),
    path("manage/exchange/", exchange.index, name="exchange-home"),
    path("manage/exchange/new/", exchange.new, name="exchange-new"),
    path("manage/exchange/<slug:key>/", exchange.show, name="exchange-system"),
    path("manage/exchange/<slug:key>/check/", exchange.check, name="exchange-check"),
    path("manage/exchange/<slug:key>/pause/", exchange.pause, name="exchange-pause"),
    path("manage/exchange/<slug:key>/resumption/", exchange.resume, name="exchange-resumption"),
    path("manage/exchange/<slug:key>/replays/", exchange.replay, name="exchange-replays"),
    path("manage/translations/", translations.index, name="manage-translations"),
    path("manage/translations/<str:code>/", translations.show, name="manage-translation"),
    path("manage/translations/<str:code>/file/", translations.file, name="manage-translation-file"),
    path("manage/vocabulary/", vocabulary.index, name="manage-vocabulary"),
    path("manage/vocabulary/<int:pk>/", vocabulary.word, name="manage-word"),
    path("manage/vocabulary/<int:pk>/retirement/", vocabulary.retire, name="manage-word-retirement"),
    path("manage/unanswered/", vocabulary.asked, name="manage-unanswered"),
]
