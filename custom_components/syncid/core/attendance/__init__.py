"""From punches to marks: who was present, late or absent, and why.

Pure functions of rules, punches, corrections and a moment: nothing here reads a clock,
a database or Home Assistant. What is stored, and where, each module says.

- `policy`: one shift with its rules; without any it is the push guide's day
- `schedule`: who works when; `Roster` is that for one person
- `readings`: punches, as a day is computed from them
- `hours`: arrival, departure, breaks, hours
- `day`: the mark of one person on one date
- `closeout`: when a day is final
- `corrections`: what humans say of it
- `marks`, `reasons`: what comes of it, and why
- `board`: who is where now
"""
