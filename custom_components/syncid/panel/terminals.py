"""Terminals, groups and backups, as the panel shows them."""

from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_MODE, CONF_PORT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import BACKUP_FOLDER, CONF_ACTIVE, CONF_SERIAL, DOMAIN, MODE_PUSH
from ..coordinator import DeviceCoordinator
from ..core.adms.content import VISIBLE_FACE
from ..core.adms.facts import has_kind
from ..core.records import Capacity
from ..device import SyncIDCoordinator
from ..entries import async_device_entries
from ..groups import Group, async_groups
from ..keeper import DATA_KEEPER
from ..push.actions import PUSH_ACTIONS
from ..push.coordinator import PushCoordinator
from ..push.talk import adms_of
from .command import command, page_of
from .jobs import ACTIONS, problem_of
from .payloads import (
    BackupRow,
    Backups,
    Bar,
    Follower,
    GroupRow,
    Groups,
    Problem,
    TerminalPage,
    TerminalRow,
    TerminalState,
)

_STATES: dict[ConfigEntryState, TerminalState] = {
    ConfigEntryState.LOADED: "ready",
    ConfigEntryState.SETUP_IN_PROGRESS: "starting",
    ConfigEntryState.NOT_LOADED: "starting",
    ConfigEntryState.SETUP_RETRY: "retrying",
    # As while it is loaded again.
    ConfigEntryState.UNLOAD_IN_PROGRESS: "starting",
}
# What takes a face of those kinds, and by push only: the option that tells of it.
_FACES = {"enroll_face": "multibiodatasupport", "set_face": "multibiophotosupport"}
# What can be done at each kind of terminal. A gateway is told nothing.
_BY_CONNECTION = frozenset(ACTIONS) - {"sync_users"} - _FACES.keys()
# Others can bring people to it.
_BY_PUSH = frozenset(ACTIONS) & (PUSH_ACTIONS.keys() | {"transfer_templates"})
# Seconds by which a clock may be wrong before somebody should look.
_MOST_DRIFT = 60
# Parts of its room that a terminal may fill before somebody should look.
_FULL = 0.9
# Those of a page, with all that can be done at each; and backups, of which the newest
# are told.
_MOST_TERMINALS = 150
_MOST_BACKUPS = 400
_SORTS: dict[str, Callable[[TerminalRow], Any]] = {
    "name": lambda row: row["name"].casefold(),
    "state": lambda row: (not is_troubled(row), row["name"].casefold()),
    "last_punch": lambda row: row["last_punch"] or "",
    "clock_drift": lambda row: abs(row["clock_drift"] or 0),
    "fill": lambda row: max(
        (bar["used"] / bar["room"] for bar in row["bars"] if bar["room"]), default=0
    ),
}


@callback
def async_entries(hass: HomeAssistant) -> list[ConfigEntry]:
    """Return the entries of all terminals."""
    return async_device_entries(hass)


def coordinator_of(entry: ConfigEntry) -> SyncIDCoordinator | None:
    """Return what looks after a terminal, if it is set up."""
    if entry.state is not ConfigEntryState.LOADED:
        return None
    coordinator: SyncIDCoordinator = entry.runtime_data
    return coordinator


def online_of(entry: ConfigEntry) -> bool | None:
    """Return whether a terminal answers; None where nothing tells."""
    coordinator = coordinator_of(entry)
    if coordinator is None:
        return None if entry.disabled_by else False
    return coordinator.is_online


@callback
def async_device_id(hass: HomeAssistant, serial: str, entry: ConfigEntry) -> str | None:
    """Return the id of a terminal's device, if it was ever set up."""
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, serial), entry.entry_id
    )
    return device.id if device else None


def is_troubled(row: TerminalRow) -> bool:
    """Tell whether an admin should look at a terminal."""
    return row["state"] not in ("disabled", "inactive", "starting") and (
        row["problem"] is not None
        or row["online"] is False
        or abs(row["clock_drift"] or 0) > _MOST_DRIFT
        or any(bar["used"] > _FULL * bar["room"] > 0 for bar in row["bars"])
    )


