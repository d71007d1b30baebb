"""The certificate of an erasure: for whoever was erased, by the number and the hash of the log's row."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue

from workshop.audit.service import find_entry
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.language import languages, speaking
from workshop.privacy.view import CertificateView, certificate_view

blueprint = Blueprint("erased", "workshop.public", template_folder="templates", url_prefix="/<lang:lang>/erased")


@blueprint.get("/<int:number>/<digest>")
def certificate(lang: str, number: int, digest: str) -> ResponseReturnValue:
    """Show what a row of the log certifies; anything but its number with its hash is the same 404."""
    return render_template("public/my_erased.html", certificate=_find(number, digest), page_language=lang)


@blueprint.get("/<int:number>/<digest>.txt")
def certificate_file(lang: str, number: int, digest: str) -> ResponseReturnValue:
    """Give the certificate as a text to keep, in every language, the reader's first."""
    found = _find(number, digest)
    texts = []
    for language in sorted(languages(), key=lambda one: one != lang):
        with speaking(language):
            texts.append(
                render_template(
                    "public/erased.txt",
                    certificate=found,
                    language=language,
                    instance=current_app.config["NAME"],
                    base_url=current_app.config["BASE_URL"],
                ).strip()
            )
    response = Response("\n\n\n".join(texts) + "\n", mimetype="text/plain")
    # A name that tells nothing to whoever looks over a shoulder.
    response.headers["Content-Disposition"] = 'attachment; filename="certificate.txt"'
    return response


def _find(number: int, digest: str) -> CertificateView:
    # Numbers beyond what the database counts with would be its fault, not the reader's.
    entry = find_entry(db.session(), number=number, digest=digest) if number < 2**31 else None
    if entry is None or entry.action != "privacy.erase":
        raise NotFoundError("no such certificate")
    return certificate_view(entry)
