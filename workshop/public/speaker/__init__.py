"""The own page of somebody who speaks or moderates, and its verbs; none of it is public."""

from workshop.public.speaker import deciding, feed, files, own
from workshop.public.speaker.page import blueprint

__all__ = ["blueprint", "deciding", "feed", "files", "own"]
