"""The numbers of the protocol: commands, reply codes and event bits.

protocol-4370 §2.0 (names after pyzk's constants), §1.6 and §2.10.
"""

from enum import IntEnum, IntFlag


class Command(IntEnum):
    """What a client can ask for (protocol-4370 §2.0)."""

    DB_RRQ = 7
    USER_WRQ = 8
    USERTEMP_RRQ = 9
    OPTIONS_RRQ = 11
    OPTIONS_WRQ = 12
    ATTLOG_RRQ = 13
    CLEAR_DATA = 14
    CLEAR_ATTLOG = 15
    DELETE_USER = 18
    DELETE_USERTEMP = 19
    CLEAR_ADMIN = 20
    UNLOCK = 31
    CLEAR_OPLOG = 33
    OPLOG_RRQ = 34
    GET_FREE_SIZES = 50
    USER_RRQ = 54
    FREEID_RRQ = 55
    ENABLE_CLOCK = 57
    STARTVERIFY = 60
    STARTENROLL = 61
    CANCELCAPTURE = 62
    TRANSSTATE = 63
    STATE_RRQ = 64
    WRITE_LCD = 66
    CLEAR_LCD = 67
    GET_PINWIDTH = 69
    DOORSTATE_RRQ = 75
    VERIFY_WRQ = 79
    VERIFY_RRQ = 80
    TMP_WRITE = 87
    TMP_READ = 88
    BATCH_WRITE = 110
    CHECKSUM_BUFFER = 119
    SSR_TMP_WRITE = 132
    SSR_DELETE_USER = 133
    SSR_DELETE_TMP = 134
    FACE_READ = 150
    FACE_WRITE = 151
    FACE_DELETE = 152
    FACE_APPEND = 153
    GET_TIME = 201
    SET_TIME = 202
    REG_EVENT = 500
    CONNECT = 1000
    EXIT = 1001
    ENABLEDEVICE = 1002
    DISABLEDEVICE = 1003
    RESTART = 1004
    POWEROFF = 1005
    SLEEP = 1006
    RESUME = 1007
    REFRESHDATA = 1013
    REFRESHOPTION = 1014
    TESTVOICE = 1017
    GET_VERSION = 1100
    AUTH = 1102
    PREPARE_DATA = 1500
    DATA = 1501
    FREE_DATA = 1502
    PREPARE_BUFFER = 1503
    READ_BUFFER = 1504
    ACK_OK = 2000


class Ack(IntEnum):
    """What a terminal answers (protocol-4370 §1.6)."""

    OK = 2000
    ERROR = 2001
    UNAUTH = 2005
    NO_DATA = 4989
    NOT_FOUND = 4991
    READ_FAILED = 4993
    UNKNOWN = 65535


class Detail(IntEnum):
    """Why it answered ACK_ERROR, in the session field (protocol-4370 §1.6)."""

    NONE = 0
    PARAMETER = 1
    EXISTS = 2
    WRONG_STATE = 8


class EventBit(IntFlag):
    """The bits of the event mask (protocol-4370 §2.10)."""

    ATTLOG = 0x0001
    FINGER = 0x0002
    ENROLLUSER = 0x0004
    ENROLLFINGER = 0x0008
    BUTTON = 0x0010
    UNLOCK = 0x0020
    STARTUP = 0x0040
    VERIFY = 0x0080
    FPFTR = 0x0100
    ALARM = 0x0200
    HIDNUM = 0x0400
    WRITECARD = 0x0800
    EMPTYCARD = 0x1000
    DELTEMPLATE = 0x2000
    ALARMOFF = 0x4000


class State(IntEnum):
    """What the terminal is doing, as command 64 tells it (protocol-4370 §2.1)."""

    WAIT = 0
    ENROLLING = 1
    IDENTIFYING = 2
    MENU = 3
    BUSY = 4
    WRITING_CARD = 5
