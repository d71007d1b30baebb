"""What organisers write to many, on its way; and who asked for it."""

from workshop.announcements.service.leaving import refusal_of_announcement, send_announcements
from workshop.announcements.service.subscribing import (
    ask,
    confirm_subscription,
    forget_subscribers,
    refusal_of_confirmation,
    set_language,
    stop,
    take_again,
)
from workshop.announcements.service.writing import (
    announce,
    confirm,
    create,
    delete,
    pause,
    resume,
    save,
    stop_announcement,
    take_back,
    test,
)

__all__ = [
    "announce",
    "ask",
    "confirm",
    "confirm_subscription",
    "create",
    "delete",
    "forget_subscribers",
    "pause",
    "refusal_of_announcement",
    "refusal_of_confirmation",
    "resume",
    "save",
    "send_announcements",
    "set_language",
    "stop",
    "stop_announcement",
    "take_again",
    "take_back",
    "test",
]
