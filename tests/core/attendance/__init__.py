"""Attendance: days worked out by hand, and what holds of all days."""
