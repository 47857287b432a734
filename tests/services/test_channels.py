"""From settings to channels, with what is wrong said in a sentence at the start."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from aftercare.model.addresses import ChannelName
from aftercare.services.channels import build_channels, close_channels
from aftercare.settings import SettingsError, read_settings


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    """Every channel, as an operator sets it."""
    account = {
        "type": "service_account",
        "project_id": "sample-project",
        "private_key_id": "1",
        "private_key": pem(rsa.generate_private_key(65537, 2048)),
        "client_email": "pushes@sample-project.test",
        "token_uri": "https://oauth2.test/token",
    }
    (tmp_path / "account.json").write_text(json.dumps(account))
    (tmp_path / "key.p8").write_text(pem(ec.generate_private_key(ec.SECP256R1())))
    return {
        "AFTERCARE_DATA_DIR": str(tmp_path),
        "AFTERCARE_SMTP_HOST": "relay.test",
        "AFTERCARE_SMS_URL": "https://sms.test/messages",
        "AFTERCARE_FCM_CREDENTIALS_FILE": str(tmp_path / "account.json"),
        "AFTERCARE_APNS_KEY_FILE": str(tmp_path / "key.p8"),
        "AFTERCARE_APNS_KEY_ID": "ABC123DEFG",
        "AFTERCARE_APNS_TEAM_ID": "TEAM123456",
        "AFTERCARE_APNS_TOPIC": "test.aftercare.app",
    }


async def test_every_channel_that_is_set_up_is_there(given: dict[str, str]) -> None:
    channels = build_channels(read_settings(given))
    assert set(channels) == set(ChannelName) - {ChannelName.WEBHOOK}
    await close_channels(channels)


def test_nothing_set_up_is_browsers_alone(tmp_path: Path) -> None:
    channels = build_channels(read_settings({"AFTERCARE_DATA_DIR": str(tmp_path)}))
    assert set(channels) == {ChannelName.WEBPUSH}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MAIL_FROM", "Clinic <a@b.test>", "the sender of mails must be one plain mail address"),
        ("SMS_URL", "http://sms.test/", "the address of the SMS gateway must begin with https://"),
        ("SMS_BODY", '{"to": "{to}"}', "the template of an SMS has {text}"),
        ("SMS_BODY", '{"to": "{to}", "text": "{text}"', "the template of an SMS must be JSON, or a form"),
        ("SMS_ANSWERS", "404 gone", "an answer of the SMS gateway is written as status=meaning"),
        ("SMS_AUTH", "Bearer\tx", "the sign-in of the SMS gateway must be a header's value"),
        ("FCM_CREDENTIALS_FILE", "/nowhere", "The file of AFTERCARE_FCM_CREDENTIALS_FILE cannot be read."),
        ("FCM_URL", "http://fcm.test", "the address of Firebase Cloud Messaging must begin with https://"),
        ("APNS_KEY_FILE", "/nowhere", "The file of AFTERCARE_APNS_KEY_FILE cannot be read."),
        ("APNS_KEY", "secret words", "the key for Apple's push service is not one as in its .p8 file"),
        ("APNS_TOPIC", "", "the topic of pushes to Apple's phones is the app's bundle id"),
    ],
)
def test_a_setting_that_cannot_work_is_said_in_a_sentence(
    given: dict[str, str], name: str, value: str, sentence: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        build_channels(read_settings({**given, f"AFTERCARE_{name}": value}))
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "secret" not in str(caught.value)
