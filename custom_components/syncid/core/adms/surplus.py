"""Records that a terminal counts and that are no punch of their own (protocol-adms §7.5).

Somebody's second tap within a second, a row of nobody, or what was erased: the
terminal has one record more than the ledger has punches, for as long as it keeps it.
"""

from collections import Counter
from collections.abc import Iterable

from ..records import Punch, PunchKey
from ..times import text_second
from .content import PUNCHES, Upload


class Records:
    """The records that a terminal brings: punches, and rows that are none."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._records: Counter[Punch | bytes] = Counter()

    def hear(self, upload: Upload) -> None:
        """Count what came."""
        if upload.table in PUNCHES and not upload.is_pack:
            came = Counter[Punch | bytes](upload.punches)
            came.update(record.raw for _, record in upload.rejected)
            # An upload may come twice, if its answer was lost; one that has a record
            # twice has two of them.
            self._records |= came

    def __len__(self) -> int:
        """Return how many there are."""
        return self._records.total()

    @property
    def newest(self) -> int | None:
        """Return the local second of the newest punch; None if there is none."""
        return max(
            (one.local_second for one in self._records if isinstance(one, Punch)),
            default=None,
        )

    @property
    def keys(self) -> set[PunchKey]:
        """Return the punches among them."""
        return {
            (one.local_second, one.user_id)
            for one in self._records
            if isinstance(one, Punch)
        }

    def surplus(self, otherwise: int, erased: Iterable[PunchKey]) -> list[int]:
        """Return the local seconds of those that are no punch of their own.

        One that tells no time may stand for `otherwise`; no punch that was `erased` is
        one of its own.
        """
        known = {*erased}
        seconds: list[int] = []
        for record, count in self._records.items():
            if isinstance(record, Punch):
                key = record.local_second, record.user_id
                more = count - (key not in known)
                known.add(key)
                seconds += [record.local_second] * more
            else:
                second = _second(record)
                seconds += [otherwise if second is None else second] * count
        return seconds


def _second(row: bytes) -> int | None:
    """Return the time of a row that is no punch, if it has one where others have it."""
    _, _, rest = row.partition(b"\t")
    return text_second(rest.partition(b"\t")[0].decode("ascii", "replace"))
