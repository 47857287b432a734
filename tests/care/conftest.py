"""What is pure asks no clock: its tests run on a machine in a zone of its own, so that whoever takes that for the clinic's is seen."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def machine_in_a_zone_of_its_own() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "ODD-12:45")
        time.tzset()
        yield
    time.tzset()
