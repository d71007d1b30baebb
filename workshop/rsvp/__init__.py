"""Participants, their answers, seats and waiting lists, invitations, organisers’ lists, attendance."""
