"""The kinds of terminal that push.

protocol-adms §1: the attendance family (ATT, PUSH 2.x), its old dialect, and the
security family (ACC, PUSH 3.x). Every figure is a field: make a variant with
``dataclasses.replace(ADMS_PROFILES["att"], role_key="Privilege")``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

type Family = Literal["att", "acc"]

FINGERPRINT, FACE, PALM = 1, 9, 10
# The lists of 0 and 1 by kind of template have these places (§3).
_KINDS = 11


@dataclass(frozen=True, kw_only=True)
class AdmsProfile:
    """What one kind of terminal is and how it pushes."""

    key: str
    name: str
    platform: str
    firmware: str
    family: Family
    push_version: str
    # What DeviceType says in the handshake, if it says so.
    device_type: str | None = None
    user_agent: str = "iClock Proxy/1.09"
    # Below 2.2: Stamp, OpStamp, PhotoStamp, and DATA USER PIN= (§1).
    old_dialect: bool = False
    # Whether the server's stamps decide what is sent again (§3).
    obeys_stamps: bool = False
    # Whether a bare OK acknowledges lines (§6 has both).
    takes_bare_ok: bool = False
    role_key: Literal["Pri", "Privilege"] = "Pri"
    encoding: str = "utf-8"
    attlog_fields: int = 7
    fingerprint_version: str = "10"
    # The version of the visible-light face, if it knows faces.
    face_version: tuple[int, int] | None = None
    # VERIFY SUM, which not all have (§14).
    counts: bool = True
    lock: bool = True
    # How often a finger or a face is shown to be enrolled.
    presses: Mapping[int, int] = field(
        default_factory=lambda: MappingProxyType({FINGERPRINT: 3, FACE: 1})
    )
    max_users: int = 10_000
    max_fingerprints: int = 10_000
    max_records: int = 100_000
    mac: str = "00:17:61:12:ab:5d"
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def biodata(self) -> bool:
        """Return whether it knows the unified templates."""
        return not self.old_dialect

    def kinds(self, *, photos: bool = False) -> str:
        """Return the list of 0 and 1 that tells which templates it knows."""
        known = {FINGERPRINT, FACE} if self.face_version else {FINGERPRINT}
        if photos:
            known -= {FINGERPRINT}
        return ":".join(str(int(kind in known)) for kind in range(_KINDS))

    def option_table(self, serial: str) -> dict[str, str]:
        """Return the options that do not count anything."""
        face = self.face_version is not None
        table = {
            "~SerialNumber": serial,
            "~DeviceName": self.name,
            "~Platform": self.platform,
            "~OEMVendor": "ZKTECO CO., LTD.",
            "FirmVer": self.firmware,
            "FWVersion": self.firmware,
            "PushVersion": self.push_version,
            "MAC": self.mac,
            "IPAddress": "192.168.1.201",
            "NetMask": "255.255.255.0",
            "GATEIPAddress": "192.168.1.1",
            "~ZKFPVersion": self.fingerprint_version,
            "FingerFunOn": "1",
            "FPVersion": self.fingerprint_version,
            "FaceFunOn": str(int(face)),
            "FvFunOn": "0",
            "PvFunOn": "0",
            "~LockFunOn": str(int(self.lock)),
            "StringPinFunOn": "0",
            "CardProtFormat": "0",
            "PhotoFunOn": "1",
            "~MaxUserCount": str(self.max_users // 100),
            "~MaxAttLogCount": str(self.max_records // 10_000),
            "~MaxFingerCount": str(self.max_fingerprints // 100),
        }
        if self.biodata:
            table |= {
                "BioDataFun": "1",
                "BioPhotoFun": str(int(face)),
                "MultiBioDataSupport": self.kinds(),
                "MultiBioPhotoSupport": self.kinds(photos=True),
                "MultiBioVersion": self._versions(),
            }
        if self.face_version is not None:
            table["FaceVersion"] = str(self.face_version[0])
            table["VisilightFun"] = "1"
        return table | dict(self.options)

    def _versions(self) -> str:
        """Return the versions of the templates by kind."""
        versions = ["0"] * _KINDS
        versions[FINGERPRINT] = f"{self.fingerprint_version}.0"
        if self.face_version is not None:
            versions[FACE] = ".".join(map(str, self.face_version))
        return ":".join(versions)


ADMS_PROFILES: Mapping[str, AdmsProfile] = MappingProxyType(
    {
        profile.key: profile
        for profile in (
            AdmsProfile(
                key="att",
                name="SpeedFace-V5L",
                platform="ZAM180_TFT",
                firmware="ZAM180-NF-Ver3.0.15",
                family="att",
                push_version="2.4.1",
                device_type="att",
                face_version=(58, 12),
            ),
            AdmsProfile(
                key="old",
                name="K40",
                platform="ZEM560_TFT",
                firmware="Ver 6.60 Mar 11 2014",
                family="att",
                push_version="2.2.14",
                user_agent="iClock Proxy/1.05",
                old_dialect=True,
                obeys_stamps=True,
                takes_bare_ok=True,
                counts=False,
                attlog_fields=5,
                max_users=1_000,
                max_fingerprints=1_000,
                max_records=50_000,
            ),
            AdmsProfile(
                key="acc",
                name="ProFace X",
                platform="ZAM170_TFT",
                firmware="ZAM170-NF-1.8.25",
                family="acc",
                push_version="3.1.2",
                device_type="acc",
                face_version=(58, 12),
                max_users=50_000,
                max_records=1_000_000,
            ),
        )
    }
)
