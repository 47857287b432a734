"""The little of libvips that photos are measured beside, over the C interface that `pyvips-binary` brings compiled.

The Python package pyvips would be the usual way to it; it comes as source only, for six calls.
"""

import importlib
import os
from functools import cache
from types import ModuleType
from typing import Any


def shrink(photo: bytes, edge: int, saving: str) -> bytes:
    """A JPEG shrunk to a long edge as libvips does it best, upright, and saved: `saving` as for its command line."""
    source = _Held(_binding().lib.vips_source_new_from_memory(_binding().ffi.from_buffer(photo), len(photo)))
    small = _run("thumbnail_source", f"width={edge},height={edge},size=down", source=source)
    target = _Held(_binding().lib.vips_target_new_to_memory())
    _run("jpegsave_target", saving, **{"in": _image(small), "target": target})
    return _written(target)


class _Held:
    """One GObject, given back with the last reference to it."""

    def __init__(self, pointer: Any) -> None:
        ffi, lib = _binding().ffi, _binding().lib
        if pointer == ffi.NULL:
            raise RuntimeError(bytes(ffi.string(lib.vips_error_buffer())).decode())
        self.pointer = ffi.gc(ffi.cast("GObject *", pointer), lib.g_object_unref)


@cache
def _binding() -> ModuleType:
    os.environ["VIPS_CONCURRENCY"] = "1"  # read once, at its start
    binding = importlib.import_module("_libvips")
    if binding.lib.vips_init(b"aftercare"):
        raise RuntimeError("libvips did not start")
    binding.lib.vips_cache_set_max(0)  # it remembers results: the second round would cost nothing
    return binding


def _run(operation: str, options: str, **objects: _Held) -> _Held:
    ffi, lib = _binding().ffi, _binding().lib
    asked = _Held(lib.vips_operation_new(operation.encode()))
    for name, given in objects.items():
        value = _value("GObject")
        lib.g_value_set_object(value, given.pointer)
        lib.g_object_set_property(asked.pointer, name.encode(), value)
        lib.g_value_unset(value)
    lib.vips_object_set_from_string(ffi.cast("VipsObject *", asked.pointer), options.encode())
    return _Held(lib.vips_cache_operation_build(ffi.cast("VipsOperation *", asked.pointer)))


def _image(done: _Held) -> _Held:
    ffi, lib = _binding().ffi, _binding().lib
    value = _value("GObject")
    lib.g_object_get_property(done.pointer, b"out", value)
    pointer = lib.g_value_get_object(value)
    lib.g_object_ref(pointer)
    image = _Held(pointer)
    lib.g_value_unset(value)
    lib.vips_object_unref_outputs(ffi.cast("VipsObject *", done.pointer))  # its own; ours stays
    return image


def _written(target: _Held) -> bytes:
    ffi, lib = _binding().ffi, _binding().lib
    value, length = _value("VipsBlob"), ffi.new("size_t *")
    lib.g_object_get_property(target.pointer, b"blob", value)
    content = bytes(ffi.buffer(lib.vips_value_get_blob(value, length), length[0]))
    lib.g_value_unset(value)
    return content


def _value(kind: str) -> Any:
    value = _binding().ffi.new("GValue *")
    _binding().lib.g_value_init(value, _binding().lib.g_type_from_name(kind.encode()))
    return value
