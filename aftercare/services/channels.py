"""The ways out of the house, as the settings say."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from aftercare.errors import Malformed
from aftercare.model.addresses import ChannelName
from aftercare.notify.apns import ApnsChannel, ApnsSettings
from aftercare.notify.channel import Channel
from aftercare.notify.fcm import FcmChannel
from aftercare.notify.google import read_service_account
from aftercare.notify.sms import SmsChannel, SmsSettings
from aftercare.notify.smtp import SmtpChannel, SmtpSettings, TlsMode
from aftercare.notify.vapid import VapidKey, VapidKeyError, development_vapid_key, read_vapid_key
from aftercare.notify.webpush import WebPushChannel
from aftercare.settings import Settings, SettingsError

Channels = dict[ChannelName, Channel]


def build_channels(settings: Settings) -> Channels:
    """Those that are configured, but for webhooks, whose secrets are each clinic's own. Nothing is opened yet."""
    channels: Channels = {}
    if settings.smtp_host:
        channels[ChannelName.SMTP] = _smtp(settings)
    key = _vapid_key(settings)
    if key is not None:
        hosts = [host.strip() for host in settings.push_private_hosts.split(",") if host.strip()]
        channels[ChannelName.WEBPUSH] = WebPushChannel(key, listed_hosts=hosts)
    if settings.sms_url:
        channels[ChannelName.SMS] = _sms(settings)
    if settings.fcm_credentials_file:
        channels[ChannelName.FCM] = _fcm(settings)
    if settings.apns_key_file or settings.apns_key:
        channels[ChannelName.APNS] = _apns(settings)
    return channels


def require_set_up(channels: Channels, name: str) -> None:
    """Nobody may believe to be reachable over a way that leads nowhere. Raises Malformed."""
    if name not in channels:
        raise Malformed(
            pointers={"/channel": f"{name} is not set up on this server: nothing would arrive there"}
        )


async def close_channels(channels: Channels) -> None:
    """Close the connections that some of them keep."""
    for channel in channels.values():
        if isinstance(channel, FcmChannel | ApnsChannel):
            await channel.close()


def _smtp(settings: Settings) -> SmtpChannel:
    with _named("AFTERCARE_SMTP_HOST and AFTERCARE_MAIL_FROM"):
        relay = SmtpSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            from_address=settings.mail_from,
            tls=TlsMode(settings.smtp_tls),
            user=settings.smtp_user or None,
            password=settings.smtp_password or None,
        )
    return SmtpChannel(relay)


def _sms(settings: Settings) -> SmsChannel:
    with _named("AFTERCARE_SMS_URL"):
        gateway = SmsSettings(
            url=settings.sms_url,
            body=settings.sms_body,
            auth=settings.sms_auth,
            sender=settings.sms_from,
            answers=settings.sms_answers,
        )
    return SmsChannel(gateway)


def _fcm(settings: Settings) -> FcmChannel:
    with _named("AFTERCARE_FCM_CREDENTIALS_FILE"):
        account = read_service_account(Path(settings.fcm_credentials_file).read_bytes())
    with _named("AFTERCARE_FCM_URL"):
        return FcmChannel(account, url=settings.fcm_url.rstrip("/"))


def _apns(settings: Settings) -> ApnsChannel:
    with _named("AFTERCARE_APNS_KEY_FILE"):
        publisher = ApnsSettings(
            key=settings.apns_key or Path(settings.apns_key_file).read_text(),
            key_id=settings.apns_key_id,
            team_id=settings.apns_team_id,
            topic=settings.apns_topic,
            url=settings.apns_url.rstrip("/"),
        )
    return ApnsChannel(publisher)


@contextmanager
def _named(variable: str) -> Iterator[None]:
    """Say with which variable to begin. The original is dropped: it may hold what was set."""
    try:
        yield
    except OSError:
        raise SettingsError(f"The file of {variable} cannot be read.") from None
    except ValueError as error:
        raise SettingsError(f"With {variable} as it is set, {error}.") from None


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
