"""A paper is in one pair of hands, however many press at once over a bad network."""

import pytest

from onewindow.agents.actions import custody
from onewindow.agents.models import Bag, Errand, Held
from onewindow.cases.actions import drafts
from onewindow.kernel.models import Entry
from tests.agents.test_errand import entrusted
from tests.factories.applications import picture
from tests.hall.test_at_once import together

pytestmark = [pytest.mark.threads, pytest.mark.django_db(transaction=True)]


def test_one_paper_one_receipt_one_bag_and_home_once(agent, neighbour, item, codes):
    errand, by = entrusted(agent, item, codes), agent.principal
    drafts.add_paper(errand.case, "id_card", picture(by), by=by)

    def own():
        return Errand.objects.select_related("case__version", "case__item", "mandate", "site").get(pk=errand.pk)

    receipts = together(lambda _: custody.take_paper(own(), "id_card", by=by, form="original").receipt, range(8))
    assert set(receipts) == {Held.objects.get().receipt}
    assert len(set(together(lambda _: custody.hand_over(own(), by=by).pk, range(8)))) == Bag.objects.count() == 1
    Held.objects.update(holder=Held.Holder.AGENT)
    slip, paper = picture(by), str(Held.objects.get().pk)

    def bring_back(_):
        try:
            return bool(custody.give_back(own(), [paper], by=by, signed=slip))
        except ValueError:
            return False

    assert together(bring_back, range(8)).count(True) == 1
    done = ["errand.paper_taken", "errand.handed_over", "errand.returned"]
    assert Entry.objects.filter(kind="errand", event__in=done).count() == 3
