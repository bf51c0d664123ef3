"""What an admin should see to at a terminal: issues that come and go by themselves."""

from collections.abc import Callable
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import CONF_SERIAL, DOMAIN

type Placeholders = dict[str, str]

# Seconds by which a clock may be wrong that nobody keeps right: wages are by the minute.
CLOCK_TOLERANCE = 60


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a terminal after a poll."""

    clock_drift: int
    # Whether SyncID is to keep the clock right, and whether it could not.
    clock_sync: bool
    clock_failed: bool


@dataclass(frozen=True, kw_only=True)
class TerminalIssue:
    """An issue of a terminal."""

    key: str
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING
    # What to say in its text besides the terminal's name; None while all is well.
    find_fn: Callable[[Facts], Placeholders | None]


def _clock_wrong(facts: Facts) -> Placeholders | None:
    if facts.clock_sync or abs(facts.clock_drift) <= CLOCK_TOLERANCE:
        return None
    return {"seconds": str(facts.clock_drift)}


def _clock_stuck(facts: Facts) -> Placeholders | None:
    return {"seconds": str(facts.clock_drift)} if facts.clock_failed else None


ISSUES: tuple[TerminalIssue, ...] = (
    TerminalIssue(key="clock_wrong", find_fn=_clock_wrong),
    TerminalIssue(key="clock_stuck", find_fn=_clock_stuck),
)


@callback
def async_update_issues(hass: HomeAssistant, entry: ConfigEntry, facts: Facts) -> None:
    """Raise what is wrong with a terminal, and take back what no longer is."""
    for issue in ISSUES:
        async_set_issue(hass, entry, issue, issue.find_fn(facts))


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
    for issue in ISSUES:
        async_set_issue(hass, entry, issue, None)
