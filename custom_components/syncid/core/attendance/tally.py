"""How many people there are of a sort, and the first of them by name.

Kept as marks change: of 10,000 people one punches, and to look at all of them for that
takes ten times as long as to make the mark.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Mapping as Map

from ..people import Person
from .marks import Mark


class Tally:
    """People who are counted, each once."""

    def __init__(self) -> None:
        """Count nobody yet."""
        # Under which name each was counted, and whether nobody knows if they went.
        self._counted: dict[str, tuple[str, bool]] = {}
        self._names: list[str] = []
        # Of how many nobody knows whether they went.
        self.unseen = 0

    def __len__(self) -> int:
        """Return how many they are."""
        return len(self._counted)

    def names(self, most: int) -> list[str]:
        """Return the first of their names."""
        return self._names[:most]

    def begin(self, marks: Iterable[Mark], people: Map[str, Person]) -> None:
        """Count anew by the marks of all who are to be counted, and are known."""
        self._counted = _told(marks, people)
        self._names = sorted(name for name, _ in self._counted.values())
        self.unseen = sum(is_unseen for _, is_unseen in self._counted.values())

    def update(
        self, whose: Collection[str], marks: Iterable[Mark], people: Map[str, Person]
    ) -> bool:
        """Count some people anew, by the marks of those of them who are to be counted.

        Returns whether anything is another thing by it.
        """
        told, is_other = _told(marks, people), False
        for person_id in whose:
            before, after = self._counted.pop(person_id, None), told.get(person_id)
            is_other |= before != after
            if before is not None:
                name, was_unseen = before
                del self._names[bisect_left(self._names, name)]
                self.unseen -= was_unseen
            if after is not None:
                name, is_unseen = after
                self._counted[person_id] = after
                insort(self._names, name)
                self.unseen += is_unseen
        return is_other


def _told(
    marks: Iterable[Mark], people: Map[str, Person]
) -> dict[str, tuple[str, bool]]:
    return {
        mark.person_id: (person.name, mark.unseen_since is not None)
        for mark in marks
        # Who was erased a moment ago has a mark no more, or no name.
        if (person := people.get(mark.person_id)) is not None
    }