def _bars(capacity: Capacity | None) -> list[Bar]:
    if capacity is None:
        return []
    bars = [
        Bar(kind="users", used=capacity.users, room=capacity.user_capacity),
        Bar(
            kind="fingerprints",
            used=capacity.fingerprints,
            room=capacity.fingerprint_capacity,
        ),
        Bar(kind="records", used=capacity.records, room=capacity.record_capacity),
    ]
    if capacity.faces is not None:
        room = capacity.face_capacity or 0
        bars.insert(2, Bar(kind="faces", used=capacity.faces, room=room))
    # Firmware without fingerprints counts none, and has no room for any.
    return [bar for bar in bars if bar["used"] or bar["room"]]


def _problem(entry: ConfigEntry) -> Problem | None:
    """Return why a terminal is not as it should be."""
    if coordinator := coordinator_of(entry):
        error = coordinator.last_exception
        if coordinator.last_update_success or error is None:
            return None
        return problem_of(error)
    if entry.reason is None:
        return None
    return Problem(
        message=entry.reason,
        key=entry.error_reason_translation_key,
        values=entry.error_reason_translation_placeholders,
    )


def _actions(coordinator: SyncIDCoordinator | None) -> list[str]:
    if coordinator is None:
        return []
    if isinstance(coordinator, DeviceCoordinator):
        can = _BY_CONNECTION
        if coordinator.terminal.features.lock is False:
            can -= {"unlock_door"}
    elif isinstance(coordinator, PushCoordinator) and coordinator.adms is not None:
        can = _BY_PUSH
    else:
        can = frozenset()
    # One that SyncID connects to may push besides.
    if adms := adms_of(coordinator):
        told = adms.state.options
        can |= {
            action
            for action, option in _FACES.items()
            if has_kind(told, option, VISIBLE_FACE)
        }
    return [action for action in ACTIONS if action in can]


def _state(entry: ConfigEntry) -> TerminalState:
    """Return what has become of an entry, and what its admin has made of it."""
    if entry.disabled_by:
        return "disabled"
    state = _STATES.get(entry.state, "failed")
    pushes = entry.options[CONF_MODE] == MODE_PUSH
    if state == "ready" and pushes and not entry.options.get(CONF_ACTIVE, True):
        return "inactive"
    return state


@callback
def async_row(hass: HomeAssistant, entry: ConfigEntry) -> TerminalRow:
    """Return what there is to show of a terminal."""
    coordinator, mode = coordinator_of(entry), entry.options[CONF_MODE]
    serial = entry.data[CONF_SERIAL]
    row = TerminalRow(
        entry_id=entry.entry_id,
        device_id=async_device_id(hass, serial, entry),
        serial=serial,
        name=entry.title,
        road="push" if mode == MODE_PUSH else "terminal",
        mode=mode,
        state=_state(entry),
        problem=_problem(entry),
        online=online_of(entry),
        address=f"{host}:{entry.data[CONF_PORT]}"
        if (host := entry.data.get(CONF_HOST))
        else None,
        model=None,
        firmware=None,
        clock_drift=None,
        bars=[],
        last_seen=None,
        last_punch=None,
        last_delivery=None,
        waiting=None,
        actions=_actions(coordinator),
    )
    if coordinator is None:
        return row
    data, info = coordinator.data, coordinator.data.info
    row["model"], row["firmware"] = info.name or None, info.firmware or None
    row["bars"] = _bars(data.capacity)
    row["last_seen"] = coordinator.in_hub.seen_at.isoformat(timespec="seconds")
    punches = filter(None, (data.last_punch, coordinator.in_hub.last_live))
    if last := max(punches, key=attrgetter("utc_second"), default=None):
        row["last_punch"] = last.time.astimezone(UTC).isoformat()
    if isinstance(coordinator, PushCoordinator):
        row["last_delivery"] = _iso(coordinator.delivered_at)
        row["waiting"] = coordinator.adms.waiting if coordinator.adms else None
    else:
        row["clock_drift"] = data.clock_drift
    return row


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


