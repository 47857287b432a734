"""How much may begin in a minute: after an outage what was missed is caught up, but not all at once."""

from collections import deque

_MINUTE = 60.0


class Pace:
    """At most so many beginnings in any sixty seconds. Instants are seconds of one clock that never goes back."""

    def __init__(self, per_minute: int) -> None:
        """Nothing has begun yet."""
        self._per_minute = per_minute
        self._begun: deque[float] = deque()

    def room(self, at: float) -> int:
        """How many may begin at this instant."""
        while self._begun and self._begun[0] <= at - _MINUTE:
            self._begun.popleft()
        return self._per_minute - len(self._begun)

    def begin(self, count: int, at: float) -> None:
        """So many begin now."""
        self._begun.extend([at] * count)
