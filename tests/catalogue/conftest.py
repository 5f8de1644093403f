import csv
import shutil

import pytest
from django.conf import settings

ITEMS = {"XDP0096", "XDP0036", "XDA0001", "XDP0052"}


def narrow(source, target, keep):
    """The same file with the wanted rows only."""
    with source.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(row for row in rows if keep(row))


@pytest.fixture
def district(tmp_path):
    """A folder like data/xindu with four items; a test may spoil it."""
    data = settings.DATA_DIR
    for name in ("agencies.csv", "divisions.csv", "sites.csv", "holidays.json", "common.yaml"):
        shutil.copy(data / name, tmp_path)
    for name in ("items.csv", "materials.csv", "steps.csv", "plain_names.csv"):
        narrow(data / name, tmp_path / name, lambda row: row[0] in ITEMS)
    (tmp_path / "catalogue").mkdir()
    shutil.copy(data / "catalogue" / "XDP0096.yaml", tmp_path / "catalogue")
    return tmp_path


@pytest.fixture
def edit(district):
    """Replace a text in one of the district's files; the text must be there."""

    def run(name, old, new):
        path = district / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return run
