"""What automations and admins can have done; `services.py` sets all of it up."""
