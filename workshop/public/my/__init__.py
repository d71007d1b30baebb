"""A participant's own page and its verbs; apart from the routes beside it because none of it is public."""

from workshop.public.my import answers, feed, levels, materials, messages, own, reminding
from workshop.public.my.page import blueprint

__all__ = ["answers", "blueprint", "feed", "levels", "materials", "messages", "own", "reminding"]
