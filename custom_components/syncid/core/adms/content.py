"""What a terminal pushes besides punches: users, templates, photos, facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..records import NO_PUNCHES, Alarm, Batch, DeviceUser, Punches, Rejected

# By the number of a biometric type (protocol-adms §3.2).
type TemplateKind = Literal[
    "generic",
    "fingerprint",
    "face",
    "voice",
    "iris",
    "retina",
    "palm",
    "vein",
    "palm_vein",
    "visible_face",
    "visible_palm",
    "unknown",
]
KINDS: tuple[TemplateKind, ...] = (
    "generic",
    "fingerprint",
    "face",
    "voice",
    "iris",
    "retina",
    "palm",
    "vein",
    "palm_vein",
    "visible_face",
    "visible_palm",
)
FINGERPRINT = 1
INFRARED_FACE = 2
VEIN = 7
VISIBLE_FACE = 9

# The table that a template came by, and that takes it at another terminal.
type TemplateTable = Literal["fingertmp", "face", "fvein", "biodata", "templatev10"]


@dataclass(frozen=True, slots=True)
class PushedUser:
    """What a terminal tells of a user; None for what it does not tell."""

    user_id: str
    name: str | None = None
    # As protocol-4370 §2.5 has it: 0 user, 2 enroller, 6 manager, 14 admin.
    privilege: int | None = None
    # For another terminal, and nobody else.
    password: str | None = field(default=None, repr=False)
    card: int | None = None
    group: int | None = None
    time_zones: str | None = None
    verify: int | None = None
    disabled: bool | None = None
    # How this terminal spells the key of the privilege.
    privilege_key: str | None = None
    # What it tells in its own way, and is only to be written back to itself.
    as_told: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def as_held(self, known: DeviceUser | None = None) -> DeviceUser:
        """Return the user as a terminal holds it, without the secrets.

        What it does not tell now is as it was `known`, if it was.
        """
        known = known or DeviceUser(uid=0, user_id=self.user_id, name="", privilege=0)
        privilege = known.privilege if self.privilege is None else self.privilege
        disabled = self.disabled
        if disabled is None:
            # Doors have a field for it, and may leave that out; others have but a bit.
            has_bit = self.privilege_key != "Privilege"
            disabled = bool(privilege & 1) or (not has_bit and known.disabled)
        return DeviceUser(
            # The number that the terminal itself knows a user by is not pushed.
            uid=known.uid,
            user_id=self.user_id,
            name=known.name if self.name is None else self.name,
            privilege=privilege & ~1 | disabled,
            card=known.card if self.card is None else self.card,
            group=known.group if self.group is None else self.group,
            has_password=(
                known.has_password if self.password is None else bool(self.password)
            ),
        )


@dataclass(frozen=True, slots=True)
class Template:
    """A fingerprint, a face or the like, as a terminal gives it away.

    What is in it is the vendor's secret, and its owner's: never shown.
    """

    table: TemplateTable
    # The number of the biometric type.
    type: int
    user_id: str
    # Which finger, or which palm.
    number: int
    content: bytes = field(repr=False)
    # Of templates that consist of several.
    index: int = 0
    # 0 off, 1 on, 3 duress.
    valid: int = 1
    duress: int = 0
    major_version: int | None = None
    minor_version: int | None = None
    format: int = 0

    @property
    def kind(self) -> TemplateKind:
        """Return what it is a template of."""
        return KINDS[self.type] if self.type < len(KINDS) else "unknown"


type PhotoKind = Literal["attendance", "user", "face"]


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture: of somebody who punched, of a user, or to recognise a face by."""

    kind: PhotoKind
    user_id: str
    file_name: str
    content: bytes = field(repr=False)
    # When it was taken, by the terminal's clock; None where the name does not tell.
    local_second: int | None = None
    type: int = 0


# Tables of punches: of what is rejected there, somebody may miss one.
PUNCHES = frozenset({"attlog", "rtlog", "transaction"})


@dataclass(frozen=True, slots=True)
class Upload:
    """What one upload brought.

    Templates and photos may be in it though nobody asked for any: firmwares take the
    list of tables for advice. They are to be stored only if somebody did.
    """

    table: str
    # How many rows came, whatever is in them: what the terminal wants acknowledged.
    received: int = 0
    punches: Punches = NO_PUNCHES
    users: tuple[PushedUser, ...] = ()
    templates: tuple[Template, ...] = ()
    photos: tuple[Photo, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    # Options by name in lower case, without the ~ that some begin with.
    options: Mapping[str, str] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()
    # Rows that are understood, and nobody's news.
    ignored: int = 0
    # Rows of events at doors that are no punch.
    others: tuple[bytes, ...] = field(default=(), repr=False)
    # How many records an access terminal's log has, if it was asked.
    counted: int | None = None
    # Whether it is packed, and makes no sense without other packs.
    is_pack: bool = False
    # The packs before it that made no sense by themselves, and are read with it.
    packs: tuple[bytes, ...] = field(default=(), repr=False)

    def batch(self, serial: str) -> Batch:
        """Return what of it goes into the ledger."""
        return Batch(
            serial,
            "adms",
            self.punches,
            # Of what is acknowledged nothing is lost, whatever it was meant for.
            unreadable=[record for _, record in self.rejected],
            understood=self.packs,
        )
