"""A picture as libvips reads it, which shares no line with Pillow: the fields of its header, metadata among them."""

from tests.bench import libvips


def fields(picture: bytes) -> set[str]:
    """The names of everything that libvips finds in a JPEG beside its pixels."""
    binding = libvips._binding()
    ffi, lib = binding.ffi, binding.lib
    source = libvips._Held(lib.vips_source_new_from_memory(ffi.from_buffer(picture), len(picture)))
    image = libvips._image(libvips._run("jpegload_source", "", source=source))
    names = lib.vips_image_get_fields(ffi.cast("VipsImage *", image.pointer))
    found, at = set[str](), 0
    while names[at] != ffi.NULL:
        found.add(ffi.string(names[at]).decode())
        at += 1
    return found
