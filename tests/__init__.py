"""Tests of SyncID."""
