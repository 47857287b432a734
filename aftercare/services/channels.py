"""The ways out of the house, as the settings say."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from aftercare.model.addresses import ChannelName
from aftercare.notify.channel import Channel
from aftercare.notify.smtp import SmtpChannel, SmtpSettings, TlsMode
from aftercare.notify.vapid import VapidKey, VapidKeyError, development_vapid_key, read_vapid_key
from aftercare.notify.webpush import WebPushChannel
from aftercare.settings import Settings

Channels = dict[ChannelName, Channel]


def build_channels(settings: Settings) -> Channels:
    """Those that are configured, but for webhooks, whose secrets are each clinic's own. Nothing is opened yet."""
    channels: Channels = {}
    if settings.smtp_host:
        channels[ChannelName.SMTP] = SmtpChannel(
            SmtpSettings(
                host=settings.smtp_host,
                port=settings.smtp_port,
                from_address=settings.mail_from,
                tls=TlsMode(settings.smtp_tls),
                user=settings.smtp_user or None,
                password=settings.smtp_password or None,
            )
        )
    key = _vapid_key(settings)
    if key is not None:
        hosts = [host.strip() for host in settings.push_private_hosts.split(",") if host.strip()]
        channels[ChannelName.WEBPUSH] = WebPushChannel(key, listed_hosts=hosts)
    return channels


def _vapid_key(settings: Settings) -> Callable[[], VapidKey] | None:
    """What signs pushes to browsers: read now, so that a wrong one is found at the start; made when first needed."""
    subject = settings.vapid_subject or f"mailto:{settings.mail_from}"
    text = settings.vapid_private_key
    if settings.vapid_private_key_file and not text:
        try:
            text = Path(settings.vapid_private_key_file).read_text()
        except OSError:
            raise VapidKeyError("The file of AFTERCARE_VAPID_PRIVATE_KEY_FILE cannot be read.") from None
    if text:
        key = read_vapid_key(text, subject=subject)
        return lambda: key
    if settings.env == "production":
        return None
    return cache(lambda: development_vapid_key(settings.data_dir / "vapid.pem", subject=subject))


def application_server_key(channels: Channels) -> str | None:
    """What browsers subscribe for, in base64url; None where nothing is pushed to them."""
    channel = channels.get(ChannelName.WEBPUSH)
    return channel.public_key if isinstance(channel, WebPushChannel) else None
