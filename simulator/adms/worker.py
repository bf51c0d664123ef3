"""The terminal at work: it does commands, and keeps what came of them.

protocol-adms §7. No sockets here.
"""

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from typing import override

from .access import ACC_HANDLERS, NO_COMMAND
from .commands import (
    ATT_HANDLERS,
    BAD,
    CANCELLED,
    DUPLICATE,
    FAILED,
    UNSUPPORTED,
    Command,
    Handler,
    Next,
    Outcome,
    Post,
)
from .device import AdmsDevice, Clock, Enrolment
from .lines import finger_line, user_line
from .people import OLD_PEOPLE_HANDLERS, PEOPLE_HANDLERS
from .profiles import FINGERPRINT, AdmsProfile
from .settings import Settings

_STARTED = 0
# Longest first: DATA QUERY ATTLOG before DATA QUERY.
_VERB_WORDS = (3, 2, 1)
_MAX_ID = 16


def handlers_of(profile: AdmsProfile) -> dict[str, Handler]:
    """Return what this kind of terminal can do."""
    if profile.family == "acc":
        return dict(ACC_HANDLERS)
    if profile.old_dialect:
        return {**ATT_HANDLERS, **OLD_PEOPLE_HANDLERS}
    return {**ATT_HANDLERS, **PEOPLE_HANDLERS}


