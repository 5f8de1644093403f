"""卷宗 of the own matter: to keep, or to show to a court."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from django.contrib import messages
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from onewindow.cases import dossier
from onewindow.kernel import limits
from onewindow.web.account.guards import SignedIn, signed_in
from onewindow.web.my.door import own_case
from onewindow.web.public.errors import too_many

# Making one may typeset a dozen papers.
MOST, HOUR = 30, timedelta(hours=1)


def may_take(request: SignedIn) -> bool:
    return limits.hit(f"dossier:{request.principal.user_id}", limit=MOST, per=HOUR)


def download(made: dossier.Dossier) -> StreamingHttpResponse:
    response = StreamingHttpResponse(made.chunks, content_type="application/zip")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(made.name)}"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@signed_in
def create(request: SignedIn, number: str) -> HttpResponseBase:
    case = own_case(request, number)
    if not may_take(request):
        return too_many(request, HOUR)
    try:
        return download(dossier.export(case, by=request.principal))
    except ValueError as problem:
        messages.error(request, str(problem))
        return redirect("my-case", number)
