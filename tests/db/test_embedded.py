"""The embedded server against real processes: starts, restarts, is killed, is shared, is reached on a long path."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from aftercare.db.embedded import EmbeddedServer, EmbeddedServerError
from aftercare.db.programs import binaries, is_postgres, lend

QUICK = {"fsync": "off", "max_connections": "20", "shared_buffers": "8MB"}
OWNER = """
    import sys
    from pathlib import Path
    from aftercare.db.embedded import EmbeddedServer

    server = EmbeddedServer(Path(sys.argv[1]), settings={"fsync": "off", "shared_buffers": "8MB"})
    server.start()
    print("owned" if server.owned else "joined", flush=True)
    sys.stdin.read()
    server.stop()
"""


def ask(url: str, *statements: str) -> list[Any]:
    async def run() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(statement) for statement in statements]
        finally:
            await connection.close()

    return asyncio.run(run())


def postmaster(folder: Path) -> int:
    return int((folder / "cluster" / "postmaster.pid").read_text().splitlines()[0])


@contextmanager
def another_process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A second process that starts or joins the server, and what it says it did; ends when its input closes."""
    command = [sys.executable, "-c", textwrap.dedent(OWNER), str(folder)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pg"


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(folder, settings=QUICK) as server:
        yield server


def test_it_starts_in_utf_8_and_utc_with_the_settings_asked_for(server: EmbeddedServer) -> None:
    said = ask(
        server.url("postgres"),
        "show server_encoding",
        "show timezone",
        "show fsync",
        "select datlocale from pg_database where datname = current_database()",
        "select lower('ÄÇŁ')",
    )
    assert said == ["UTF8", "UTC", "off", "C.UTF-8", "äçł"]
    assert server.owned
    assert server.running


def test_only_its_own_account_may_enter_its_folders(server: EmbeddedServer, folder: Path) -> None:
    for private in ("cluster", "socket", "password"):
        assert not (folder / private).stat().st_mode & 0o077
    assert ask(server.url("postgres"), "show listen_addresses") == [""]


def test_what_was_written_is_there_after_a_restart(folder: Path) -> None:
    for expected in (0, 1):
        with EmbeddedServer(folder, settings=QUICK) as server:
            url = server.url("postgres")
            found = ask(url, "create table if not exists kept (n int)", "select count(*) from kept")
            assert found[1] == expected
            ask(url, "insert into kept values (1)")
        assert not server.running
        with pytest.raises(EmbeddedServerError, match="not running"):
            server.url("postgres")


def test_it_recovers_when_the_postmaster_was_killed_under_load(folder: Path) -> None:
    with EmbeddedServer(folder, settings=QUICK) as server:
        ask(server.url("postgres"), "create table kept (n int)", "insert into kept values (1)")
        asyncio.run(_kill_with_open_connections(server.url("postgres"), postmaster(folder)))
        server.start()
        assert ask(server.url("postgres"), "select n from kept") == [1]


async def _kill_with_open_connections(url: str, pid: int) -> None:
    connections = [await asyncpg.connect(url) for _ in range(4)]
    await connections[0].execute("begin; insert into kept values (2)")
    os.kill(pid, signal.SIGKILL)
    for connection in connections:
        connection.terminate()


def test_what_a_killed_servers_backends_still_say_is_not_taken_for_the_next_ones_complaint(
    folder: Path,
) -> None:
    """They leave when they notice, and say so: when the next server has begun to speak, its reason must stay the last one."""
    with EmbeddedServer(folder, settings=QUICK) as server, (folder / "server.log").open("ab") as straggler:
        running = server._process
        assert running is not None
        os.kill(postmaster(folder), signal.SIGKILL)
        running.wait(30)
        server.start()
        straggler.write(b"FATAL:  terminating connection due to unexpected postmaster exit\n")
        straggler.flush()
        assert b"unexpected postmaster exit" not in (folder / "server.log").read_bytes()


def test_it_starts_again_after_it_ended_by_a_fault_of_its_own(folder: Path) -> None:
    with EmbeddedServer(folder, settings=QUICK | {"restart_after_crash": "off"}) as server:
        running = server._process
        assert running is not None
        asyncio.run(_kill_the_backend(server.url("postgres")))
        assert running.wait(30) == 1
        server.start()
        assert ask(server.url("postgres"), "select 1") == [1]


async def _kill_the_backend(url: str) -> None:
    connection = await asyncpg.connect(url)
    os.kill(await connection.fetchval("select pg_backend_pid()"), signal.SIGKILL)
    connection.terminate()


def test_the_next_owner_adopts_a_server_whose_owner_was_killed(folder: Path) -> None:
    with another_process(folder) as (process, said):
        assert said == "owned"
        process.kill()
        process.wait()
        orphan = postmaster(folder)
        with EmbeddedServer(folder, settings=QUICK) as server:
            assert server.owned
            assert postmaster(folder) == orphan
            assert ask(server.url("postgres"), "select 1") == [1]
        assert not is_postgres(orphan)


def test_owner_and_orphaned_postmaster_both_killed_leave_a_folder_that_starts(folder: Path) -> None:
    with another_process(folder) as (process, _):
        process.kill()
        process.wait()
    os.kill(postmaster(folder), signal.SIGKILL)
    with EmbeddedServer(folder, settings=QUICK) as server:
        assert ask(server.url("postgres"), "select 1") == [1]


def test_a_process_number_that_went_to_another_program_does_not_block_the_start(folder: Path) -> None:
    with EmbeddedServer(folder, settings=QUICK):
        pid_file = folder / "cluster" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with EmbeddedServer(folder, settings=QUICK) as server:
        assert postmaster(folder) != os.getpid()
        assert ask(server.url("postgres"), "select 1") == [1]


def test_a_second_process_joins_and_leaves_the_server_to_its_owner(
    server: EmbeddedServer, folder: Path
) -> None:
    with another_process(folder) as (process, said):
        assert said == "joined"
        process.communicate("")
        assert process.returncode == 0
    assert ask(server.url("postgres"), "select 1") == [1]


def test_many_that_start_at_once_share_one_server(folder: Path) -> None:
    servers = [EmbeddedServer(folder, settings=QUICK) for _ in range(6)]
    starts = [threading.Thread(target=server.start) for server in servers]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    try:
        assert [server.running for server in servers] == [True] * 6
        assert sum(server.owned for server in servers) == 1
        assert len({server.url("postgres") for server in servers}) == 1
    finally:
        for server in servers:
            server.stop()
    assert not servers[0].running


def test_a_worker_that_inherited_the_lock_does_not_keep_the_folder(folder: Path) -> None:
    with EmbeddedServer(folder, settings=QUICK) as server:
        assert server._lock is not None
        command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(server._lock,))
    try:
        with EmbeddedServer(folder, settings=QUICK) as again:
            assert again.owned
    finally:
        worker.communicate()


