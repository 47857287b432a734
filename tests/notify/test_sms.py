import json
import logging
import re
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import product
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aftercare.model.messages import MessageKind, OutgoingMessage, TierCount
from aftercare.model.words import Tier
from aftercare.notify.channel import NotDeliveredError, Receipt, Refused, Retired, Retry
from aftercare.notify.gsm7 import septets, written_plainly
from aftercare.notify.sms import SmsChannel, SmsSettings, read_rules, sms_text
from tests.e2e.receivers import PATIENCE, Exchange, WebhookReceiver, status

NUMBER = "+34600111222"
MESSAGE = OutgoingMessage(
    id=UUID("0195b1c0-0000-7000-8000-000000000001"),
    about=UUID("0195b1c0-0000-7000-8000-0000000000aa"),
    kind=MessageKind.ALERT_RAISED,
    tier=Tier.EMERGENCY,
    address=NUMBER,
    link="https://care.clinic.test/alerts/0195b1c0-0000-7000-8000-0000000000aa",
    clinic_name="Clínica Norte",
    written_at=datetime(2030, 3, 1, 9, 30, tzinfo=UTC),
)


def channel(receiver: WebhookReceiver, **settings: Any) -> SmsChannel:
    return SmsChannel(SmsSettings(**{"url": receiver.url, **settings}), timeout_s=PATIENCE)


async def test_an_sms_names_clinic_and_tier_and_nothing_else() -> None:
    async with WebhookReceiver(status(202)) as receiver:
        receipt = await channel(receiver, sender="Aftercare").send(MESSAGE)
        (request,) = receiver.requests
    assert receipt == Receipt("202")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == str(MESSAGE.id)
    assert json.loads(request.body) == {
        "to": NUMBER,
        "from": "Aftercare",
        "text": "Aftercare, Clinica Norte: an emergency alert waits. " + MESSAGE.link,
        "reference": str(MESSAGE.id),
    }


@pytest.mark.parametrize(
    ("kind", "tier", "locale", "sentence"),
    [
        (MessageKind.ALERT_RAISED, Tier.SAME_DAY, "en", "a same-day alert waits."),
        (MessageKind.ALERT_OVERDUE, Tier.EMERGENCY, "es", "an emergency alert is past its time."),
        (MessageKind.ALERT_TIER_ROSE, Tier.EMERGENCY, "en", "an emergency alert is now more urgent."),
        (MessageKind.ALERT_RAISED, None, "en", "an alert waits."),
        (MessageKind.REMINDER, None, "en", "Your check-in is ready."),
        (MessageKind.REMINDER, None, "es", "Su cuestionario de hoy esta listo."),
        (MessageKind.REMINDER, None, "pt-BR", "O seu questionario de hoje esta pronto."),
        (MessageKind.TEST, None, "en", "Test message."),
    ],
)
def test_what_waits_is_said_in_one_sentence(
    kind: MessageKind, tier: Tier | None, locale: str, sentence: str
) -> None:
    text = sms_text(replace(MESSAGE, kind=kind, tier=tier, locale=locale, clinic_name="North"))
    assert text == f"Aftercare, North: {sentence} {MESSAGE.link}"


def test_a_hand_over_says_how_much_of_what_is_open_in_one_part() -> None:
    counts = tuple(TierCount(tier=tier, count=100) for tier in reversed(Tier))
    message = replace(MESSAGE, kind=MessageKind.HAND_OVER, open=counts, clinic_name="The Longest Name " * 5)
    text = sms_text(message)
    assert "You are on call. Still open: 100 emergency, 100 same day, 100 soon, 100 routine." in text
    assert (septets(text) or 999) <= 160


def test_every_message_is_one_part() -> None:
    name = "The Longest Name " * 5
    for kind, tier, locale in product(MessageKind, [None, *Tier], ["en", "es", "pt", "ja"]):
        text = sms_text(replace(MESSAGE, kind=kind, tier=tier, locale=locale, clinic_name=name))
        length = septets(text)
        assert length is not None, text
        assert length <= 160, text


@given(
    name=st.text(max_size=200),
    path=st.text("abcdefghijklmnopqrstuvwxyz0123456789-~_/", max_size=60),
    tier=st.sampled_from(Tier),
)
def test_whatever_the_clinic_is_called_the_link_is_whole_and_the_text_one_part(
    name: str, path: str, tier: Tier
) -> None:
    link = f"https://care.test/{path}"
    text = sms_text(replace(MESSAGE, clinic_name=name, link=link, tier=tier))
    length = septets(text)
    assert text.startswith("Aftercare")
    assert text.endswith(f" {link}")
    assert length is not None
    assert length <= 160


