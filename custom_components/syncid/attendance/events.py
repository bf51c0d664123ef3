"""Who hears of marks, and what the bus is told of them."""

from collections.abc import Collection, Iterable
from datetime import date as Date, timedelta
from typing import Any, Final

from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalType, SignalTypeFormat

from ..core.attendance.marks import Change, Moment, Status
from ..core.book import SILENT
from ..core.people import Person

# Marks changed, in the order in which they did; news or not.
SIGNAL_MARKS: SignalType[Collection[Change]] = SignalType("syncid_marks")
# What `async_current` says of a person changed, who is named by id.
SIGNAL_PERSON: SignalTypeFormat[()] = SignalTypeFormat("syncid_person_{}")
# People were added, changed or removed, or who the users of terminals are.
SIGNAL_PEOPLE: SignalType[()] = SignalType("syncid_people")
# The users who punch and are nobody were counted anew.
SIGNAL_UNMAPPED: SignalType[()] = SignalType("syncid_unmapped")
# Rules, plans or holidays changed; marks follow.
SIGNAL_RULES: SignalType[()] = SignalType("syncid_rules")
# A minute is over: who should be in by now may be another one.
SIGNAL_CLOCK: SignalType[()] = SignalType("syncid_clock")
# A date began, and its first marks are made: `today` is another one.
SIGNAL_DAY: SignalType[()] = SignalType("syncid_day")

# A day that is older is history, if it is computed for the first time or by new rules.
_NEWS_DAYS: Final = timedelta(days=1)
# Of one that is older still only what a human says is told: a log of a year that is read
# at last would have each of its days told to the parents.
_TOLD_DAYS: Final = timedelta(days=7)


class News:
    """Knows of which changes the bus is to hear."""

    def __init__(self) -> None:
        """Know of nobody who came later."""
        # Days that were over before anybody knew that they were a person's. Until Home
        # Assistant stops: most are closed within a minute.
        self._unawaited: set[tuple[str, Date]] = set()

    def among(
        self, changes: Iterable[Change], today: Date, *, by_hand: bool
    ) -> list[Change]:
        """Return what is news.

        `by_hand` tells that somebody planned or mapped it, and no rule of the site did.
        """
        if by_hand:
            came = {
                day_of(one)
                for one in changes
                if one.before is None and one.after.is_over and one.after.date < today
            }
            self._unawaited = {
                day for day in self._unawaited | came if today - day[1] <= _TOLD_DAYS
            }
        return [
            one
            for one in changes
            if is_news(one, today, by_hand=by_hand) and not self._was_unawaited(one)
        ]

    def _was_unawaited(self, change: Change) -> bool:
        """Tell whether somebody is absent of whom nobody could know that they would come."""
        return (
            change.after.status == "absent"
            and change.cause != "correction"
            and day_of(change) in self._unawaited
        )


def day_of(change: Change) -> tuple[str, Date]:
    """Return whose day changed."""
    return change.after.person_id, change.after.date


def is_news(change: Change, today: Date, *, by_hand: bool = False) -> bool:
    """Tell whether a change is news, whoever it is about."""
    before, after = change.before, change.after
    if not change.is_news:
        return False
    if after.date < today - _TOLD_DAYS and change.cause != "correction":
        return False
    is_history = after.date < today - _NEWS_DAYS
    if after.status in SILENT:
        if before is None or before.status == after.status:
            return False
        # That it was a holiday, while nothing else had been said of a day of last year.
        if is_history and before.status in SILENT:
            return False
    if not is_history or change.cause not in ("new", "rules"):
        return True
    # What was said for good is taken back. A new start would do so of a week of everybody's:
    # then only absences, of which others were told.
    return (
        before is not None
        and before.final
        and before.status not in SILENT
        and before.status != after.status
        and (by_hand or before.status == "absent")
    )


def time_of(moment: Moment | None) -> str | None:
    """Write a moment as it is where Home Assistant is."""
    if moment is None:
        return None
    return dt_util.as_local(dt_util.utc_from_timestamp(moment.utc)).isoformat()


def event_data(
    change: Change, person: Person, from_final: Status | None
) -> dict[str, Any]:
    """Return what the bus is told of a change: plain values, never a card."""
    before, after = change.before, change.after
    return {
        "person_id": person.id,
        "person": person.name,
        "external_id": person.external_id or None,
        "kind": person.kind,
        "groups": list(person.groups),
        "ha_person": person.ha_person or None,
        "date": after.date.isoformat(),
        "from": before and before.status,
        "from_final": from_final,
        "to": after.status,
        "final": after.final,
        "presence": after.presence,
        "first_in": time_of(after.first_in),
        "last_out": time_of(after.went),
        "late_minutes": after.late_by // 60,
        "cause": change.cause,
        "why": after.explain(),
    }
