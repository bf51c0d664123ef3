"""What can go wrong, told apart by what the caller should do about it."""

from typing import Literal


class SyncIDError(Exception):
    """Base of every error that SyncID's core raises on purpose."""


class TerminalError(SyncIDError):
    """A terminal could not do what it was asked."""


class LinkError(TerminalError):
    """The connection is of no more use: drop it, and try again later."""


class Unreachable(LinkError):
    """There is no way to the address."""


class AddressUnknown(Unreachable):
    """No machine has this name, or it cannot be a name."""


class ConnectionRefused(Unreachable):
    """A machine is there, and nothing on it listens at this port."""


class ConnectionLost(LinkError):
    """The terminal closed the connection, or the network did."""


class TimedOut(LinkError):
    """The terminal did not answer in time: busy, in its menu, or gone."""


class ProtocolError(LinkError):
    """What came is not what a terminal says at this point."""


class NotATerminal(ProtocolError):
    """Something else listens at this address and port."""


class AuthRejected(TerminalError):
    """The comm key is missing or wrong."""


class WrongTerminal(TerminalError):
    """Another terminal answers at this address than the one that was set up."""

    def __init__(self, expected: str, found: str) -> None:
        """Name both serial numbers."""
        super().__init__(f"expected terminal {expected}, found {found}")
        self.expected = expected
        self.found = found


class CommandRefused(TerminalError):
    """The terminal answered a command with an error code (protocol-4370 §1.6)."""

    def __init__(self, command: int, code: int, detail: int = 0) -> None:
        """Keep the command's number, the reply's, and the reply's session field."""
        super().__init__(f"command {command} was answered with {code} ({detail})")
        self.command = command
        self.code = code
        self.detail = detail


class NotAnswered(TerminalError):
    """A terminal did not answer a command, and runs on: what it did is not known."""


class NoLock(TerminalError):
    """The terminal has no lock that could be opened."""


class TooLate(TerminalError):
    """A terminal was not to be had in time for what must not be done later."""


class SecretOption(TerminalError):
    """An option is not told to anybody."""


class TableUnreadable(TerminalError):
    """A terminal did not give a table, or gave bytes that are none.

    That is not an empty table: nothing may be concluded from it.
    """


class LogChanged(TerminalError):
    """The log was cleared or replaced while it was read: read it again."""


class ClearRefused(TerminalError):
    """The log was not cleared, since that could have lost punches."""


class RecordsLost(TerminalError):
    """The log was cleared, and some of what was in it did not arrive."""


class ClearUnverified(TerminalError):
    """The log was cleared, or is to be, and nobody knows whether all of it arrived."""


type RefusedReason = Literal[
    "card_range",
    "card_taken",
    "finger_range",
    "group_range",
    "no_cards",
    "password_digits",
    "password_long",
    "user_exists",
    "user_id_characters",
    "user_id_letters",
    "user_id_long",
    "user_id_missing",
    "user_id_number",
    "user_unknown",
    "users_full",
    "users_unknown",
]


class UserRefused(TerminalError):
    """What was asked for a user cannot be; nothing was written.

    `reason` is a word for each case, `value` what was asked for (never a password),
    and `limit` what would be possible.
    """

    def __init__(
        self, reason: RefusedReason, value: str, limit: int | str = ""
    ) -> None:
        """Keep what is wrong with what."""
        super().__init__(f"{reason}: {value}" if value else reason)
        self.reason = reason
        self.value = value
        self.limit = limit


type EnrollmentReason = Literal[
    "busy",
    "cancelled",
    "cut",
    "failed",
    "known",
    "no_duress",
    "no_sensor",
    "not_duress",
    "not_saved",
    "occupied",
    "old_lost",
    "old_waits",
    "timed_out",
    "unknown",
]


