"""What is asked of terminals, groups, shifts and the site; `config_flow.py` begins it."""
