"""语音叫号: files that can be heard, made once, served for good."""

import io
import math
import wave
from array import array

import pytest
from django.core.management import call_command
from django.urls import reverse

from onewindow.hall import voice
from tests.hall.conftest import a_zone


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The real voice, once for the module."""
    from django.conf import settings

    before, settings.VAR_DIR = settings.VAR_DIR, tmp_path_factory.mktemp("var")
    call_command("hall_voice", verbosity=0)
    yield voice.folder()
    settings.VAR_DIR = before


@pytest.mark.parametrize("part", voice.PARTS)
def test_every_part_is_a_sound_of_plausible_length(made, part):
    with wave.open(io.BytesIO(voice.path_of(part).read_bytes())) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        samples = array("h", file.readframes(file.getnframes()))
        seconds = len(samples) / file.getframerate()
    loudness = math.sqrt(sum(sample * sample for sample in samples) / len(samples))
    assert 0.15 < seconds < 1.5 and loudness > 1000 and max(map(abs, samples)) > 8000


def test_no_two_words_sound_the_same(made):
    assert len({voice.path_of(part).read_bytes() for part in voice.PARTS}) == len(voice.PARTS)


def test_the_halls_own_recordings_are_kept_and_have_an_address_of_their_own(made, capsys):
    before, own = voice.edition(), voice.path_of("please")
    synthetic = own.read_bytes()
    own.write_bytes(b"RIFF own recording")
    call_command("hall_voice")
    assert "新生成 0 个" in capsys.readouterr().out
    assert own.read_bytes() == b"RIFF own recording" and voice.edition() != before
    own.write_bytes(synthetic)


@pytest.mark.django_db
def test_browsers_keep_a_part_for_good(made, client):
    a_zone()
    page = client.get(reverse("screen", args=["510114", "A"])).content.decode()
    assert f'data-parts="/voice/{voice.edition()}/"' in page
    answer = client.get(reverse("voice", args=[voice.edition(), "7.wav"]))
    assert answer["Content-Type"] == "audio/wav" and "immutable" in answer["Cache-Control"]
    for edition, name in (("0" * 12, "7.wav"), (voice.edition(), "8x.wav"), (voice.edition(), "..%2fkeys")):
        assert client.get(f"/voice/{edition}/{name}").status_code == 404


@pytest.mark.django_db
def test_without_files_the_screen_knows_it(client, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    a_zone()
    assert voice.missing() and 'data-parts=""' in client.get(reverse("screen", args=["510114", "A"])).content.decode()
