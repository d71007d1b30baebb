"""Inviting people, by their addresses or by a link for a group. Each verb flushes and never commits.

An invitation's row is locked after participant and sessions, before the log. `answering` stands apart: it calls the
verbs of answers, which ask this folder whether an invitation lets in.
"""

from workshop.rsvp.service.inviting.admitting import (
    InvitationEndedError,
    InvitationUsedUpError,
    admits,
    count_use,
    refusal_of,
)
from workshop.rsvp.service.inviting.checking import Checked, Invitee, LineFault, check_entries
from workshop.rsvp.service.inviting.forgetting import erase_invitations, forget_invitations, forget_invited
from workshop.rsvp.service.inviting.making import Group, invite, invite_group
from workshop.rsvp.service.inviting.reading_lists import (
    MAX_ENTRIES,
    Entry,
    UnreadableListError,
    read_file,
    read_pasted,
)
from workshop.rsvp.service.inviting.sending import (
    CountChangedError,
    ask_for_mail,
    refusal_of_mail,
    send_invitations,
)
from workshop.rsvp.service.inviting.withdrawing import decline, withdraw_invitations

__all__ = [
    "MAX_ENTRIES",
    "Checked",
    "CountChangedError",
    "Entry",
    "Group",
    "InvitationEndedError",
    "InvitationUsedUpError",
    "Invitee",
    "LineFault",
    "UnreadableListError",
    "admits",
    "ask_for_mail",
    "check_entries",
    "count_use",
    "decline",
    "erase_invitations",
    "forget_invitations",
    "forget_invited",
    "invite",
    "invite_group",
    "read_file",
    "read_pasted",
    "refusal_of",
    "refusal_of_mail",
    "send_invitations",
    "withdraw_invitations",
]
