"""Pictures made anew: their pixels, upright, in plain colours; and JPEG data without what cameras write into it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from workshop.core.uploads.refusals import DAMAGED, TOO_COMPLEX, TOO_MANY_PIXELS, UploadError

if TYPE_CHECKING:
    from PIL import Image

MAXIMUM_PIXELS: Final = 50_000_000
_FORMATS: Final = {"image/png": "PNG", "image/jpeg": "JPEG"}
_PORTRAIT: Final = 160
"""Pixels of the longer side."""
PORTRAIT_OCTETS: Final = 15_000
_QUALITIES: Final = (82, 70, 55, 40)
_PLAIN: Final = frozenset({"L", "RGB", "LA", "RGBA"})


def clean_picture(data: bytes, media_type: str) -> bytes:
    """Return a PNG or JPEG drawn anew: nothing of the old file is copied but pixels.

    Raises:
        UploadError: it cannot be read, or has too many pixels.
    """
    from PIL import Image

    name = _FORMATS[media_type]
    picture = _upright(data, media_type)
    if name == "JPEG" and picture.mode != "L":
        picture = picture.convert("RGB")
    # A new picture of the same pixels has none of what the old one carried along.
    bare = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    output = io.BytesIO()
    if name == "PNG":
        bare.save(output, "PNG")
    else:
        # Letters on slides suffer from coarser colour.
        bare.save(output, "JPEG", quality=90, subsampling=0)
    return output.getvalue()


def clean_portrait(data: bytes, media_type: str) -> bytes:
    """Return a PNG or JPEG as a small JPEG, drawn anew; what was transparent is white.

    Raises:
        UploadError: it cannot be read, or has too many pixels.
    """
    from PIL import Image

    picture = _upright(data, media_type)
    picture.thumbnail((_PORTRAIT, _PORTRAIT))
    if picture.mode != "L":
        whole = picture.convert("RGBA")
        picture = Image.new("RGB", picture.size, "white")
        picture.paste(whole, mask=whole.getchannel("A"))
    bare = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    made = b""
    for quality in _QUALITIES:
        output = io.BytesIO()
        bare.save(output, "JPEG", quality=quality, optimize=True)
        made = output.getvalue()
        if len(made) <= PORTRAIT_OCTETS:
            break
    return made


def _upright(data: bytes, media_type: str) -> Image.Image:
    """Return a picture's pixels, upright and in plain colours; raises UploadError."""
    from PIL import Image, ImageOps

    name = _FORMATS[media_type]
    # Ours counts: Pillow's own warns first.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(data), formats=(name,)) as found:
            _check_size(*found.size)
            found.load()
            profile = found.info.get("icc_profile")
            return _in_plain_colours(ImageOps.exif_transpose(found), profile)
    except UploadError:
        raise
    except MemoryError:
        raise UploadError(TOO_COMPLEX) from None
    except Exception:  # noqa: BLE001 (what a broken file makes the library raise is not told)
        raise UploadError(DAMAGED) from None


def _check_size(width: int, height: int) -> None:
    if width * height > MAXIMUM_PIXELS:
        raise UploadError(TOO_MANY_PIXELS)


def _in_plain_colours(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in grey or sRGB: a colour profile may bear the name of somebody's screen."""
    from PIL import ImageCms

    if profile and picture.mode in {"RGB", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            made = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            made = None  # a profile that says nothing: its numbers are taken as sRGB's
        if made is not None:
            return made
    if picture.mode in _PLAIN:
        return picture
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode in {"PA", "La", "RGBa"} or "transparency" in picture.info:
        return picture.convert("RGBA")
    if picture.mode.startswith("I"):
        # Sixteen bits of grey: `convert` would cut them off instead of scaling them.
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    return picture.convert("RGB")


_ADOBE: Final = 0xEE
_SCAN: Final = 0xDA
_END: Final = 0xD9
_TELLING: Final = frozenset({0xFE, *range(0xE0, 0xF0)})
"""Comments and application segments."""


def strip_jpeg(data: bytes) -> bytes:
    """Return the same compressed picture with its tables and scans only (ITU-T T.81, annex B).

    Comments and application segments go (EXIF, XMP, profiles, previews), and whatever follows the end; of Adobe's the
    twelve octets stay that say how colours are meant.

    Raises:
        UploadError: it is no JPEG.
    """
    if data[:2] != b"\xff\xd8":
        raise UploadError(DAMAGED)
    kept, at = [b"\xff\xd8"], 2
    while at + 4 <= len(data) and data[at + 1] != _END:
        if data[at] != 0xFF:  # noqa: PLR2004 (every marker begins with it)
            raise UploadError(DAMAGED)
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 (fill)
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        kept.append(_telling_nothing(marker, data[at:end]))
        at = end
        if marker == _SCAN:
            at = _end_of_scan(data, at)
            kept.append(data[end:at])
    if len(kept) < 3:  # noqa: PLR2004 (a picture has tables at least)
        raise UploadError(DAMAGED)
    return b"".join([*kept, b"\xff\xd9"])


def _telling_nothing(marker: int, segment: bytes) -> bytes:
    if marker not in _TELLING:
        return segment
    is_colour = marker == _ADOBE and segment[4:9] == b"Adobe" and len(segment) >= 16  # noqa: PLR2004 (marker, length, twelve octets)
    return b"\xff\xee\x00\x0e" + segment[4:16] if is_colour else b""


def _end_of_scan(data: bytes, at: int) -> int:
    """Return where the next marker stands after a scan's compressed data, which escapes 0xFF by 0x00 and restarts."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:  # noqa: PLR2004 (RSTn)
            return at
        at += 2
    return len(data)


_BOXES: Final = frozenset({b"jP  ", b"ftyp", b"jp2h", b"jp2c"})
_CODESTREAM: Final = b"\xff\x4f\xff\x51"


def strip_jpeg2000(data: bytes) -> bytes:
    """Return the same picture without the boxes that hold texts, and without comments (ISO/IEC 15444-1, A and I).

    Raises:
        UploadError: it is no JPEG 2000.
    """
    if data.startswith(_CODESTREAM):
        return _strip_codestream(data)
    kept, at = [], 0
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        head = 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        if size == 0:
            size = len(data) - at
        if size < head or at + size > len(data):
            raise UploadError(DAMAGED)
        if kind == b"jp2c":
            stream = _strip_codestream(data[at + head : at + size])
            kept.append((len(stream) + 8).to_bytes(4, "big") + kind + stream)
        elif kind in _BOXES:
            kept.append(data[at : at + size])
        at += size
    if not any(box[4:8] == b"jp2c" for box in kept):
        raise UploadError(DAMAGED)
    return b"".join(kept)


def _strip_codestream(data: bytes) -> bytes:
    if not data.startswith(_CODESTREAM):
        raise UploadError(DAMAGED)
    kept, at = [data[:2]], 2
    while data[at : at + 2] not in {b"\xff\x90", b""}:  # until the first part of a tile
        if data[at : at + 1] != b"\xff" or at + 4 > len(data):
            raise UploadError(DAMAGED)
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] != 0x64:  # noqa: PLR2004 (COM)
            kept.append(data[at:end])
        at = end
    return b"".join([*kept, data[at:]])
