"""Where Home Assistant looks for SyncID."""
