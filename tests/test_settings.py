"""Settings refuse nonsense with a sentence that says what to change; nothing of the sandbox starts in production."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

SOUND = {
    "ONEWINDOW_ENV": "production", "ONEWINDOW_SECRET_KEY": "s" * 40, "ONEWINDOW_SECRECY_KEY": "k" * 40,
    "ONEWINDOW_SECRECY_INDEX_KEY": "i" * 40, "ONEWINDOW_PUBLIC_URL": "https://xindu.example.gov.cn",
    "ONEWINDOW_HOSTS": "xindu.example.gov.cn",
}  # fmt: skip

PROVINCE = {
    "ONEWINDOW_OIDC": "sheng", "ONEWINDOW_OIDC_SHENG_ISSUER": "https://id.example", "ONEWINDOW_OIDC_SHENG_LABEL": "省",
    "ONEWINDOW_OIDC_SHENG_CLIENT_ID": "xindu", "ONEWINDOW_OIDC_SHENG_CLIENT_SECRET": "s",
}  # fmt: skip


def start(tmp_path, script, **changes):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ONEWINDOW_")}
    env = kept | {"ONEWINDOW_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"} | SOUND | changes
    env = {key: value for key, value in env.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=settings.BASE_DIR, capture_output=True, text=True
    )


READ = "import config.settings as s; print(s.SANDBOX, s.SESSION_COOKIE_SECURE)"


def test_production_is_no_sandbox(tmp_path):
    assert start(tmp_path, READ).stdout.split() == ["False", "True"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ONEWINDOW_SECRET_KEY": None}, "生产环境必须设置 ONEWINDOW_SECRET_KEY"),
        ({"ONEWINDOW_SECRET_KEY": "short"}, "ONEWINDOW_SECRET_KEY 太短"),
        ({"ONEWINDOW_PUBLIC_URL": "http://xindu.example.gov.cn"}, "必须以 https:// 开头"),
        ({"ONEWINDOW_HOSTS": ""}, "请设置 ONEWINDOW_HOSTS"),
        ({"ONEWINDOW_ENV": "prod"}, "ONEWINDOW_ENV 只能是"),
        ({"ONEWINDOW_DEBUG": "1"}, "生产环境不能打开 ONEWINDOW_DEBUG"),
        ({"PORT": "eighty"}, "PORT 必须是"),
        ({"ONEWINDOW_SECRECY_OLD_KEYS": "k1:old"}, "编号不能与现用密钥"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL 必须以 postgresql:// 开头"),
        ({"ONEWINDOW_OIDC": "sheng", "ONEWINDOW_OIDC_SHENG_LABEL": "省"}, "ONEWINDOW_OIDC_SHENG_ISSUER"),
        ({"ONEWINDOW_OIDC": "sandbox"}, "不能叫 sandbox"),
        (PROVINCE | {"ONEWINDOW_OIDC_SHENG_ISSUER": "http://id.example"}, "必须是以 https:// 开头"),
        (PROVINCE | {"ONEWINDOW_OIDC_SHENG_FOR": "everybody"}, "只能是 citizen、staff"),
        (PROVINCE | {"ONEWINDOW_OIDC_SHENG_SCOPES": "profile"}, "必须包含 openid"),
        (PROVINCE | {"ONEWINDOW_OIDC_SHENG_CLAIMS": "nummer=zjhm"}, "不认识 nummer"),
        (PROVINCE | {"ONEWINDOW_OIDC_SHENG_LEVELS": "face=9"}, "0 到 5"),
    ],
)
def test_nonsense_stops_the_start(tmp_path, changes, said):
    run = start(tmp_path, READ, **changes)
    assert run.returncode != 0
    assert said in run.stderr


def test_the_system_check_names_every_missing_peer_of_production(tmp_path):
    script = "import django; django.setup(); from django.core.management import call_command; call_command('check')"
    run = start(tmp_path, script)
    assert run.returncode != 0
    for setting in ("ONEWINDOW_CLAMD", "ONEWINDOW_SEAL_P12", "ONEWINDOW_SMS_URL"):
        assert setting in run.stderr


def test_secrets_may_come_from_files(tmp_path):
    (tmp_path / "key").write_text("f" * 40, encoding="utf-8")
    changes = {"ONEWINDOW_SECRET_KEY": None, "ONEWINDOW_SECRET_KEY_FILE": str(tmp_path / "key")}
    script = "import config.settings as s; print(s.SECRET_KEY)"
    assert start(tmp_path, script, **changes).stdout.strip() == "f" * 40


def test_a_provider_and_its_secret_file(tmp_path):
    (tmp_path / "secret").write_text("of the province\n", encoding="utf-8")
    changes = PROVINCE | {
        "ONEWINDOW_OIDC_SHENG_CLIENT_SECRET": None, "ONEWINDOW_OIDC_SHENG_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
        "ONEWINDOW_OIDC_SHENG_LEVELS": "urn:sc:face=4,*=2", "ONEWINDOW_OIDC_SHENG_CLAIMS": "number=zjhm",
        "ONEWINDOW_OIDC_SHENG_FOR": "citizen,staff",
    }  # fmt: skip
    script = (
        "import config.settings as s; [p] = s.OIDC_PROVIDERS; "
        "print(p.client_secret, p.level_of('urn:sc:face'), p.level_of('x'), p.claims['number'], p.claims['name'], "
        "sorted(p.doors), p)"
    )
    said = start(tmp_path, script, **changes).stdout
    assert said.startswith("of the province 4 2 zjhm name ['citizen', 'staff']")
    assert said.count("of the province") == 1  # a log may print the provider


@pytest.mark.parametrize("command", ["demo", "demo_reset", "demo_accounts", "totp x"])
def test_demonstration_commands_refuse_production(tmp_path, command):
    script = (
        "import django; django.setup(); from django.core.management import call_command; "
        f"call_command(*{command.split()!r}, skip_checks=True)"
    )
    run = start(tmp_path, script)
    assert run.returncode != 0
    assert "CommandError" in run.stderr
    assert "生产环境" in run.stderr or "沙箱" in run.stderr


def test_a_rotated_key_still_opens_old_numbers(tmp_path):
    setup = "from onewindow.kernel import secrecy; "
    seal = setup + "print(secrecy.encrypt('510', purpose='x'))"
    old = start(tmp_path, seal).stdout.strip()
    unseal = setup + f"print(secrecy.decrypt('{old}', purpose='x'))"
    rotated = {"ONEWINDOW_SECRECY_KEY": "n" * 40, "ONEWINDOW_SECRECY_KEY_ID": "k2"}
    assert start(tmp_path, unseal, **rotated).returncode != 0
    assert start(tmp_path, unseal, **rotated, ONEWINDOW_SECRECY_OLD_KEYS=f"k1:{'k' * 40}").stdout.strip() == "510"
