"""The colour box of an AVIF's main picture (ISO 14496-12 and 23008-12): Pillow decodes the file and says nothing of it."""

from collections.abc import Iterator
from contextlib import suppress

# A picture of tiles has some hundreds of items, each of a few properties. More is not looked for.
_MOST_BOXES = 4096
_MOST_BYTES = 65_536


def primary_nclx(data: bytes) -> tuple[int, int] | None:
    """Return the code points (primaries, transfer) of the main picture; None if it names none. Raises nothing."""
    with suppress(IndexError, KeyError):
        meta = dict(_boxes(dict(_boxes(memoryview(data)))[b"meta"][4:]))
        properties = dict(_boxes(meta[b"iprp"]))
        kept = list(_boxes(properties[b"ipco"]))
        main = _number(meta[b"pitm"][4 : 8 if meta[b"pitm"][0] else 6])
        for index in _properties_of(main, properties[b"ipma"][:_MOST_BYTES]):
            name, content = kept[index - 1] if 0 < index <= len(kept) else (b"", memoryview(b""))
            if name == b"colr" and bytes(content[:4]) == b"nclx" and len(content) >= 8:
                return _number(content[4:6]), _number(content[6:8])
    return None


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """(name, content) of the boxes that lie side by side, up to one whose length lies."""
    at = 0
    for _ in range(_MOST_BOXES):
        length, head = _number(data[at : at + 4]), 8
        if length == 1:
            length, head = _number(data[at + 8 : at + 16]), 16
        elif length == 0:  # to the end
            length = len(data) - at
        if length < head or at + length > len(data):
            return
        yield bytes(data[at + 4 : at + 8]), data[at + head : at + length]
        at += length


def _properties_of(item: int, ipma: memoryview) -> list[int]:
    """The numbers of an item's properties, counted from one."""
    item_bytes, index_bytes = (4 if ipma[0] else 2), (2 if ipma[3] & 1 else 1)
    at = 8
    for _ in range(_number(ipma[4:8])):
        found, count = _number(ipma[at : at + item_bytes]), ipma[at + item_bytes]
        at += item_bytes + 1
        end = at + count * index_bytes
        if found == item:
            # The first bit says whether a reader must know the property.
            must = 1 << (8 * index_bytes - 1)
            return [
                _number(ipma[place : place + index_bytes]) & ~must for place in range(at, end, index_bytes)
            ]
        at = end
    return []


def _number(digits: memoryview) -> int:
    return int.from_bytes(digits, "big")
