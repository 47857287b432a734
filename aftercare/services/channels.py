"""The ways out of the house, as the settings say."""

from aftercare.model.addresses import ChannelName
from aftercare.notify.channel import Channel
from aftercare.notify.smtp import SmtpChannel, SmtpSettings, TlsMode
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
    return channels
