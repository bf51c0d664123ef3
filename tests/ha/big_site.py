"""A site of 10,000 people at ten terminals, in a ledger that is written once.

What is in it is as long as it gets in life, so that answers can be weighed.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date as Date, datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.syncid.const import DOMAIN, SITE_UNIQUE_ID
from custom_components.syncid.core.attendance.marks import Mark, Moment
from custom_components.syncid.core.attendance.readings import zone_info
from custom_components.syncid.core.ledger import marks as table, schema
from custom_components.syncid.core.ledger.ledger import Ledger
from custom_components.syncid.core.people import Mapping, Person
from custom_components.syncid.core.records import DeviceUser
from custom_components.syncid.core.shelf import Shelf
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.core import HomeAssistant

from .kit import KitDevice, SyncIDKit

PEOPLE = 10_000
TERMINALS = 10
ZONE = "US/Pacific"
# Users of each terminal who are nobody.
NOBODIES = 300
# People who are called as another one.
DOUBLES = 100
_DAY = 86_400
_START, _END = 9 * 3600, 17 * 3600


def serial_of(at: int) -> str:
    """Return the serial number of a terminal."""
    return f"CKUJ2034600{at:02}"


def title_of(at: int) -> str:
    """Return what a terminal is called: in letters of two bytes each."""
    return f"البوابة الرئيسية للمصنع {at}"


def name_of(number: int) -> str:
    """Return what somebody is called; the last ones as others are."""
    number -= DOUBLES if number >= PEOPLE - DOUBLES else 0
    return f"عبد الرحمن بن محمد الفاروقي {number}"


def user_id_of(number: int) -> str:
    """Return the user id of somebody, the same at all terminals."""
    return str(100_000_001 + number)


def person_of(number: int) -> Person:
    """Return somebody with all that can be said of them."""
    return Person(
        id=f"{number:032x}",
        name=name_of(number),
        external_id=f"EMPLOYEE-{number:05}",
        kind="visitor",
        groups=(f"Department of works {number % 40 + 1:02}", f"Bus {number % 9}"),
        valid_from=Date(2020, 1, 1),
        valid_until=Date(2039, 12, 31),
    )


def _midnight(date: Date) -> int:
    return (date - Date(1970, 1, 1)).days * _DAY


def _mark(person: Person, date: Date, offset: int) -> Mark:
    came, went = _midnight(date) + _START + 1200, _midnight(date) + _END
    return Mark(
        person.id,
        date,
        "",
        "half_day",
        False,
        "left",
        first_in=Moment(came - offset, came),
        last_out=Moment(went - offset, went),
        late_by=1200,
        worked=went - came,
        overtime=7200,
        owed=_END - _START,
        flags=frozenset({"corrected", "early_leave", "missing_break_in", "overtime"}),
    )


def _punches(ids: dict[str, int], date: Date, offset: int) -> list[dict[str, Any]]:
    return [
        {
            "terminal_id": ids[serial_of(number % TERMINALS)],
            "local_second": second,
            "user_id": user_id_of(number),
            "direction": "check_out" if state else "check_in",
            "method": "fingerprint",
            "verify_code": 1,
            "state_code": state,
            "work_code": 0,
            "utc_second": second - offset,
            "source": "poll",
            "difference": None,
        }
        for number in range(PEOPLE)
        for state, at in enumerate((_START + 1200, _END))
        # Some never check out.
        if not state or number % 20
        for second in (_midnight(date) + at + number % 60,)
    ]


def write_ledger(
    path: Path, *, today: Date, days: int = 1, whole: int = 0, mapped: bool = True
) -> None:
    """Write the past: some days of the first people by name, and `whole` of all."""

    def never(aside: Path) -> None:
        raise AssertionError(aside)

    ledger = Ledger(path, now=lambda: datetime.now(UTC), on_replaced=never)
    ledger.open(bytes(32))
    for at in range(TERMINALS):
        ledger.register(serial_of(at), ZONE).result()
    ids: dict[str, int] = dict(
        map(
            tuple,
            ledger.read(
                lambda connection: connection.execute(
                    schema.terminals.select().with_only_columns(
                        schema.terminals.c.serial, schema.terminals.c.id
                    )
                ).fetchall()
            ),
        )
    )
    shelf, everybody = Shelf(ledger), [person_of(number) for number in range(PEOPLE)]
    few = sorted(everybody, key=lambda one: one.name.casefold())[:250]
    if mapped:
        shelf.clear_stale(
            shelf.save_people(
                everybody,
                [
                    Mapping(serial_of(at), user_id_of(number), person.id)
                    for number, person in enumerate(everybody)
                    for at in range(TERMINALS)
                ],
            )
        )
    for ago in range(max(days, whole)):
        date = today - timedelta(days=ago)
        noon = datetime(date.year, date.month, date.day, 12, tzinfo=zone_info(ZONE))
        utc = noon.utcoffset()
        assert utc is not None
        offset = int(utc.total_seconds())
        who = everybody if ago <= whole else few
        marks = [_mark(one, date, offset).as_cells() for one in who] if mapped else []
        punches = _punches(ids, date, offset) if ago <= whole else []

        def write(connection: Any, rows: Any = marks, punches: Any = punches) -> None:
            table.save_marks(connection, rows, ())
            if punches:
                connection.execute(schema.punches.insert(), punches)

        ledger.write(write).result()
    shelf.save_deliveries({serial_of(at): 0 for at in range(TERMINALS)})
    ledger.close()


def users_of(at: int) -> dict[str, DeviceUser]:
    """Return the users of a terminal."""
    known = [
        DeviceUser(number, user_id_of(number), name_of(number)[:24], 0)
        for number in range(PEOPLE)
    ]
    nobody = [
        DeviceUser(PEOPLE + number, str(900_000_000 + number), name_of(number), 0)
        for number in range(NOBODIES)
    ]
    return {one.user_id: one for one in (*known, *nobody)}


async def open_site(
    hass: HomeAssistant,
    syncid: SyncIDKit,
    users: Callable[[int], Any] = users_of,
    subentries: Iterable[ConfigSubentryData] = (),
) -> list[KitDevice]:
    """Set up the terminals, which push, and have each tell all of its users."""
    MockConfigEntry(
        domain=DOMAIN,
        title="The site",
        unique_id=SITE_UNIQUE_ID,
        data={"kind": "site"},
        subentries_data=[*subentries],
    ).add_to_hass(hass)
    gates = [
        await syncid.add_push_device(
            serial_of(at), token=f"{at}" * 16, webhook_id=f"{at}" * 64, set_up=False
        )
        for at in range(TERMINALS)
    ]
    for at, gate in enumerate(gates):
        hass.config_entries.async_update_entry(gate.entry, title=title_of(at))
        # The first sets all others up with it.
        if gate.entry.state is ConfigEntryState.NOT_LOADED:
            await hass.config_entries.async_setup(gate.entry.entry_id)
        gate.entry.runtime_data.in_hub.users = users(at)
    await syncid.settle()
    return gates
