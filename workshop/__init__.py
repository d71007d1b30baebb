"""workshop: bilingual series of workshops under the Chatham House Rule."""

__version__ = "0.1.0"
