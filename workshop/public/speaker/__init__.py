"""The own page of somebody who speaks or moderates, and its verbs; none of it is public."""

from workshop.public.speaker import coming, deciding, feed, files, own, portrait, wording
from workshop.public.speaker.page import blueprint

__all__ = ["blueprint", "coming", "deciding", "feed", "files", "own", "portrait", "wording"]
