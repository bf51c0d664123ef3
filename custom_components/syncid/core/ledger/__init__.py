"""The ledger: every punch there ever was, once."""
