from django.urls import path

from onewindow.web.account import bindings, mandates, my, oidc, sandbox, sandbox_oidc, sign_in, staff

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/code/", sign_in.code, name="sign-in-code"),
    path("sign-in/oidc/<slug:key>/", oidc.begin, name="oidc-begin"),
    path("sign-in/oidc/<slug:key>/return/", oidc.finish, name="oidc-return"),
    path("my/external-identities/<int:pk>/removal/", oidc.unbind, name="my-unbind"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("staff/sign-in/", staff.sign_in, name="staff-sign-in"),
    path("staff/sign-in/totp/", staff.second_factor, name="staff-totp"),
    path("staff/enrol/", staff.enrol, name="staff-enrol"),
    path("my/identity/", my.identity, name="my-identity"),
    path("my/account/", my.account, name="my-account"),
    path("my/account/sessions/", my.end_sessions, name="my-sessions"),
    path("my/account/password/", my.set_password, name="my-password"),
    path("my/mandates/new/", mandates.new, name="my-mandate-new"),
    path("my/mandates/<int:pk>/acceptance/", mandates.accept, name="my-mandate-acceptance"),
    path("my/mandates/<int:pk>/revocation/", mandates.revoke, name="my-mandate-revocation"),
    path("my/bindings/new/<slug:ground>/", bindings.new, name="my-binding-new"),
    path("my/bindings/<str:reference>/", bindings.show, name="my-binding"),
    path("my/bindings/<str:reference>/code/", bindings.send_code, name="my-binding-code"),
    path("my/bindings/<str:reference>/consent/", bindings.consent, name="my-binding-consent"),
    path("my/bindings/<str:reference>/proofs/", bindings.add_proof, name="my-binding-proofs"),
    path("my/bindings/<str:reference>/proofs/<uuid:pk>/", bindings.proof, name="my-binding-proof"),
    path("sandbox/sms/", sandbox.sms, name="sandbox-sms"),
    path("sandbox/oidc/.well-known/openid-configuration", sandbox_oidc.discovery, name="sandbox-oidc-discovery"),
    path("sandbox/oidc/authorize/", sandbox_oidc.authorize, name="sandbox-oidc-authorize"),
    path("sandbox/oidc/token/", sandbox_oidc.token, name="sandbox-oidc-token"),
    path("sandbox/oidc/keys/", sandbox_oidc.keys, name="sandbox-oidc-keys"),
    path("sandbox/oidc/userinfo/", sandbox_oidc.userinfo, name="sandbox-oidc-userinfo"),
]
