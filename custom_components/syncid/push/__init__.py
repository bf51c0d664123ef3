"""Devices that deliver their punches themselves, and how they are spoken to."""
