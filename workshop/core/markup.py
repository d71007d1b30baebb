"""Text that people typed, made safe and well set. The only place that makes markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markupsafe import Markup

from workshop.core.typography import typeset

TAGS = {"p", "br", "strong", "em", "a", "ul", "ol", "li", "blockquote", "h3", "h4", "h5", "code", "hr"}
ATTRIBUTES = {"a": {"href"}}
SCHEMES = {"http", "https", "mailto"}

# Lines that begin with a letter, without blanks at their ends or any sign that Markdown looks at: most texts, and the
# parser takes longer over a thousand of them than everything else that a calendar needs.
_SIGNS = r"\\`*_\[\]<>&|\x00-\x1f\x7f-\x9f\u2028\u2029"
_LINE = rf"[^\W\d_](?:[^{_SIGNS}]*[^{_SIGNS}\s])?"
_UNMARKED = re.compile(rf"{_LINE}(?:\n+{_LINE})*")
_PARAGRAPHS = re.compile(r"\n{2,}")


@lru_cache(maxsize=1024)
def rich(text: str, language: str | None = None) -> Markup:
    """Return Markdown as safe HTML: raw HTML is off, and what comes out is sanitised again."""
    html = _parser().render(text, {"language": language})
    return Markup(nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener nofollow"))  # noqa: S704 (sanitised in this very line)


def plain(text: str, language: str | None = None) -> str:
    """Return Markdown as plain text for mail and calendars with paragraphs kept and addresses in brackets."""
    if _UNMARKED.fullmatch(text):
        return typeset(_PARAGRAPHS.sub("\n\n", text), language)
    lines: list[str] = []
    prefix = ""
    for token in _parser().parse(text, {"language": language}):
        if token.type == "list_item_open":
            prefix = "- "
        elif token.type == "inline":
            lines.append(prefix + _inline_text(token.children or []))
            prefix = ""
        elif token.type in {"fence", "code_block"}:
            lines.append(token.content.rstrip())
    return "\n\n".join(lines)


def _inline_text(children: Sequence[object]) -> str:
    parts: list[str] = []
    address = ""
    for child in children:
        kind = getattr(child, "type", "")
        if kind in {"text", "code_inline"}:
            parts.append(str(getattr(child, "content", "")))
        elif kind in {"softbreak", "hardbreak"}:
            parts.append("\n")
        elif kind == "link_open":
            address = str(getattr(child, "attrs", {}).get("href", ""))
        elif kind == "link_close" and address and address not in parts[-1:]:
            parts.append(f" ({address})")
    return "".join(parts)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False})
    parser.disable(["image", "html_block", "html_inline"])
    parser.core.ruler.push("typeset", _typeset_tokens)
    return parser


def _typeset_tokens(state: StateCore) -> None:
    language = state.env.get("language")
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            # The page's own headings end at h2.
            token.tag = f"h{min(int(token.tag[1]) + 2, 5)}"
        for child in token.children or []:
            if child.type == "text":
                child.content = typeset(child.content, language)
