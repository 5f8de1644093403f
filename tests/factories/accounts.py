"""People, agencies and posts; numbers are fictitious and have a correct check digit (GB 11643)."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory
from stdnum.cn import ric

from onewindow.accounts.models import Agency, Mandate, Organisation, Person, Post, Site, User
from onewindow.kernel import clock


def citizen_number(serial: int = 1, born: str = "19850621") -> str:
    body = f"510125{born}{serial:03d}"
    return body + ric.calc_check_digit(body + "0")


class AgencyFactory(DjangoModelFactory):
    class Meta:
        model = Agency
        django_get_or_create = ["code"]

    code = "WJJ"
    name = factory.LazyAttribute(lambda agency: f"成都市新都区{agency.code}局")
    short_name = factory.LazyAttribute(lambda agency: f"区{agency.code}局")
    kind = "政府部门"


class SiteFactory(DjangoModelFactory):
    class Meta:
        model = Site
        django_get_or_create = ["code"]

    code = "510114"
    name = "新都区政务服务中心"
    level = Site.Level.DISTRICT
    division_code = "510114000000"


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    class Params:
        number = factory.Sequence(lambda n: citizen_number(n % 1000, f"19{50 + n // 1000 % 50:02d}0621"))

    name = "王强"
    verified_by = "自报"
    verified_level = 2

    @classmethod
    def _adjust_kwargs(cls, **kwargs):
        sealed = Person.with_number(name=kwargs["name"], number=kwargs.pop("_number"))
        names = ("number_cipher", "number_index", "number_masked")
        return kwargs | {name: getattr(sealed, name) for name in names}

    _number = factory.SelfAttribute("number")


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation

    name = "成都香城示例科技有限公司"
    credit_code = factory.Sequence(lambda n: f"91510114MA{n:08d}")
    legal_representative = "张伟"


class UserFactory(DjangoModelFactory):
    """A citizen with an identity; no password (it costs 50 ms), unless one is given."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user-{n}")
    phone = factory.Sequence(lambda n: f"139{n:08d}")
    kind = User.Kind.CITIZEN
    person = factory.SubFactory(PersonFactory, name=factory.SelfAttribute("..name"))
    name = "王强"

    @classmethod
    def _create(cls, model_class, *args, password=None, **kwargs):
        return model_class.objects.create_user(*args, password=password, **kwargs)


class StaffFactory(UserFactory):
    kind = User.Kind.STAFF
    phone = None
    person = None
    name = "刘敏"


class PostFactory(DjangoModelFactory):
    class Meta:
        model = Post

    user = factory.SubFactory(StaffFactory)
    role = Post.Role.CLERK
    agency = factory.SubFactory(AgencyFactory)
    starts = factory.LazyFunction(clock.today)


class MandateFactory(DjangoModelFactory):
    """In force, as the window registers it."""

    class Meta:
        model = Mandate

    proven_at = factory.LazyFunction(clock.now)
    proven_how = Mandate.Proof.WINDOW
