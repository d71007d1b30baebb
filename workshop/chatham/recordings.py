"""Links to recordings in what people write: these are published where the Rule is asked, or not at all.

Pure. It knows the addresses under which the usual services keep recordings, and the endings of media files. A link that
a service shortened, or that leads into a shared folder, is not found out: nobody can know what lies behind it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote, urlsplit

_BETWEEN: Final = re.compile(r"[\s<>\"'«»“”‘|\\^`{}()\[\],;]+")
_TRAILING: Final = ".:!?*_…’"
_NESTED: Final = 4
"""Addresses looked at within one another: some services wrap the links that leave them."""
_MEDIA: Final = re.compile(
    r"\.(?:mp4|m4v|mov|mkv|avi|webm|wmv|flv|ogv|mpe?g|3gp|m3u8|mpd|mp3|m4a|aac|ogg|oga|opus|wav|wma|flac|vtt|srt)$"
)
_PLATFORMS: Final[tuple[tuple[str, str], ...]] = (
    ("youtu.be", r"/[\w-]{6,}"),
    ("youtube.com", r"/(?:watch|live|embed|shorts|playlist|v)\b"),
    ("youtube-nocookie.com", r"/embed/"),
    ("vimeo.com", r"/(?:.*/)?\d{5,}|/(?:event|showcase|ondemand)/"),
    ("dailymotion.com", r"/(?:embed/)?video/"),
    ("dai.ly", r"/\w"),
    ("twitch.tv", r"/(?:videos/|.*/clip/|.*/v/\d)"),
    ("facebook.com", r"/(?:watch|reel|share/v|.*/videos/)"),
    ("fb.watch", r"/\w"),
    ("instagram.com", r"/(?:reels?|tv)/"),
    ("tiktok.com", r"/.*video/|/t/"),
    ("linkedin.com", r"/video/"),
    ("rumble.com", r"/(?:v|embed)"),
    ("odysee.com", r"/@[^/]+/."),
    ("bitchute.com", r"/video/"),
    ("soundcloud.com", r"/[^/]+/[^/]"),
    ("spotify.com", r"/(?:.*/)?(?:episode|show)/"),
    ("podcasts.apple.com", r"/.*podcast/"),
    ("loom.com", r"/(?:share|embed)/"),
    ("otter.ai", r"/(?:u|note|s)/"),
    ("fireflies.ai", r"/view/"),
    ("fathom.video", r"/(?:share|calls)/"),
    ("tldv.io", r"/.*meetings/"),
    ("vidyard.com", r"/watch/"),
    ("wistia.com", r"/(?:medias|embed)/"),
    ("panopto.com", r"/.*(?:viewer|embed)\.aspx"),
    ("panopto.eu", r"/.*(?:viewer|embed)\.aspx"),
    ("canal-u.tv", r"/(?:chaines|video)"),
    ("microsoftstream.com", r"/video/"),
    ("sharepoint.com", r"/(?::v:/|.*(?:stream\.aspx|recordings?/|enregistrements?/))"),
    ("zoom.us", r"/(?:rec|recording|clips)\b"),
    ("zoom.com", r"/(?:rec|recording|clips)\b"),
    ("webex.com", r"/.*(?:recording|ldr\.php|lsr\.php)"),
    ("gotomeeting.com", r"/.*(?:recording|transcripts)"),
    ("goto.com", r"/.*(?:recording|transcripts)"),
    ("teams.microsoft.com", r"/.*recording"),
    ("whereby.com", r"/.*recording"),
    ("livestorm.co", r"/.*(?:replay|recording)"),
    ("bigmarker.com", r"/recordings/"),
    ("jitsi.net", r"/.*recording"),
)
_ANYWHERE: Final = re.compile(
    r"^/(?:.*/)?(?:playback/(?:presentation|video|podcast|notes|screenshare)/|recordings?/[\w-]{6,}|videos?/(?:watch|embed)/|w/(?:p/)?\w{10,}$)"
)
"""Of services that anybody may run: BigBlueButton, PeerTube, Nextcloud Talk."""
_COMPILED: Final = tuple((host, re.compile(path)) for host, path in _PLATFORMS)
_INVISIBLE: Final = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x061C, 0x200E, 0x200F))


def find_recordings(text: str) -> tuple[str, ...]:
    """Return the links to recordings in a text as they are read, each once; linear in its length.

    Args:
        text: Markdown, plain text, or an address alone, with or without `https://`.
    """
    folded = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).lower()
    links = (link for word in _BETWEEN.split(folded) if "." in word for link in _addresses(word))
    return tuple(dict.fromkeys(link for link in links if _is_recording(link)))


def _addresses(word: str) -> list[str]:
    """Return what may be an address in a word: the word, or each address that begins within it."""
    word = word.rstrip(_TRAILING)
    parts = re.split(r"(?=https?://)", unquote(word))
    if len(parts) == 1:
        return [word]
    return [part for part in parts[: _NESTED + 1] if "://" in part]


def _is_recording(link: str) -> bool:
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    except ValueError:
        return False
    if "." not in host:
        return False
    path = unquote(parts.path)
    if _MEDIA.search(path.rstrip("/")) or _ANYWHERE.search(path):
        return True
    return any(
        (host == known or host.endswith("." + known)) and pattern.match(path) is not None
        for known, pattern in _COMPILED
    )
