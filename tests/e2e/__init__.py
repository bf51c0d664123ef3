"""End-to-end tests: the newest Home Assistant, a browser, and simulated terminals."""
