"""Running the server's processes."""

import multiprocessing
import os

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from aftercare.log import SERVER_LOGGING
from aftercare.settings import Settings


def run_server(settings: Settings, app: str, *, processes: int = 1) -> None:
    """Serve `aftercare.api.factory:<app>` until a signal; its processes read the settings from their environment."""
    for field in Settings.__struct_fields__:
        os.environ[f"AFTERCARE_{field.upper()}"] = str(getattr(settings, field))
    serve_app(f"aftercare.api.factory:{app}", settings.host, settings.port, processes=processes)


def serve_app(factory: str, host: str, port: int, *, processes: int) -> None:
    """Serve the application that `module:function` makes, until a signal."""
    # A forked server would inherit the locks of threads that it does not have: obstore's, if this process used it.
    multiprocessing.set_start_method("spawn", force=True)
    Granian(
        factory,
        factory=True,
        interface=Interfaces.ASGI,
        address=host,
        port=port,
        workers=processes,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=SERVER_LOGGING,
        workers_kill_timeout=10,
    ).serve()
