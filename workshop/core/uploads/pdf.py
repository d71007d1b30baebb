"""PDF made anew: the pages as they are drawn, and of each object only what drawing needs (ISO 32000-2).

What is not known to draw is left out, so that metadata under any name, today's or to come, has nowhere to stand.
"""

from __future__ import annotations

import io
import re
import zlib
from typing import Any, Final

from workshop.core.uploads.pdf_shapes import FAMILIES, SHAPES
from workshop.core.uploads.pictures import MAXIMUM_PIXELS, strip_jpeg, strip_jpeg2000
from workshop.core.uploads.refusals import (
    DAMAGED,
    ENCRYPTED,
    HIDDEN_LAYERS,
    TOO_COMPLEX,
    TOO_MANY_PIXELS,
    UploadError,
)

MAXIMUM_PAGES: Final = 1000
_DRAWING: Final = 96 * 1024 * 1024
"""Octets of all drawing instructions, decoded."""
_DECODED: Final = 2 * 1024 * 1024 * 1024
"""Octets of everything, decoded; counted, never held."""
_REWRITTEN: Final = 16 * 1024 * 1024
"""Octets of drawing instructions that are taken apart one by one, which is slow."""

_DRAWN: Final = frozenset({"form", "tiling", "glyph"})
"""Kinds of streams that hold drawing instructions."""
_DEVICE: Final = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}
_FILTERS: Final = frozenset(
    {"/FlateDecode", "/LZWDecode", "/ASCII85Decode", "/ASCIIHexDecode", "/RunLengthDecode", "/CCITTFaxDecode",
     "/JBIG2Decode", "/DCTDecode", "/JPXDecode"}
)  # fmt: skip
_INHERITED: Final = ("Resources", "MediaBox", "CropBox", "Rotate")
# A comment, an inline picture, or properties with a text in them: the instructions are then written anew.
_TELLING: Final = re.compile(rb"%|\bBI\b|<<[^<>]*(?:\(|<[^<])")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?")


def clean_pdf(data: bytes) -> bytes:
    """Return a PDF with the same pages and nothing else.

    Raises:
        UploadError: it is damaged, protected by a password, hides layers, or asks for too much.
    """
    import pikepdf

    pikepdf.settings.set_qpdf_limits(flate_max_memory=_DRAWING, run_length_max_memory=_DRAWING, max_stream_filters=3)
    try:
        with pikepdf.open(io.BytesIO(data)) as found:
            return _Cleaner(pikepdf, found).clean()
    except UploadError:
        raise
    except pikepdf.PasswordError:
        raise UploadError(ENCRYPTED) from None
    except (MemoryError, RecursionError):
        raise UploadError(TOO_COMPLEX) from None
    except Exception:  # noqa: BLE001 (what a broken file makes the library raise is not told)
        raise UploadError(DAMAGED) from None


