"""What the documents say is what the program is."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.core.management import get_commands

from onewindow.cases.management.commands import states
from onewindow.cases.models import State
from onewindow.kernel.flow import REGISTRY

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Readers of one variable in settings: env("NAME"), flag("NAME", …), number(…), kept_secret(…), os.environ["NAME"].
READERS = {"env", "flag", "number", "kept_secret", "get", "setdefault", "getenv"}
NAME = re.compile(r"^(ONEWINDOW_[A-Z0-9_]+|[A-Z]+_URL|PORT|DJANGO_SETTINGS_MODULE)$")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)(?:#[^)]*)?\)")
PAGES = [ROOT / name for name in ("README.md", "README.zh.md", "CONTRIBUTING.md", "STYLE.md", "CHANGELOG.md")]
PAGES += sorted(DOCS.rglob("*.md"))
# Addresses and paths of package registries, written so that this file does not contain them.
REGISTRIES = [
    "".join(parts)
    for parts in [
        ("pypi.org", "/simple"), ("files.pythonhosted", ".org"), ("registry.", "npmjs"), ("registry.", "yarnpkg"),
        ("/opt/", "pypi"), ("index", "-url ="), ("extra-index", "-url"), ("registry.", "npmmirror"), ("pypi.", "tuna"),
    ]
]  # fmt: skip


def read(path):
    return path.read_text(encoding="utf-8")


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_the_state_chart_is_drawn_from_the_code():
    assert read(DOCS / "states.md") == states.text(), "run: onewindow states --write"


@pytest.mark.parametrize("spec", states.of_cases(), ids=lambda spec: spec.name)
def test_the_chart_knows_where_every_act_leads(spec):
    """The targets are read from the source of the body: none may be missed, and a paper named must exist."""
    assert states.targets(spec)
    assert spec.allowed.__name__ in states.WHO
    written = "".join(ast.unparse(node) for node in states._whole(spec) if isinstance(node, ast.FunctionDef))
    assert ("'paper'" in written) == bool([title for title in states.papers(spec) if title != "证照"])


def variables():
    found = set()
    for path in [*(ROOT / "config").rglob("*.py"), *(ROOT / "onewindow").rglob("*.py")]:
        for node in ast.walk(ast.parse(read(path))):
            inner = []
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in READERS:
                inner = node.args[:1]
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                inner = [node.slice]
            found |= {part.value for part in inner if isinstance(part, ast.Constant) and NAME.match(str(part.value))}
    return found


def test_every_environment_variable_is_in_the_operators_handbook():
    rows = set(re.findall(r"^\| `([A-Z0-9_]+)`", read(DOCS / "operate.md"), re.M))
    read_by_code = {name for name in variables() if not name.endswith("_FILE")}
    assert {"ONEWINDOW_ENV", "DATABASE_URL", "PORT", "ONEWINDOW_CLAMD", "ONEWINDOW_SEAL_P12"} <= read_by_code
    assert read_by_code - rows == set(), "missing from docs/operate.md"
    assert rows - read_by_code == set(), "docs/operate.md names variables nobody reads"


def test_every_command_is_mentioned():
    ours = {name for name, package in get_commands().items() if str(package).startswith("onewindow.")}
    text = "\n".join(read(page) for page in DOCS.glob("*.md"))
    assert {name for name in ours if f"onewindow {name}" not in text} == set()


def test_the_glossary_has_every_model_and_state():
    glossary = read(DOCS / "glossary.md")
    models = [model for model in apps.get_models() if model.__module__.startswith("onewindow.")]
    missing = {model.__name__ for model in models if not re.search(rf"`[\w.]*\b{model.__name__}\b[^`]*`", glossary)}
    missing |= {f"State.{state.name}" for state in State if f"`State.{state.name}`" not in glossary}
    missing |= {state.label for state in State if state.label not in glossary}
    assert missing == set()


def test_the_glossary_has_every_act():
    glossary = read(DOCS / "glossary.md")
    assert {spec.name for spec in REGISTRY.values() if not re.search(rf"\b{spec.name}\b", glossary)} == set()
    assert {spec.label for spec in REGISTRY.values() if spec.label not in glossary} == set()


def test_the_glossary_names_only_what_exists():
    """The last part of a dotted name of ours is a module, or a word of the source."""
    modules = {path.stem for path in (ROOT / "onewindow").rglob("*")}
    source = "\n".join(read(path) for path in (ROOT / "onewindow").rglob("*.py"))
    layers = "kernel|accounts|documents|notifications|catalogue|cases|feedback|api"
    named = re.findall(rf"`(?:{layers})\.(?:\w+\.)*(\w+)", read(DOCS / "glossary.md"))
    assert {name for name in named if name not in modules and not re.search(rf"\b{name}\b", source)} == set()


def test_every_dependency_has_its_reason():
    reasons = set(re.findall(r"^\| `([^`]+)`", read(DOCS / "decisions" / "0011-dependencies.md"), re.M))
    lines = [line for line in read(ROOT / "requirements.in").splitlines() if line and not line.startswith("#")]
    package = json.loads(read(ROOT / "package.json"))
    python = {re.split(r"[<>=~ ;]", line)[0] for line in lines}
    assert python | package["dependencies"].keys() | package["devDependencies"].keys() == reasons


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    targets = {(page.parent / target).resolve() for target in LINK.findall(read(page))}
    assert [str(target) for target in targets if not target.exists()] == []


def test_nobody_names_a_package_registry():
    """The project installs from whatever index the machine is set up for."""
    found = []
    for path in tracked():
        try:
            text = read(path)
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {word}" for word in REGISTRIES if word in text]
    assert found == []


def test_publiccode_is_whole():
    """The mandatory keys of the standard 0.4 and the country-independent vocabulary we use."""
    said = yaml.safe_load(read(ROOT / "publiccode.yml"))
    assert {
        "publiccodeYmlVersion",
        "name",
        "url",
        "platforms",
        "developmentStatus",
        "softwareType",
        "description",
    } <= said.keys()
    assert {"legal", "maintenance", "localisation"} <= said.keys()
    assert said["developmentStatus"] in {"concept", "development", "beta", "stable", "obsolete"}
    assert said["softwareType"].startswith(("standalone/", "addon", "library", "configurationFiles"))
    for text in said["description"].values():
        assert 150 <= len(text["longDescription"]) <= 10_000
        assert len(text["shortDescription"]) <= 150
        assert text["features"]
    assert said["legal"]["license"] == "Apache-2.0"
    assert said["maintenance"]["contacts"] or said["maintenance"]["contractors"]
