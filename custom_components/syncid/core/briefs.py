"""Everybody's marks in brief, kept in memory by date until one of that date changes.

A month of 2,000 people is 60,000 rows, of which from one look to the next mostly none
changed, or those of today.
"""

from collections.abc import Collection, Sequence
from datetime import date as Date, timedelta
from functools import partial
from itertools import chain, repeat
from threading import Lock

from .attendance.marks import Brief
from .ledger import marks as table
from .ledger.ledger import Ledger

# Briefs that are kept at the most: a month of 3,000 people, in some 9 MB.
_MOST = 100_000
_ONE_DAY = timedelta(days=1)
# Who asks for more wants all of it once.
_LONG = timedelta(days=100)


class Briefs:
    """What a grid of all people shows; it may be asked from any thread."""

    def __init__(self, ledger: Ledger, most: int = _MOST) -> None:
        """Read from a ledger, and keep nothing yet."""
        self._ledger = ledger
        self._most = most
        self._kept: dict[Date, Sequence[Brief]] = {}
        # Counts what may have changed while somebody reads, and is too old to be kept.
        self._changes = 0
        self._lock = Lock()

    def between(self, first: Date, last: Date) -> list[Brief]:
        """Return the briefs from a date to another."""
        if last - first > _LONG:
            return [*chain.from_iterable(self._read(first, last).values())]
        dates = [first + _ONE_DAY * number for number in range((last - first).days + 1)]
        with self._lock:
            changes = self._changes
            days = {date: self._kept[date] for date in dates if date in self._kept}
        if missing := [date for date in dates if date not in days]:
            days |= dict.fromkeys(missing, ()) | self._read(missing[0], missing[-1])
            with self._lock:
                if changes == self._changes:
                    self._keep(days)
        return [*chain.from_iterable(map(days.__getitem__, dates))]

    def forget(self, dates: Collection[Date] | None = None) -> None:
        """Read dates anew when they are asked for, or all: marks of them changed."""
        with self._lock:
            self._changes += 1
            for date in [*self._kept] if dates is None else dates:
                self._kept.pop(date, None)

    def _keep(self, days: dict[Date, Sequence[Brief]]) -> None:
        """Keep days as the latest that were asked for."""
        for date in days:
            self._kept.pop(date, None)
        self._kept |= days
        count = sum(map(len, self._kept.values()))
        for date in [*self._kept]:
            if count <= self._most:
                break
            count -= len(self._kept.pop(date))

    def _read(self, first: Date, last: Date) -> dict[Date, Sequence[Brief]]:
        days: dict[Date, Sequence[Brief]] = {}
        load = partial(
            table.load_briefs, first=first.isoformat(), last=last.isoformat()
        )
        # A tuple made as such: its constructor takes three times as long.
        make = partial(tuple.__new__, Brief)
        for text, people, statuses, finals in self._ledger.read(load):
            date = Date.fromisoformat(text)
            columns = people, repeat(date, len(people)), statuses, finals
            days[date] = [*map(make, zip(*columns, strict=True))]
        return days
