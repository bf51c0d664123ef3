"""Attendance in Home Assistant: when marks are computed, by which rules, who hears of it."""