class EnrollmentFailed(TerminalError):
    """A finger was not enrolled; what the terminal had before, it has again.

    But for `old_lost`: the terminal did not take the old finger back, and is asked
    again; `old_waits`: the link broke, and the next session puts it back; `cut` and
    `unknown`, the same as it was found later; and `not_duress`: there is a new finger,
    which is a normal one.
    """

    def __init__(self, reason: EnrollmentReason) -> None:
        """Keep why."""
        super().__init__(reason)
        self.reason = reason


class EnrollmentCut(LinkError):
    """The link broke while a finger was being enrolled: the terminal may have it.

    `old` is the finger that was there before, None if there was none.
    """

    def __init__(self, error: LinkError, old: object) -> None:
        """Keep what tells an old finger from a new one."""
        super().__init__(str(error))
        self.old = old


type Loss = Literal["fingerprints", "users"]


class LossRefused(TerminalError):
    """Syncing would take most of what a terminal holds; nothing was written."""

    def __init__(self, what: Loss, going: int, held: int) -> None:
        """Keep how many of how many would go."""
        super().__init__(f"{going} of {held} {what}")
        self.what = what
        self.going = going
        self.held = held


class NotAsWritten(TerminalError):
    """A terminal does not hold what was written to it; `now` is what it holds."""

    def __init__(self, user_id: str, now: str) -> None:
        """Keep whom it is about, in words."""
        super().__init__(f"{user_id}: {now}")
        self.user_id = user_id
        self.now = now


type PushRefusedReason = Literal[
    "comma",
    "control_characters",
    "not_over_push",
    "option_name",
    "out_of_range",
    "picture_format",
    "picture_size",
]


class PushRefused(TerminalError):
    """A command cannot be said to a terminal that pushes; nothing was queued.

    `value` is what was asked for, never a password or a template.
    """

    def __init__(self, reason: PushRefusedReason, value: str = "") -> None:
        """Keep what is wrong with what."""
        super().__init__(f"{reason}: {value}" if value else reason)
        self.reason = reason
        self.value = value


class PushFailed(TerminalError):
    """A terminal that pushes did not do a command (protocol-adms §7.6).

    `reason` is a word for its answer, `code` the number that it gave, if any.
    """

    def __init__(self, reason: str, code: int | None) -> None:
        """Keep both."""
        super().__init__(f"{reason} ({code})")
        self.reason = reason
        self.code = code


class LedgerError(SyncIDError):
    """The ledger could not do what it was asked; nothing of it was stored."""


class LedgerTooNew(LedgerError):
    """A newer SyncID made the file."""


class CursorMoved(LedgerError):
    """The ledger's place in a terminal's log is not where the reader left it.

    Another reader was faster, or the file was replaced. Read again from the
    cursor that the ledger holds now.
    """


type RuleReason = Literal[
    "breaks_overlap",
    "cap_missing",
    "duration_negative",
    "entry_order",
    "entry_part",
    "grace_negative",
    "half_day_order",
    "hours_long",
    "person_unknown",
    "rounding_step",
    "time_range",
    "time_written",
    "weekday_unknown",
    "window_order",
    "window_written",
    "zone_unknown",
    "shift_unknown",
    "shift_twice",
    "why_missing",
]


class RuleRefused(SyncIDError):
    """A rule of attendance, an entry or a correction makes no sense; nothing was kept.

    `reason` is a word for each case, `value` what was given.
    """

    def __init__(self, reason: RuleReason, value: object = "") -> None:
        """Keep what is wrong with what."""
        super().__init__(f"{reason}: {value}" if value != "" else reason)
        self.reason = reason
        self.value = value


type SheetReason = Literal[
    "columns", "encoding", "format", "quotes", "rows", "size", "empty", "no_name"
]


class SheetUnreadable(SyncIDError):
    """A file is no table that could be read; `value` is the line or the limit."""

    def __init__(self, reason: SheetReason, value: int | str = "") -> None:
        """Keep what is wrong, and where."""
        super().__init__(f"{reason}: {value}" if value != "" else reason)
        self.reason = reason
        self.value = value
