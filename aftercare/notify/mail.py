"""An outgoing message as a mail: plain text and a small HTML part, no picture, no tracking, nothing from elsewhere."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from functools import lru_cache
from html import escape
from typing import Any, Final

from aftercare.model.messages import OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify.channel import Refused
from aftercare.notify.wording import (
    TIER_MARKS,
    TierMark,
    Wording,
    is_link,
    language,
    one_line,
    sentence_of,
    wording,
)

# 7 bits, so that no relay has to convert it.
_PLAIN_POLICY: Final = SMTP.clone(cte_type="7bit")
# Nothing to be gained, and nobody's address is kept longer than their mail.
_OF_ONE_MAIL: Final = frozenset({"To", "Message-ID", "References"})


@lru_cache(maxsize=64)
def _understood(name: str, value: str) -> tuple[str, Any]:
    return _PLAIN_POLICY.header_store_parse(name, value)


class _Policy(EmailPolicy):
    """Understands a header that it has read before without reading it again, which is a third of what a mail costs."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        alike = type(value) is str and name not in _OF_ONE_MAIL
        return _understood(name, value) if alike else super().header_store_parse(name, value)


_POLICY: Final = _Policy(linesep=SMTP.linesep, cte_type="7bit")
_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAILBOX: Final = re.compile(rf"({_LOCAL})@({_LABEL}(?:\.{_LABEL})*)")


def mailbox(text: str) -> str:
    """Give `text` as an ASCII mail address, an international domain in its `xn--` form.

    Raises `Refused` for anything else: quoted and non-ASCII local parts, several addresses, spaces, control characters.
    """
    local, at, domain = text.rpartition("@")
    try:
        address = local + at + domain.encode("idna").decode("ascii")
    except UnicodeError:
        address = ""
    if not _MAILBOX.fullmatch(address) or len(local) > 64 or len(address) > 254:
        raise Refused("address malformed")
    return address


def check(message: OutgoingMessage) -> None:
    """Raise `Refused` if the message's address or link is malformed."""
    mailbox(message.address)
    if not is_link(message.link):
        raise Refused("link malformed")


def compose(message: OutgoingMessage, *, from_address: str) -> bytes:
    """Write the mail, ready for SMTP (CRLF, 7 bits): the same bytes in every attempt.

    `from_address` is a checked mailbox. Raises `Refused` as `check` does.
    """
    check(message)
    clinic = one_line(message.clinic_name)
    words = wording(message.kind, message.locale, hours=one_line(message.hours))
    words = Wording(words.subject, sentence_of(message, words), words.button, words.footer)
    domain = from_address.rpartition("@")[2]

    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(display_name=clinic, addr_spec=from_address)
    mail["To"] = mailbox(message.address)
    mail["Subject"] = f"{TIER_MARKS[message.tier].word}: {words.subject}" if message.tier else words.subject
    mail["Date"] = message.written_at
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    if message.about:
        # Joins the mails about one alert into one conversation.
        mail["References"] = f"<alert.{message.about}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if message.tier is Tier.EMERGENCY:
        mail["Importance"] = "high"
    mail.set_content(_plain(message, words, clinic))
    mail.add_alternative(_html(message, words, clinic), subtype="html")
    # A random one would make two copies of a mail differ.
    mail.set_boundary(f"={message.id.hex}")
    # Last: setting content drops the Content-* headers before it.
    mail["Content-Language"] = language(message.kind, message.locale)
    return mail.as_bytes()


def _plain(message: OutgoingMessage, words: Wording, clinic: str) -> str:
    head = f"{TIER_MARKS[message.tier].word}\n\n" if message.tier else ""
    footer = words.footer.replace("{clinic}", clinic)
    return f"{head}{words.sentence}\n\n{words.button}:\n{message.link}\n\n{footer}\n"


def _html(message: OutgoingMessage, words: Wording, clinic: str) -> str:
    badge = _badge(TIER_MARKS[message.tier]) if message.tier else ""
    return f"""<!doctype html>
<html lang="{language(message.kind, message.locale)}">
<head><meta charset="utf-8"><title>{escape(words.subject)}</title></head>
<body style="margin:0;padding:24px;background:#ffffff;color:#1a1a1a;font:16px/1.5 system-ui,-apple-system,sans-serif">
<div style="max-width:520px">
{badge}<p style="margin:0 0 20px">{escape(words.sentence)}</p>
<p style="margin:0 0 24px"><a href="{escape(message.link)}" target="_blank" rel="noreferrer"
 style="display:inline-block;padding:12px 20px;border-radius:6px;background:#1f4e79;color:#ffffff;text-decoration:none"
>{escape(words.button)}</a></p>
<p style="margin:0;padding-top:12px;border-top:1px solid #d0d0d0;color:#444444;font-size:14px"
>{escape(words.footer.replace("{clinic}", clinic))}</p>
</div>
</body>
</html>
"""


def _badge(mark: TierMark) -> str:
    style = (
        f"display:inline-block;padding:4px 12px;border-radius:6px;border:2px solid {mark.border};"
        f"background:{mark.fill};color:{mark.text};font-weight:600"
    )
    return f'<p style="margin:0 0 16px"><span style="{style}">{mark.shape} {mark.word}</span></p>\n'
