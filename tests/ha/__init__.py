"""Tests of the layer above Home Assistant."""
