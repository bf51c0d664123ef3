"""The records that a terminal brings of its log, counted as it counts them itself.

It counts rows that are no punch of their own, such as somebody's second tap within a
second, a row of nobody, or what was erased; and none that are stored and that it holds
no longer.
"""

from collections import Counter
from collections.abc import Iterable

from ..records import Punch, PunchKey
from ..times import text_second
from .content import PUNCHES, Upload

DAY = 86400


class Records:
    """What came of a log: punches, and rows that are none."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._records: Counter[Punch | bytes] = Counter()
        # What access terminals tell as it happens, in another form than their log.
        self._live: set[PunchKey] = set()
        # How many there are, if that came in a post of its own (protocol-adms §8.6).
        self.counted: int | None = None

    def hear(self, upload: Upload) -> None:
        """Count what came."""
        if upload.counted is not None:
            self.counted = upload.counted
        if upload.table == "rtlog":
            self._live |= _keys(upload.punches)
        elif upload.table in PUNCHES and not upload.is_pack:
            came = Counter[Punch | bytes](upload.punches)
            came.update(record.raw for _, record in upload.rejected)
            came.update(upload.others)
            # An upload may come twice, if its answer was lost; one that has a record
            # twice has two of them.
            self._records |= came

    def __len__(self) -> int:
        """Return how many there are."""
        return self._records.total() + len(self._live - _keys(self._records))

    @property
    def newest(self) -> int | None:
        """Return the local second of the newest punch; None if there is none."""
        return max(
            (one.local_second for one in self._records if isinstance(one, Punch)),
            default=None,
        )

    def days(self, first: int, last: int) -> Counter[int]:
        """Return how many there are between two local seconds, by day since 1970.

        One that tells no time may be of the last day.
        """
        found: Counter[int] = Counter()
        for record, count in self._records.items():
            if isinstance(record, Punch):
                second = record.local_second
            else:
                second = _second(record) or last
            if first <= second <= last:
                found[second // DAY] += count
        return found


def _keys(records: Iterable[Punch | bytes]) -> set[PunchKey]:
    return {
        (one.local_second, one.user_id) for one in records if isinstance(one, Punch)
    }


def _second(row: bytes) -> int | None:
    """Return the time of a row that is no punch, if it has one where others have it."""
    _, _, rest = row.partition(b"\t")
    return text_second(rest.partition(b"\t")[0].decode("ascii", "replace"))
