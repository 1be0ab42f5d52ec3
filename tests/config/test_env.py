import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.checks import one_process_or_shared_services
from config.env import Env


def test_every_wrong_value_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MITATE_HTTPS", "ture")
    monkeypatch.setenv("MITATE_PIXEL_WORKERS", "0")
    monkeypatch.setenv("MITATE_SECRET_KEY", "short")
    with pytest.raises(ValidationError) as caught:
        Env()
    assert {error["loc"][0] for error in caught.value.errors()} == {"https", "pixel_workers", "secret_key"}


def test_a_key_is_made_once_and_is_nobody_elses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MITATE_SECRET_KEY", raising=False)
    monkeypatch.setenv("MITATE_DATA_DIR", str(tmp_path / "data"))
    first = Env().signing_key()
    assert len(first) >= 50
    assert Env().signing_key() == first
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600


def test_several_processes_need_shared_services(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MITATE_DATABASE_URL", "MITATE_REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    settings.ENV = Env(web_workers=2)  # type: ignore[attr-defined]
    assert {found.id for found in one_process_or_shared_services(None)} == {"mitate.E001", "mitate.E002"}
    settings.ENV = Env(web_workers=2, redis_url="redis://127.0.0.1/0", database_url="postgres://a@127.0.0.1/b")  # type: ignore[attr-defined]
    assert one_process_or_shared_services(None) == []
