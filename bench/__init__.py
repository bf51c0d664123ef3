"""Benchmarks: each figure is a ratio to a rival that was measured in the same run."""
