"""Run mutmut's mutants of the clinical engine against its tests: `make mutate`.

mutmut starts a pytest anew for each mutant, which takes longer than the tests themselves. Here one pytest collects the
tests and sees which functions each of them reaches; then each mutant is a fork that runs only those, quickest first,
until one fails. Mutants and verdicts are mutmut's own, so that `mutmut show` and `mutmut browse` read them.
"""

import argparse
import gc
import os
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import _lru_cache_wrapper
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, settings
from mutmut.__main__ import CatchOutput, create_mutants
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import (
    copy_also_copy_files,
    copy_src_dir,
    setup_source_paths,
    walk_mutatable_files,
)
from mutmut.utils.format_utils import mangled_name_from_mutant_name

# mutmut's own exit codes for a verdict.
SURVIVED, KILLED, UNREACHED, TIMED_OUT = 0, 1, 33, 36
WORDS = {
    KILLED: "killed",
    SURVIVED: "survived",
    TIMED_OUT: "timed out",
    UNREACHED: "unreached",
    None: "not run",
}

# hypothesis is imported before pytest could rewrite its assertions, which nobody needs.
QUIETLY = ["-q", "-s", "--rootdir=.", "-p", "no:cacheprovider", "-Wignore::pytest.PytestAssertRewriteWarning"]
# Most of the time of the suite: a survivor would cost a minute. Without them a test in clinical words has to kill.
PROPERTIES = [
    "tests/checks/test_properties.py",
    "tests/checks/test_properties_of_the_way.py",
    "tests/checks/test_note_properties.py",
    "tests/checks/test_independent_reading.py",
    "tests/alerts/test_alert_invariants.py",
    "tests/checks/test_floor.py::test_nor_does_one_that_moves_the_numbers_which_the_floor_reads",
    "tests/checks/test_floor.py::test_no_pack_that_may_be_used_loses_or_lowers_a_finding_of_the_floor",
]
WITHOUT = [f"--deselect={test}" for test in PROPERTIES]


class Running(NamedTuple):
    """A mutant whose tests run in a process of their own, and the pipe by which that one names the test that failed."""

    name: str
    data: SourceFileMutationData
    killer: int


class Mutating:
    """The pytest plugin that runs the tests once as they are, and then for each mutant those that reach it."""

    def __init__(self, files: list[SourceFileMutationData], workers: int, *, again: bool) -> None:
        self._files = files
        self._workers = workers
        self._again = again
        self._failed = False
        self._remembered: list[_lru_cache_wrapper[Any]] = []
        self._running: dict[int, Running] = {}
        self._seconds: dict[str, float] = defaultdict(float)
        self._reached_by: dict[str, list[pytest.Item]] = defaultdict(list)
        self._killers: dict[str, Counter[str]] = defaultdict(Counter)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what a test took and whether it failed."""
        self._failed = self._failed or report.failed
        self._seconds[report.nodeid] += report.duration

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's loop."""
        self._see_what_is_reached(session.items)
        if self._failed:
            pytest.exit("Tests fail without any mutant: mend them first.", returncode=1)
        gc.collect()
        self._remembered = [
            one
            for one in gc.get_objects()
            if isinstance(one, _lru_cache_wrapper) and str(one.__module__).startswith("aftercare")
        ]
        gc.freeze()  # what is kept from here on need not be copied into each fork
        for data, name in self._chosen():
            tests = self._tests(name)
            if tests:
                self._start(data, name, tests)
            else:
                _judged(data, name, UNREACHED)
            if len(self._running) >= self._workers:
                self._wait()
        while self._running:
            self._wait()
        return True

    def _see_what_is_reached(self, items: list[pytest.Item]) -> None:
        set_mutant_under_test("stats")
        for item, following in zip(items, [*items[1:], None], strict=True):
            state()._stats.clear()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            for function in state()._stats:
                self._reached_by[function].append(item)
        set_mutant_under_test("")

    def _chosen(self) -> Iterator[tuple[SourceFileMutationData, str]]:
        for data in self._files:
            for name, verdict in list(data.exit_code_by_key.items()):
                if verdict is None or (self._again and verdict != KILLED):
                    yield data, name

    def _tests(self, name: str) -> list[pytest.Item]:
        """Those that reach the mutant's function: what killed others of it first, then the quickest."""
        function = mangled_name_from_mutant_name(name)
        killers = self._killers[function]
        return sorted(
            self._reached_by[function], key=lambda item: (-killers[item.nodeid], self._seconds[item.nodeid])
        )

    def _start(self, data: SourceFileMutationData, name: str, tests: list[pytest.Item]) -> None:
        limit = 20 + 10 * sum(self._seconds[test.nodeid] for test in tests)
        killer, told = os.pipe()
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, limit)
            os._exit(self._judge(name, tests, told))
        os.close(told)
        self._running[pid] = Running(name, data, killer)

    def _judge(self, name: str, tests: list[pytest.Item], told: int) -> int:
        """In the fork: run the tests until one fails."""
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        set_mutant_under_test(name)
        for remembered in self._remembered:
            remembered.cache_clear()  # what was found before the change must not answer for it
        try:
            for test, following in zip(tests, [*tests[1:], None], strict=True):
                test.config.hook.pytest_runtest_protocol(item=test, nextitem=following)
                if self._failed:
                    os.write(told, test.nodeid.encode())
                    return KILLED
        except BaseException:  # noqa: BLE001 - a mutant may break the runner itself, and is seen all the same
            return KILLED
        return SURVIVED

    def _wait(self) -> None:
        """Take the verdict of the next fork that ends."""
        pid, status = os.wait()
        if pid not in self._running:
            return  # a process that a test left behind
        mutant = self._running.pop(pid)
        with os.fdopen(mutant.killer) as pipe:
            killer = pipe.read()
        self._killers[mangled_name_from_mutant_name(mutant.name)][killer] += 1
        code = os.waitstatus_to_exitcode(status)
        _judged(mutant.data, mutant.name, {SURVIVED: SURVIVED, -signal.SIGALRM: TIMED_OUT}.get(code, KILLED))


