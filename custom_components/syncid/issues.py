"""What an admin should see to at a terminal: issues that come and go by themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import CONF_SERIAL, DOMAIN
from .core.records import Capacity

type Placeholders = dict[str, str]

# Seconds by which a clock may be wrong that nobody keeps right: wages are by the minute.
CLOCK_TOLERANCE = 60


# Shares of what there is room for: a log fills by itself, and what comes then is lost on
# many terminals; people are enrolled by somebody who can be refused.
LOG_SHARE = 0.8
PEOPLE_SHARE = 0.9
# How long somebody is told that another program clears the log: if it does so now and
# then, long enough for the next time.
CLEARED_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a terminal that answers."""

    # Whether all of it was asked for, or only what tells that the terminal is there.
    polled: bool
    capacity: Capacity
    # Whether somebody else has cleared its log of late.
    log_cleared: bool
    clock_drift: int
    # Whether SyncID is to keep the clock right, and whether it could not.
    clock_sync: bool
    clock_failed: bool
    # Whether it did not, because somebody should look first.
    clock_held: bool


@dataclass(frozen=True, kw_only=True)
class TerminalIssue:
    """An issue of a terminal."""

    key: str
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING
    # Whether only a poll can tell: until then it stays as it is, ignored if it was.
    by_poll: bool = False
    # What to say in its text besides the terminal's name; None while all is well.
    find_fn: Callable[[Facts], Placeholders | None] = lambda facts: None


def _clock_wrong(facts: Facts) -> Placeholders | None:
    if facts.clock_sync or abs(facts.clock_drift) <= CLOCK_TOLERANCE:
        return None
    return {"seconds": str(facts.clock_drift)}


def _clock_stuck(facts: Facts) -> Placeholders | None:
    return {"seconds": str(facts.clock_drift)} if facts.clock_failed else None


def _clock_held(facts: Facts) -> Placeholders | None:
    return {"seconds": str(facts.clock_drift)} if facts.clock_held else None


def _full(used: int | None, capacity: int | None, share: float) -> Placeholders | None:
    if not used or not capacity or used < share * capacity:
        return None
    return {"percent": str(100 * used // capacity), "capacity": str(capacity)}


LOG_CLEARED = TerminalIssue(
    key="log_cleared", find_fn=lambda facts: {} if facts.log_cleared else None
)
# Raised while there are no facts.
UNREACHABLE = TerminalIssue(key="unreachable", severity=ir.IssueSeverity.ERROR)
# Raised and taken back by who keeps terminals equal: no poll can tell.
NOT_SYNCED = TerminalIssue(key="not_synced")
# Raised and taken back by the audit of every night.
PUNCHES_MISSING = TerminalIssue(key="punches_missing")
# Raised when a terminal that pushes does not ask how to behave, taken back when it does.
NOT_TOLD = TerminalIssue(key="not_told")
# Raised when a device pushes that may not, taken back when it may.
PUSH_REFUSED = TerminalIssue(key="push_refused")

ISSUES: tuple[TerminalIssue, ...] = (
    TerminalIssue(key="clock_wrong", find_fn=_clock_wrong),
    TerminalIssue(key="clock_stuck", by_poll=True, find_fn=_clock_stuck),
    TerminalIssue(key="clock_held", by_poll=True, find_fn=_clock_held),
    TerminalIssue(
        key="log_full",
        find_fn=lambda facts: _full(
            facts.capacity.records, facts.capacity.record_capacity, LOG_SHARE
        ),
    ),
    TerminalIssue(
        key="users_full",
        find_fn=lambda facts: _full(
            facts.capacity.users, facts.capacity.user_capacity, PEOPLE_SHARE
        ),
    ),
    TerminalIssue(
        key="fingerprints_full",
        find_fn=lambda facts: _full(
            facts.capacity.fingerprints,
            facts.capacity.fingerprint_capacity,
            PEOPLE_SHARE,
        ),
    ),
    TerminalIssue(
        key="faces_full",
        find_fn=lambda facts: _full(
            facts.capacity.faces, facts.capacity.face_capacity, PEOPLE_SHARE
        ),
    ),
    LOG_CLEARED,
    UNREACHABLE,
)


@callback
def async_update_issues(hass: HomeAssistant, entry: ConfigEntry, facts: Facts) -> None:
    """Raise what is wrong with a terminal that answers; take back what no longer is."""
    for issue in ISSUES:
        if facts.polled or not issue.by_poll:
            async_set_issue(hass, entry, issue, issue.find_fn(facts))


@callback
def async_update_absence(
    hass: HomeAssistant, entry: ConfigEntry, away: timedelta, hours: int
) -> None:
    """Raise that a terminal has been away for too long, if it has."""
    too_long = away >= timedelta(hours=hours)
    async_set_issue(
        hass, entry, UNREACHABLE, {"hours": str(hours)} if too_long else None
    )


@callback
def async_set_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    issue: TerminalIssue,
    placeholders: Placeholders | None,
) -> None:
    """Raise an issue, or take it back if there is nothing to say."""
    issue_id = f"{issue.key}_{entry.data[CONF_SERIAL]}"
    if placeholders is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=issue.severity,
        translation_key=issue.key,
        translation_placeholders={"name": entry.title, **placeholders},
    )


@callback
def async_forget_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back all issues of a terminal that nobody looks after any more."""
    for issue in (*ISSUES, NOT_SYNCED, PUNCHES_MISSING, NOT_TOLD, PUSH_REFUSED):
        async_set_issue(hass, entry, issue, None)
