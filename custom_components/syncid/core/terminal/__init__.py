"""Terminals on port 4370: frames, pyzk made safe, the log, live events."""
