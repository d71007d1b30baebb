"""Signing in and out, one's own account, and what administrators do with all of them."""

from workshop.accounts.present import current_organiser, require_sign_in
from workshop.accounts.routes import administering, factor, own, resetting, signing
from workshop.accounts.routes.blueprint import blueprint

__all__ = [
    "administering",
    "blueprint",
    "current_organiser",
    "factor",
    "own",
    "require_sign_in",
    "resetting",
    "signing",
]
