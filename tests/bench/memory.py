"""What a process and all that it started hold of memory, as Linux counts it."""

from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import msgspec

_PROCESSES = Path("/proc")


class Held(msgspec.Struct, frozen=True):
    """MiB of a tree of processes, what several share counted once; `cache` is PostgreSQL's shared buffers in it."""

    whole: float
    cache: float

    @property
    def own(self) -> float:
        """All but the cache, which fills up to its setting and then stays."""
        return self.whole - self.cache


def held_by(root: int) -> Held:
    """The proportional set size (PSS) of a process and its descendants, summed."""
    whole = cache = 0
    for pid in _tree(root):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            lines = (_PROCESSES / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
            sizes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
            whole += sizes["Pss"]
            cache += sizes["Pss_Shmem"]
    return Held(whole / 1024, cache / 1024)


def _tree(root: int) -> list[int]:
    children = defaultdict(list)
    for folder in _PROCESSES.iterdir():
        if folder.name.isdecimal():
            with suppress(FileNotFoundError, ProcessLookupError):
                # The name before it may hold anything, a bracket too.
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                children[parent].append(int(folder.name))
    found = [root]
    for pid in found:
        found += children[pid]
    return found
