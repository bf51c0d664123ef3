"""Golden vectors: bytes that real terminals and their clients have sent.

protocol-4370 §5.2. P is fananimi/pyzk, test.py with its line; S is the named
section of adrobinoga/zk-protocol. Nothing here was made by the simulator.
"""

from typing import NamedTuple


class Vector(NamedTuple):
    """Some bytes and where they come from."""

    source: str
    data: bytes


# Whole frames, all of them with valid checksums.
FRAMES = {
    "connect": Vector(
        "P:104",
        bytes.fromhex("5050827d08000000e80317fc00000000"),
    ),
    "connect, npm form": Vector(
        "computed",
        bytes.fromhex("5050827d08000000e80316fc00000100"),
    ),
    "connect ok": Vector(
        "P:100",
        bytes.fromhex("5050827d08000000d007fffc2ffb0000"),
    ),
    "exit": Vector(
        "P:106",
        bytes.fromhex("5050827d08000000e903e6002ffb0100"),
    ),
    "unauth": Vector(
        "P:143",
        bytes.fromhex("5050827d08000000d5075bb2cf450000"),
    ),
    "auth key 12": Vector(
        "P:149",
        bytes.fromhex("5050827d0c0000004e044e2ccf450100614d323c"),
    ),
    "auth key 45": Vector(
        "P:166",
        bytes.fromhex("5050827d0c0000004e044db0cf45010061c9323c"),
    ),
    "auth ok": Vector(
        "P:159",
        bytes.fromhex("5050827d08000000d0075fb2cf450100"),
    ),
    "sizes request": Vector(
        "P:186",
        bytes.fromhex("5050827d080000003200fcb9cf450200"),
    ),
    "sizes 92": Vector(
        "P:178, completed in protocol-4370 §5.2",
        bytes.fromhex(
            "5050827d64000000d007a3159663130000000000000000000000000000000000"
            "070000000000000006000000000000005d020000000000000f0c000000000000"
            "0100000000000000b80b000010270000a0860100b20b00000927000043840100"
            "000000000000000000000000"
        ),
    ),
    "sizes 80": Vector(
        "P:275",
        bytes.fromhex(
            "5050827d58000000d007292c5c3c130000000000000000000000000000000000"
            "46000000000000004600000000000000990c0000000000001a01000000000000"
            "0600000006000000f4010000f401000050c30000ae010000ae010000b7b60000"
        ),
    ),
    "users request": Vector(
        "P:213",
        bytes.fromhex("5050827d13000000df053ca6cf4514000109000500000000000000"),
    ),
    "pin width 9": Vector(
        "P:274",
        bytes.fromhex("5050827d09000000d007babb5c3c100009"),
    ),
    "prepare reply 5044": Vector(
        "P:276",
        bytes.fromhex("5050827d15000000d007a7625c3c150000b4130000b4130000cdef2300"),
    ),
    "burst head 5044": Vector(
        "P:277",
        bytes.fromhex("5050827d10000000dc050da65c3c1600b4130000f0030000"),
    ),
    "last frame of 5044": Vector(
        "P:311",
        bytes.fromhex("5050827d0c000000dd0507fa0500160000000000"),
    ),
    "free": Vector(
        "P:323",
        bytes.fromhex("5050827d08000000de05aebd5c3c1700"),
    ),
    "templates prepare reply 7572": Vector(
        "P:345",
        bytes.fromhex("5050827d15000000d007acf93064160000941d0000941d0000b400be00"),
    ),
    "templates burst head": Vector(
        "P:346",
        bytes.fromhex("5050827d10000000dc05477830641700941d000000000100"),
    ),
    "template 1244 head": Vector(
        "P:377",
        bytes.fromhex("5050827d10000000dc055558d0983200dc040000f0030000"),
    ),
    "template 1244 ack": Vector(
        "P:389",
        bytes.fromhex("5050827d08000000d007fcf701003200"),
    ),
    "template 1011 head": Vector(
        "P:441",
        bytes.fromhex("5050827d10000000dc053b59d0983500f3030000f0030000"),
    ),
    "template 1011 last frame": Vector(
        "P:448",
        bytes.fromhex("5050827d0b000000dd054ba201003500a05701"),
    ),
    "punch 32": Vector(
        "S realtime",
        bytes.fromhex(
            "5050827d28000000f401ac120100000039393931313133333300000000000000"
            "00000000000000000100120619112905"
        ),
    ),
    "score": Vector(
        "S protocol",
        bytes.fromhex("5050827d09000000f401a7fc0001000064"),
    ),
    "option ~Platform request": Vector(
        "S terminal",
        bytes.fromhex("5050827d120000000b00b9e6f38d0c007e506c6174666f726d00"),
    ),
    "option ~Platform reply": Vector(
        "S terminal",
        bytes.fromhex(
            "5050827d1d000000d007714cf38d0c007e506c6174666f726d3d5a454d3736305f54465400"
        ),
    ),
    "option WorkCode request": Vector(
        "S terminal",
        bytes.fromhex("5050827d110000000b0084c2f38d0b00576f726b436f646500"),
    ),
    "option WorkCode reply": Vector(
        "S terminal",
        bytes.fromhex("5050827d13000000d007828af38d0b00576f726b436f64653d3000"),
    ),
    "option ~OS request": Vector(
        "S protocol",
        bytes.fromhex("5050827d0c0000000b0058efc5c005007e4f5300"),
    ),
    "option write LockOn": Vector(
        "S terminal",
        bytes.fromhex("5050827d110000000c00ebbb84c547004c6f636b4f6e3d3500"),
    ),
    "option write AntiPassbackOn": Vector(
        "S terminal",
        bytes.fromhex(
            "5050827d190000000c00602284c54300416e7469506173736261636b4f6e3d3000"
        ),
    ),
    "state 2": Vector(
        "S terminal",
        bytes.fromhex("5050827d08000000d007f6f702003700"),
    ),
    "write user": Vector(
        "S data-user",
        bytes.fromhex(
            "5050827d500000000800fc579d8a5c000e0006313233343536007c4e7565766f"
            "000000000000000000000000000000000000008f190000010000000000000000"
            "313132323434383800000000000000000000000000000000"
        ),
    ),
    "write verify style": Vector(
        "S data-user",
        bytes.fromhex(
            "5050827d200000004f00ea79e78445000d008d00000000000000000000000000"
            "0000000000000000"
        ),
    ),
    "time zone reply": Vector(
        "S access",
        bytes.fromhex(
            "5050827d28000000d0072fa5126327003000110c110d11251125112511251125"
            "1125112511251125112511231124a71c"
        ),
    ),
    "group reply": Vector(
        "S access",
        bytes.fromhex("5050827d10000000d007b59312635d000701020000000200"),
    ),
    "combination reply": Vector(
        "S access",
        bytes.fromhex("5050827d10000000d00779f1126356004d0800070006008e"),
    ),
}

