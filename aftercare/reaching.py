"""`aftercare channels`: which ways out are set up, and one attempt over one of them from this machine.

For whoever sets them up, before a clinic depends on it. It needs no database; the way through the ledger is the
dashboard's *Send me a test*.
"""

from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from aftercare.errors import AftercareError
from aftercare.model.addresses import ChannelName
from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.notify.channel import NotDeliveredError, Receipt, Refused, Retired
from aftercare.services.channels import Channels, build_channels, close_channels
from aftercare.settings import Settings

_TESTABLE = [name for name in ChannelName if name is not ChannelName.WEBHOOK]  # its secret is its clinic's


class NotTakenError(AftercareError):
    """The test was not taken."""


def show_channels(settings: Settings, say: Console) -> None:
    """Print which ways out are set up, and what sets up the others."""
    say.print(_table(settings, build_channels(settings)))


async def send_test(settings: Settings, name: ChannelName, address: str) -> str:
    """Make one attempt; answers how it was taken. Raises NotTakenError, SettingsError."""
    receipt = await _attempt(settings, name, address)
    return f"Taken: {receipt.answer}. Now look whether it arrives."


async def _attempt(settings: Settings, name: ChannelName, address: str) -> Receipt:
    ways = build_channels(settings)
    if name not in ways:
        raise NotTakenError(f"{name} is not set up: set {_HOW[name]}.")
    message = OutgoingMessage(
        id=uuid4(),
        kind=MessageKind.TEST,
        address=address,
        link=f"{settings.address}/",
        clinic_name="Aftercare",
        written_at=datetime.now(UTC),
    )
    try:
        return await ways[name].send(message)
    except NotDeliveredError as failure:
        raise NotTakenError(f"Not taken: {failure.answer}. {_next(failure)}") from None
    finally:
        await close_channels(ways)


def _next(failure: NotDeliveredError) -> str:
    if isinstance(failure, Retired):
        return "This address is gone for good; in the ledger it would be retired."
    if isinstance(failure, Refused):
        return "It would not be tried again; docs/operations/channels.md says what each answer means."
    return "It would be tried again for a day; docs/operations/channels.md says what each answer means."


_HOW = {
    ChannelName.SMTP: "AFTERCARE_SMTP_HOST",
    ChannelName.WEBPUSH: "AFTERCARE_VAPID_PRIVATE_KEY_FILE",
    ChannelName.SMS: "AFTERCARE_SMS_URL",
    ChannelName.FCM: "AFTERCARE_FCM_CREDENTIALS_FILE",
    ChannelName.APNS: "AFTERCARE_APNS_KEY_FILE",
}


def _table(settings: Settings, ways: Channels) -> Table:
    where = {
        ChannelName.SMTP: f"{settings.smtp_host}:{settings.smtp_port}, {settings.smtp_tls}",
        ChannelName.WEBPUSH: "browsers' own services",
        ChannelName.SMS: urlsplit(settings.sms_url).hostname or "",
        ChannelName.FCM: urlsplit(settings.fcm_url).hostname or "",
        ChannelName.APNS: f"{urlsplit(settings.apns_url).hostname}, {settings.apns_topic}",
    }
    table = Table("channel", "set up", "goes to", box=None, pad_edge=False)
    for name in _TESTABLE:
        table.add_row(name, "yes", where[name]) if name in ways else table.add_row(
            name, "no", f"set {_HOW[name]}"
        )
    table.add_row(ChannelName.WEBHOOK, "by clinic", "what each clinic enters")
    return table
