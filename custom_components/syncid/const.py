"""Names that the Home Assistant layer shares."""

from datetime import date
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "syncid"
MANUFACTURER: Final = "ZKTeco"
LEDGER_FILE: Final = "syncid.db"
# A folder of Home Assistant's configuration.
EXPORTS: Final = "syncid_exports"
# In the configuration folder, and so in Home Assistant's own backups too.
BACKUP_FOLDER: Final = "syncid_backups"
# Before this day this version was not there: a clock that shows less is wrong. To be
# raised with each version.
RELEASED: Final = date(2026, 11, 1)

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.SENSOR,
)

# Of the site, and of the people who are chosen for entities of their own.
SITE_PLATFORMS: Final = (
    Platform.CALENDAR,
    Platform.DEVICE_TRACKER,
    Platform.SENSOR,
)

# What a config entry is: one terminal, or the site that all of them belong to.
CONF_KIND: Final = "kind"
KIND_DEVICE: Final = "device"
KIND_SITE: Final = "site"
SITE_UNIQUE_ID: Final = "site"
# A part of the site: terminals that are to hold the same people.
SUBENTRY_GROUP: Final = "group"
# Another part: when some people work, and by which rules their days are marked.
SUBENTRY_SHIFT: Final = "shift"
# In a rota instead of a shift: a day off, and what it is without a rota.
OFF: Final = "off"
USUAL: Final = "usual"

ATTR_END: Final = "end"
ATTR_START: Final = "start"

CONF_ABSENT_HOURS: Final = "absent_hours"
CONF_ACTIVE: Final = "active"
CONF_BIOMETRICS: Final = "biometrics"
CONF_BREAKS: Final = "breaks"
CONF_CAP_HOURS: Final = "cap_hours"
CONF_CLOCK_SYNC: Final = "clock_sync"
CONF_CLOSES_AFTER_HOURS: Final = "closes_after_hours"
CONF_COMM_KEY: Final = "comm_key"
CONF_TRANSPORT: Final = "transport"
CONF_DEDUCT_AFTER_HOURS: Final = "deduct_after_hours"
CONF_DEDUCT_MINUTES: Final = "deduct_minutes"
CONF_DIRECTION: Final = "direction"
CONF_EARLY_GRACE_MINUTES: Final = "early_grace_minutes"
CONF_END_TIME: Final = "end_time"
CONF_ENTITY_GROUPS: Final = "entity_groups"
CONF_ENTITY_PERSONS: Final = "entity_persons"
CONF_FACES: Final = "faces"
CONF_FINGERPRINTS: Final = "fingerprints"
CONF_FLEXIBLE_MINUTES: Final = "flexible_minutes"
CONF_FOLLOWERS: Final = "followers"
CONF_FROM_START: Final = "from_start"
CONF_GRACE_MINUTES: Final = "grace_minutes"
CONF_GROUPS: Final = "groups"
CONF_HALF_DAY_HOURS: Final = "half_day_hours"
CONF_HOLIDAYS: Final = "holidays"
CONF_HOURS: Final = "hours"
CONF_IN_WINDOW: Final = "in_window"
CONF_KEYS: Final = "keys"
CONF_LEADER: Final = "leader"
CONF_ICLOCK_PORT: Final = "iclock_port"
CONF_ICLOCK_PREFIX: Final = "iclock_prefix"
CONF_LIVE_MINUTES: Final = "live_minutes"
CONF_LOCAL_ONLY: Final = "local_only"
CONF_MINIMUM_GAP: Final = "minimum_gap"
CONF_MISSING_OUT: Final = "missing_out"
CONF_OPENS_BEFORE_HOURS: Final = "opens_before_hours"
CONF_OUT_WINDOW: Final = "out_window"
CONF_OVERTIME: Final = "overtime"
CONF_OVERTIME_MINUTES: Final = "overtime_minutes"
CONF_PAID_BREAK_TIMES: Final = "paid_break_times"
CONF_PAID_BREAKS: Final = "paid_breaks"
CONF_PERSONS: Final = "persons"
CONF_PHOTOS: Final = "photos"
# What a terminal said of itself when it was last asked, kept for when it is off.
CONF_PROBE: Final = "probe"
CONF_POLL_INTERVAL: Final = "poll_interval"
CONF_REMOVE_EXTRA: Final = "remove_extra"
CONF_REQUIRED_HOURS: Final = "required_hours"
CONF_ROUND_ARRIVAL: Final = "round_arrival"
CONF_ROUND_DEPARTURE: Final = "round_departure"
CONF_ROUND_TOTAL: Final = "round_total"
CONF_ROUNDING_MINUTES: Final = "rounding_minutes"
CONF_SERIAL: Final = "serial"
CONF_START_TIME: Final = "start_time"
CONF_TERMINALS: Final = "terminals"
CONF_TOKEN_HASH: Final = "token_hash"
CONF_UNLOCK_UNIT: Final = "unlock_unit"
CONF_UNREACHABLE_HOURS: Final = "unreachable_hours"
CONF_USER_IDS: Final = "user_ids"
CONF_VERIFY_CODES: Final = "verify_codes"
CONF_WORKDAYS: Final = "workdays"

MODE_REALTIME: Final = "realtime"
MODE_POLLING: Final = "polling"
MODE_PUSH: Final = "push"
# Of terminals that we connect to.
TERMINAL_MODES: Final = (MODE_REALTIME, MODE_POLLING)
MODES: Final = (*TERMINAL_MODES, MODE_PUSH)

PUSH_LOG_URL: Final = "/api/v1/biometric/push-log"

# What the number in the command to unlock counts, of which firmware has two opinions:
# how many of it make a second.
UNLOCK_UNITS: Final = {"tenths": 10, "seconds": 1}
DEFAULT_UNLOCK_UNIT: Final = "tenths"

DEFAULT_PORT: Final = 4370
DEFAULT_COMM_KEY: Final = 0
MAX_COMM_KEY: Final = 999_999
DEFAULT_LIVE_MINUTES: Final = 5
DEFAULT_UNREACHABLE_HOURS: Final = 24
# Seconds. Live events bring the punches of a terminal in realtime mode; a poll only
# makes sure that none is missing.
DEFAULT_POLL_INTERVALS: Final = {MODE_REALTIME: 300, MODE_POLLING: 60}

EVENT_ALARM: Final = "syncid_alarm"
EVENT_ATTENDANCE: Final = "syncid_attendance"
EVENT_ENROLLMENT: Final = "syncid_enrollment"
EVENT_PUNCH: Final = "syncid_punch"

ISSUE_ERASED_KEY_LOST: Final = "erased_key_lost"
ISSUE_LEDGER_REPLACED: Final = "ledger_replaced"
ISSUE_LEDGER_UNWRITABLE: Final = "ledger_unwritable"
ISSUE_UNMAPPED: Final = "unmapped_users"
