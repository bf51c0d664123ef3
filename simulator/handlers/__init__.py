"""What the terminal does at each command, by subject.

Importing this package registers all of them.
"""

from . import biometrics, control, live, options, people, transfer

__all__ = ["biometrics", "control", "live", "options", "people", "transfer"]
