"""Which roles may do what in a series. Tuples, so that a page names the one that it is for."""

from __future__ import annotations

from workshop.accounts.models import Role

MANAGERS = (Role.OWNER, Role.ORGANISER)
"""Do everything but give roles, which is the owners'."""
PLANNERS = (*MANAGERS, Role.EDITOR)
"""Plan, edit and publish sessions, programme, people and texts; of those who take part an editor sees numbers only."""
WRITERS = (*PLANNERS, Role.TRANSLATOR)
"""Edit texts; a translator nothing else."""
LISTERS = (*MANAGERS, Role.ANSWERS)
"""See who takes part, decide on answers, write to them."""
DOOR = (*LISTERS, Role.HELPER)
"""Find people at the door by their code; a helper at that of one session, and for a while."""
READERS = (*PLANNERS, Role.ANSWERS, Role.TRANSLATOR)
"""Open the series' own page in the workspace. Helpers and partners have pages of their own."""
