"""Tests of what holds the parts together."""
