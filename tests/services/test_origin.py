"""Where a request comes from, behind proxies of ours or none."""

from typing import Any

import pytest

from aftercare.services.throttle import origin


def _scope(*forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return {"client": ("10.0.0.9", 1234), "headers": headers}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, ("203.0.113.7",), "10.0.0.9"),  # nobody of ours wrote it
        (1, ("203.0.113.7",), "203.0.113.7"),
        (1, ("198.51.100.1, 203.0.113.7",), "203.0.113.7"),  # the sender's own word stands before
        (2, ("198.51.100.1", "203.0.113.7, 10.0.0.8"), "203.0.113.7"),
        (2, ("203.0.113.7",), "10.0.0.9"),  # somebody came past the outer proxy
        (1, (), "10.0.0.9"),
    ],
)
def test_guesses_are_counted_by_the_address_before_our_own_proxies(
    proxies: int, forwarded: tuple[str, ...], expected: str
) -> None:
    assert origin(_scope(*forwarded), proxies) == expected
