from django.urls import path

from onewindow.web.desk import (
    bindings,
    cases,
    certificates,
    credit,
    deliveries,
    discretion,
    dossier,
    instant,
    posts,
    proceedings,
    reuse,
    window,
)
from onewindow.web.desk.completions import errors, template
from onewindow.web.desk.completions import index as completions_index

urlpatterns = [
    path("desk/", cases.index, name="desk-list"),
    path("desk/window/", window.show, name="desk-window"),
    path("desk/window/sign-on/", window.sign_on, name="desk-window-sign-on"),
    path("desk/window/<slug:verb>/", window.act, name="desk-window-act"),
    path("desk/new/", instant.choose, name="desk-new"),
    path("desk/new/<str:code>/", instant.show, name="desk-instant"),
    path("desk/credit/", credit.index, name="desk-credit"),
    path("desk/credit/<str:number>/repair/", credit.repair, name="desk-credit-repair"),
    path("desk/posts/", posts.index, name="desk-posts"),
    path("desk/posts/absences/", posts.be_away, name="desk-away"),
    path("desk/posts/absences/<int:pk>/return/", posts.be_back, name="desk-back"),
    path("desk/posts/<int:pk>/backup/", posts.name_backup, name="desk-backup"),
    path("desk/bindings/", bindings.find, name="desk-bindings"),
    path("desk/bindings/<str:reference>/", bindings.show, name="desk-binding"),
    path("desk/bindings/<str:reference>/verification/", bindings.verify, name="desk-binding-verification"),
    path("desk/bindings/<str:reference>/refusal/", bindings.refuse, name="desk-binding-refusal"),
    path("desk/bindings/<str:reference>/proofs/<uuid:pk>/", bindings.proof, name="desk-binding-proof"),
    path("desk/certificates/", certificates.index, name="desk-certificates"),
    path("desk/completions/", completions_index, name="exchange-completions"),
    path("desk/completions/template/", template, name="exchange-template"),
    path("desk/completions/<int:pk>/errors/", errors, name="exchange-errors"),
    path("desk/cases/<str:number>/", cases.show, name="desk-case"),
    path("desk/cases/<str:number>/presence/", cases.presence, name="desk-presence"),
    path("desk/cases/<str:number>/number/", cases.view_number, name="desk-number"),
    path("desk/cases/<str:number>/clock/<str:key>/", cases.clock_page, name="desk-clock"),
    path("desk/cases/<str:number>/proceedings/new/<slug:kind>/", proceedings.new, name="desk-proceeding-new"),
    path("desk/cases/<str:number>/proceedings/<uuid:pk>/", proceedings.show, name="desk-proceeding"),
    path("desk/cases/<str:number>/proceedings/<uuid:pk>/<slug:act>/", proceedings.act, name="desk-proceeding-act"),
    path(
        "desk/cases/<str:number>/proceedings/<uuid:pk>/photos/<uuid:photo>/", proceedings.photo, name="desk-site-photo"
    ),
    path(
        "desk/cases/<str:number>/proceedings/<uuid:pk>/photos/<uuid:photo>/removal/",
        proceedings.remove_photo,
        name="desk-site-photo-removal",
    ),
    path("desk/reuse/", reuse.show, name="desk-reuse"),
    path("desk/cases/<str:number>/deliveries/", deliveries.show, name="desk-deliveries"),
    path("desk/cases/<str:number>/deliveries/<int:pk>/proof/", deliveries.proof, name="desk-delivery-proof"),
    path("desk/cases/<str:number>/dossier/", dossier.show, name="desk-dossier"),
    path("desk/cases/<str:number>/discretion/", discretion.decide, name="desk-discretion"),
    path("desk/cases/<str:number>/<slug:act>/", cases.act, name="desk-act"),
]