def test_a_link_too_long_for_one_part_is_sent_whole_all_the_same() -> None:
    link = "https://care.test/" + "a" * 300
    assert sms_text(replace(MESSAGE, link=link)) == f"Aftercare: an emergency alert waits. {link}"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Clinic North", "Aftercare, Clinic North: "),
        ("Praxis für Haut & Laser", "Aftercare, Praxis für Haut & Laser: "),
        ("Clínica São João – “Pele”", 'Aftercare, Clinica Sao Joao - "Pele": '),
        ("Łódź Cœur", "Aftercare, Lodz Coeur: "),
        ("Клиника", "Aftercare: "),
        ("皮膚科", "Aftercare: "),
        ("Skin Клиника", "Aftercare: "),  # half a name is another one
        ("✨ Skin ✨ 💆", "Aftercare, Skin: "),
        ("", "Aftercare: "),
        ("Two\nlines", "Aftercare, Two lines: "),
        (
            "A Very Long Name of a Clinic of Dermatology and Laser Medicine",
            "Aftercare, A Very Long Name of a Clinic of Dermatology and La...: ",
        ),
    ],
)
def test_a_name_is_written_with_the_letters_that_sms_has_or_left_out(name: str, shown: str) -> None:
    text = sms_text(replace(MESSAGE, clinic_name=name))
    assert text.startswith(shown + "an emergency")


@pytest.mark.parametrize(("text", "room"), [("abc", 3), ("€", 2), ("[a]", 5), ("é", 1), ("á", None), ("", 0)])
def test_room_is_counted_as_phones_do(text: str, room: int | None) -> None:
    assert septets(text) == room


def test_an_accent_by_itself_is_joined_with_its_letter() -> None:
    assert written_plainly("Cli\N{LATIN SMALL LETTER N}\N{COMBINING TILDE}") == "Cliñ"


@pytest.mark.parametrize(
    ("template", "kind", "expected"),
    [
        (
            "To={to}&From={from}&Body={text}",
            "application/x-www-form-urlencoded",
            {"To": NUMBER, "From": 'A"&b', "Body": "TEXT"},
        ),
        (
            (
                '{"messages": [{"from": "{from}", "destinations": [{"to": "{digits}", "messageId": "{id}"}], '
                '"text": "{text}", "flash": false}]}'
            ),
            "application/json",
            {
                "messages": [
                    {
                        "from": 'A"&b',
                        "destinations": [{"to": NUMBER[1:], "messageId": str(MESSAGE.id)}],
                        "text": "TEXT",
                        "flash": False,
                    }
                ]
            },
        ),
        (
            '{"phoneNumbers": ["{to}"], "message": "{text}"}',
            "application/json",
            {"phoneNumbers": [NUMBER], "message": "TEXT"},
        ),
    ],
)
async def test_the_template_says_how_the_gateway_is_asked(template: str, kind: str, expected: Any) -> None:
    async with WebhookReceiver() as receiver:
        await channel(receiver, body=template, sender='A"&b').send(MESSAGE)
        (request,) = receiver.requests
    assert request.headers["content-type"] == kind
    body = request.body.decode()
    read = json.loads(body) if kind.endswith("json") else dict(parse_qsl(body, strict_parsing=True))
    assert json.loads(json.dumps(read).replace(sms_text(MESSAGE), "TEXT")) == expected


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ("Bearer abc", "authorization", "Bearer abc"),
        ("Basic dXNlcjpw", "authorization", "Basic dXNlcjpw"),
        ("X-Api-Key: abc: d", "x-api-key", "abc: d"),
    ],
)
async def test_signing_in_is_one_header(auth: str, header: str, value: str) -> None:
    async with WebhookReceiver() as receiver:
        await channel(receiver, auth=auth).send(MESSAGE)
        (request,) = receiver.requests
    assert request.headers[header] == value


def coded(code: int, body: Any, *headers: str) -> Callable[[Exchange], Awaitable[None]]:
    return status(code, *headers, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("script", "verdict", "answer", "wait"),
    [
        (status(410), Retired, "410", None),
        (status(400), Refused, "400", None),
        (coded(400, {"code": 21211, "message": NUMBER, "status": 400}), Refused, "400 21211", None),
        (status(413), Refused, "413", None),
        (status(422), Refused, "422", None),
        (status(402), Retry, "402: the gateway's account is empty", 300),
        (status(401), Retry, "401: our account or settings", 300),
        (status(403), Retry, "403: our account or settings", 300),
        (status(404), Retry, "404: our account or settings", 300),
        (status(301, "Location: https://elsewhere.test/"), Retry, "301: our account or settings", 300),
        (status(429, "Retry-After: 30"), Retry, "429", 30),
        (status(402, "Retry-After: 900"), Retry, "402: the gateway's account is empty", 900),
        (status(500), Retry, "500", None),
        (status(503, "Retry-After: 7"), Retry, "503", 7),
        (coded(400, {"code": NUMBER.strip("+")}), Refused, "400", None),
        (status(400, body=b"[" * 4000), Refused, "400", None),
        (status(400, body=b"\xff"), Refused, "400", None),
    ],
)
async def test_what_an_answer_means(
    script: Callable[[Exchange], Awaitable[None]],
    verdict: type[NotDeliveredError],
    answer: str,
    wait: float | None,
) -> None:
    async with WebhookReceiver(script) as receiver:
        with pytest.raises(verdict) as caught:
            await channel(receiver).send(MESSAGE)
    assert caught.value.answer == answer
    assert getattr(caught.value, "retry_after", None) == wait


