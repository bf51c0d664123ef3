"""The log of what was done at the terminal itself.

protocol-4370 §2.6, after adrobinoga/zk-protocol.
"""

from collections.abc import Sequence
from datetime import datetime
from struct import Struct

from .wire import encode_time

_ENTRY = Struct("<HBBI4H")


class OperationLog:
    """The 16-byte entries, oldest first."""

    def __init__(self) -> None:
        """Start empty."""
        self._packed = bytearray()

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._packed) // _ENTRY.size

    @property
    def packed(self) -> bytes:
        """Return a copy of all entries as they are sent."""
        return bytes(self._packed)

    def add(
        self,
        operation: int,
        at: datetime,
        parameters: Sequence[int] = (0, 0, 0, 0),
        *,
        code: int = 0,
    ) -> None:
        """Note an operation with its four parameters."""
        self._packed += _ENTRY.pack(0, operation, code, encode_time(at), *parameters)

    def clear(self) -> None:
        """Forget all entries."""
        self._packed = bytearray()
