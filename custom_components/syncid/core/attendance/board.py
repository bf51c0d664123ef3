"""Who is where now: the marks of the days around today, to look up at once.

Stored: nothing; it is read back from the marks.
"""

from collections.abc import Collection, Iterable, Mapping
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
        # Of how many each of them may still change.
        self._open: dict[Date, int] = {}
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
        self._open = {day: self._open.get(day, 0) for day in self._days}

    def take(self, mark: Mark) -> None:
        """Hold a mark as it is now."""
        if (day := self._days.get(mark.date)) is not None:
            before = day.get(mark.person_id)
            day[mark.person_id] = mark
            was_open = before is not None and not before.final
            self._open[mark.date] += (not mark.final) - was_open

    def forget(self, person_id: str) -> None:
        """Know nothing of a person any more."""
        for date, day in self._days.items():
            if (mark := day.pop(person_id, None)) is not None:
                self._open[date] -= not mark.final

    def provisional(self, date: Date) -> int:
        """Return of how many people a day may still change."""
        return self._open.get(date, 0)

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
        for day in reversed(self._days.values()):
            mark = day.get(person_id)
            if mark is not None and mark.presence != "not_in":
                return mark if _is_inside(mark, now) else None
        return None

    def on_site(self, now: int, among: Collection[str] | None = None) -> list[Mark]:
        """Return the marks by which people are in the building, in no order.

        All people, or some.
        """
        # The last day of each on which they were seen.
        seen: dict[str, Mark] = {}
        for day in self._days.values():
            there = marks_of(day, among)
            seen |= {one.person_id: one for one in there if one.presence != "not_in"}
        return [mark for mark in seen.values() if _is_inside(mark, now)]


def marks_of(day: Mapping[str, Mark], among: Collection[str] | None) -> Iterable[Mark]:
    """Return the marks of all people on a day, or of some."""
    if among is None:
        return day.values()
    return [day[one] for one in among if one in day]


def may_be_there(unseen_since: int | None, now: int) -> bool:
    """Tell whether somebody whom nobody saw leave may still be there."""
    return unseen_since is not None and unseen_since > now - _MAY_BE_THERE


def _is_inside(mark: Mark, now: int) -> bool:
    return mark.is_on_site or may_be_there(mark.unseen_since, now)