class AdmsWorker(AdmsDevice):
    """A terminal that does what it is told."""

    def __init__(
        self, profile: AdmsProfile, serial: str, *, clock: Clock | None = None
    ) -> None:
        """Make a terminal that has heard of no server."""
        super().__init__(profile, serial, clock=clock)
        self.handlers = handlers_of(profile)
        # All commands that came, and those results and data that are to be sent.
        self.commands: list[Command] = []
        self.outbox: deque[Post] = deque()
        self.violations: list[str] = []
        self.settings = Settings()
        self.connected = False
        self.upload_now = False
        self.info_due = True
        self.restarts = 0
        # What the server has given it (ACC), which survives a power cut.
        self.registry_code = ""
        self._uploaded_at: datetime | None = None

    # Commands

    def obey(self, command: Command) -> None:
        """Do a command, and put what came of it into the outbox."""
        self.commands.append(command)
        if not command.id or len(command.id) > _MAX_ID or not command.id.isalnum():
            self.violations.append(f"command id {command.id!r}")
        outcome = self.carry_out(command)
        if not outcome.waits:
            self._report(command.id, outcome)
        self.changed()

    def carry_out(self, command: Command) -> Outcome:
        """Do a command and return what came of it."""
        words = command.words
        for count in _VERB_WORDS:
            verb = " ".join(words[:count]).upper()
            if len(words) >= count and (handler := self.handlers.get(verb)):
                break
        else:
            code = UNSUPPORTED if self.is_att else NO_COMMAND
            return Outcome(code=code, verb=words[0] if words else "")
        # What follows the verb, with its tabs and rows as they are.
        rest = command.text.split(maxsplit=count)[count:]
        try:
            return handler(self, command, rest[0] if rest else "")
        except ValueError:
            return Outcome(code=BAD, verb=verb)

    def _report(self, command: str, outcome: Outcome) -> None:
        """Put the result, and what was asked for, into the outbox in their order."""
        result = self._result(command, outcome)
        if self.faults.data_order == "before":
            self.outbox.extend([*outcome.data, result])
        else:
            self.outbox.extend([result, *outcome.data])

    def _result(self, command: str, outcome: Outcome) -> Post:
        """Return the post of a result."""
        faults, code = self.faults, outcome.code
        if faults.return_code is not None:
            code = faults.strike("return_code", faults.return_code)
        told = command
        if faults.result_id is not None:
            told = faults.strike("result_id", faults.result_id)
        body = (
            f"ID={told}&{faults.return_key}={code}&CMD={outcome.verb}{outcome.more}\n"
        )
        if faults.result_lines:
            body = body.replace("&", "\n")
        if outcome.extra:
            body += f"{outcome.extra}\n"
        return Post(
            path="devicecmd",
            query={},
            body=body.encode(),
            command=command,
            then=outcome.then,
        )

    def next_posts(self) -> list[Post]:
        """Return what is to be sent next, as one: results may travel together."""
        if not self.outbox:
            return []
        first, *others = self.outbox
        posts = [first]
        for post in others:
            together = len(posts) < self.faults.results_per_post
            if first.path != "devicecmd" or post.path != first.path or not together:
                break
            posts.append(post)
        return posts

    def delivered(self, posts: list[Post]) -> None:
        """Forget what the server has, and do what was to be done then."""
        for post in posts:
            self.outbox.remove(post)
        for post in posts:
            if post.then is not None:
                self._go_on(post.then)
        self.changed()

    def _go_on(self, then: Next) -> None:
        """Do what a command has announced."""
        match then:
            case "restart":
                self.power_cut()
                self.power_on()
                self.restarts += 1
            case "handshake":
                self.connected = False
                self.upload_now = True
            case "upload":
                self.upload_now = True

    # What it tells of itself

    def options_line(self, names: tuple[str, ...] | None = None) -> bytes:
        """Return options as one line; values have commas, as real ones do (§8)."""
        values = self.option_values()
        return ",".join(
            f"{name}={values[name]}" for name in names or values if name in values
        ).encode()

    def info_line(self) -> str:
        """Return what the first poll tells (§7)."""
        values, profile = self.option_values(), self.profile
        face = profile.face_version
        info = [
            profile.firmware,
            values["UserCount"],
            values["FPCount"],
            values["TransactionCount"],
            values["IPAddress"],
            profile.fingerprint_version,
            str(face[0]) if face else "0",
            str(profile.presses.get(FINGERPRINT, 0)),
            values["FaceCount"],
            "11101" if face else "10100",
        ]
        if self.faults.info == "short":
            info = info[:5]
        elif self.faults.info == "long":
            info += ["0"] * 30
        return ",".join(info)

    # Enrolment

    def press(
        self, *, good: bool = True, data: bytes | None = None, card: str = ""
    ) -> None:
        """Let somebody show what is to be enrolled, well or badly."""
        enrolment = self._enrolment()
        if not good:
            left = enrolment.retries - 1
            self.enrolment = replace(enrolment, retries=left)
            if left < 0:
                self._end_enrolment(FAILED)
            return
        if enrolment.presses > 1:
            self.enrolment = replace(enrolment, presses=enrolment.presses - 1)
            self.changed()
            return
        if not enrolment.kind:
            self.users[enrolment.user_id].card = card or "1234567"
            self.tell_user(self.users[enrolment.user_id], "ChgUser")
            self._end_enrolment(0)
            return
        template = self.make_template(
            enrolment.user_id, enrolment.kind, enrolment.number, data
        )
        if self.twin(template) is not None:
            self._end_enrolment(DUPLICATE)
            return
        self.learn(template)
        self._end_enrolment(0)

    def cancel_enrolment(self) -> None:
        """Press ESC."""
        self._end_enrolment(CANCELLED)

    def fail_enrolment(self) -> None:
        """Let nobody come."""
        self._end_enrolment(FAILED)

    def _enrolment(self) -> Enrolment:
        """Return what is being enrolled; raise ValueError if nothing is."""
        if self.enrolment is None:
            raise ValueError("nobody is being enrolled")
        return self.enrolment

    def _end_enrolment(self, code: int) -> None:
        """End it, and report."""
        enrolment = self._enrolment()
        self.enrolment = None
        self._report(enrolment.command, Outcome(code=code, verb=enrolment.verb))
        self.changed()

    # What is to be uploaded, and when

    def uploads_due(self) -> bool:
        """Return whether what is new is to be uploaded now (§3)."""
        settings, now = self.settings, self.now()
        if settings.realtime or self.upload_now or self._uploaded_at is None:
            return True
        if settings.interval:
            passed = now - self._uploaded_at
            if passed >= timedelta(minutes=settings.interval):
                return True
        since, until = f"{self._uploaded_at:%H:%M}", f"{now:%H:%M}"
        if since <= until:
            return any(since < time <= until for time in settings.times)
        # Midnight has passed.
        return any(time > since or time <= until for time in settings.times)

    def uploaded(self) -> None:
        """Take note that all that is new has been uploaded."""
        self.upload_now = False
        self._uploaded_at = self.now()

    @property
    def unsent(self) -> int:
        """Return how many entries the server has not acknowledged."""
        return sum(
            journal.waiting(self.settings.allows) for journal in self.journals.values()
        )

    @property
    def obeys_stamps(self) -> bool:
        """Return whether the server's stamps decide what is sent again."""
        if self.faults.stamps is not None:
            return self.faults.stamps == "obey"
        return self.profile.obeys_stamps

    def resend_all(self) -> None:
        """Upload everything again."""
        for journal in self.journals.values():
            journal.rewind()
        self.changed()

    def tell_everybody(self) -> None:
        """Have a log of operations tell who is there now (ATT, §7: stamps 0, full)."""
        journal = self.journals["OPERLOG"]
        told: dict[str, tuple[str, str]] = {}
        for user in self:
            line = user_line(user, self.profile, self.faults)
            told[line] = ("EnrollUser", line)
            for template in self.templates_of(user.user_id, FINGERPRINT):
                line = finger_line(template)
                told[line] = ("EnrollFP", line)
        kept = [
            entry
            for entry in journal
            if not str(entry.content).startswith(("USER ", "FP "))
            or told.pop(str(entry.content), None) is not None
        ]
        journal.restore(kept, 0)
        for kind, line in told.values():
            self._store("OPERLOG", kind, line)

    # Power

    def power_cut(self) -> None:
        """Stop at once, and forget what is only in working memory."""
        self.running = self.connected = False
        self.enrolment = None
        self.outbox.clear()
        self.settings = Settings()
        self.upload_now = False
        self._uploaded_at = None
        if self.faults.forgets_position:
            for journal in self.journals.values():
                journal.rewind()
        self.changed()

    def power_on(self) -> None:
        """Start again."""
        self.running = self.info_due = True
        self.operation(_STARTED)
        self.changed()

    @override
    def operation(self, number: int, *objects: str, operator: str = "0") -> None:
        """Note what was done at the terminal, unless it is off."""
        if self.running:
            super().operation(number, *objects, operator=operator)
