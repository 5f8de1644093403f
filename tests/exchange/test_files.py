"""Files go along where the options say so: fetched over real HTTP by who signs, for a day, each on record."""

import time
from datetime import timedelta

import pytest

from onewindow.cases.models import CasePaper
from onewindow.documents import files
from onewindow.documents.models import File
from onewindow.exchange import systems
from onewindow.exchange.adapters import signing
from onewindow.exchange.models import Letter
from onewindow.kernel import clock
from onewindow.kernel.models import Entry
from tests.api.conftest import picture
from tests.exchange.conftest import BY, SECRET, filed, sent, wired

pytestmark = pytest.mark.django_db


def handed_in(**stored):
    """A case whose papers lie on disk."""
    case = filed()
    kept = files.store(picture(), "材料.jpg", "user:1")
    File.objects.filter(pk=kept.pk).update(**stored)
    case.papers.filter(file__isnull=False).update(file=kept)
    return case


def path_of(case, system="gongjijin"):
    return f"/api/exchange/{system}/files/{case.papers.filter(file__isnull=False).first().pk}/"


def get(client, path, secret=SECRET):
    given = signing.headers(secret, clock.now().timestamp(), "GET", path)
    return client.get(path, **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in given.items()})


@pytest.mark.django_db(transaction=True)
def test_the_peer_fetches_what_was_handed_in(peer, live_server, settings):
    settings.PUBLIC_URL = live_server.url
    wired(peer.url, files=True)
    case = sent(handed_in()).case
    (kept,) = peer.cases.values()
    told = kept["said"]["files"]
    assert len(told) == case.papers.filter(file__isnull=False).count() > 0
    end = time.monotonic() + 10
    while len(kept["files"]) < len({each["sha256"] for each in told}) and time.monotonic() < end:
        time.sleep(0.05)
    assert set(kept["files"]) == {each["sha256"] for each in told} and all(kept["files"].values())
    rows = Entry.objects.filter(subject=case.number, event="case.file_fetched")
    assert {row.data["sha256"] for row in rows} == set(kept["files"])
    assert rows[0].actor == "system:exchange:gongjijin"
    assert "材料文件" in Entry.objects.get(event="case.passed_on").data["sent"]


@pytest.fixture
def case(peer):
    wired(peer.url, files=True)
    return sent(handed_in()).case


def test_the_bytes_are_those_that_were_handed_in(client, case):
    answer = get(client, path_of(case))
    with files.open_file(case.papers.filter(file__isnull=False).first().file) as stream:
        assert answer.status_code == 200 and b"".join(answer.streaming_content) == stream.read()


@pytest.mark.parametrize("how", ["nobody", "another secret", "not agreed", "too late", "not handed over", "removed"])
def test_nobody_else_and_not_for_ever(client, case, peer, how):
    path, secret = path_of(case), "another-secret-entirely" if how == "another secret" else SECRET
    if how == "not agreed":
        wired(peer.url)
    if how == "too late":
        Letter.objects.update(done_at=clock.now() - timedelta(hours=25))
    if how == "not handed over":
        Letter.objects.update(way="in")
    if how == "removed":
        CasePaper.objects.update(removed_at=clock.now())
    answer = client.get(path) if how == "nobody" else get(client, path, secret)
    refused = {"nobody": 401, "another secret": 401, "not agreed": 401}
    assert answer.status_code == refused.get(how, 404)
    assert not Entry.objects.filter(event="case.file_fetched").exists()


def test_another_system_gets_nothing_of_it(client, case, peer):
    wired(peer.url, key="jiaoguan", files=True)
    path = path_of(case, "jiaoguan")
    assert get(client, path).status_code == 404 and client.post(path).status_code == 405


@pytest.mark.parametrize("scan", [File.Scan.WAITING, File.Scan.INFECTED])
def test_what_is_not_known_to_be_clean_does_not_go(client, case, scan):
    File.objects.update(scan=scan)
    assert get(client, path_of(case)).status_code == 404


def test_without_the_option_the_list_goes_and_no_address(peer, system):
    sent(filed())
    (kept,) = peer.cases.values()
    assert kept["said"]["papers"] and "files" not in kept["said"] and "/files/" not in str(kept["said"])


def test_a_folder_gets_them_before_the_row_that_names_them(db, settings, tmp_path):
    settings.EXCHANGE_DIR = tmp_path
    options = {"folder": "gjj", "files": True}
    systems.save("gongjijin", name="公积金", kind="file-drop", options=options, secrets={}, by=BY)
    letter = sent(handed_in(scan=File.Scan.WAITING))
    assert letter.state == "waiting" and "安全检查" in letter.answer and not list((tmp_path / "gjj/out").glob("*.csv"))
    case = sent(handed_in()).case
    names = sorted(path.name for path in (tmp_path / "gjj/out" / case.number).iterdir())
    row = (tmp_path / "gjj/out" / f"{case.number}.csv").read_text("utf-8-sig")
    assert names and all(name in row for name in names)