def test_stopping_twice_does_no_harm(server: EmbeddedServer) -> None:
    server.stop()
    server.stop()
    assert not server.running
    assert not server.owned


def test_two_servers_run_side_by_side(server: EmbeddedServer, tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "other", settings=QUICK) as other:
        ask(other.url("postgres"), "create database beside")
        assert ask(other.url("beside"), "select 1") == [1]
    assert ask(server.url("postgres"), "select count(*) from pg_database where datname = 'beside'") == [0]


@pytest.mark.parametrize("name", ["long-" + "x" * 120, "with,comma"], ids=["long", "comma"])
def test_a_path_no_socket_can_have_is_served_on_loopback_with_a_password(tmp_path: Path, name: str) -> None:
    with EmbeddedServer(tmp_path / name, settings=QUICK) as server:
        url = server.url("postgres")
        assert "@127.0.0.1:" in url
        assert ask(url, "show listen_addresses") == ["127.0.0.1"]
        assert server.password is not None
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(url.replace(server.password, "guessed"))


def test_a_role_is_let_in_by_either_way(tmp_path: Path) -> None:
    for name in ("short", "long-" + "x" * 120):
        with EmbeddedServer(tmp_path / name, settings=QUICK) as server:
            ask(server.url("postgres"), 'create role "a clerk" login')
            server.let_in("a clerk")
            assert ask(server.url("postgres", "a clerk"), "select current_user::text") == ["a clerk"]
    with pytest.raises(EmbeddedServerError, match="not running"):
        server.let_in("a clerk")


