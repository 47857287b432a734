"""What every channel promises, and the three ways in which a message does not arrive.

The ledger owns attempts and times; a channel makes one attempt and says how it ended. The `answer` of a receipt or
failure is kept in the ledger and may be logged: it holds codes and our own words, never a server's free text, which
can echo an address.
"""

from typing import Final, Protocol

import msgspec

from aftercare.model.messages import OutgoingMessage


class Receipt(msgspec.Struct, frozen=True):
    """The next hop has taken responsibility for the message."""

    answer: str  # technical: "250 2.0.0", "204"


class NotDeliveredError(Exception):
    """The message was not taken. `answer` is technical and holds nothing personal."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        super().__init__(answer)


class Retry(NotDeliveredError):
    """Temporary: the same message may arrive later. `retry_after` is the peer's own wish in seconds, if it gave one."""

    def __init__(self, answer: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(answer)


# What is wrong with a key, an account or a setting is put right by people: asking every few seconds helps nobody.
_FAULT_PAUSE_S: Final = 300.0


def our_fault(answer: str, *, retry_after: float | None = None) -> Retry:
    """What our own account, key or setting is to blame for: tried again rarely, so that what waits leaves once mended."""
    return Retry(answer, retry_after=max(retry_after or 0.0, _FAULT_PAUSE_S))


class Retired(NotDeliveredError):
    """The address is gone for good: send nothing more to it until someone enters it again."""


class Refused(NotDeliveredError):
    """Permanent for this message, our fault or theirs: do not retry it. Says nothing about the address."""


class Channel(Protocol):
    """One way out. Safe to use from many tasks at once."""

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Make one bounded attempt; raise `Retry`, `Retired` or `Refused`, and nothing else but cancellation."""
        ...