class _Cleaner:
    """Takes one file apart."""

    def __init__(self, pikepdf: Any, found: Any) -> None:
        self.pikepdf = pikepdf
        self.found = found
        self.seen: dict[tuple[tuple[int, int], str], Any] = {}
        self.drawing = self.decoded = self.rewritten = 0

    def clean(self) -> bytes:
        """Return the new file."""
        if self.found.is_encrypted:
            raise UploadError(ENCRYPTED)
        if self._hides_layers():
            raise UploadError(HIDDEN_LAYERS)
        if not 0 < len(self.found.pages) <= MAXIMUM_PAGES:
            raise UploadError(TOO_COMPLEX if len(self.found.pages) else DAMAGED)
        made = self.pikepdf.Pdf.new()
        pages = [page.obj for page in self.found.pages]
        for page in pages:
            for name in _INHERITED:
                if (value := self._inherited(page, f"/{name}")) is not None:
                    page[f"/{name}"] = value
        for page in pages:
            self._shape(page, "page")
            made.pages.append(self.pikepdf.Page(page))
        language = str(self.found.Root.get("/Lang", ""))
        if _LANGUAGE.fullmatch(language):
            made.Root["/Lang"] = self.pikepdf.String(language)
        output = io.BytesIO()
        made.save(
            output,
            min_version="1.7",
            object_stream_mode=self.pikepdf.ObjectStreamMode.generate,
            stream_decode_level=self.pikepdf.StreamDecodeLevel.none,
            deterministic_id=True,
        )
        return output.getvalue()

    def _hides_layers(self) -> bool:
        default = self.found.Root.get("/OCProperties", {}).get("/D", {})
        return bool(default.get("/OFF", [])) or str(default.get("/BaseState", "/ON")) != "/ON"

    def _inherited(self, page: Any, name: str) -> Any:
        node = page
        for _level in range(64):
            if name in node:
                return node[name]
            if "/Parent" not in node:
                break
            node = node["/Parent"]
        return None

    # -- objects ---------------------------------------------------------------------------------------------------

    def _value(self, found: Any, kind: str) -> Any:
        """Return what stands in the place of a value of that kind; None for nothing."""
        if not isinstance(found, self.pikepdf.Object):
            return found  # a number or a truth
        if not found.is_indirect:
            return self._direct(found, kind)
        key = (found.objgen, kind)
        if key not in self.seen:
            self.seen[key] = found  # what leads back to itself is being made already
            self.seen[key] = self._direct(found, kind)
        return self.seen[key]

    def _direct(self, found: Any, kind: str) -> Any:
        if kind.startswith("names "):
            return self._names(found, kind.removeprefix("names "))
        special = {
            "plain": self._plain,
            "text": self._plain_or_text,
            "nothing": lambda _found: self.pikepdf.Dictionary(),
            "colour": self._colour,
            "table": self._table,
            "contents": self._contents,
            "xobject": self._xobject,
            "pattern": self._pattern,
            "image or key": self._mask_of_image,
            "sized font": self._sized_font,
        }.get(kind)
        if special is not None:
            return special(found)
        if isinstance(found, self.pikepdf.Name):
            return found
        if isinstance(found, self.pikepdf.Array):
            return self._array(self._value(one, kind) for one in found)
        return self._shape(found, kind) if self._has_keys(found) else None

    def _has_keys(self, found: Any) -> bool:
        return isinstance(found, self.pikepdf.Dictionary | self.pikepdf.Stream)

    def _array(self, values: Any) -> Any:
        return self.pikepdf.Array([value for value in values if value is not None])

    def _shape(self, found: Any, kind: str) -> Any:
        """Cut an object down to the keys of its kind, and a stream to its data."""
        known = SHAPES[kind]
        is_stream = isinstance(found, self.pikepdf.Stream)
        for key in list(found.keys()):
            if is_stream and key in {"/Length", "/Filter"}:
                continue
            name = key.removeprefix("/")
            value = self._value(found[key], known[name]) if name in known else None
            if value is None:
                del found[key]
            else:
                found[key] = value
        if is_stream:
            self._stream(found, kind)
        return found

    def _names(self, found: Any, kind: str) -> Any:
        if not isinstance(found, self.pikepdf.Dictionary):
            return None
        for key in list(found.keys()):
            value = self._value(found[key], kind)
            if value is None:
                del found[key]
            else:
                found[key] = value
        return found

    def _plain(self, found: Any) -> Any:
        if isinstance(found, self.pikepdf.Array):
            return self._array(self._value(one, "plain") for one in found)
        return found if isinstance(found, self.pikepdf.Name) else None

    def _plain_or_text(self, found: Any) -> Any:
        return found if isinstance(found, self.pikepdf.String) else self._plain(found)

    def _colour(self, found: Any) -> Any:
        """Return a colour space; a profile becomes the plain space of as many colours: it may bear a screen's name."""
        if isinstance(found, self.pikepdf.Name):
            return found
        if not isinstance(found, self.pikepdf.Array) or not len(found):
            return None
        family = str(found[0])
        if family == "/ICCBased":
            return self.pikepdf.Name(_DEVICE.get(int(found[1].get("/N", 3)), "/DeviceRGB"))
        kinds = FAMILIES.get(family)
        if kinds is None:
            return found[0] if len(found) == 1 and isinstance(found[0], self.pikepdf.Name) else None
        parts = zip(list(found)[1:], kinds, strict=False)
        return self.pikepdf.Array([found[0], *(self._value(part, kind) for part, kind in parts)])

    def _table(self, found: Any) -> Any:
        """Return the colours of an indexed space."""
        return self._value(found, "map") if isinstance(found, self.pikepdf.Stream) else found

    def _xobject(self, found: Any) -> Any:
        if not isinstance(found, self.pikepdf.Stream):
            return None
        kind = {"/Form": "form", "/Image": "image"}.get(str(found.get("/Subtype", "")))
        return self._shape(found, kind) if kind else None

    def _pattern(self, found: Any) -> Any:
        if not self._has_keys(found):
            return None
        return self._shape(found, "tiling" if isinstance(found, self.pikepdf.Stream) else "shaded")

    def _mask_of_image(self, found: Any) -> Any:
        return self._xobject(found) if isinstance(found, self.pikepdf.Stream) else self._plain(found)

    def _sized_font(self, found: Any) -> Any:
        return self.pikepdf.Array([self._value(found[0], "font"), found[1]])

    # -- streams ---------------------------------------------------------------------------------------------------

    def _contents(self, found: Any) -> Any:
        """Return one stream of all that a page draws: an instruction may begin in one and end in the next."""
        streams = list(found) if isinstance(found, self.pikepdf.Array) else [found]
        drawn = b"\n".join(self._decoded(one) for one in streams)
        return self.found.make_indirect(self.pikepdf.Stream(self.found, self._without_texts(drawn)))

    def _stream(self, found: Any, kind: str) -> None:
        if kind in _DRAWN:
            found.write(self._without_texts(self._decoded(found)))
        elif kind == "image":
            self._image(found)
        elif kind == "function" and int(found.get("/FunctionType", 0)) == 4:  # noqa: PLR2004 (a calculation, which has no texts)
            found.write(re.sub(rb"%[^\r\n]*", b"", self._decoded(found)))
        else:
            self._end_where_it_ends(found, _DRAWING)

    def _filters(self, found: Any) -> list[str]:
        said = found.get("/Filter", [])
        names = [str(said)] if isinstance(said, self.pikepdf.Name) else [str(one) for one in said]
        if len(names) > 2 or not set(names) <= _FILTERS or names.count("/FlateDecode") > 1:  # noqa: PLR2004 (an encoding for mail, and a compression)
            raise UploadError(TOO_COMPLEX)
        return names

    def _decoded(self, found: Any) -> bytes:
        self._filters(found)
        decoded: bytes = found.read_bytes()
        self.drawing += len(decoded)
        if self.drawing > _DRAWING:
            raise UploadError(TOO_COMPLEX)
        return decoded

    def _without_texts(self, decoded: bytes) -> bytes:
        """Return drawing instructions without comments and without texts about what is drawn."""
        if not _TELLING.search(decoded):
            return decoded
        self.rewritten += len(decoded)
        if self.rewritten > _REWRITTEN:
            raise UploadError(TOO_COMPLEX)
        made = []
        instructions = self.pikepdf.parse_content_stream(self.pikepdf.Stream(self.found, decoded))
        for operands, operator in instructions:
            name = str(operator)
            if name == "INLINE IMAGE":
                self._inline_image(operands[0])
            if name in {"BDC", "DP"}:
                made.append((operands[:1], self.pikepdf.Operator("BMC" if name == "BDC" else "MP")))
            else:
                made.append((operands, operator))
        written: bytes = self.pikepdf.unparse_content_stream(made)
        return written

    def _inline_image(self, found: Any) -> None:
        # Small ones only are meant to stand among instructions, and a camera's never.
        if any(name in {"/DCT", "/DCTDecode", "/JPXDecode"} for name in map(str, found.filters)):
            raise UploadError(TOO_COMPLEX)

    def _image(self, found: Any) -> None:
        width, height = int(found.get("/Width", 0)), int(found.get("/Height", 0))
        if not (0 < width <= MAXIMUM_PIXELS and height > 0 and width * height <= MAXIMUM_PIXELS):
            raise UploadError(TOO_MANY_PIXELS)
        filters = self._filters(found)
        if not filters or filters[-1] not in {"/DCTDecode", "/JPXDecode"}:
            # At most four colours of sixteen bits, or a few more of eight.
            self._end_where_it_ends(found, (width * 8 + 2) * height + 65_536)
            return
        raw: bytes = found.read_raw_bytes()
        if filters[:-1] == ["/FlateDecode"]:
            raw = _inflate(raw, _DRAWING)
        elif filters[:-1]:
            raise UploadError(TOO_COMPLEX)
        clean = strip_jpeg(raw) if filters[-1] == "/DCTDecode" else strip_jpeg2000(raw)
        found.write(clean, filter=self.pikepdf.Name(filters[-1]), decode_parms=self._last_parms(found))

    def _last_parms(self, found: Any) -> Any:
        parms = found.get("/DecodeParms")
        if isinstance(parms, self.pikepdf.Array):
            parms = parms[-1] if len(parms) and isinstance(parms[-1], self.pikepdf.Dictionary) else None
        return parms

    def _end_where_it_ends(self, found: Any, limit: int) -> None:
        """Cut off what stands behind compressed data, and refuse data that grow beyond what they are for."""
        if self._filters(found) != ["/FlateDecode"]:
            return
        raw: bytes = found.read_raw_bytes()
        inflating, size, rest = zlib.decompressobj(), 0, raw
        while rest and not inflating.eof:
            size += len(inflating.decompress(rest, 1 << 20))
            rest = inflating.unconsumed_tail
            if size > limit or self.decoded + size > _DECODED:
                raise UploadError(TOO_COMPLEX)
        self.decoded += size
        if inflating.unused_data:
            end = len(raw) - len(inflating.unused_data)
            found.write(raw[:end], filter=self.pikepdf.Name("/FlateDecode"), decode_parms=self._last_parms(found))


def _inflate(raw: bytes, limit: int) -> bytes:
    inflating = zlib.decompressobj()
    made = inflating.decompress(raw, limit)
    if not inflating.eof:
        raise UploadError(TOO_COMPLEX if inflating.unconsumed_tail else DAMAGED)
    return made
