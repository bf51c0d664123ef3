"""Who is where now: the marks of the days around today, to look up at once.

Stored: nothing; it is read back from the marks.
"""

from collections.abc import Iterable, Mapping
from datetime import date as Date, timedelta

from .marks import Mark

_ONE_DAY = timedelta(days=1)
# Seconds for which who was not seen to leave may still be there.
_MAY_BE_THERE = 86_400
_NOTHING: Mapping[str, Mark] = {}


class Board:
    """The marks of yesterday, today and tomorrow: of a night, and who comes before it."""

    def __init__(self, today: Date, marks: Iterable[Mark] = ()) -> None:
        """Hold marks; those of other days are left out."""
        self._days: dict[Date, dict[str, Mark]] = {}
        self.turn_to(today)
        for mark in marks:
            self.take(mark)

    def turn_to(self, today: Date) -> None:
        """Let it be a date; what is long past is let go."""
        self.today = today
        self._days = {
            day: self._days.get(day, {})
            for day in (today - _ONE_DAY, today, today + _ONE_DAY)
        }

    def take(self, mark: Mark) -> None:
        """Hold a mark as it is now."""
        if (day := self._days.get(mark.date)) is not None:
            day[mark.person_id] = mark

    def forget(self, person_id: str) -> None:
        """Know nothing of a person any more."""
        for day in self._days.values():
            day.pop(person_id, None)

    def day(self, date: Date) -> Mapping[str, Mark]:
        """Return the marks of yesterday, today or tomorrow, by person."""
        return self._days.get(date, _NOTHING)

    def current(self, person_id: str) -> Mark | None:
        """Return the mark that a person's punches go to now.

        Mostly today's. Yesterday's of who is still there since, a night; tomorrow's of
        who came before midnight for it.
        """
        today = self._days[self.today].get(person_id)
        ahead = self._days[self.today + _ONE_DAY].get(person_id)
        for mark in (ahead, today):
            if mark is not None and mark.presence != "not_in":
                return mark
        before = self._days[self.today - _ONE_DAY].get(person_id)
        if before is not None and before.is_on_site:
            return before
        return today

    def inside(self, person_id: str, now: int) -> Mark | None:
        """Return the mark by which a person is in the building, as far as punches tell.

        For a day after they were seen last, also of who was in when their day closed:
        that a day is over sends nobody home.
        """
        return self._inside(self._newest_first(), person_id, now)

    def _newest_first(self) -> list[dict[str, Mark]]:
        return [self._days[self.today + number * _ONE_DAY] for number in (1, 0, -1)]

    @staticmethod
    def _inside(
        days: Iterable[Mapping[str, Mark]], person_id: str, now: int
    ) -> Mark | None:
        for day in days:
            mark = day.get(person_id)
            if mark is None or mark.presence == "not_in":
                continue
            if mark.is_on_site:
                return mark
            seen = mark.unseen_since
            return mark if seen is not None and seen > now - _MAY_BE_THERE else None
        return None

    def on_site(self, now: int) -> list[Mark]:
        """Return the marks by which people are in the building."""
        days = self._newest_first()
        ids = {
            person_id
            for day in days
            for person_id, mark in day.items()
            if mark.is_on_site or mark.unseen_since is not None
        }
        found = (self._inside(days, person_id, now) for person_id in sorted(ids))
        return [mark for mark in found if mark is not None]