_FILTERS: dict[str, Callable[[TerminalRow], bool]] = {
    "all": lambda row: True,
    "troubled": is_troubled,
    "online": lambda row: row["online"] is True,
    "offline": lambda row: row["online"] is False,
}


@command(
    "terminals/list",
    {
        **page_of(_MOST_TERMINALS),
        vol.Optional("sort", default="name"): vol.In(sorted(_SORTS)),
        vol.Optional("only", default="all"): vol.In(sorted(_FILTERS)),
        vol.Optional("serial"): str,
    },
)
async def terminals_list(hass: HomeAssistant, msg: dict[str, Any]) -> TerminalPage:
    """Return the terminals that fit."""
    rows = [async_row(hass, entry) for entry in async_entries(hass)]
    keep = _FILTERS[msg["only"]]
    words = msg["search"].casefold().split()
    serial = msg.get("serial")
    fit = [
        row
        for row in rows
        if (serial is None or row["serial"] == serial)
        and keep(row)
        and all(_has(row, one) for one in words)
    ]
    fit.sort(key=_SORTS["name"])  # what is equal otherwise is in this order
    fit.sort(key=_SORTS[msg["sort"]], reverse=msg["descending"])
    return TerminalPage(
        total=len(rows),
        online=sum(row["online"] is True for row in rows),
        troubled=sum(is_troubled(row) for row in rows),
        count=len(fit),
        terminals=fit[msg["offset"] : msg["offset"] + msg["limit"]],
    )


def _has(row: TerminalRow, word: str) -> bool:
    return any(
        word in (text or "").casefold()
        for text in (row["name"], row["serial"], row["address"], row["model"])
    )


# --- groups ---------------------------------------------------------------------------


@command("groups/list")
async def groups_list(hass: HomeAssistant, msg: dict[str, Any]) -> Groups:
    """Return which terminals follow which, and how they differ."""
    entries = {entry.data[CONF_SERIAL]: entry for entry in async_entries(hass)}
    groups = [_group(hass, group, entries) for group in async_groups(hass)]
    return Groups(groups=groups)


def _group(
    hass: HomeAssistant, group: Group, entries: dict[str, ConfigEntry]
) -> GroupRow:
    def name_of(serial: str) -> str:
        return entries[serial].title if serial in entries else serial

    return GroupRow(
        id=group.id,
        name=group.name,
        leader=group.leader,
        leader_name=name_of(group.leader),
        remove_extra=group.remove_extra,
        followers=[
            _follower(hass, serial, name_of(serial), entries.get(serial))
            for serial in group.followers
        ],
    )


def _follower(
    hass: HomeAssistant, serial: str, name: str, entry: ConfigEntry | None
) -> Follower:
    keeper = hass.data[DATA_KEEPER]
    seen = keeper.async_seen(serial)
    return Follower(
        serial=serial,
        name=name,
        device_id=async_device_id(hass, serial, entry) if entry else None,
        to_sync=seen.to_sync if seen else None,
        missing=len(seen.drift.missing) if seen else 0,
        different=len(seen.drift.different) if seen else 0,
        extra=len(seen.drift.extra) if seen else 0,
        checked=_iso(seen.at if seen else None),
        retry=_iso(keeper.async_retry_at(serial)),
    )


# --- backups --------------------------------------------------------------------------


@command("backups/list")
async def backups_list(hass: HomeAssistant, msg: dict[str, Any]) -> Backups:
    """Return the files with users of terminals, newest first."""
    folder = Path(hass.config.path(BACKUP_FOLDER))
    found = await hass.async_add_executor_job(_files, folder)
    return Backups(backups=found)


def _files(folder: Path) -> list[BackupRow]:
    found = []
    for path in folder.glob("*.syncid"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue  # it went meanwhile
        made = datetime.fromtimestamp(stat.st_mtime, UTC)
        found.append(
            BackupRow(file=path.name, size=stat.st_size, made=made.isoformat())
        )
    found.sort(key=lambda row: row["made"], reverse=True)
    return found[:_MOST_BACKUPS]
