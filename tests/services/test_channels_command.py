"""`aftercare channels`, as whoever sets them up runs it."""

import asyncio
import io
import os
import sys
from pathlib import Path

import pytest
from rich.console import Console

from aftercare.model.addresses import ChannelName
from aftercare.reaching import NotTakenError, send_test, show_channels
from aftercare.settings import Settings
from tests.e2e.receivers import SmtpReceiver, WebhookReceiver, status

NUMBER = "+34600111222"


def test_what_is_set_up_is_listed_and_how_the_rest_would_be(tmp_path: Path) -> None:
    page = io.StringIO()
    settings = Settings(data_dir=tmp_path, sms_url="https://sms.test/send?key=secret")
    show_channels(settings, Console(file=page, width=120, highlight=False))
    lines = {line.split()[0]: line.split() for line in page.getvalue().splitlines()}
    assert lines["sms"] == ["sms", "yes", "sms.test"]
    assert lines["apns"] == ["apns", "no", "set", "AFTERCARE_APNS_KEY_FILE"]
    assert "secret" not in page.getvalue()


async def test_a_test_goes_out_once_and_says_how_it_was_taken(tmp_path: Path) -> None:
    async with WebhookReceiver(status(202)) as gateway:
        settings = Settings(data_dir=tmp_path, sms_url=gateway.url)
        said = await send_test(settings, ChannelName.SMS, NUMBER)
        (request,) = gateway.requests
    assert said == "Taken: 202. Now look whether it arrives."
    assert b"Test message" in request.body


async def test_a_test_by_mail_arrives(tmp_path: Path) -> None:
    async with SmtpReceiver() as relay:
        settings = Settings(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=relay.port, smtp_tls="none")
        said = await send_test(settings, ChannelName.SMTP, "it@clinic.test")
        (mail,) = relay.mails
    assert said.startswith("Taken: 250 2.0.0.")
    assert mail.recipients == ("it@clinic.test",)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (410, r"^Not taken: 410\. This address is gone for good"),
        (400, r"^Not taken: 400\. It would not be tried again"),
        (503, r"^Not taken: 503\. It would be tried again"),
    ],
)
async def test_a_test_that_is_not_taken_says_why(tmp_path: Path, answer: int, sentence: str) -> None:
    async with WebhookReceiver(status(answer)) as gateway:
        with pytest.raises(NotTakenError, match=sentence):
            await send_test(Settings(data_dir=tmp_path, sms_url=gateway.url), ChannelName.SMS, NUMBER)
        assert len(gateway.requests) == 1


async def test_a_way_that_is_not_set_up_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(NotTakenError, match=r"^apns is not set up: set AFTERCARE_APNS_KEY_FILE\.$"):
        await send_test(Settings(data_dir=tmp_path), ChannelName.APNS, "0a" * 32)


async def test_the_command_fails_with_one_sentence(tmp_path: Path) -> None:
    others = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCARE_")}
    async with WebhookReceiver(status(402)) as gateway:
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "aftercare", "channels", "test", "sms", "-"],
            env={**others, "AFTERCARE_DATA_DIR": str(tmp_path), "AFTERCARE_SMS_URL": gateway.url},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate(f"{NUMBER}\n".encode())
    said = " ".join(errors.decode().split())
    assert (process.returncode, output) == (1, b"")
    assert said.startswith(
        "Not taken: 402: the gateway's account is empty. It would be tried again for a day;"
    )
