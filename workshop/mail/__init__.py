"""Everything between "tell this person that" and SMTP."""
