import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aftercare.model.messages import MessageKind, OutgoingMessage, TierCount
from aftercare.model.words import Tier
from aftercare.notify.channel import Refused
from aftercare.notify.mail import _understood, compose, mailbox
from aftercare.notify.wording import TIER_MARKS

FROM = "alerts@clinic.test"
MESSAGE = OutgoingMessage(
    id=UUID("0195b1c0-0000-7000-8000-000000000001"),
    about=UUID("0195b1c0-0000-7000-8000-0000000000aa"),
    kind=MessageKind.ALERT_RAISED,
    tier=Tier.EMERGENCY,
    address="someone@practice.test",
    link="https://care.clinic.test/alerts/0195b1c0?from=mail&x=1",
    clinic_name="Clinic North",
    written_at=datetime(2030, 3, 1, 9, 30, tzinfo=UTC),
)


def parsed(message: OutgoingMessage) -> EmailMessage:
    mail = email.message_from_bytes(compose(message, from_address=FROM), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def part(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_mail_names_its_delivery_date_and_machine_origin() -> None:
    mail = parsed(MESSAGE)
    assert mail["Message-ID"] == f"<{MESSAGE.id}@clinic.test>"
    assert mail["Date"].datetime == MESSAGE.written_at
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["References"] == f"<alert.{MESSAGE.about}@clinic.test>"
    assert mail["From"].addresses[0].addr_spec == FROM
    assert mail["From"].addresses[0].display_name == "Clinic North"
    assert mail["Subject"] == "Emergency: New alert"


def test_every_attempt_sends_the_same_seven_bit_bytes() -> None:
    first = compose(replace(MESSAGE, clinic_name="Clínica Norte"), from_address=FROM)
    assert first == compose(replace(MESSAGE, clinic_name="Clínica Norte"), from_address=FROM)
    assert first.isascii()
    assert b"\n" not in first.replace(b"\r\n", b"")
    assert max(map(len, first.split(b"\r\n"))) < 998


def test_what_is_understood_once_is_the_same_in_every_mail_and_holds_nobodys_address() -> None:
    _understood.cache_clear()
    first = compose(MESSAGE, from_address=FROM)
    read = _understood.cache_info().misses
    other = replace(MESSAGE, address="other@practice.test", about=UUID(int=1))
    second = compose(other, from_address=FROM)
    assert _understood.cache_info().misses == read
    assert compose(MESSAGE, from_address=FROM) == first
    _understood.cache_clear()
    assert compose(other, from_address=FROM) == second


@pytest.mark.parametrize("tier", list(Tier))
def test_the_tier_is_said_by_word_and_in_html_by_shape_and_colour_too(tier: Tier) -> None:
    mail, mark = parsed(replace(MESSAGE, tier=tier)), TIER_MARKS[tier]
    assert part(mail, "plain").startswith(f"{mark.word}\n")
    assert f"{mark.shape} {mark.word}" in part(mail, "html")
    assert mark.fill in part(mail, "html")


def test_badges_are_readable_at_seven_to_one() -> None:
    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for mark in TIER_MARKS.values():
        lighter, darker = sorted((luminance(mark.fill), luminance(mark.text)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 7


@pytest.mark.parametrize("kind", list(MessageKind))
def test_every_kind_has_words_the_link_and_nothing_from_elsewhere(kind: MessageKind) -> None:
    mail = parsed(replace(MESSAGE, kind=kind, tier=None))
    plain, html = part(mail, "plain"), part(mail, "html")
    assert f"\n{MESSAGE.link}\n" in plain
    assert 'href="https://care.clinic.test/alerts/0195b1c0?from=mail&amp;x=1"' in html
    assert "Clinic North" in plain
    assert "Clinic North" in html
    assert "{" not in plain + html
    assert not any(tag in html for tag in ("<img", "<script", "<link", "url("))


@pytest.mark.parametrize(
    ("locale", "language", "words"),
    [
        ("en-GB", "en", "The clinic reads 9 to 17 h."),
        ("es", "es", "La clínica lee 9 to 17 h."),
        ("pt_BR", "pt", "A clínica lê 9 to 17 h."),
        ("fr", "en", "The clinic reads 9 to 17 h."),
    ],
)
def test_a_patient_reads_a_reminder_in_their_language_with_the_hours(
    locale: str, language: str, words: str
) -> None:
    mail = parsed(replace(MESSAGE, kind=MessageKind.REMINDER, tier=None, locale=locale, hours="9 to 17 h"))
    assert mail["Content-Language"] == language
    assert words in part(mail, "plain")
    assert f'<html lang="{language}">' in part(mail, "html")


def test_a_hand_over_says_how_much_of_what_is_still_open() -> None:
    counts = (TierCount(tier=Tier.EMERGENCY, count=1), TierCount(tier=Tier.SOON, count=12))
    mail = parsed(replace(MESSAGE, kind=MessageKind.HAND_OVER, open=counts))
    assert mail["Subject"] == "Emergency: You are on call"
    for subtype in ("plain", "html"):
        said = " ".join(part(mail, subtype).split())
        assert "You are on call for Clinic North now. Still open: 1 emergency, 12 soon." in said


def test_a_clinic_name_is_text_in_the_html_part() -> None:
    html = part(parsed(replace(MESSAGE, clinic_name="<b>{clinic}</b> & {0}")), "html")
    assert "&lt;b&gt;{clinic}&lt;/b&gt; &amp; {0}" in html


@given(name=st.text(max_size=200), hours=st.text(max_size=200), kind=st.sampled_from(MessageKind))
def test_no_clinic_name_can_add_a_header_or_an_address(name: str, hours: str, kind: MessageKind) -> None:
    mail = parsed(replace(MESSAGE, clinic_name=name, hours=hours, kind=kind))
    ordinary = parsed(replace(MESSAGE, kind=kind))
    assert mail.keys() == ordinary.keys()
    assert [address.addr_spec for address in mail["From"].addresses] == [FROM]
    assert [address.addr_spec for address in mail["To"].addresses] == [MESSAGE.address]
    assert mail["Subject"] == ordinary["Subject"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b@c.test",
        "a@b.test, c@d.test",
        "a@b.test\r\nBcc: c@d.test",
        "a@b.test\n",
        "Some One <a@b.test>",
        '"quoted"@b.test',
        "a b@c.test",
        "a@b..test",
        "a@-b.test",
        "ä@b.test",
        "a@b.test>",
        "a" * 65 + "@b.test",
        "a\x00@b.test",
    ],
)
def test_only_one_plain_mailbox_is_an_address(address: str) -> None:
    with pytest.raises(Refused, match=r"^address malformed$"):
        compose(replace(MESSAGE, address=address), from_address=FROM)


def test_an_international_domain_is_written_in_ascii() -> None:
    assert mailbox("someone@bücher.test") == "someone@xn--bcher-kva.test"


@pytest.mark.parametrize(
    "link",
    ["", "javascript:alert(1)", "https://a.test/\r\nx", "https://a.test/ b", "//a.test/", "https://a.test/é"],
)
def test_only_a_plain_web_address_is_a_link(link: str) -> None:
    with pytest.raises(Refused, match=r"^link malformed$"):
        compose(replace(MESSAGE, link=link), from_address=FROM)


def test_a_message_shows_neither_address_nor_link_when_printed() -> None:
    assert "practice.test" not in repr(MESSAGE)
    assert "care.clinic" not in f"{MESSAGE} {[MESSAGE]}"
