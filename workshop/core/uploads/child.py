"""The process that looks into one file: bytes in by standard input, clean bytes or a reason out. Run by its path."""

from __future__ import annotations

import resource
import sys

MEMORY = 1024 * 1024 * 1024
"""Octets of address space."""
SECONDS = 45
"""Of computing."""


def main() -> int:
    """Clean what comes; returns 0, or 3 after a reason was written. Any other end means that it took too much."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # It writes no file at all.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.dont_write_bytecode = True
    sys.path.insert(0, sys.argv[1])
    from workshop.core.uploads.pdf import clean_pdf
    from workshop.core.uploads.pictures import clean_picture, clean_portrait
    from workshop.core.uploads.refusals import UploadError

    media_type, data = sys.argv[2], sys.stdin.buffer.read()
    try:
        if "portrait" in sys.argv[3:]:
            made = clean_portrait(data, media_type)
        else:
            made = clean_pdf(data) if media_type == "application/pdf" else clean_picture(data, media_type)
    except UploadError as fault:
        sys.stdout.write(fault.reason)
        return 3
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
