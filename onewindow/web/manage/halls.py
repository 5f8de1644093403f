"""Which halls a manager looks after, and which of them a page is about."""

from __future__ import annotations

from django.http import Http404

from onewindow.accounts.models import Site
from onewindow.accounts.principal import Principal
from onewindow.web.account.guards import SignedIn


def halls_of(principal: Principal, *, stations: bool = False) -> list[Site]:
    """Sites with zones, of the manager's own posts; of a manager of the whole district all. With the villages' stations
    of these towns, where asked for.
    """
    posts = [post for post in principal.posts if post.role == "manager" and post.agency is None]
    halls = Site.objects.filter(zones__isnull=False).distinct().order_by("level", "code")
    if not any(post.site is None for post in posts):
        halls = halls.filter(pk__in=[post.site for post in posts])
    found = list(halls)
    return found + list(Site.objects.filter(level="village", parent__in=found).order_by("code")) if stations else found


def hall_of(request: SignedIn, sites: list[Site], wanted: str = "") -> Site:
    """The one asked for by `?site=`, or the first; 404 for somebody else's."""
    code = wanted or request.GET.get("site", "")
    found = next((site for site in sites if not code or site.pk == code), None)
    if found is None:
        raise Http404
    return found
