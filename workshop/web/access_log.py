"""gunicorn's own logs, masked. A file of its own: only the server needs gunicorn imported."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from workshop.web.logs import MaskingFormatter, mask


class MaskedLogger(Logger):
    """For gunicorn's `logger_class`: no address of a client, no token, no query, no forged line."""

    def setup(self, cfg: Any) -> None:
        """Set up as gunicorn does, then mask the error log."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(MaskingFormatter())

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """Return the values of an access line without what identifies anybody."""
        found: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        found.update({"h": "-", "u": "-", "q": "", "f": "-", "a": "-"})
        found["U"] = mask(str(environ.get("PATH_INFO", "")))
        method, protocol = environ.get("REQUEST_METHOD", "-"), environ.get("SERVER_PROTOCOL", "-")
        found["r"] = mask(f"{method} {environ.get('PATH_INFO', '')} {protocol}")
        # Single headers and variables could be asked for by the format: {referer}i, {http_x_forwarded_for}e.
        return {name: value for name, value in found.items() if not name.startswith("{")}
