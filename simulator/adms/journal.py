"""What is to be uploaded, and how far the server has acknowledged it.

protocol-adms §3 (stamps) and §6 (acknowledgements).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from simulator.wire import encode_time

from .records import AdmsPunch, Photo

type Content = str | AdmsPunch | Photo

# What a server sends that wants only what is new (§3).
ONLY_NEW = 9999
# That it has nothing.
FROM_THE_START = "0"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to upload; the kind is what TransFlag allows or not."""

    stamp: int
    kind: str
    content: Content


@dataclass(frozen=True, slots=True)
class Batch:
    """What one upload carries, and how far it brings the journal."""

    entries: tuple[Entry, ...]
    lines: tuple[str, ...]
    end: int

    @property
    def stamp(self) -> int:
        """Return the stamp of the last of them."""
        return self.entries[-1].stamp


class Journal:
    """One table's entries, oldest first."""

    def __init__(self, table: str) -> None:
        """Start empty."""
        self.table = table
        self.entries: list[Entry] = []
        # So many of the entries need not be sent again.
        self.position = 0

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        """Yield all of them."""
        return iter(self.entries)

    def add(
        self, kind: str, content: Content, at: datetime, *, exact: bool = False
    ) -> None:
        """Add an entry; unless exact, no stamp is the one of an older entry."""
        stamp = encode_time(at)
        if self.entries and not exact:
            stamp = max(stamp, self.entries[-1].stamp + 1)
        self.entries.append(Entry(stamp, kind, content))

    def batch(
        self,
        allowed: Callable[[str], bool],
        limit: int,
        room: int,
        line_of: Callable[[Entry], str],
    ) -> Batch | None:
        """Return what comes next: at most so many entries, of so many bytes."""
        chosen: list[Entry] = []
        lines: list[str] = []
        end = self.position
        while end < len(self.entries):
            entry = self.entries[end]
            if allowed(entry.kind):
                line = line_of(entry)
                # Two more for its end.
                room -= 2 + (len(line) if line.isascii() else len(line.encode()))
                if chosen and (len(chosen) == limit or room < 0):
                    break
                chosen.append(entry)
                lines.append(line)
            end += 1
        return Batch(tuple(chosen), tuple(lines), end) if chosen else None

    def waiting(self, allowed: Callable[[str], bool]) -> int:
        """Return how many entries are still to be sent."""
        return sum(allowed(entry.kind) for entry in self.entries[self.position :])

    def acknowledge(self, batch: Batch) -> None:
        """Take note that all up to there has been received."""
        self.position = max(self.position, min(batch.end, len(self.entries)))

    def rewind(self) -> None:
        """Send everything again."""
        self.position = 0

    def obey(self, stamp: str) -> None:
        """Go to where the server says that it is."""
        text = stamp.strip()
        number = int(text) if text.isdecimal() else 0
        if number == ONLY_NEW:
            return
        self.position = next(
            (place for place, entry in enumerate(self.entries) if entry.stamp > number),
            len(self.entries),
        )

    def clear(self) -> None:
        """Forget all, sent or not."""
        self.entries = []
        self.position = 0

    def restore(self, entries: Iterable[Entry], position: int) -> None:
        """Take back what was kept elsewhere."""
        self.entries = list(entries)
        self.position = position
