"""What can be said to a terminal that pushes, in its own words (protocol-adms §7.5, §8.5).

There is no word for running programs at a terminal, and none will be.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..errors import PushRefused
from ..records import ROLES, UserChange
from .commands import (
    ALWAYS,
    Command,
    Commands,
    base64_of,
    check_change,
    checked_finger,
    checked_id,
    checked_option,
    checked_picture,
    name_for,
    name_of,
    optional_id,
    period,
    role_of,
)
from .content import FINGERPRINT, VISIBLE_FACE, Photo, PushedUser, Template
from .facts import INFO_OPTIONS
from .requests import Family
from .text import fields, guarded

_DOORS = range(1, 5)
_OPEN_SECONDS = range(1, 255)
_NOTHING: Mapping[str, str | int | None] = {}


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """The words of one terminal."""

    family: Family = "att"
    # How it spells the privilege itself (§7.5).
    privilege_key: str = "Pri"
    # Whether it refused all but old words.
    is_old: bool = False

    # --- users ------------------------------------------------------------------------

    def list_users(self, user_id: str | None = None) -> Commands:
        """Ask for everybody, or for one user."""
        if self.family == "acc":
            only = "*" if user_id is None else f"Pin={checked_id(user_id)}"
            text = f"DATA QUERY tablename=user,fielddesc=*,filter={only}"
        else:
            text = "DATA QUERY USERINFO" + (
                "" if user_id is None else f" PIN={checked_id(user_id)}"
            )
        return (Command("list_users", text, user_id or ""),)

    def add_user(self, user_id: str, change: UserChange) -> Commands:
        """Add a user."""
        added = self.update_user(user_id, change)
        written = tuple(replace(command, kind="write_user") for command in added)
        return written + self._doors_of(user_id)

    def update_user(self, user_id: str, change: UserChange) -> Commands:
        """Change what is given of a user: all else stays.

        But not in old words, of which nobody says so: those are of `rewrite_user`.
        """
        check_change(change)
        name = None if change.name is None else name_for(change.name)
        privilege = None if change.role is None else ROLES[change.role] << 1
        text = self._user(checked_id(user_id), change, name, privilege)
        return (Command("change_user", text, user_id),)

    def rewrite_user(self, user: PushedUser, change: UserChange) -> Commands:
        """Change a user by writing all that the terminal told of them: in any words."""
        check_change(change)
        known = UserChange(password=user.password, group=user.group)
        others = {"TZ": user.time_zones, "Verify": user.verify, **user.as_told}
        if change.card is not None:
            others.pop("Card", None)
        text = self._user(
            checked_id(user.user_id),
            change.over(known),
            name_of(user) if change.name is None else name_for(change.name),
            role_of(user) if change.role is None else ROLES[change.role] << 1,
            others,
        )
        return (Command("write_user", text, user.user_id),)

    def copy_user(self, user: PushedUser) -> Commands:
        """Add a user of another terminal, with all that it told of them.

        One who is disabled there, and not where there is no word for it.
        """
        change = UserChange(
            password=user.password,
            card=user.card,
            group=user.group,
            disabled=user.as_held().disabled or None,
        )
        user_id = checked_id(user.user_id)
        text = self._user(user_id, change, name_of(user), role_of(user))
        return (Command("write_user", text, user_id), *self._doors_of(user_id))

    def _user(
        self,
        user_id: str,
        change: UserChange,
        name: str | None,
        privilege: int | None,
        other: Mapping[str, str | int | None] = _NOTHING,
    ) -> str:
        card = None if change.card is None else str(change.card or "")
        if self.family == "att":
            if change.disabled is not None:
                raise PushRefused("not_over_push", "disabled")
            text = fields(
                {
                    "PIN": user_id,
                    "Name": name,
                    self.privilege_key: privilege,
                    "Passwd": change.password,
                    "Card": card,
                    "Grp": change.group,
                    **other,
                }
            )
            return f"DATA UPDATE USERINFO {text}"
        text = fields(
            {
                "Cardno": card,
                "Pin": user_id,
                "Password": change.password,
                "Group": change.group,
                "Name": name,
                "Privilege": privilege,
                "Disable": None if change.disabled is None else int(change.disabled),
            }
        )
        return f"DATA UPDATE user {text}"

    def _doors_of(self, user_id: str) -> Commands:
        """Return what lets a new user in: without it they are there, and no door opens."""
        if self.family == "att":
            return ()
        text = fields(
            {
                "Pin": user_id,
                "AuthorizeTimezoneId": 1,
                "AuthorizeDoorId": 1,
                "DevID": 1,
            }
        )
        return (
            Command("authorize_user", f"DATA UPDATE userauthorize {text}", user_id),
        )

    def remove_user(self, user_id: str) -> Commands:
        """Remove a user with all templates."""
        table = "USERINFO PIN" if self.family == "att" else "user Pin"
        text = f"DATA DELETE {table}={checked_id(user_id)}"
        return (Command("remove_user", text, user_id),)

    # --- templates --------------------------------------------------------------------

    def list_fingerprints(
        self, user_id: str | None = None, finger: int | None = None
    ) -> Commands:
        """Ask for fingerprints, of everybody, of one user, or one of them."""
        if self.family == "acc":
            only = "*" if user_id is None else f"Pin={checked_id(user_id)}"
            text = f"DATA QUERY tablename=templatev10,fielddesc=*,filter={only}"
        else:
            values = fields(
                {
                    "PIN": optional_id(user_id),
                    "FID": None if finger is None else checked_finger(finger),
                }
            )
            text = f"DATA QUERY FINGERTMP {values}".rstrip()
        return (Command("list_templates", text, user_id or ""),)

    def list_templates(self, type_: int, user_id: str | None = None) -> Commands:
        """Ask for templates of one biometric type, of everybody or of one user."""
        if self.family == "acc":
            only = f"Type={type_}" if user_id is None else f"Pin={checked_id(user_id)}"
            text = f"DATA QUERY tablename=biodata,fielddesc=*,filter={only}"
        else:
            text = "DATA QUERY BIODATA " + fields(
                {"Type": type_, "PIN": optional_id(user_id)}
            )
        return (Command("list_templates", text, user_id or ""),)

    def list_face_photos(self, user_id: str | None = None) -> Commands:
        """Ask for the pictures that faces are known by, of everybody or of one user."""
        if self.family == "acc":
            only = "*" if user_id is None else f"Pin={checked_id(user_id)}"
            text = f"DATA QUERY tablename=biophoto,fielddesc=*,filter={only}"
        else:
            text = "DATA QUERY BIOPHOTO " + fields(
                {"Type": VISIBLE_FACE, "PIN": optional_id(user_id)}
            )
        return (Command("list_photos", text, user_id or ""),)

    def write_template(self, template: Template) -> Commands:
        """Write a template as the terminal told it that gave it."""
        user_id, content = checked_id(template.user_id), base64_of(template.content)
        is_finger = template.type == FINGERPRINT
        if template.table == "biodata" and not (is_finger and self.is_old):
            text = "DATA UPDATE BIODATA " + fields(
                {
                    "Pin": user_id,
                    "No": template.number,
                    "Index": template.index,
                    "Valid": template.valid,
                    "Duress": template.duress,
                    "Type": template.type,
                    "MajorVer": template.major_version,
                    "MinorVer": template.minor_version,
                    "Format": template.format,
                    "Tmp": content,
                }
            )
        elif is_finger and self.family == "acc":
            text = "DATA UPDATE templatev10 " + fields(
                {
                    "Pin": user_id,
                    "FingerID": template.number,
                    "Valid": template.valid,
                    "Template": content,
                }
            )
        else:
            table = {"face": "FACE", "fvein": "FVEIN"}.get(template.table, "FINGERTMP")
            text = f"DATA UPDATE {table} " + fields(
                {
                    "PIN": user_id,
                    "FID": template.number,
                    "Index": template.index if table == "FVEIN" else None,
                    "Size": len(content),
                    "Valid": template.valid,
                    "TMP": content,
                }
            )
        return (Command("write_template", text, user_id),)

    def write_fingerprint(
        self, user_id: str, finger: int, content: bytes, valid: int = 1
    ) -> Commands:
        """Write a fingerprint that is from somewhere else, such as port 4370.

        `valid` is its flag there: 3 for one that calls for help.
        """
        checked_finger(finger)
        return self.write_template(
            Template("fingertmp", FINGERPRINT, user_id, finger, content, valid=valid)
        )

    def write_photo(self, photo: Photo) -> Commands:
        """Write a user's picture, or one to recognise their face by."""
        user_id = checked_id(photo.user_id)
        content = base64_of(checked_picture(photo.content))
        if photo.kind == "user":
            text = "DATA UPDATE USERPIC " + fields(
                {"PIN": user_id, "Size": len(content), "Content": content}
            )
        else:
            text = "DATA UPDATE BIOPHOTO " + fields(
                {
                    "PIN": user_id,
                    "Type": photo.type,
                    "Size": len(content),
                    "Content": content,
                    "Format": 0,
                    "Url": "",
                    "PostBackTmpFlag": 0,
                }
            )
        return (Command("write_photo", text, user_id),)

    def enroll_fingerprint(
        self, user_id: str, finger: int, *, overwrite: bool = False
    ) -> Commands:
        """Have a finger pressed at the terminal."""
        checked_finger(finger)
        if self.family == "acc":
            return self._enroll(FINGERPRINT, user_id, finger, overwrite=overwrite)
        text = "ENROLL_FP " + fields(
            {
                "PIN": checked_id(user_id),
                "FID": finger,
                "RETRY": 3,
                "OVERWRITE": int(overwrite),
            }
        )
        return (Command("enroll", text, user_id),)

    def enroll(self, type_: int, user_id: str, *, overwrite: bool = False) -> Commands:
        """Have a face, a palm or the like shown to the terminal."""
        return self._enroll(type_, user_id, 0, overwrite=overwrite)

    def _enroll(
        self, type_: int, user_id: str, number: int, *, overwrite: bool
    ) -> Commands:
        if self.family == "acc":
            values: dict[str, str | int | None] = {
                "type": type_,
                "no": number,
                "pin": checked_id(user_id),
                "cardno": "",
                "retry": 3,
                "overwrite": int(overwrite),
            }
        else:
            values = {
                "TYPE": type_,
                "PIN": checked_id(user_id),
                "CardNo": "",
                "RETRY": 3,
                "OVERWRITE": int(overwrite),
            }
        return (Command("enroll", f"ENROLL_BIO {fields(values)}", user_id),)

    # --- punches ----------------------------------------------------------------------

    @property
    def counts_periods(self) -> bool:
        """Tell whether it can count the punches of a period."""
        return self.family == "att"

    def resend_punches(self, first: int, last: int) -> Commands:
        """Ask for the punches between two local seconds.

        An access terminal can only be asked for all.
        """
        if self.family == "acc":
            text = "DATA QUERY tablename=transaction,fielddesc=*,filter=*"
        else:
            text = f"DATA QUERY ATTLOG {period(first, last)}"
        return (Command("resend_punches", text),)

    def count_punches(self, first: int, last: int) -> Commands:
        """Ask how many punches there are between two local seconds.

        An access terminal counts all its records, and tells it in a post of its own.
        """
        if self.counts_periods:
            text = f"VERIFY SUM ATTLOG {period(first, last)}"
        elif (first, last) == ALWAYS:
            text = "DATA COUNT transaction"
        else:
            raise PushRefused("not_over_push", "count_punches")
        return (Command("count_punches", text),)

    def count_all(self) -> Commands:
        """Ask an attendance terminal that counts no period how full it is."""
        return (Command("count_punches", "INFO"),)

    def clear_log(self) -> Commands:
        """Clear the log of punches."""
        text = "CLEAR LOG" if self.family == "att" else "DATA DELETE transaction *"
        return (Command("clear_log", text),)

    # --- the terminal -----------------------------------------------------------------

    def restart(self) -> Commands:
        """Restart the terminal."""
        return (
            Command(
                "restart",
                "REBOOT" if self.family == "att" else "CONTROL DEVICE 03000000",
            ),
        )

    def unlock(self, seconds: int = 5, door: int = 1) -> Commands:
        """Open a door; how long it stays open, an attendance terminal knows itself."""
        if seconds not in _OPEN_SECONDS or door not in _DOORS:
            raise PushRefused("out_of_range", f"{seconds}, {door}")
        if self.family == "att":
            return (Command("unlock", "AC_UNLOCK"),)
        return (Command("unlock", f"CONTROL DEVICE 01{door:02X}01{seconds:02X}"),)

    def info(self) -> Commands:
        """Ask what the terminal is, and how full."""
        if self.family == "acc":
            return self.get_options(INFO_OPTIONS)
        return (Command("info", "INFO"),)

    def get_options(self, names: Iterable[str]) -> Commands:
        """Ask for options."""
        checked = [checked_option(name) for name in names]
        if self.family == "acc":
            return (Command("get_options", f"GET OPTIONS {','.join(checked)}"),)
        return tuple(
            Command("get_options", f"GET OPTION FROM {name}") for name in checked
        )

    def set_option(self, name: str, value: str) -> Commands:
        """Set an option."""
        word = "OPTION" if self.family == "att" else "OPTIONS"
        if self.family == "acc" and "," in value:
            raise PushRefused("comma", name)  # another option, or a secret, may follow
        text = f"SET {word} {checked_option(name)}={guarded(value, name)}"
        return (Command("set_option", text),)

    def set_time(self) -> Commands:
        """Set the clock of an access terminal; what it shows is added when it is said."""
        if self.family == "att":
            raise PushRefused("not_over_push", "set_time")
        return (Command("set_time", "SET OPTIONS DateTime="),)

    def check(self) -> Commands:
        """Have the terminal ask anew how to behave, and upload by our stamps."""
        return (Command("check", "CHECK"),)
