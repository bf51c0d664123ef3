"""A site with 10,000 people and 1,000,000 punches, for the benchmark of the panel.

Terminals are simulated in this process, with everybody enrolled at each of them; what
they have told before is written into the ledger while Home Assistant does not run.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date as Date, datetime, timedelta
from importlib import import_module
from pathlib import Path
import random
from typing import Any

from scripts.lib.client import Client
from scripts.lib.home import HOST, time_zone
from scripts.lib.syncid import add_terminal
from simulator import PROFILES, Server, Terminal

from .common import load_core

PLACES = ("Main gate", "Canteen", "Workshop", "Library")
# Users of each terminal who are nobody yet.
NOBODIES = 50
GROUPS = 40
RULES = {
    "start_time": "09:00",
    "end_time": "17:00",
    "grace_minutes": 10,
    "workdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
}
_START, _END, _GRACE = 9 * 3600, 17 * 3600, 600
_DAY = 86_400
_EPOCH = Date(1970, 1, 1).toordinal()
_GIVEN = [
    "Ada",
    "Amina",
    "Ben",
    "Carlos",
    "Chen",
    "Dina",
    "Elif",
    "Farah",
    "Femi",
    "Grace",
    "Hana",
    "Ibrahim",
    "Ines",
    "Jamal",
    "Jonas",
    "Kofi",
    "Lucia",
    "Maryam",
    "Nadia",
    "Omar",
    "Priya",
    "Rosa",
    "Samir",
    "Tariq",
    "Wanjiru",
]
_FAMILY_BEGIN = [
    "Ba",
    "Da",
    "Fo",
    "Ga",
    "Ha",
    "Ka",
    "Lo",
    "Ma",
    "Na",
    "Pe",
    "Ra",
    "Sa",
    "Ta",
    "Va",
    "Wa",
    "Ya",
    "Za",
    "Mo",
    "Ni",
    "So",
]
_FAMILY_END = [
    "lani",
    "dero",
    "kumar",
    "sson",
    "mendi",
    "rossi",
    "wicz",
    "tani",
    "lopez",
    "shah",
]


def name_of(number: int) -> str:
    """Return what the person of a number is called."""
    given, rest = number % len(_GIVEN), number // len(_GIVEN)
    begin, rest = rest % len(_FAMILY_BEGIN), rest // len(_FAMILY_BEGIN)
    end, again = rest % len(_FAMILY_END), rest // len(_FAMILY_END)
    number_of_it = f" {again + 1}" if again else ""
    return f"{_GIVEN[given]} {_FAMILY_BEGIN[begin]}{_FAMILY_END[end]}{number_of_it}"


def serial_of(at: int) -> str:
    """Return the serial number of the terminal at a place."""
    return f"BENCH{at:05}"


def user_id_of(number: int) -> str:
    """Return the user id of a person, the same at all terminals."""
    return str(1001 + number)


@asynccontextmanager
async def terminals(people: int) -> AsyncIterator[list[tuple[Terminal, Server]]]:
    """Run the terminals, whose logs are empty: they were cleared."""
    profile = replace(PROFILES["iface702"], max_users=2 * people + NOBODIES)
    async with AsyncExitStack() as stack:
        running = []
        for at in range(len(PLACES)):
            terminal = Terminal(profile, serial=serial_of(at))
            for number in range(people):
                terminal.add_user(
                    user_id_of(number), name_of(number)[:23], uid=number + 1
                )
            for number in range(NOBODIES):
                terminal.add_user(
                    str(90_000 + number),
                    f"{name_of(number * 7)[:20]}{at}",
                    uid=people + number + 1,
                )
            server = await stack.enter_async_context(Server(terminal, HOST))
            running.append((terminal, server))
        yield running


async def add_all(client: Client, servers: list[Server]) -> None:
    """Add the terminals, and set the rules."""
    for name, server in zip(PLACES, servers, strict=True):
        await add_terminal(client, name, server.port)
    await client.command("syncid/rules/save", **RULES)


@dataclass(frozen=True, slots=True)
class Filled:
    """What was written."""

    people: int
    punches: int
    marks: int
    first: Date


def fill(path: Path, people: int, punches: int) -> Filled:
    """Write the past into the ledger of a home that does not run; returns what."""
    load_core()
    core = import_module("syncid_core.people")
    ledger_of = import_module("syncid_core.ledger.ledger").Ledger
    shelf_of = import_module("syncid_core.shelf").Shelf
    table = import_module("syncid_core.ledger.marks")
    cells_of = import_module("syncid_core.attendance.marks").Mark.as_cells
    schema = import_module("syncid_core.ledger.schema")

    def never(aside: Path) -> None:
        raise SystemExit(f"the ledger could not be read: {aside}")

    ledger = ledger_of(path, now=lambda: datetime.now(UTC), on_replaced=never)
    ledger.open(bytes(32))
    zone = time_zone()
    for at in range(len(PLACES)):
        ledger.register(serial_of(at), zone).result()
    ids = ledger.read(
        lambda connection: dict(
            connection.execute(
                schema.terminals.select().with_only_columns(
                    schema.terminals.c.serial, schema.terminals.c.id
                )
            ).fetchall()
        )
    )
    everybody = [
        core.Person(
            id=f"{number:032x}",
            name=name_of(number),
            external_id=f"E{number:05}",
            groups=(f"Class {number % GROUPS + 1:02}",),
        )
        for number in range(people)
    ]
    shelf = shelf_of(ledger)
    noted = shelf.save_people(
        everybody,
        [
            core.Mapping(serial_of(at), user_id_of(number), person.id)
            for number, person in enumerate(everybody)
            for at in range(len(PLACES))
        ],
    )
    shelf.clear_stale(noted)
    offset = _Offset(zone)
    made = marks = 0
    rows: list[Any] = []
    for day in _days(people, punches):
        rows, kept = _day(day, everybody, ids, offset)
        made, marks = made + len(rows), marks + len(kept)
        insert = schema.punches.insert()
        ledger.write(
            lambda connection, insert=insert, rows=rows: connection.execute(
                insert, rows
            )
        ).result()
        ledger.write(
            lambda connection, kept=kept: table.save_marks(
                connection, [*map(cells_of, kept)], ()
            )
        ).result()
    ledger.write(
        lambda connection: connection.execute(
            schema.punches.insert(), _today(everybody, ids, offset)
        )
    ).result()
    # All that the terminals held was read: their days can be final.
    now = int(datetime.now(UTC).timestamp())
    shelf.save_deliveries({serial_of(at): now for at in range(len(PLACES))})
    ledger.close()
    return Filled(people, made, marks, _days(people, punches)[0])


def _days(people: int, punches: int) -> list[Date]:
    """Return the days until yesterday that so many punches take: who is there has two."""
    count = -(-punches // int(people * 2 * 0.92))
    return [Date.today() - timedelta(days=ago) for ago in range(count, 0, -1)]


class _Offset:
    """Seconds by which the wall clock is ahead of UTC."""

    def __init__(self, zone: str) -> None:
        zones = import_module("zoneinfo")
        self._zone = zones.ZoneInfo(zone)

    def __call__(self, day: Date) -> int:
        """Return it at noon of a day."""
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=self._zone)
        found = noon.utcoffset()
        assert found is not None
        return int(found.total_seconds())


def _punch(
    terminal_id: int, user_id: str, second: int, state: int, offset: int
) -> dict[str, Any]:
    return {
        "terminal_id": terminal_id,
        "local_second": second,
        "user_id": user_id,
        "direction": "check_out" if state else "check_in",
        "method": "fingerprint",
        "verify_code": 1,
        "state_code": state,
        "work_code": 0,
        "utc_second": second - offset,
        "source": "poll",
        "difference": None,
    }


def _day(
    day: Date, everybody: list[Any], ids: dict[str, int], offset_at: _Offset
) -> tuple[list[dict[str, Any]], list[Any]]:
    """Return the punches of a day in the ledger's order, and the marks."""
    core = import_module("syncid_core.attendance.marks")
    dice = random.Random(day.toordinal())
    midnight, offset = (day.toordinal() - _EPOCH) * _DAY, offset_at(day)
    rows, marks = [], []
    for number, person in enumerate(everybody):
        there = dice.random() >= 0.08
        mark = core.Mark(
            person.id,
            day,
            "",
            "absent",
            final=True,
            presence="not_in",
            owed=_END - _START,
        )
        if there:
            terminal_id = ids[serial_of((number + day.toordinal()) % len(PLACES))]
            came = midnight + _START - 2400 + dice.randrange(3600)
            went = midnight + _END + dice.randrange(1800)
            user_id = user_id_of(number)
            rows.append(_punch(terminal_id, user_id, came, 0, offset))
            rows.append(_punch(terminal_id, user_id, went, 1, offset))
            late = came - midnight - _START
            status = "late" if late > _GRACE else "present"
            mark = mark._replace(
                status=status,
                presence="left",
                first_in=core.Moment(came - offset, came),
                last_out=core.Moment(went - offset, went),
                late_by=late if late > _GRACE else 0,
                worked=went - came,
                reasons=(core.Reason(status, (came - midnight, _START, _GRACE)),),
            )
        marks.append(mark)
    rows.sort(key=lambda row: (row["terminal_id"], row["local_second"], row["user_id"]))
    return rows, marks


def _today(
    everybody: list[Any], ids: dict[str, int], offset_at: _Offset
) -> list[dict[str, Any]]:
    """Return the arrivals of six in ten: most in time, whatever the time is now."""
    now = datetime.now()
    day = now.date()
    midnight, offset = (day.toordinal() - _EPOCH) * _DAY, offset_at(day)
    until = min(now.hour * 3600 + now.minute * 60 - 60, _START + 1200)
    dice = random.Random(1)
    rows = [
        _punch(
            ids[serial_of(number % len(PLACES))],
            user_id_of(number),
            midnight + dice.randrange(max(0, until - 3600), max(60, until)),
            0,
            offset,
        )
        for number in range(len(everybody))
        if number % 10 < 6
    ]
    rows += [
        _punch(terminal_id, str(90_000 + number), midnight + 60 + number, 0, offset)
        for terminal_id in ids.values()
        for number in range(NOBODIES)
    ]
    return rows
