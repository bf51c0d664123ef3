"""A table of people that an admin chose in the browser: looked at, then taken."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping as Map
from typing import Any, Final, NamedTuple

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..actions.mapping import MAX_FILE, async_import, async_report
from ..attendance.attendance import DATA_ATTENDANCE
from ..const import CONF_SERIAL, DOMAIN
from ..core.people import Mapping
from ..core.people_import import Report, Row
from ..hub import DATA_HUB
from .command import command, page_of, shorten
from .people_payloads import ImportPage, ImportRow, RowChange, RowProblem
from .terminals import async_entries
from .uploads import read_upload

# Files that are kept until they are taken: of admins who look at the same time.
_MOST_KEPT: Final = 3
# Of which each may change all that there is of somebody.
_MOST_ROWS: Final = 100
# What is told of a cell, which may hold a book, and of heads that were not understood.
_MOST_LETTERS: Final = 60
_MOST_HEADS: Final = 50
# Users of one row, by the terminals where they are.
_MOST_USERS: Final = 3
_ORDER: Final = {"refused": 0, "add": 1, "update": 2, "same": 3}


class _Uploaded(NamedTuple):
    """A file, what would come of it, and with which people that was found out."""

    name: str
    data: bytes
    report: Report | None = None
    of: object = None


_DATA_UPLOADS: HassKey[OrderedDict[str, _Uploaded]] = HassKey(f"{DOMAIN}_panel_uploads")


@command(
    "people/import",
    {
        **page_of(_MOST_ROWS),
        # As Home Assistant's own upload called it.
        vol.Required("upload"): str,
        vol.Optional("apply", default=False): bool,
    },
)
async def people_import(hass: HomeAssistant, msg: dict[str, Any]) -> ImportPage:
    """Return what a file that was uploaded would do; do all of it, or nothing."""
    uploads = hass.data.setdefault(_DATA_UPLOADS, OrderedDict())
    upload = msg["upload"]
    if upload not in uploads:
        name, data = await hass.async_add_executor_job(
            read_upload, hass, upload, MAX_FILE
        )
        uploads[upload] = _Uploaded(name, data)
        while len(uploads) > _MOST_KEPT:
            uploads.popitem(last=False)
    kept = uploads[upload]
    if msg["apply"]:
        async with hass.data[DATA_ATTENDANCE].editing:
            report, marks = await async_import(hass, kept.name, kept.data)
        # There may be cards in it; what became of it is told once.
        uploads.pop(upload, None)
        return _async_page(hass, kept.name, report, msg, done=True, marks=marks)
    directory = hass.data[DATA_HUB].directory
    if kept.report is None or kept.of is not directory:
        report = await async_report(hass, kept.name, kept.data)
        kept = uploads[upload] = kept._replace(report=report, of=directory)
    assert kept.report is not None
    return _async_page(hass, kept.name, kept.report, msg, done=False, marks=0)


@callback
def _async_page(
    hass: HomeAssistant,
    name: str,
    report: Report,
    msg: dict[str, Any],
    *,
    done: bool,
    marks: int,
) -> ImportPage:
    # Whoever is as before, but becomes a user, comes before those of whom nothing does.
    rows = sorted(
        report.rows,
        key=lambda row: (
            _ORDER[row.action],
            row.action == "same" and not row.mappings,
            row.number,
        ),
    )
    names = {one.data[CONF_SERIAL]: one.title for one in async_entries(hass)}
    page = rows[msg["offset"] : msg["offset"] + msg["limit"]]
    return ImportPage(
        file=name,
        done=done,
        good=report.is_good,
        counts={str(action): count for action, count in report.counts().items()},
        mappings=len(report.mappings),
        ignored=[shorten(one, _MOST_LETTERS) for one in report.ignored[:_MOST_HEADS]],
        marks=marks,
        count=len(rows),
        rows=[_row(row, names) for row in page],
    )


def _row(row: Row, names: Map[str, str]) -> ImportRow:
    return ImportRow(
        row=row.number,
        name=shorten(row.name, _MOST_LETTERS),
        before=shorten(row.before, _MOST_LETTERS),
        action=row.action,
        changes=[
            RowChange(
                field=one.field,
                before=shorten(one.before, _MOST_LETTERS),
                after=shorten(one.after, _MOST_LETTERS),
            )
            for one in row.changes
        ],
        users=_users(row.mappings, names),
        problems=[
            RowProblem(reason=one.reason, value=shorten(one.value, _MOST_LETTERS))
            for one in row.problems
        ],
    )


def _users(mappings: Iterable[Mapping], names: Map[str, str]) -> list[str]:
    """Return which users somebody becomes, those of the same terminals together."""
    terminals: dict[str, list[str]] = {}
    for one in mappings:
        terminals.setdefault(one.user_id, []).append(names.get(one.serial, one.serial))
    users: dict[str, list[str]] = {}
    for user_id, at in terminals.items():
        users.setdefault(", ".join(sorted(at)), []).append(user_id)
    lines = [
        f"{shorten(', '.join(who), _MOST_LETTERS)} · {shorten(at, _MOST_LETTERS)}"
        for at, who in users.items()
    ]
    more = len(lines) - _MOST_USERS
    return [*lines[:_MOST_USERS], f"+{more}"] if more > 0 else lines
