"""Life events and business events 主题: order, icon and plain words; the themes themselves are data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, F, Func, TextField
from django.utils.translation import gettext_lazy as _

from onewindow.catalogue.models import Item

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# How an item's `target` calls them.
WHO = {"person": "自然人", "business": "法人"}


@dataclass(frozen=True)
class Theme:
    """`name` is the key in the data; the page translates it."""

    name: str
    glyph: str
    words: StrPromise


LIFE = (
    Theme("生育收养", "baby-carriage", _("生孩子、办出生手续")),
    Theme("教育科研", "school", _("上学、考证")),
    Theme("户籍办理", "home-heart", _("落户、迁户口")),
    Theme("证件办理", "id", _("身份证、驾驶证")),
    Theme("就业创业", "briefcase", _("找工作、开小店")),
    Theme("婚姻登记", "heart", _("结婚、离婚")),
    Theme("住房保障", "building-community", _("买房、租房、公积金")),
    Theme("社会保障", "umbrella", _("社保、医保、养老金")),
    Theme("医疗卫生", "stethoscope", _("看病、行医")),
    Theme("优待抚恤", "medal", _("老人、军人优待")),
    Theme("社会救助", "lifebuoy", _("遇到困难")),
    Theme("死亡殡葬", "flower", _("身后事")),
)
BUSINESS = (
    Theme("设立变更", "building-store", _("开公司、改执照")),
    Theme("准营准办", "license", _("开餐馆、办许可")),
    Theme("工程建设", "crane", _("盖房、修路、装修")),
    Theme("税收财务", "receipt-tax", _("开票、报税")),
    Theme("人力资源", "users", _("招人、用工")),
    Theme("交通运输", "truck", _("货运、客运")),
    Theme("农林牧渔", "plant-2", _("种地、养殖")),
    Theme("法人注销", "door-exit", _("关门、注销")),
)


class _Each(Func):
    function = "jsonb_array_elements_text"
    set_returning = True
    output_field = TextField()


def counts(who: str) -> list[tuple[str, int]]:
    """Themes of the items a person or a business may apply for, the fullest first."""
    items = Item.objects.filter(current__isnull=False, target__contains=[WHO[who]])
    by_theme = items.order_by().annotate(theme=_Each(F("themes"))).values_list("theme")
    return list(by_theme.annotate(n=Count("code")).order_by("-n", "theme"))
