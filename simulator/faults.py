"""The switches: everything that a terminal, a network or a test can do wrong.

protocol-4370 §6.2. All may be changed while the terminal runs. A switch that
says "once" goes back to its default when it has struck, unless repeat is set.
A table such as ``{50: 2}`` means "the second command 50 from now, once"; the
command number 0 stands for any command.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from .profiles import EmptyReply
from .switches import ANY_COMMAND, Switch, Switches

__all__ = ["Faults", "Switch"]

type Segmentation = Literal["pause", "separate", "coalesced", "dribble"]
type FullLog = Literal["overwrite", "delete_block", "refuse"]
type TailReads = Literal["honour", "refuse", "from_zero"]
type UidConflict = Literal["refuse", "overwrite"]
type OptionReply = Literal["error", "empty"]
type WindowReply = Literal["data", "silent"]
type MissingReply = Literal["error", "not_found", "read_failed"]
type LimitReply = Literal["silent", "error"]


@dataclass(slots=True, kw_only=True)
class Faults(Switches):
    """What goes wrong at the moment; the defaults are a terminal in good order."""

    # How bytes travel
    segmentation: Annotated[
        Segmentation,
        "a burst as PREPARE, pause, DATA, pause, … last DATA with its ACK (pause); each frame alone (separate); all in one write (coalesced); every answer in pieces of dribble_bytes (dribble)",
    ] = "pause"
    pause: Annotated[float, "seconds between the writes of a burst and of events"] = (
        0.01
    )
    dribble_bytes: Annotated[int, "bytes per write when segmentation is dribble"] = 7
    dribble_pause: Annotated[float, "seconds between the pieces of a dribble"] = 0.0
    pair_events: Annotated[bool, "hold an event back and send two in one segment"] = (
        False
    )
    event_before_reply: Annotated[
        dict[int, int],
        "put a punch event into the segment before that command's reply; once",
    ] = field(default_factory=dict)
    garbage: Annotated[bytes, "bytes (hex) written before the next reply; once"] = b""
    delay: Annotated[dict[int, float], "seconds before a command is answered"] = field(
        default_factory=dict
    )

    # What gets lost
    lose_reply: Annotated[dict[int, int], "the reply never leaves; once"] = field(
        default_factory=dict
    )
    late_reply: Annotated[
        dict[int, int], "the reply is kept back until the next command arrives; once"
    ] = field(default_factory=dict)
    drop_after: Annotated[
        int | None, "cut the link after so many bytes behind a burst's PREPARE; once"
    ] = None
    stall_after: Annotated[
        int | None, "fall silent after so many bytes behind a burst's PREPARE; once"
    ] = None
    burst: Annotated[int, "which burst from now drop_after or stall_after strikes"] = 1
    reset_links: Annotated[bool, "cut links with a reset (RST), not an end (FIN)"] = (
        False
    )
    accept_timeout: Annotated[
        float, "seconds until a connection that says nothing is closed"
    ] = 8.0
    session_limit: Annotated[int, "sessions at a time; 0 for no limit"] = 0
    session_limit_reply: Annotated[
        LimitReply, "a CONNECT too many: no answer (silent) or 2001 (error)"
    ] = "silent"

    # What the terminal refuses
    in_menu: Annotated[
        bool, "somebody is in the menu: 60 and 61 get 2001, session 8"
    ] = False
    menu_blocks_connect: Annotated[
        bool, "in the menu CONNECT gets no answer either"
    ] = False
    disabled_blocks: Annotated[bool, "a disabled terminal takes no punches"] = False
    refuse_key: Annotated[bool, "every comm key is wrong"] = False
    missing_options: Annotated[tuple[str, ...], "options that are not known"] = ()
    empty_options: Annotated[tuple[str, ...], "options that have no value"] = ()
    empty_option_reply: Annotated[
        OptionReply, "an option without a value: 2001 (error) or 'Name=' (empty)"
    ] = "error"
    refuse_options: Annotated[bool, "writing an option fails: 2001, session 2"] = False
    uid_conflict: Annotated[
        UidConflict, "a user write that clashes with a uid or user id held by another"
    ] = "refuse"
    empty_reply: Annotated[
        EmptyReply | None,
        "an empty table: 2001 (error), DATA with total 0 (data) or 4989 (no_data); "
        "none: as the profile does",
    ] = None

    missing_reply: Annotated[
        MissingReply,
        "a finger or face that is not there: 2001 (error), 4991 (not_found) or 4993 "
        "(read_failed)",
    ] = "error"

    # The log
    full_log: Annotated[
        FullLog,
        "a full log drops its oldest (overwrite), delete_block of them, or refuses",
    ] = "overwrite"
    delete_block: Annotated[int, "how many records a block delete removes"] = 1000
    tail_reads: Annotated[
        TailReads,
        "a window that starts neither at 0 nor where the last one ended: served "
        "(honour), 2001 (refuse), or served from 0 (from_zero)",
    ] = "honour"
    live_file: Annotated[bool, "windows read the log of now, not of the prepare"] = (
        False
    )
    small_windows_burst: Annotated[
        bool, "windows of the log come as a burst even when small"
    ] = False
    empty_window: Annotated[
        WindowReply, "a window of size 0: an empty DATA (data) or no answer (silent)"
    ] = "data"
    garbage_padding: Annotated[
        bool, "names and passwords have garbage behind their end"
    ] = False

    # Clock, events, power
    clock_offset: Annotated[float, "seconds that the clock is ahead"] = 0.0
    clock_drift: Annotated[float, "seconds per hour that the clock gains"] = 0.0
    event_size: Annotated[
        int | None,
        "bytes of a live punch: 10, 12, 14, 32, 36, 37 or 52; none: the profile's",
    ] = None
    event_repeat: Annotated[
        float,
        "once a client acknowledges, repeat the oldest unacknowledged event each "
        "so many seconds; 0: never",
    ] = 0.0
    restart_reply: Annotated[bool, "a restart is acknowledged before the link dies"] = (
        True
    )
    restart_seconds: Annotated[float, "how long a restart takes"] = 5.0
    poweroff_reply: Annotated[
        bool, "a power off is acknowledged before the link dies"
    ] = True
    repeat: Annotated[bool, "switches that strike once strike every time"] = False

    def strikes(self, table: dict[int, int], command: int) -> bool:
        """Count a command down in a table; return whether its turn has come."""
        for key in (command, ANY_COMMAND):
            if (left := table.get(key)) is None:
                continue
            if self.repeat:
                return True
            if left <= 1:
                del table[key]
                return True
            table[key] = left - 1
        return False

    def cut(self) -> tuple[int | None, bool]:
        """Count a burst; return after how many bytes to cut it, and if it stalls."""
        limit, stalls = self.drop_after, False
        if limit is None:
            limit, stalls = self.stall_after, True
        if limit is None:
            return None, False
        if not self.repeat:
            if self.burst > 1:
                self.burst -= 1
                return None, False
            self.drop_after = self.stall_after = None
        return limit, stalls

    def take_garbage(self) -> bytes:
        """Return the bytes that go out before the next reply."""
        garbage = self.garbage
        if not self.repeat:
            self.garbage = b""
        return garbage
