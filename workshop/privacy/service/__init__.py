"""Access, and forgetting: on asking, and on the date that was promised."""

from workshop.privacy.service.addresses import AddressErasure, erase_address
from workshop.privacy.service.exporting import export, export_address
from workshop.privacy.service.forgetting import KEEP_ROOM, Kind, erase, purge, purge_by_kind
from workshop.privacy.service.replaying import replay

__all__ = [
    "KEEP_ROOM",
    "AddressErasure",
    "Kind",
    "erase",
    "erase_address",
    "export",
    "export_address",
    "purge",
    "purge_by_kind",
    "replay",
]