@pytest.mark.parametrize(
    ("rules", "script", "verdict"),
    [
        ("400:21610=gone", coded(400, {"code": 21610}), Retired),
        ("400:21610=gone", coded(400, {"code": 21211}), Refused),
        ("404=gone", status(404), Retired),
        ("410=refused", status(410), Refused),
        ("400:1=wait, 400=fault", coded(400, {"errors": [{"code": "1"}]}), Retry),
        ("400:1=wait, 400=fault", coded(400, {"errors": [{"code": "2"}]}), Retry),
        ("200:4=fault", coded(200, {"messages": [{"status": "4"}]}), Retry),
        ("200:4=fault", coded(200, {"messages": [{"status": "0"}]}), None),
        ("409=taken", status(409), None),
    ],
)
async def test_a_gateway_that_speaks_otherwise_is_understood_by_its_table(
    rules: str,
    script: Callable[[Exchange], Awaitable[None]],
    verdict: type[NotDeliveredError] | None,
) -> None:
    async with WebhookReceiver(script) as receiver:
        if verdict is None:
            await channel(receiver, answers=rules).send(MESSAGE)
            return
        with pytest.raises(verdict):
            await channel(receiver, answers=rules).send(MESSAGE)


@pytest.mark.parametrize(
    "rules", ["gone", "404", "404=lost", "40=gone", "600=gone", "404:=gone", "404=gone;410=gone"]
)
def test_a_malformed_table_is_found_at_the_start(rules: str) -> None:
    with pytest.raises(ValueError, match="is written as status=meaning"):
        read_rules(rules)


@pytest.mark.parametrize(
    "template", ["{to} {text}", '["{to}"', '{"a": "{to}", "b": "{text} {name}"}', "a={to}", ""]
)
def test_a_template_that_cannot_work_is_found_at_the_start(template: str) -> None:
    with pytest.raises(ValueError, match="the template of an SMS"):
        SmsSettings(url="https://sms.test/", body=template)


@pytest.mark.parametrize(
    "number",
    ["", "600111222", "+0600111222", "+34 600 111 222", "+3", "+" + "1" * 16, f"{NUMBER}\n", "+٣٤٦٠٠١١١٢٢٢"],
)
async def test_only_a_number_with_its_country_is_asked_for(number: str) -> None:
    async with WebhookReceiver() as receiver:
        with pytest.raises(Refused, match=r"^address malformed$"):
            await channel(receiver).send(replace(MESSAGE, address=number))
        assert receiver.connections == 0


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://sms.test/send", True),
        ("http://127.0.0.1:8080/send", True),
        ("http://localhost/send", True),
        ("http://10.1.2.3/send", True),
        ("http://[fd00::7]:80/send", True),
        ("http://sms.test/send", False),
        ("http://8.8.8.8/send", False),
        ("http://169.254.169.254/", False),
        ("https://user:word@sms.test/", False),
        ("ftp://sms.test/", False),
        ("sms.test", False),
        ("https://[::1", False),
    ],
)
def test_a_sign_in_travels_over_tls_or_within_a_network_of_ones_own(url: str, taken: bool) -> None:  # noqa: FBT001 - a row of a table
    if taken:
        SmsSettings(url=url)
        return
    with pytest.raises(ValueError, match="must begin with https://"):
        SmsSettings(url=url)


def test_settings_show_no_sign_in_when_printed() -> None:
    settings = SmsSettings(url="https://sms.test/?key=abc", auth="Bearer abc")
    assert repr(settings) == "SmsSettings(host='sms.test')"


async def cut(exchange: Exchange) -> None:
    exchange.cut()


@pytest.mark.parametrize(
    "script", [status(202), coded(400, {"code": NUMBER, "error": NUMBER}), status(503), cut]
)
async def test_neither_logs_nor_tracebacks_hold_number_sign_in_or_text(
    caplog: pytest.LogCaptureFixture, script: Callable[[Exchange], Awaitable[None]]
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    secret = "very" + "-secret"
    async with WebhookReceiver(script) as receiver:
        try:
            said.append((await channel(receiver, auth=f"Bearer {secret}").send(MESSAGE)).answer)
        except NotDeliveredError as error:
            said += [*traceback.format_exception(error), repr(error.__context__), repr(error.__cause__)]
    said += [record.getMessage() for record in caplog.records]
    assert not re.search(rf"{NUMBER[1:]}|{secret}|care\.clinic\.test|Norte", "".join(said))
