"""The own page of somebody who speaks or moderates, and its verbs; none of it is public."""

from workshop.public.speaker import deciding, files, own
from workshop.public.speaker.page import blueprint

__all__ = ["blueprint", "deciding", "files", "own"]
