"""The terminal as a server meets it: every request that it makes.

protocol-adms §2 to §8. One call is one request; simulation.py makes them by itself.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import md5
import re
from urllib.parse import quote, urlencode

from simulator.http import Answer, HttpClient, NoAnswer
from simulator.wire import decode_time

from .commands import Expected, split_commands
from .device import Clock
from .journal import FROM_THE_START, Batch, Entry, Journal
from .lines import body_of, photo_body, punch_line, rtlog_line, split_fields
from .people import put_user
from .profiles import AdmsProfile
from .records import AdmsPunch, Photo
from .settings import missing_zone, pairs, read_settings
from .worker import AdmsWorker

_COUNT = re.compile(r"\s*OK\s*:\s*(\d+)", re.IGNORECASE)
_REGISTRY_CODE = re.compile(r"RegistryCode=(\S{1,32})\s*")
# §1: one answer should stay below it.
_MAX_ANSWER = 900 * 1024
_KEPT_EXCHANGES = 200

# The old dialect's name of the stamp in the query, where it is not Stamp.
_STAMP_NAMES = {"OPERLOG": "OpStamp", "ATTPHOTO": "PhotoStamp"}
_ROWS = {"user", "templatev10", "biodata"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer; None if there was none."""

    method: str
    target: str
    body: bytes | None
    answer: Answer | None


