"""What a server process runs: the application made from its environment."""

import gc

from litestar import Litestar

from aftercare.api.app import create_app
from aftercare.api.inbox import InboxController, receiving
from aftercare.log import configure_logs
from aftercare.notify.inbox import Inbox
from aftercare.services.house import build_house
from aftercare.settings import read_settings
from aftercare.web.companion import CompanionController
from aftercare.web.controllers import WEB_CONTROLLERS


def served() -> Litestar:
    """API, pages and background work in one process."""
    return _app(with_worker=True)


def served_without_worker() -> Litestar:
    """API and pages; background work is done by `aftercare worker`."""
    return _app(with_worker=False)


def demo() -> Litestar:
    """Everything, and the local inbox that the demo's mail arrives in."""
    inbox = Inbox().take_port()  # taken, not looked for: nobody else can have it before we listen
    settings = inbox.relay_of(read_settings())
    configure_logs(settings.log_level)
    house = build_house(settings, with_worker=True)
    more = [*WEB_CONTROLLERS, CompanionController, InboxController]
    return _settled(create_app(house, more=more, lifespan=[receiving(inbox)]))


def _app(*, with_worker: bool) -> Litestar:
    settings = read_settings()
    configure_logs(settings.log_level)
    house = build_house(settings, with_worker=with_worker)
    return _settled(create_app(house, more=[*WEB_CONTROLLERS, CompanionController]))


def _settled(app: Litestar) -> Litestar:
    """Take all that there is from the garbage collector: modules, routes and models stay as long as the process.

    Walking them held up every request for 60 ms about once in a thousand; what requests leave behind takes it 4 ms.
    """
    gc.collect()
    gc.freeze()
    return app
