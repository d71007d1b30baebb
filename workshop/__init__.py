"""workshop: bilingual series of workshops under the Chatham House Rule."""

from zoneinfo import reset_tzpath

__version__ = "0.1.0"

# Pages, mail and calendars tell the time by one edition of the zones, the one that is pinned: where the machine's own
# is older or newer, a page and a calendar would else differ by an hour for some zone whose law has changed.
reset_tzpath(to=())
