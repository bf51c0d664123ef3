"""Punches, as the panel shows them: those to come, those that were, and today's."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import voluptuous as vol

from homeassistant.const import ATTR_ENTITY_PICTURE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util

from ..attendance.attendance import DATA_ATTENDANCE
from ..const import EVENT_PUNCH
from ..core.attendance.marks import Mark
from ..core.attendance.policy import DAY, HOUR
from ..core.ledger.queries import PunchQuery
from ..core.records import StoredPunch, local_second
from ..hub import DATA_HUB
from ..push.photos import SIGNAL_PHOTO
from .command import MOST_ROWS, command, subscription
from .payloads import PunchEvent, PunchPage, PunchRow, Today
from .snapshots import Snapshots
from .terminals import async_entries, online_of

# Punches that a new listener is told of.
_BEGIN_WITH = 50


@callback
def _async_picture(hass: HomeAssistant, person_id: str | None) -> str | None:
    """Return the picture of somebody who is a person of Home Assistant's too."""
    person = hass.data[DATA_ATTENDANCE].people.get(person_id or "")
    state = hass.states.get(person.ha_person) if person else None
    picture = state.attributes.get(ATTR_ENTITY_PICTURE) if state else None
    # Nobody else is told who was seen.
    return picture if isinstance(picture, str) and picture[:1] == "/" else None


@callback
def _async_row(
    hass: HomeAssistant, data: dict[str, Any], live: bool | None
) -> PunchRow:
    """Return what the panel shows of a punch that was described."""
    return PunchRow(
        device=data["device"],
        device_id=data["device_id"],
        device_name=data["device_name"],
        user_id=data["user_id"],
        user_name=data["user_name"],
        person_id=data["person_id"],
        person=data["person"],
        time=data["time"],
        direction=data["direction"],
        method=data["method"],
        source=data["source"],
        picture=_async_picture(hass, data["person_id"]),
        live=live,
    )


@callback
def async_rows(hass: HomeAssistant, punches: list[StoredPunch]) -> list[PunchRow]:
    """Return what the panel shows of punches of the ledger."""
    hub = hass.data[DATA_HUB]
    return [_async_row(hass, hub.async_describe(punch), None) for punch in punches]


@subscription("live/subscribe")
async def live_subscribe(
    hass: HomeAssistant, msg: dict[str, Any], tell: Callable[[PunchEvent], None]
) -> Callable[[], None]:
    """Tell the last punches, and then each as it is announced, with their photos.

    A photo that comes behind its punch has the punch told once more.
    """
    hub, snapshots = hass.data[DATA_HUB], Snapshots(hass)
    # What is announced while the ledger is read.
    early: list[PunchRow] | None = []

    @callback
    def async_tell(rows: list[PunchRow]) -> None:
        if early is None:
            tell(PunchEvent(reset=False, punches=rows))
        else:
            early.extend(rows)

    @callback
    def async_announced(event: Event[dict[str, Any]]) -> None:
        row = _async_row(hass, event.data, event.data["live"])
        async_tell([snapshots.async_with_photo(row)])

    @callback
    def async_photo(serial: str, user_id: str, second: int, name: str) -> None:
        if rows := snapshots.async_take(serial, user_id, second, name):
            async_tell(rows)

    ends = (
        hass.bus.async_listen(EVENT_PUNCH, async_announced),
        async_dispatcher_connect(hass, SIGNAL_PHOTO, async_photo),
    )

    @callback
    def end() -> None:
        for one in ends:
            one()

    try:
        stored = await hub.async_read(hub.ledger.punches, PunchQuery(limit=_BEGIN_WITH))
        rows = await snapshots.async_find(async_rows(hass, stored))
    except BaseException:
        end()
        raise
    tell(PunchEvent(reset=True, punches=rows))
    # The panel knows a punch by what names it, and shows none twice.
    if early:
        tell(PunchEvent(reset=False, punches=early))
    early = None
    return end


@command(
    "punches/list",
    {
        vol.Optional("serials"): [str],
        vol.Optional("user_id"): str,
        vol.Optional("since"): vol.All(str, dt_util.parse_datetime, datetime),
        vol.Optional("until"): vol.All(str, dt_util.parse_datetime, datetime),
        vol.Optional("cursor"): vol.All(str, vol.Match(r"^\d{1,12}\.\d{1,6}\Z")),
        vol.Optional("limit", default=50): vol.All(
            int, vol.Range(min=1, max=MOST_ROWS)
        ),
    },
)
async def punches_list(hass: HomeAssistant, msg: dict[str, Any]) -> PunchPage:
    """Return the punches that fit, newest first, from where the last page ended."""
    hub, limit = hass.data[DATA_HUB], msg["limit"]
    until = _second(msg.get("until"))
    # A page may end between two punches of one second.
    skipped = 0
    if "cursor" in msg:
        second, skipped = map(int, msg["cursor"].split("."))
        until = second + 1
    found = await hub.async_read(
        hub.ledger.punches,
        PunchQuery(
            serials=msg.get("serials"),
            user_id=msg.get("user_id"),
            since=_second(msg.get("since")),
            until=until,
            limit=skipped + limit + 1,
        ),
    )
    page = found[skipped : skipped + limit]
    cursor = None
    if len(found) > skipped + limit:
        last = page[-1].utc_second
        told = sum(one.utc_second == last for one in found[: skipped + limit])
        cursor = f"{last}.{told}"
    return PunchPage(punches=async_rows(hass, page), cursor=cursor)


def _second(moment: datetime | None) -> int | None:
    return None if moment is None else int(dt_util.as_utc(moment).timestamp())


def _counted(marks: list[Mark]) -> tuple[Counter[int], dict[str, int]]:
    """Return how many came in each hour of a day, and what is said of it."""
    came = Counter(mark.first_in.wall % DAY // HOUR for mark in marks if mark.first_in)
    return came, dict(Counter(mark.status for mark in marks))


@command("live/today")
async def live_today(hass: HomeAssistant, msg: dict[str, Any]) -> Today:
    """Count what today has been so far."""
    hub, attendance = hass.data[DATA_HUB], hass.data[DATA_ATTENDANCE]
    date = attendance.places.async_today()
    first = local_second(datetime.combine(date, time()))
    counted = await hub.async_read(hub.ledger.count_day, first)
    entries = async_entries(hass)
    # A copy: marks change while they are counted.
    marks = [*attendance.async_day(date).values()]
    # Nothing tells whether a gateway is there, so that it is counted in neither. Where
    # that is so of all, all count: none at all is a site that has not begun.
    present = [one for one in map(online_of, entries) if one is not None]
    present = present or [True for _ in entries]
    came, statuses = await hass.async_add_executor_job(_counted, marks)
    return Today(
        date=date.isoformat(),
        punches=counted.punches,
        users=counted.users,
        hours=list(counted.hours),
        arrivals=[came[hour] for hour in range(24)],
        terminals=len(present),
        online=sum(present),
        people=len(attendance.people),
        statuses=statuses,
        on_site=len(attendance.async_on_site()),
        unmapped=len(attendance.unmapped),
    )
