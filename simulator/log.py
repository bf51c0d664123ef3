"""The attendance log, kept as the packed bytes that a client will read.

protocol-4370 §2.6. A full log of 100,000 records is 4 MB; as objects it would
be slow to build and slow to send.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from typing import overload, override

from .faults import Faults
from .profiles import Profile
from .records import Record, pack_record, stamp_offset, state_offset, unpack_record
from .users import UserTable
from .wire import encode_time

_CHECK_OUT = 1


class AttendanceLog(Sequence[Record]):
    """The punches, oldest first."""

    def __init__(self, profile: Profile, users: UserTable) -> None:
        """Start empty."""
        self._profile = profile
        self._users = users
        self._packed = bytearray()
        self.record_size: int = profile.record_size

    @property
    def packed(self) -> bytes:
        """Return a copy of all records as they are stored."""
        return bytes(self._packed)

    @override
    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self._packed) // self.record_size

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...

    @override
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        """Return one record, or several."""
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = range(len(self))[index] * self.record_size
        return self._read(position)

    @override
    def __iter__(self) -> Iterator[Record]:
        """Yield the records, oldest first."""
        for position in range(0, len(self._packed), self.record_size):
            yield self._read(position)

    def _read(self, position: int) -> Record:
        """Return the record at a byte position, its person looked up."""
        raw = bytes(self._packed[position : position + self.record_size])
        record = unpack_record(raw, self._profile)
        if not record.user_id:
            user = self._users.by_uid(record.uid)
            return replace(record, user_id=user.user_id if user else str(record.uid))
        if not record.uid and (user := self._users.get(record.user_id)) is not None:
            return replace(record, uid=user.uid)
        return record

    def dataset(self) -> bytes:
        """Return the log as a read sends it: a 4-byte total, then the records."""
        return b"".join((len(self._packed).to_bytes(4, "little"), self._packed))

    def window(self, start: int, size: int) -> bytes:
        """Return a byte range of the stored records."""
        return bytes(self._packed[start : start + size])

    def append(self, record: Record, faults: Faults) -> bool:
        """Store a punch; return whether the log took it."""
        return self.append_raw(pack_record(record, self._profile), faults)

    def append_raw(self, raw: bytes, faults: Faults) -> bool:
        """Store the bytes of a record, as the policy for a full log says."""
        if len(raw) != self.record_size:
            raise ValueError(f"a record has {self.record_size} bytes, not {len(raw)}")
        capacity = self._profile.max_records
        if len(self) >= capacity:
            match faults.full_log:
                case "refuse":
                    return False
                case "overwrite":
                    surplus = len(self) - capacity + 1
                case "delete_block":
                    surplus = max(1, min(faults.delete_block, len(self)))
            del self._packed[: surplus * self.record_size]
        self._packed += raw
        return True

    def fill(self, count: int, start: datetime, step_seconds: int) -> None:
        """Append punches of everybody in turn, evenly spaced and in order."""
        if len(self) + count > self._profile.max_records:
            raise ValueError(f"the log holds {self._profile.max_records} records")
        if not self._users:
            raise ValueError("nobody is enrolled who could punch")
        models = [
            bytearray(
                pack_record(
                    Record(user_id=user.user_id, uid=user.uid, time=start),
                    self._profile,
                )
            )
            for user in self._users
        ]
        stamp_at = stamp_offset(self._profile)
        stamp_end = stamp_at + 4
        state_at = state_offset(self._profile)
        step = timedelta(seconds=step_seconds)
        moment = start
        turn = cycle(range(len(models)))
        state = _CHECK_OUT
        for _ in range(count):
            index = next(turn)
            if index == 0:
                state ^= _CHECK_OUT
            model = models[index]
            model[stamp_at:stamp_end] = encode_time(moment).to_bytes(4, "little")
            model[state_at] = state
            self._packed += model
            moment += step

    def clear(self) -> None:
        """Forget all records."""
        # A new buffer: a reader may hold a view of the old one.
        self._packed = bytearray()
