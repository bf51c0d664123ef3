"""Archives that terminals pack large uploads into (protocol-adms §2).

Read here, and not by Python's own reader: that one follows whatever an archive says of
itself, to files of any size.
"""

import re
import zlib

# However well it is packed: no terminal holds more in one upload.
_MOST_BYTES = 16 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS

_BLOCK = 512
_NAME = slice(0, 100)
_SIZE = slice(124, 136)
_TYPE = slice(156, 157)
_MAGIC = slice(257, 262)
_FILES = frozenset({b"0", b"\0", b"7"})
_OCTAL = re.compile(rb"\s*([0-7]{1,11})[\s\0]*\Z")


def unpack(packed: bytes) -> list[tuple[str, bytes]] | None:
    """Return the files of a packed archive; None if it is none, or far too large.

    What is packed but no archive is one file without a name.
    """
    unpacker = zlib.decompressobj(_GZIP)
    try:
        content = unpacker.decompress(packed, _MOST_BYTES)
    except zlib.error:
        return None
    if not unpacker.eof:
        return None
    if content[_MAGIC] != b"ustar":
        return [("", content)]
    return _files(content)


def _files(content: bytes) -> list[tuple[str, bytes]] | None:
    files: list[tuple[str, bytes]] = []
    at = 0
    while (head := content[at : at + _BLOCK]).strip(b"\0"):
        size = _OCTAL.match(head[_SIZE])
        if size is None or len(head) < _BLOCK:
            return None
        begins = at + _BLOCK
        ends = begins + int(size[1], 8)
        if ends > len(content):
            return None
        if head[_TYPE] in _FILES:
            name = head[_NAME].partition(b"\0")[0].decode("utf-8", "replace")
            files.append((name, content[begins:ends]))
        at = ends + -ends % _BLOCK
    return files