def _judged(data: SourceFileMutationData, name: str, verdict: int) -> None:
    data.exit_code_by_key[name] = verdict
    data.save()
    if verdict != KILLED:
        print(f"\n{WORDS[verdict]:10} {name}", end="", flush=True)


def _files(only: Iterable[str]) -> list[SourceFileMutationData]:
    """The mutants of the named modules, in the order in which they are named; of all where none is named."""
    found = []
    paths = sorted(walk_mutatable_files())
    for path in [path for name in only for path in paths if path.stem == name] if only else paths:
        data = SourceFileMutationData(path=path)
        data.meta_path = data.meta_path.absolute()
        data.load()
        found.append(data)
    return found


def _table(files: list[SourceFileMutationData]) -> None:
    print(f"\n\n{'module':34}{'mutants':>9}" + "".join(f"{word:>11}" for word in WORDS.values()))
    total: Counter[int | None] = Counter()
    for data in files:
        counts = Counter(data.exit_code_by_key.values())
        total += counts
        if counts:
            _line(str(data.path), counts)
    _line("all", total)


def _line(name: str, counts: Counter[int | None]) -> None:
    print(f"{name:34}{counts.total():9}" + "".join(f"{counts[verdict]:11}" for verdict in WORDS))


def main() -> int:
    """Make the mutants, run them, and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("only", nargs="*", help="modules, such as infection; all where none is named")
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--long", action="store_true", help="the properties over random timelines as well")
    options.add_argument("--again", action="store_true", help="those that were not killed before as well")
    given = options.parse_args()
    # What a property finds must be the same in each run, and need not be made small.
    settings.register_profile(
        "mutate", deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
    )
    settings.load_profile("mutate")
    Path("mutants").mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    with CatchOutput(spinner_title="Making mutants"):
        create_mutants(given.workers)
    files = _files(given.only)
    # aftercare/alerts is judged by tests/alerts: what only a distant test would notice has none of its own.
    tests = sorted({f"tests/{Path(data.path).parts[1]}" for data in files})
    os.chdir("mutants")
    code = pytest.main(
        [*QUIETLY, *([] if given.long else WITHOUT), *tests],
        plugins=[Mutating(files, given.workers, again=given.again)],
    )
    _table(files)
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