class AdmsTerminal(AdmsWorker):
    """A ZKTeco terminal in software that pushes."""

    def __init__(
        self,
        profile: AdmsProfile,
        serial: str,
        base_url: str,
        *,
        clock: Clock | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Make a terminal that knows the address of its server."""
        super().__init__(profile, serial, clock=clock)
        self.client = HttpClient(base_url, timeout, profile.user_agent)
        self.exchanges: deque[Exchange] = deque(maxlen=_KEPT_EXCHANGES)
        # Whether the server has acknowledged the last thing that was sent.
        self.acknowledged = False
        self.registrations = 0
        self.polls = 0

    async def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "text/plain",
    ) -> Answer:
        """Send a request below /iclock, as the switches have it."""
        if not self.running:
            raise NoAnswer("the terminal is off")
        target = self.target(path, query or {})
        headers = {} if body is None else {"Content-Type": content_type}
        if self.settings.session and self.registry_code:
            token = self.registry_code + self.serial + self.settings.session
            digest = md5(token.encode(), usedforsecurity=False).hexdigest()
            headers["Cookie"] = f"token={digest}"
        answer: Answer | None = None
        manner = self.faults.manner(body=body is not None)
        try:
            answer = await self.client.request(method, target, body, headers, manner)
        finally:
            self.exchanges.append(Exchange(method, target, body, answer))
            self.changed()
        if len(answer.body) > _MAX_ANSWER:
            self.violations.append(f"an answer of {len(answer.body)} bytes to {path}")
        if answer.ok and not answer.headers.get("content-type", "").startswith(
            "text/plain"
        ):
            self.violations.append(f"the answer to {path} is no text/plain")
        return answer

    def target(self, path: str, query: Mapping[str, str]) -> str:
        """Return path and query as the switches have them."""
        faults = self.faults
        path = f"/iclock/{path}{faults.path_suffix}"
        match faults.path_case:
            case "upper":
                path = path.upper()
            case "title":
                path = path.title()
        if faults.trailing_slash:
            path += "/"
        serial = {} if faults.serial_key == "none" else {faults.serial_key: self.serial}
        text = urlencode(serial | dict(query), quote_via=quote)
        return f"{faults.path_prefix}{path}" + (f"?{text}" if text else "")

    async def close(self) -> None:
        """Hang up."""
        await self.client.close()

    # Getting to know the server

    async def connect(self) -> None:
        """Do all that comes before the first poll (§3, §8); raise NoAnswer."""
        answer = await self.handshake()
        if not self.is_att and not self.connected:
            answer = await self.register()
            if answer.ok and self.registry_code:
                answer = await self.push()
        if not self.connected:
            raise NoAnswer(f"not accepted: {answer.status} {answer.text[:60]!r}")
        if self.is_att and self.settings.options_wanted:
            await self.send_options()
        elif not self.is_att:
            await self.ask_time()

    async def handshake(self) -> Answer:
        """Ask the server for its options."""
        profile = self.profile
        query = {"options": "all", "pushver": profile.push_version, "language": "69"}
        if profile.device_type is not None:
            query["DeviceType"] = profile.device_type
        if self.is_att and not profile.old_dialect:
            query["PushOptionsFlag"] = "1"
        answer = await self.request("GET", "cdata", query)
        self.connected = False
        if not answer.ok:
            return answer
        if not self.is_att:
            values = dict(pairs(answer.text))
            if values.get("registry") == "ok" and not self.faults.registry_loop:
                self.registry_code = values.get("registrycode", self.registry_code)
                self._settle(answer)
            return answer
        if (first := answer.text.partition("\n")[0].strip()) != (
            expected := f"GET OPTION FROM: {self.serial}"
        ):
            self.violations.append(f"the handshake begins with {first!r}")
            if not first.startswith(expected.partition(":")[0]):
                return answer
        self._settle(answer)
        self._set_clock(answer)
        if self.obeys_stamps:
            for table, stamp in self.settings.stamps.items():
                if table == "OPERLOG" and stamp == FROM_THE_START:
                    self.tell_everybody()
                self.journals[table].obey(stamp)
        return answer

    def _settle(self, answer: Answer) -> None:
        """Do as the server wishes from now on."""
        self.settings = read_settings(
            answer.text,
            old_dialect=self.profile.old_dialect,
            complaints=self.violations,
        )
        self.connected = True

    def _set_clock(self, answer: Answer) -> None:
        """Set the clock to the server's date in the zone that it says (§4)."""
        if self.faults.ignore_date:
            return
        if (zone := self.settings.zone) is None:
            self.violations.append("no TimeZone")
            zone = missing_zone()
        try:
            date = parsedate_to_datetime(answer.headers["date"])
        except KeyError, ValueError:
            self.violations.append("no Date")
            return
        self.set_time(date.astimezone(UTC).replace(tzinfo=None) + zone)

    async def register(self) -> Answer:
        """Tell who it is (ACC)."""
        self.registrations += 1
        answer = await self.request("POST", "registry", {}, self.options_line())
        if answer.ok and (match := _REGISTRY_CODE.fullmatch(answer.text)):
            self.registry_code = "" if self.faults.registry_loop else match[1]
        else:
            self.registry_code = ""
            if answer.ok:
                self.violations.append(f"registry: {answer.text[:60]!r}")
        return answer

    async def push(self) -> Answer:
        """Ask for the options of the session (ACC)."""
        answer = await self.request("POST", "push", {}, b"")
        if answer.ok:
            self._settle(answer)
            if not self.settings.session:
                self.violations.append("push: no SessionID")
        return answer

    async def ask_time(self) -> Answer:
        """Set the clock by what the server says that it is (ACC)."""
        answer = await self.request("GET", "rtdata", {"type": "time"})
        fields = split_fields(answer.text.strip().replace(",", "\t"))
        try:
            moment = decode_time(int(fields["datetime"]))
            zone = datetime.strptime(fields["servertz"], "%z").utcoffset()
        except KeyError, ValueError:
            self.violations.append(f"rtdata: {answer.text[:60]!r}")
            return answer
        if zone is not None and not self.faults.ignore_date:
            self.set_time(moment + zone)
        return answer

    async def send_options(self) -> Answer:
        """Tell the options that the server wants to know (ATT)."""
        body = self.options_line(self.settings.options_wanted)
        answer = await self.request("POST", "cdata", {"table": "options"}, body)
        self._acknowledge(answer, "ok", 1)
        return answer

    async def probe(self) -> Answer:
        """Look whether there is anybody, without saying who asks (§1)."""
        kept, self.faults.serial_key = self.faults.serial_key, "none"
        try:
            return await self.request("GET", "cdata")
        finally:
            self.faults.serial_key = kept

    async def ping(self) -> Answer:
        """Say that it is still there."""
        return await self.request("GET", "ping")

    async def ask_for(self, user_id: str) -> Answer:
        """Ask for somebody who is not enrolled here (ATT: RemoteAtt)."""
        query = {"table": "RemoteAtt", "PIN": user_id}
        answer = await self.request("GET", "cdata", query)
        prefix = "DATA UPDATE USERINFO "
        for line in answer.text.splitlines() if answer.ok else []:
            if (at := line.find(prefix)) >= 0:
                put_user(self, split_fields(line[at + len(prefix) :]))
        return answer

    # Uploads

    async def upload(self, table: str | None = None) -> Answer | None:
        """Upload what comes next, of one table or of any; None if there is nothing."""
        if self.faults.empty_body:
            self.faults.strike("empty_body", True)
            journal = self.journals[table or self.log_table]
            return await self._send(journal, None, b"", 0)
        for journal in self.journals.values():
            if table in {None, journal.table} and (batch := self._batch(journal)):
                if journal.table == "ATTPHOTO":
                    return await self._send_photo(journal, batch)
                body, count = body_of(batch.lines, self.profile, self.faults)
                return await self._send(journal, batch, body, count)
        return None

    def _batch(self, journal: Journal) -> Batch | None:
        """Return what comes next of a table."""
        limit = 1 if journal.table == "ATTPHOTO" else max(1, self.faults.batch)
        room = 1 << 40 if self.faults.ignore_post_size else self.settings.max_post_size
        return journal.batch(self.settings.allows, limit, room, self._line)

    def _line(self, entry: Entry) -> str:
        """Return an entry as it is sent."""
        content = entry.content
        if isinstance(content, AdmsPunch):
            if self.is_att:
                return punch_line(content, self.profile, self.faults)
            return rtlog_line(content, self.faults)
        return "" if isinstance(content, Photo) else content

    async def _send(
        self, journal: Journal, batch: Batch | None, body: bytes, count: int
    ) -> Answer:
        """Upload lines, and take note of whether the server has them."""
        table = journal.table
        expects: Expected = "count"
        if table in _ROWS:
            query = {"table": "tabledata", "tablename": table, "count": str(count)}
            expects = "table"
        elif self.is_att:
            query = {
                "table": table,
                self._stamp_name(table): self._stamp(batch),
            }
        else:
            query, expects = {"table": table}, "ok"
        answer = await self.request("POST", "cdata", query, body)
        self._acknowledge(answer, expects, count, table)
        if batch is not None and self.acknowledged:
            journal.acknowledge(batch)
            self.changed()
        return answer

    def _stamp_name(self, table: str) -> str:
        """Return what the query calls the stamp of a table."""
        return _STAMP_NAMES.get(table, "Stamp") if self.profile.old_dialect else "Stamp"

    def _stamp(self, batch: Batch | None) -> str:
        """Return the stamp of an upload: newer firmware has given it up."""
        if batch is None or not self.obeys_stamps:
            return "9999"
        return str(batch.stamp)

    async def _send_photo(self, journal: Journal, batch: Batch) -> Answer:
        """Upload the photo of a punch."""
        photo = batch.entries[0].content
        assert isinstance(photo, Photo)
        as_text = self.settings.photo_base64 or self.faults.photo_base64
        answer = await self.request(
            "POST",
            self.faults.photo_path,
            {"table": "ATTPHOTO", self._stamp_name("ATTPHOTO"): self._stamp(batch)},
            photo_body(photo, self.serial, as_text=as_text),
            "application/octet-stream",
        )
        self._acknowledge(answer, "count", 1)
        if self.acknowledged:
            journal.acknowledge(batch)
            self.changed()
        return answer

    def _acknowledge(
        self, answer: Answer, expects: Expected, count: int, table: str = ""
    ) -> None:
        """Judge whether an answer acknowledges what was sent (§6)."""
        self.acknowledged = False
        if not answer.ok:
            return
        text = answer.text.strip()
        match = _COUNT.match(text)
        takes_bare_ok = self.faults.takes_bare_ok
        if takes_bare_ok is None:
            takes_bare_ok = self.profile.takes_bare_ok
        match expects:
            case "ok":
                good = text.upper().startswith("OK")
            case "table":
                plain = self.faults.rows_answer == "ok"
                good = text.upper() == "OK" if plain else text == f"{table}={count}"
            case "count":
                good = match is not None and int(match[1]) == count
                good = good or (text.upper() == "OK" and (takes_bare_ok or not count))
        if not good:
            self.violations.append(f"{text[:60]!r} for {count} of {table or expects}")
        self.acknowledged = good and not self.faults.never_acknowledged

    # Commands

    async def poll(self) -> Answer:
        """Ask for commands, and do them; what comes of them waits for reply()."""
        query = {}
        if self.info_due and self.faults.info != "none":
            query["INFO"] = self.info_line()
        if self.faults.poll_by_push:
            answer = await self.request("POST", "push", query, b"")
        else:
            answer = await self.request("GET", "getrequest", query)
        if answer.ok:
            self.info_due = False
            self.polls += 1
            for command in split_commands(answer.text):
                self.obey(command)
        return answer

    async def reply(self) -> Answer | None:
        """Send the next result or what a query wanted; None if there is nothing."""
        while self.faults.lose_result and self.outbox:
            if self.outbox[0].path != "devicecmd":
                break
            self.faults.strike("lose_result", True)
            self.delivered([self.outbox[0]])
        if not (posts := self.next_posts()):
            return None
        first = posts[0]
        body = b"".join(post.body for post in posts)
        answer = await self.request("POST", first.path, first.query, body)
        table = first.query.get("tablename", "")
        self._acknowledge(answer, first.expects, first.count, table)
        if self.acknowledged:
            self.delivered(posts)
        return answer
