"""The part of SyncID that knows nothing of Home Assistant.

Records, the terminal protocol and the ledger. Nothing in this package imports
Home Assistant, an I/O framework, or anything above this folder, and its imports
are relative, so that it can be loaded (and published) by itself. Time, randomness
and sockets are passed in.
"""
