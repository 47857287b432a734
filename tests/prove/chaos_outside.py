"""Everything that hears of the service in the chaos run: receivers of every channel, each address in its own mood."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.e2e.certificates import Certificate
from tests.prove.moods import MoodyRelay, MoodyServer, Record
from tests.prove.moody_phones import MoodyPhones


@dataclass(frozen=True)
class Outside:
    """The receivers, and what they heard."""

    record: Record
    server: MoodyServer
    relay: MoodyRelay
    phones: MoodyPhones

    def addresses(self, clinic: str, mood: str) -> dict[str, str]:
        """What a staff member registers, by channel: all of it in one mood."""
        return {
            "webpush": self.server.subscription(clinic, mood),
            "sms": self.server.number(mood),
            "fcm": self.phones.phone("fcm", mood),
            "apns": self.phones.phone("apns", mood),
        }


@asynccontextmanager
async def receivers(certificate: Certificate, *, faults_first: int) -> AsyncIterator[Outside]:
    """All of them, open. So many attempts of each delivery fail, then it is taken."""
    record = Record(faults_first=faults_first)
    phones = MoodyPhones(record, certificate)
    async with MoodyServer(record) as server, MoodyRelay(record) as relay, phones:
        yield Outside(record, server, relay, phones)
