"""Whatever bytes come to what reads pushed data, for as long as one likes."""