# Payloads, and the heads of what is too long to print.
PARTS = {
    "users reply head": Vector(
        "P:204",
        bytes.fromhex("5050827d04020000dd05942c96631500f8010000"),
    ),
    "burst frame 0 head": Vector(
        "P:278",
        bytes.fromhex("5050827df8030000dd05d05800001600b0130000"),
    ),
    "punch 12": Vector(
        "P:476",
        bytes.fromhex("f401ae4301000000f19449000000120c07130906"),
    ),
    "punch 32 payload": Vector(
        "P:510",
        bytes.fromhex(
            "3131343030363400000000000000000000000000000000000f00120b1d0c3703"
        ),
    ),
    "user Ned": Vector(
        "S data-user",
        bytes.fromhex(
            "0d000034343400c69a807c4e6564000000000000000000000000000000000000"
            "000000de00000002010001000200000035353500000000000000000000000000"
            "0000000000000000"
        ),
    ),
    "record 40": Vector(
        "S data-record",
        bytes.fromhex(
            "0d00393939313131333333000000000000000000000000000000016bb3682300"
            "00000000ff000000"
        ),
    ),
    "oplog entry": Vector(
        "S data-record",
        bytes.fromhex("0000062ac29b68230300000007000205"),
    ),
    "template entry head": Vector(
        "S data-user",
        bytes.fromhex("c4040e0004014dfd53533231000004bebe0408050709ced0"),
    ),
}
