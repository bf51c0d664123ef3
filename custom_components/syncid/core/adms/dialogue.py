"""The whole conversation: what a terminal asks, and what it is answered.

Nothing is stored here, and no clock is read. The caller stores what an answer brings,
then sends it; if it cannot be stored, the terminal hears `NOT_STORED` instead, and
comes again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
import re
from typing import Any

from ..rows import RowDecoder
from .commands import ALWAYS, Commands
from .content import Upload
from .events import gone_by
from .facts import NO_FACTS, Facts, facts_of_info, facts_of_options, kept_options
from .handshake import (
    acc_handshake,
    att_handshake,
    clock_time,
    registration,
    server_time,
    session,
)
from .phrasebook import Phrasebook
from .queue import CommandRow, answer_text, finish, poll
from .requests import AdmsRequest, Family, told_family
from .results import CommandResult, read_results
from .state import NO_WISHES, NOTHING, STAMPED, Learned, TerminalState, Wishes
from .text import comma_pairs, decode
from .uploads import read_upload

# Seconds after which a terminal that did not ask how to behave is told to once more.
_ASK_AGAIN_AFTER = 86400
# Of a stranger, no more than this is read.
_STRANGER = 4096
_LONGEST_TABLE = 32
_NOT_IN_TABLES = re.compile(r"\W", re.ASCII)
# Answered with the table's name and how many rows there were (protocol-adms §6).
_NAMED_COUNT = "tabledata"
# Answered with a bare OK.
_JUST_OK = frozenset({"options", "rtlog", "rtstate", "count"})


@dataclass(frozen=True, slots=True)
class Context:
    """What an answer hangs on besides the request."""

    # Seconds of UTC.
    now: float
    # Of the terminal's place, in seconds, now.
    utc_offset: int
    decoder: RowDecoder
    wishes: Wishes = NO_WISHES
    # The terminal's commands that were sent or are to be: those that are open, and for
    # results those that expired lately. Only requests with `needs_rows` need them, and
    # the caller takes those of one terminal in turn, from here until what changed is
    # stored: two polls at a time would be told the same.
    rows: Sequence[CommandRow] = ()
    # What is remembered of a terminal whose entry is not set up.
    kept: TerminalState | None = None
    # Tables that it is to send from the start if it goes by stamps.
    from_start: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Stranger:
    """A terminal that nobody added yet, and what it told of itself."""

    serial: str
    learned: Learned


@dataclass(frozen=True, slots=True)
class Answer:
    """What a terminal is told, and what it told."""

    status: int = 200
    text: str = field(default="OK", repr=False)
    content_type: str = "text/plain"
    # What to store before answering.
    upload: Upload | None = None
    # Rows of the queue that changed, to be stored before answering.
    rows: tuple[CommandRow, ...] = ()
    learned: Learned = NOTHING
    # What became of commands; None for a command that we do not know.
    results: tuple[tuple[CommandRow | None, CommandResult], ...] = ()
    # What should be queued, unless it is already.
    wants: Commands = ()
    stranger: Stranger | None = None


OK = Answer()
# Whatever the terminal sent, it keeps, and sends again.
NOT_STORED = Answer(500, "storage failed")
NOT_ADDED = 503
_NO_SERIAL = Answer(400, "SN is missing")
_NO_FILE = Answer(404, "no such file")


def answer(
    request: AdmsRequest, state: TerminalState | None, context: Context
) -> Answer:
    """Return what a terminal is answered; `state` is None for one that nobody added."""
    if request.endpoint == "file":
        return _NO_FILE
    if request.serial is None:
        # A probe, or somebody who is no terminal.
        return _NO_SERIAL if request.is_upload else OK
    if state is None:
        return _to_stranger(request, request.serial, context)
    return _Conversation(request, state, context).answer()


def _to_stranger(request: AdmsRequest, serial: str, context: Context) -> Answer:
    """Answer a terminal that nobody added: it shall keep calling, and keep its punches."""
    learned = _family_in(request)
    facts = Facts(push_version=request.query.get("pushver", "")[:32] or None)
    if info := request.query.get("info"):
        facts = facts.merged(facts_of_info(info))
    if request.endpoint == "registry" or request.table == "options":
        told = comma_pairs(decode(request.body[:_STRANGER]))
        facts = facts.merged(facts_of_options(told))
    is_att_handshake = request.is_handshake and learned.family != "acc"
    if is_att_handshake or request.endpoint == "rtdata":
        # Where it is, may be known only when it is added.
        learned = replace(
            learned, zone_told=context.utc_offset, wishes_told=context.wishes.told
        )
    stranger = Stranger(serial, replace(learned, facts=facts))
    if request.is_upload:
        return Answer(NOT_ADDED, "not added yet", stranger=stranger)
    if request.endpoint == "registry":
        return Answer(406, "not added yet", stranger=stranger)
    if request.endpoint == "push":
        return Answer(NOT_ADDED, "not added yet", stranger=stranger)
    if request.endpoint == "rtdata":
        return Answer(
            text=server_time(context.now, context.utc_offset), stranger=stranger
        )
    if is_att_handshake:
        # Of a stranger nobody wants templates or photos; one that was added, and is not
        # set up just now, goes on where it was.
        text = att_handshake(serial, context.kept, context.wishes, context.utc_offset)
        return Answer(text=text, stranger=stranger)
    return Answer(stranger=stranger)


def _family_in(request: AdmsRequest) -> Learned:
    """Return what a request tells of the family, if anything."""
    family, is_told = told_family(request) or (None, None)
    return Learned(family=family, family_told=is_told)


class _Conversation:
    """One request of a terminal that we know."""

    def __init__(
        self, request: AdmsRequest, state: TerminalState, context: Context
    ) -> None:
        """Take the family from the request, if it tells any."""
        self._request = request
        self._context = context
        self._state = state
        version = request.query.get("pushver", "")[:32] or None
        self._seen = replace(_family_in(request), push_version=version)
        self._state = state.with_learned(self._seen)
        self._family: Family = self._state.family or "att"

    def answer(self) -> Answer:
        """Return the answer."""
        request = self._request
        match request.endpoint:
            case "cdata" if request.is_handshake:
                return self._handshake()
            case "cdata" | "fdata" | "querydata" if request.is_upload:
                return self._upload()
            case "getrequest":
                return self._poll()
            case "devicecmd":
                return self._results()
            case "registry" if request.method == "POST":
                return self._registry()
            case "push":
                return self._push()
            case "rtdata":
                context = self._context
                text = server_time(context.now, context.utc_offset)
                return self._said(text, zone_told=context.utc_offset)
        # Heartbeats, probes, what nobody knows, and roaming users, whom we leave to
        # their own terminals.
        return self._said("OK")

    def _said(self, text: str, said: Answer = OK, **learned: Any) -> Answer:
        """Return an answer with its text, and what the request told."""
        return replace(said, text=text, learned=replace(self._seen, **learned))

    def _handshake(self) -> Answer:
        context, state = self._context, self._state
        if self._family == "acc":
            return self._said(acc_handshake(state, context.wishes))
        stamps = {
            table: stamp
            for table, stamp in state.stamps.items()
            if table not in context.from_start
        }
        state = replace(state, stamps=stamps)
        text = att_handshake(state.serial, state, context.wishes, context.utc_offset)
        return self._said(
            text, zone_told=context.utc_offset, wishes_told=context.wishes.told
        )

    def _registry(self) -> Answer:
        options = comma_pairs(decode(self._request.body))
        return self._said(
            registration(self._state),
            registered=True,
            session_told=False,
            options=kept_options(options),
            facts=facts_of_options(options),
        )

    def _push(self) -> Answer:
        """Answer with the session's parameters, and later with commands.

        Some firmware asks for both here (§8.1).
        """
        context = self._context
        wishes = context.wishes
        text = session(self._state, wishes)
        if not self._state.session_told or self._state.wishes_told != wishes.told:
            return self._said(text, session_told=True, wishes_told=wishes.told)
        said = self._poll()
        has_any = poll(context.rows, context.now).sent
        return said if has_any else replace(said, text=text)

    def _poll(self) -> Answer:
        context, state = self._context, self._state
        polled = poll(context.rows, context.now, in_old=state.is_old)
        learned: dict[str, Any] = {}
        if info := self._request.query.get("info"):
            learned["facts"] = facts_of_info(info)
        wants: Commands = ()
        if state.owes_all:
            phrases = Phrasebook(self._family)
            wants = phrases.check() if self._family == "att" else ()
            wants += phrases.resend_punches(*ALWAYS)
            learned["owes_all"] = False
        elif self._family == "acc":
            # One that asked for the time does so again after a restart only (§4).
            if state.zone_told not in {None, context.utc_offset}:
                wants = Phrasebook("acc").set_time()
        elif state.zone_told is not None:
            # Only a handshake tells it of daylight saving (§4), and of other wishes.
            due = f"{context.utc_offset} {context.wishes.told}"
            asked_at = state.asked_at if state.asked_for == due else None
            if due != f"{state.zone_told} {state.wishes_told}" and (
                asked_at is None or abs(context.now - asked_at) >= _ASK_AGAIN_AFTER
            ):
                wants = Phrasebook("att").check()
                learned |= {"asked_for": due, "asked_at": context.now}
        if any(row.kind == "set_time" for row in polled.sent):
            learned["zone_told"] = context.utc_offset
        return self._said(
            answer_text([self._timed(row) for row in polled.sent], self._family),
            Answer(rows=polled.changed, wants=wants),
            **learned,
        )

    def _timed(self, row: CommandRow) -> CommandRow:
        """Return a command as it is said now: it may have waited for hours."""
        if row.kind != "set_time":
            return row
        shown = clock_time(self._context.now, self._context.utc_offset)
        return replace(row, text=f"{row.text}{shown}")

    def _results(self) -> Answer:
        results = read_results(self._request.body)
        finished = finish(self._context.rows, results, self._context.now)
        facts, options = NO_FACTS, dict[str, str]()
        for row, result in finished.results:
            if row is not None and row.kind in {"info", "get_options"}:
                options |= result.values
        if options:
            facts = facts_of_options(options)
            if info := options.get("info"):
                facts = facts.merged(facts_of_info(info))
        return self._said(
            "OK",
            Answer(rows=finished.rows, results=finished.results),
            options=kept_options(options),
            facts=facts,
            is_old=finished.knows_old,
        )

    def _upload(self) -> Answer:
        request = self._request
        upload = read_upload(request, self._context.decoder)
        learned: dict[str, Any] = {}
        if request.stamp is not None and upload.table in STAMPED:
            learned["stamps"] = {upload.table: request.stamp}
        if upload.options:
            learned["options"] = kept_options(upload.options)
            learned["facts"] = facts_of_options(upload.options)
        spelt = {user.privilege_key for user in upload.users} - {None}
        if len(spelt) == 1:
            learned["privilege_key"] = spelt.pop()
        wants: Commands = ()
        if "" in map(gone_by, upload.alarms) and not self._state.is_old:
            # Whether now or long ago: who is there is asked anew.
            wants = Phrasebook(self._family).list_users()
        said = Answer(upload=upload, wants=wants)
        return self._said(self._acknowledged(upload), said, **learned)

    def _acknowledged(self, upload: Upload) -> str:
        """Return how a terminal wants to hear that its rows are kept (§6)."""
        request = self._request
        if _NAMED_COUNT in {request.table, request.query.get("type")}:
            name = _NOT_IN_TABLES.sub("", request.query.get("tablename", ""))
            return f"{name[:_LONGEST_TABLE]}={upload.received}"
        if upload.table in _JUST_OK:
            return "OK"
        return f"OK: {upload.received}"
