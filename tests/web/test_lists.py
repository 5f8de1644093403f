"""A list 清单 kept, ticked by the family, renewed when the guide changes, taken to the window."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from onewindow.catalogue import lists
from onewindow.catalogue.models import ItemVersion, SavedList
from onewindow.kernel import clock, numbers
from tests.cast import officer
from tests.factories.catalogue import flagship

pytestmark = pytest.mark.django_db
ANSWERS = {"household": "elsewhere", "months": "10", "ground": "home", "home": "rent", "who": "guardian"}


@pytest.fixture
def card():
    """居住证: two papers to bring and one looked up."""
    return flagship("XDP0032")


def kept(client, item, answers=ANSWERS):
    response = client.post(reverse("item-lists", args=[item.code]), answers)
    return SavedList.objects.get(pk=response["Location"].strip("/").rpartition("/")[2])


def test_whoever_has_the_link_sees_and_ticks_the_same_list(client, card):
    known = kept(client, card)
    page = reverse("list", args=[known.number])
    sister = Client()
    assert f"还差 {len(known.to_bring)} 份" in sister.get(page).content.decode()
    assert sister.post(f"{page}ticks/", {"material": known.to_bring[0].key, "ready": "yes"}).status_code == 302
    assert f"还差 {len(known.to_bring) - 1} 份" in client.get(page).content.decode()
    client.post(f"{page}ticks/", {"material": known.to_bring[0].key, "ready": "no"})
    assert SavedList.objects.get().ticked == []


def test_the_fragment_is_the_part_of_the_page(client, card):
    known = kept(client, card)
    page, key = reverse("list", args=[known.number]), known.to_bring[0].key
    fragment = client.post(f"{page}ticks/", {"material": key, "ready": "yes"}, headers={"HX-Request": "true"})

    def shape(html):
        return re.sub(r'value="[A-Za-z0-9]{64}"', "", html).strip()

    assert shape(fragment.content.decode()) in shape(client.get(page).content.decode())


def test_a_list_holds_no_name_and_only_answers_the_guide_knows(citizen, card):
    known = kept(citizen.client, card, ANSWERS | {"name": "李秀英", "number": "510114195001011234"})
    assert known.answers == ANSWERS | {"months": 10}
    assert known.owner == citizen.user
    assert "李秀英" not in Client().get(reverse("list", args=[known.number])).content.decode()


def test_the_owner_finds_it_again_and_only_the_owner_removes_it(citizen, other_citizen, card):
    known = kept(citizen.client, card)
    assert known.number in citizen.client.get("/my/lists/").content.decode()
    assert known.number not in other_citizen.client.get("/my/lists/").content.decode()
    assert other_citizen.client.post(reverse("list-removal", args=[known.number])).status_code == 404
    citizen.client.post(reverse("list-removal", args=[known.number]))
    assert Client().get(reverse("list", args=[known.number])).status_code == 404


def test_a_new_version_is_told_and_taken_over_on_request(client, card):
    known = kept(client, card)
    keys = [row.key for row in known.to_bring]
    lists.tick(known.number, keys[0], ready=True)
    lists.tick(known.number, keys[-1], ready=True)
    body = card.current.body
    body = body | {"materials": [paper for paper in body["materials"] if paper["key"] != keys[-1]]}
    card.current = ItemVersion.objects.create(item=card, number=2, body=body, digest="2")
    card.save()
    page = reverse("list", args=[known.number])
    assert "有了新版" in client.get(page).content.decode()
    client.post(f"{page}renewal/")
    known.refresh_from_db()
    assert (known.version.number, known.ticked, known.answers["months"]) == (2, [keys[0]], 10)
    assert "有了新版" not in client.get(page).content.decode()


def test_the_window_takes_the_list_over(client, card):
    clerk = officer("clerk", agency="GAJ")
    number = kept(client, card).number
    page = clerk.client.get("/desk/new/", {"q": numbers.grouped(number).lower()}, follow=True)
    assert page.request["PATH_INFO"] == f"/desk/new/{card.code}/" and "ground=home" in page.request["QUERY_STRING"]
    assert 'value="10"' in page.content.decode()


def test_numbers_are_read_as_people_say_them():
    number = numbers.share_number()
    assert numbers.read_share_number(f" {numbers.grouped(number).lower()} ") == number
    wrong = number[:-1] + next(sign for sign in numbers.LEGIBLE if sign != number[-1])
    assert numbers.read_share_number(wrong) == ""


def test_who_tries_numbers_is_slowed_down(client, db):
    codes = {client.get(reverse("list", args=[numbers.share_number()])).status_code for _ in range(70)}
    assert codes == {404, 429}


def test_forgotten_lists_are_swept(client, card):
    known = kept(client, card)
    assert lists.sweep() == 0
    SavedList.objects.update(opened_on=clock.today() - timedelta(days=181))
    assert lists.open_list(known.number) and lists.sweep() == 0, "opened again, so still used"
    SavedList.objects.update(opened_on=clock.today() - timedelta(days=181))
    assert lists.sweep() == 1


@pytest.mark.threads
@pytest.mark.django_db(transaction=True)
def test_two_who_tick_at_once_both_count():
    known = lists.keep(flagship("XDP0032"), ANSWERS | {"months": 10}, owner_id=None)
    keys = [row.key for row in known.to_bring]

    def tick(key):
        lists.tick(known.number, key, ready=True)
        connection.close()

    with ThreadPoolExecutor(len(keys)) as pool:
        list(pool.map(tick, keys * 3))
    assert sorted(SavedList.objects.get().ticked) == sorted(keys)
