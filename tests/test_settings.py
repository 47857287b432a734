"""Settings from variables."""

from pathlib import Path

import pytest

from aftercare.settings import Settings, SettingsError, read_settings


def test_nothing_set_is_a_development_server_on_this_machine() -> None:
    assert read_settings({}) == Settings()


def test_every_kind_of_value_is_read() -> None:
    found = read_settings(
        {
            "AFTERCARE_PORT": "9000",
            "AFTERCARE_DATA_DIR": "/srv/x",
            "AFTERCARE_POOL_WAIT_SECONDS": "0.5",
            "OTHER": "1",
        }
    )
    assert (found.port, found.data_dir, found.pool_wait_seconds) == (9000, Path("/srv/x"), 0.5)


def test_what_a_process_hands_on_is_read_as_it_was() -> None:
    settings = Settings(port=9001, data_dir=Path("/srv/y"), smtp_tls="none")
    handed = {f"AFTERCARE_{f.upper()}": str(getattr(settings, f)) for f in Settings.__struct_fields__}
    assert read_settings(handed) == settings


@pytest.mark.parametrize(
    "wrong", [{"AFTERCARE_PORT": "many"}, {"AFTERCARE_ENV": "prod"}, {"AFTERCARE_SMTP_TLS": "maybe"}], ids=str
)
def test_a_setting_that_cannot_be_read_is_named_in_a_sentence(wrong: dict[str, str]) -> None:
    field = next(iter(wrong)).removeprefix("AFTERCARE_").lower()
    with pytest.raises(SettingsError, match=f"A setting cannot be read: .*{field}"):
        read_settings(wrong)


def test_a_heartbeat_is_not_sent_in_the_clear_but_to_this_machine() -> None:
    for url in ("https://monitor.test/ping/1", "http://127.0.0.1:9000/ping"):
        assert read_settings({"AFTERCARE_HEARTBEAT_URL": url}).heartbeat_url == url
    for url in ("http://monitor.test/ping/1", "http://127.0.0.1.monitor.test/", "monitor.test"):
        with pytest.raises(SettingsError, match="AFTERCARE_HEARTBEAT_URL must begin with https"):
            read_settings({"AFTERCARE_HEARTBEAT_URL": url})


def test_production_names_what_is_missing() -> None:
    with pytest.raises(SettingsError, match=r"AFTERCARE_DATABASE_URL.*AFTERCARE_SMTP_HOST"):
        read_settings({"AFTERCARE_ENV": "production"})


@pytest.mark.parametrize(
    "keys", ["/srv/x/photos", "/srv/x/photos/keys", "/srv/x", "/srv/x/photos/../photos/k"]
)
def test_production_refuses_keys_beside_or_around_the_photos_they_open(keys: str) -> None:
    given = {
        f"AFTERCARE_{name}": "x"
        for name in ("DATABASE_URL", "WORKER_DATABASE_URL", "OWNER_DATABASE_URL", "PUBLIC_URL", "SMTP_HOST")
    } | {"AFTERCARE_ENV": "production", "AFTERCARE_DATA_DIR": "/srv/x", "AFTERCARE_MASTER_KEY": "x"}
    assert read_settings(given).keys_folder == Path("/srv/x/keys")
    with pytest.raises(SettingsError, match="AFTERCARE_KEYS_DIR must be apart"):
        read_settings(given | {"AFTERCARE_KEYS_DIR": keys})
