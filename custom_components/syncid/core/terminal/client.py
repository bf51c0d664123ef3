"""pyzk, made safe: the one module that imports it.

pyzk 0.9 supplies the commands. Its transport takes what one `recv` returns for one
reply, so that a split segment becomes an empty terminal, an event becomes the answer
to the next command, and a peer that closes becomes an endless loop (protocol-4370
§3.2). `TerminalClient` puts a `TerminalLink` in its place, by overriding the two
methods that all of pyzk's commands go through, and connects by itself: pyzk would run
`ping` in a shell and open a second connection first.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from struct import Struct, error as struct_error
from typing import Any, override

from zk import ZK, const
from zk.exception import ZKErrorConnection, ZKErrorResponse

from ..errors import (
    CommandRefused,
    ConnectionLost,
    NotAnswered,
    NotATerminal,
    ProtocolError,
    TableUnreadable,
    TimedOut,
)
from ..records import Capacity, DeviceInfo, local_second, wall_clock
from .frames import Code, Frame
from .link import TerminalLink, Transport
from .users import UserRules, split_users

_SIZE = Struct("<I")
_TABLE = Struct("<bHII")
_RANGE = Struct("<II")
_UID = Struct("<H")

_PIN_WIDTH = 9  # of nearly all terminals
_PART = 1024  # of an upload, as everybody sends it

# How firmware says that there is no such finger or face (§1.6, §2.7).
_NOTHING = (Code.ACK_ERROR, Code.NO_DATA, Code.NOT_FOUND, Code.READ_FAILED)

# Clients of the field ask for no more at once: a reply must stay below 64 KiB,
# since some keep 16 bits of its length (§1.1).
WINDOW = 0xFFC0


class Table:
    """A table that the terminal holds ready, to be read by windows (§2.11)."""

    def __init__(self, client: TerminalClient, size: int, whole: bytes | None) -> None:
        """Take a table of `size` bytes; a small one is in hand as a whole."""
        self._client = client
        self._whole = whole
        self.size = size

    def read(self, start: int, size: int) -> bytes:
        """Return `size` bytes from `start`, WINDOW at the most."""
        if self._whole is not None:
            return self._whole[start : start + size]
        return self._client.read_window(start, size)


class TerminalClient(ZK):
    """What a terminal can be asked and told, over one link to it.

    For one thread at a time. Every method raises a `TerminalError`; after a
    `LinkError` the link is closed.
    """

    def __init__(
        self,
        host: str,
        port: int,
        comm_key: int = 0,
        link: TerminalLink | None = None,
        *,
        transport: Transport = "tcp",
    ) -> None:
        """Know where the terminal is; `open` connects."""
        super().__init__(host, port, ommit_ping=True)
        self._ZK__sock.close()  # for UDP, and made for every terminal
        self._address = (host, port)
        self._comm_key = comm_key
        self.link = link or TerminalLink(transport=transport)
        # What the terminal reports by itself.
        self.event_mask = 0
        self._command = 0
        self._reply = Frame(0, 0, 0, b"")

    def open(self) -> None:
        """Connect, and prove that the comm key is known (§1.5)."""
        self.link.open(self._address, self._comm_key)
        self.is_connect = True

    def leave(self) -> None:
        """Say goodbye, and let go of the connection."""
        self.link.leave()

    @override
    def connect(self) -> ZK:
        """Refuse pyzk's own way to connect."""
        raise AssertionError("use open()")

    # --- what pyzk's commands go through ------------------------------------------

    # The names are those that pyzk's own methods call, after name mangling.

    def _ZK__send_command(
        self, command: int, command_string: bytes = b"", response_size: int = 8
    ) -> dict[str, Any]:
        """Send a command, and show pyzk the reply as it expects it."""
        reply = self._send(command, command_string)
        self._ZK__response = reply.command
        self._ZK__header = (reply.command, 0, reply.session, reply.reply_id)
        self._ZK__data = reply.data
        self._ZK__tcp_length = len(reply.data) + 8
        return {
            "status": reply.command in (Code.ACK_OK, Code.PREPARE_DATA, Code.DATA),
            "code": reply.command,
        }

    def _send(self, command: int, data: bytes) -> Frame:
        """Send a command, and return the reply."""
        self._command = command
        self._reply = self.link.request(command, data)
        return self._reply

    def _ZK__recieve_chunk(self) -> bytes:
        """Return the data that the reply brought or announced."""
        return self.link.data_of(self._command, self._reply)

    @contextmanager
    def _checked(self) -> Iterator[None]:
        """Turn what pyzk raises into what it means."""
        try:
            yield
        except ZKErrorResponse as err:
            raise self._refused() from err
        except ZKErrorConnection as err:
            raise ConnectionLost("there is no connection") from err
        except (struct_error, ValueError, IndexError, TypeError) as err:
            self.link.close()
            raise ProtocolError(
                f"the reply to command {self._command} makes no sense"
            ) from err

    def _refused(self) -> CommandRefused:
        return CommandRefused(self._command, self._reply.command, self._reply.session)

    def command(self, command: int, data: bytes = b"") -> bytes:
        """Have done what is acknowledged, and return what comes with that."""
        if self._send(command, data).command != Code.ACK_OK:
            raise self._refused()
        return self._reply.data

    # --- what a terminal says of itself -------------------------------------------

    def read_serial(self) -> str:
        """Return the serial number, which every terminal has."""
        try:
            with self._checked():
                serial = self.get_serialnumber().strip()
        except CommandRefused as err:
            raise NotATerminal("it tells no serial number") from err
        if not serial:
            raise NotATerminal("its serial number is empty")
        return serial

    def read_option(self, name: str) -> str | None:
        """Return the value of an option, None where there is none (§2.1).

        pyzk's own readers send four odd commands after one that is missing.
        """
        reply = self._ZK__send_command(const.CMD_OPTIONS_RRQ, name.encode() + b"\0")
        if not reply["status"]:
            return None
        _, _, value = self._reply.data.partition(b"\0")[0].partition(b"=")
        return value.decode("utf-8", "replace").strip() or None

    def _read_number(self, name: str) -> int | None:
        value = self.read_option(name)
        return int(value) if value is not None and value.isdecimal() else None

    def read_info(self) -> DeviceInfo:
        """Return what the terminal says of itself (§2.1)."""
        serial = self.read_serial()
        firmware = ""
        with suppress(CommandRefused), self._checked():
            firmware = self.get_firmware_version()
        return DeviceInfo(
            serial=serial,
            name=self.read_option("~DeviceName") or "",
            platform=self.read_option("~Platform") or "",
            firmware=firmware,
            mac=self.read_option("MAC") or "",
            fingerprint_version=self._read_number("~ZKFPVersion"),
            face_version=self._read_number("ZKFaceVersion"),
            faces_enabled=self._read_number("FaceFunOn") == 1,
        )

    def read_capacity(self) -> Capacity:
        """Return how full the terminal is (§2.2)."""
        with self._checked():
            self.read_sizes()
        size = len(self._reply.data)
        if size < 80:
            raise ProtocolError(f"{size} bytes hold no sizes")
        if not (self.users_cap or self.rec_cap):
            # What a terminal says that is still starting. It is not an empty one.
            raise ProtocolError("the terminal says that it can hold nothing")
        has_faces = size >= 92 and self.faces_cap > 0
        return Capacity(
            users=self.users,
            fingerprints=self.fingers,
            records=self.records,
            faces=self.faces if has_faces else None,
            user_capacity=self.users_cap,
            fingerprint_capacity=self.fingers_cap,
            record_capacity=self.rec_cap,
            face_capacity=self.faces_cap if has_faces else None,
        )

    def read_clock(self) -> int:
        """Return the local second that the terminal's clock shows (§2.3)."""
        with self._checked():
            return local_second(self.get_time())

    def set_clock(self, second: int) -> None:
        """Set the terminal's clock to a local second."""
        with self._checked():
            self.set_time(wall_clock(second))
            self.refresh_data()

    # --- tables ---------------------------------------------------------------------

    @contextmanager
    def open_table(self, command: int, parameter: int = 0) -> Iterator[Table | None]:
        """Have the terminal hold a table ready (§2.11); None if it has none.

        One at a time: preparing another one ends this one.
        """
        self._ZK__send_command(
            Code.PREPARE_BUFFER, _TABLE.pack(1, command, parameter, 0)
        )
        data = self._reply.data
        match self._reply.command:
            case Code.ACK_ERROR | Code.NO_DATA:
                yield None
            case Code.DATA:
                yield Table(self, len(data), data) if len(data) > _SIZE.size else None
            case Code.ACK_OK if len(data) > _SIZE.size:
                try:
                    yield Table(self, _SIZE.unpack_from(data, 1)[0], None)
                finally:
                    self._free_table()
            case Code.ACK_OK:
                raise ProtocolError("a table was prepared without a size")
            case _:
                raise self._refused()

    def _free_table(self) -> None:
        # A terminal that refuses frees it with the next one.
        if self.link.is_open:
            with suppress(CommandRefused), self._checked():
                self.free_data()

    def read_window(self, start: int, size: int) -> bytes:
        """Return a window of the table that is ready (§2.11)."""
        self._ZK__send_command(Code.READ_BUFFER, _RANGE.pack(start, size))
        data = self._ZK__recieve_chunk()
        if len(data) != size:
            raise ProtocolError(f"{size} bytes were asked for, {len(data)} came")
        return data

    def read_table(self, command: int, parameter: int) -> bytes | None:
        """Return a whole table without its length; None if the terminal gives none."""
        with self.open_table(command, parameter) as table:
            if table is None:
                return None
            parts = [
                table.read(start, min(WINDOW, table.size - start))
                for start in range(0, table.size, WINDOW)
            ]
        return b"".join(parts)[_SIZE.size :]

    def read_one(self, command: int, data: bytes) -> bytes | None:
        """Return what a command asks for, of any size; None if there is none."""
        reply = self._send(command, data)
        if reply.command in _NOTHING:
            return None
        if reply.command == Code.ACK_OK:
            return reply.data
        return self.link.data_of(command, reply)

    # --- users ------------------------------------------------------------------------

    def read_users(self, *, exact: bool = False) -> list[bytes]:
        """Return the records of all users (§2.5).

        With `exact` fewer than the terminal counts are no answer.
        """
        with suppress(TableUnreadable):
            users, count = self._read_users()
            if not exact or len(users) >= count:
                return users
        users, count = self._read_users()  # somebody may have come or gone meanwhile
        if exact and len(users) < count:
            raise TableUnreadable(f"{len(users)} of {count} users came")
        return users

    def _read_users(self) -> tuple[list[bytes], int]:
        count = self.read_capacity().users
        if not count:
            return [], 0
        table = self.read_table(const.CMD_USERTEMP_RRQ, const.FCT_USER)
        if table is None:
            raise TableUnreadable("the terminal does not give its users")
        return split_users(table, count), count

    def read_user_rules(
        self, records: Sequence[bytes], pin_width: int | None
    ) -> UserRules:
        """Return what the terminal takes for a user, told also by those it has."""
        if records:
            size = len(records[0])
        else:
            size = 72 if "1" in map(self.read_option, ("~UserExtFmt", "~SSR")) else 28
        return UserRules(
            record_size=size,
            pin_width=pin_width or _PIN_WIDTH,
            letters=self._read_number("~IsABCPinEnable") == 1,
        )

    def write_user(self, record: bytes) -> None:
        """Add or change a user; `refresh` makes it hold."""
        self.command(const.CMD_USER_WRQ, record)

    def remove_user(self, uid: int) -> None:
        """Remove a user, with all templates; `refresh` makes it hold."""
        self.command(const.CMD_DELETE_USER, _UID.pack(uid))

    # --- writing ----------------------------------------------------------------------

    def refresh(self) -> None:
        """Have the terminal work with what was written to it."""
        self.command(const.CMD_REFRESHDATA)

    @contextmanager
    def uploaded(self, data: bytes) -> Iterator[None]:
        """Have bytes in the terminal's buffer, for a command that takes them (§2.12)."""
        self.command(const.CMD_FREE_DATA)
        self.command(Code.PREPARE_DATA, _SIZE.pack(len(data)))
        for start in range(0, len(data), _PART):
            self.command(Code.DATA, data[start : start + _PART])
        try:
            yield
        finally:
            if self.link.is_open:
                self.command(const.CMD_FREE_DATA)

    # --- control ----------------------------------------------------------------------

    def lock(self) -> None:
        """Keep everybody from using the terminal, until `unlock` or the link's end."""
        with self._checked():
            self.disable_device()

    def unlock(self) -> None:
        """Let people use the terminal again."""
        if self.link.is_open:
            with self._checked():
                self.enable_device()

    def clear_log(self) -> None:
        """Remove all records from the terminal's log."""
        with self._checked():
            self.clear_attendance()
            self.refresh_data()

    def restart_terminal(self) -> None:
        """Restart the terminal; some answer first, some are just gone (§2.4)."""
        self._send_away(self.restart)

    def power_off_terminal(self) -> None:
        """Power the terminal off; only a hand can bring it back."""
        self._send_away(self.poweroff)

    def _send_away(self, send: Callable[[], object]) -> None:
        try:
            with suppress(ConnectionLost), self._checked():
                send()
        except TimedOut as err:
            # One that dies at once leaves its link open, and says nothing. One that
            # was too busy to hear still listens.
            if self.link.is_listening(self._address):
                raise NotAnswered("it did not answer, and is still there") from err
        self.link.close()

    def register_events(self, mask: int) -> None:
        """Have the terminal report events from now on (§2.10); 0 ends it."""
        if mask:
            # As the vendor's own software begins. Both are refused while somebody
            # is in the menu, which does not keep events from coming.
            with suppress(CommandRefused), self._checked():
                self.cancel_capture()
                self.verify_user()
            # Somebody who locked it may have gone without a word (§1.5).
            with suppress(CommandRefused):
                self.unlock()
        with self._checked():
            self.reg_event(mask)
        self.event_mask = mask
