"""People, organisations, agencies, sites, users, posts and mandates."""

from onewindow.accounts.models.absences import Absence
from onewindow.accounts.models.credit import CreditRecord, CreditRecordQuerySet
from onewindow.accounts.models.mandates import Mandate, MandateQuerySet, in_force
from onewindow.accounts.models.people import Agency, Division, Organisation, Person, Site
from onewindow.accounts.models.users import (
    ApiToken,
    ExternalIdentity,
    OidcAttempt,
    Post,
    SignedOut,
    SignInCode,
    User,
    UserManager,
)

__all__ = [
    "Absence",
    "Agency",
    "ApiToken",
    "CreditRecord",
    "CreditRecordQuerySet",
    "Division",
    "ExternalIdentity",
    "Mandate",
    "MandateQuerySet",
    "OidcAttempt",
    "Organisation",
    "Person",
    "Post",
    "SignInCode",
    "SignedOut",
    "Site",
    "User",
    "UserManager",
    "in_force",
]
