"""英文: what of a guide is still in Chinese, before the reader finds it."""

from io import BytesIO

import pytest
from babel.messages.pofile import read_po

from onewindow.catalogue.models import GuideTranslation
from tests.factories.catalogue import published, whole

pytestmark = pytest.mark.django_db
SAID = {"年满60周岁": "Aged 60 or over", "满六十岁": "Aged sixty"}


@pytest.fixture
def begun():
    """A guide of which one sentence is translated, and one that it says no more."""
    item = published(whole())
    GuideTranslation.objects.create(item=item, language="en", texts=SAID, digest="1")
    GuideTranslation.objects.create(language="en", texts={"联系电话": "Telephone"}, digest="1")
    return item


def test_what_has_to_be_translated_is_listed(editor, begun):
    page = editor.client.get("/manage/translations/").content.decode()
    assert "原文改过" in page
    assert "XDP0096" in page
    page = editor.client.get("/manage/translations/XDP0096/").content.decode()
    missing, obsolete = page.split("现在不再这么写的 1 句")
    assert "由别人代办时，核对代办人身份" in missing
    assert "年满60周岁<" not in missing
    assert "联系电话<" not in missing
    assert "满六十岁" in obsolete


def test_the_translator_gets_the_guide_as_it_is_published(editor, begun):
    response = editor.client.get("/manage/translations/XDP0096/file/")
    assert response["Content-Disposition"] == 'attachment; filename="XDP0096.po"'
    said = {message.id: message.string for message in read_po(BytesIO(response.content)) if message.id}
    assert said["年满60周岁"] == "Aged 60 or over"
    assert said["由别人代办时，核对代办人身份"] == ""
    assert "联系电话" not in said, "shared texts are asked once"
    assert "满六十岁" not in said


def test_an_item_nobody_has_begun(editor):
    published(whole())
    assert "还没有译文" in editor.client.get("/manage/translations/").content.decode()
    assert "译文 <b>0%</b>" in editor.client.get("/manage/translations/XDP0096/").content.decode()