def test_an_unknown_role_is_not_let_in(tmp_path: Path) -> None:
    with (
        EmbeddedServer(tmp_path / ("long-" + "x" * 120), settings=QUICK) as server,
        pytest.raises(EmbeddedServerError, match='role "nobody here" does not exist'),
    ):
        server.let_in("nobody here")


def test_a_path_with_blanks_and_quotes_is_a_path_like_any_other(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / 'a "b" é', settings=QUICK) as server:
        assert "host=" in server.url("postgres")
        assert ask(server.url("postgres"), "select 1") == [1]


def test_a_start_that_was_interrupted_while_making_the_cluster_begins_anew(folder: Path) -> None:
    half = folder / "cluster.new" / "base"
    half.mkdir(parents=True)
    (half.parent / "PG_VERSION").write_text("18\n")
    with EmbeddedServer(folder, settings=QUICK) as server:
        assert ask(server.url("postgres"), "select 1") == [1]
    assert not half.exists()


def test_a_setting_that_does_not_exist_is_refused_in_one_sentence(folder: Path) -> None:
    with pytest.raises(
        EmbeddedServerError, match='unrecognized configuration parameter "no_such_thing"'
    ) as refused:
        EmbeddedServer(folder, settings={"no_such_thing": "1"}).start()
    assert "\n" not in str(refused.value)
    with EmbeddedServer(folder, settings=QUICK) as server:
        assert server.owned


def test_a_cluster_of_another_version_is_refused_in_one_sentence(folder: Path) -> None:
    with EmbeddedServer(folder, settings=QUICK):
        pass
    (folder / "cluster" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedServerError, match="incompatible"):
        EmbeddedServer(folder, settings=QUICK).start()


def test_a_folder_that_is_a_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedServerError, match="file: "):
        EmbeddedServer(tmp_path / "file").start()


def test_variables_of_whoever_starts_it_do_not_leak_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGDATA": "elsewhere",
        "PGPORT": "1",
        "PGOPTIONS": "-c nonsense=1",
        "TZ": "Asia/Tokyo",
    }.items():
        monkeypatch.setenv(name, value)
    with EmbeddedServer(folder, settings=QUICK) as server:
        monkeypatch.delenv("PGOPTIONS")
        assert ask(server.url("postgres"), "show timezone") == ["UTC"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends its folder to another account")
def test_root_opens_no_folder_to_others_to_let_the_server_pass(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = [path.stat().st_mode for path in closed.parents]
    with EmbeddedServer(closed / "pg", settings=QUICK) as server:
        assert (closed / "pg" / "cluster").stat().st_uid != 0
        assert ask(server.url("postgres"), "select 1") == [1]
    assert closed.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode for path in closed.parents] == before
    assert lend(closed / "pg", closed / "pg" / "cluster").prefix


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends its folder to another account")
def test_root_runs_it_where_all_was_set_up_in_a_home_folder_that_nobody_else_may_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    package = binaries().parents[1]
    for part in package.parent.glob(f"{package.name}*"):  # with the libraries beside it
        shutil.copytree(part, closed / "site" / part.name, symlinks=True)
    monkeypatch.syspath_prepend(str(closed / "site"))
    assert binaries().is_relative_to(closed)
    with EmbeddedServer(closed / "pg", settings=QUICK) as server:
        assert ask(server.url("postgres"), "select 1") == [1]
    assert closed.stat().st_mode & 0o777 == 0o700
