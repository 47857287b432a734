"""What a server process makes of its environment."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from aftercare.api.factory import served


@pytest.fixture(autouse=True)
def _thaw() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_no_request_waits_while_the_collector_walks_what_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFTERCARE_DATABASE_URL", "postgresql://nobody@127.0.0.1/none")
    monkeypatch.setenv("AFTERCARE_DATA_DIR", str(tmp_path))
    before = gc.get_freeze_count()
    app = served()
    assert gc.get_freeze_count() > before + 50_000
    # The routes are among it: nothing is left for a full collection to walk.
    assert not any(one is app.asgi_router for one in gc.get_objects())
