"""A ZKTeco terminal in software that pushes: ADMS, the protocol of /iclock/.

protocol-adms, which names its sources. It is an HTTP client, as the real ones
are, and knows nothing of the server but its address.
"""

from .burst import flood_log
from .commands import Command
from .device import AdmsDevice, Enrolment
from .faults import AdmsFaults
from .journal import Journal
from .profiles import ADMS_PROFILES, FACE, FINGERPRINT, PALM, AdmsProfile
from .records import AdmsPunch, AdmsUser, Photo, Template
from .settings import Settings
from .simulation import AdmsSimulation
from .terminal import AdmsTerminal, Exchange

__all__ = [
    "ADMS_PROFILES",
    "FACE",
    "FINGERPRINT",
    "PALM",
    "AdmsDevice",
    "AdmsFaults",
    "AdmsProfile",
    "AdmsPunch",
    "AdmsSimulation",
    "AdmsTerminal",
    "AdmsUser",
    "Command",
    "Enrolment",
    "Exchange",
    "Journal",
    "Photo",
    "Settings",
    "Template",
    "flood_log",
]
