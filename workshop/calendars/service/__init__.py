"""What is done about calendars. Each verb flushes and never commits."""

from workshop.calendars.service.feeds import make_feed, renew_feed, revoke_feed
from workshop.calendars.service.replying import Effect, apply_reply, receive

__all__ = ["Effect", "apply_reply", "make_feed", "receive", "renew_feed", "revoke_feed"]
