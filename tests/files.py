"""Files as people upload them, full of what nobody should get: planted words, and bombs."""

from __future__ import annotations

import io
import re
import zlib
from typing import Any

import pikepdf
from PIL import Image, PngImagePlugin

CANARY = "Zibeline"
"""Stands wherever a file can say something that is not seen."""
TEXT = "Seen on the slide"


def make_jpeg(*, size: tuple[int, int] = (40, 20), orientation: int = 6, mode: str = "RGB") -> bytes:
    """Return a picture, red on its left and blue on its right, with everything that a telephone writes into it."""
    picture = Image.new(mode, size, "white")
    half = size[0] // 2
    if mode == "RGB":
        picture.paste((255, 0, 0), (0, 0, half, size[1]))
        picture.paste((0, 0, 255), (half, 0, *size))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = f"{CANARY} description"
    exif[0x013B] = f"{CANARY} artist"
    place = exif.get_ifd(0x8825)
    place.update({1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2), 29: CANARY})
    output = io.BytesIO()
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{CANARY}</x:xmpmeta>".encode()
    picture.save(output, "JPEG", exif=exif, comment=f"{CANARY} comment".encode(), xmp=xmp, quality=95)
    return output.getvalue() + f"<html>{CANARY} behind the end</html>".encode()


def make_png(*, mode: str = "RGB", size: tuple[int, int] = (30, 30)) -> bytes:
    """Return a picture with text chunks of every kind, compressed ones too."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", CANARY)
    texts.add_text("Comment", CANARY * 50, zip=True)
    texts.add_itxt("Title", CANARY, lang="fr", tkey=CANARY)
    texts.add(b"prVt", CANARY.encode())
    output = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = CANARY
    Image.new(mode, size).save(output, "PNG", pnginfo=texts, exif=exif, dpi=(300, 300))
    return output.getvalue() + CANARY.encode()


def make_pdf(*, pages: int = 2, **options: Any) -> bytes:
    """Return slides with everything that a PDF can carry beside what it shows; `options` are those of saving."""
    pdf = pikepdf.new()
    with pdf.open_metadata() as metadata:
        metadata["dc:creator"] = [f"{CANARY} xmp"]
    pdf.docinfo["/Author"] = CANARY
    pdf.docinfo["/Title"] = f"C:\\Users\\{CANARY}\\slides.pptx"
    for number in range(pages):
        pdf.pages.append(pikepdf.Page(_page(pdf, number)))
    root = pdf.Root
    root.Lang = pikepdf.String("fr-FR")
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String(f"app.alert('{CANARY}')"))
    root.OpenAction = script
    root.AA = pikepdf.Dictionary(WC=script)
    root.PieceInfo = pikepdf.Dictionary(App=pikepdf.Dictionary(Private=pikepdf.String(CANARY)))
    root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([]), XFA=pdf.make_stream(f"<xdp>{CANARY}</xdp>".encode()))
    pdf.attachments["notes.txt"] = pikepdf.AttachedFileSpec(
        pdf, f"{CANARY} attached".encode(), description=CANARY, filename=f"{CANARY}.txt", mime_type="text/plain",
        creation_date="", mod_date="",
    )  # fmt: skip
    root.Names["/JavaScript"] = pikepdf.Dictionary(Names=pikepdf.Array([pikepdf.String(CANARY), script]))
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem(f"{CANARY} outline", 0))
    layer = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String(f"{CANARY} layer")))
    root.OCProperties = pikepdf.Dictionary(OCGs=pikepdf.Array([layer]), D=pikepdf.Dictionary(ON=pikepdf.Array([layer])))
    root.StructTreeRoot = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.StructTreeRoot, K=pikepdf.Array([pikepdf.Dictionary(Alt=pikepdf.String(CANARY))])
        )
    )
    output = io.BytesIO()
    pdf.save(output, **options)
    return output.getvalue() + f"\n% {CANARY} behind the end\n".encode()


def _page(pdf: pikepdf.Pdf, number: int) -> pikepdf.Object:
    photo = pikepdf.Stream(pdf, make_jpeg())
    photo.stream_dict = pikepdf.Dictionary(
        Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=40, Height=20, BitsPerComponent=8,
        ColorSpace=pikepdf.Array([pikepdf.Name.ICCBased, _profile(pdf)]), Filter=pikepdf.Name.DCTDecode,
        Metadata=pdf.make_stream(f"<x>{CANARY}</x>".encode()), Anything=pikepdf.String(CANARY),
    )  # fmt: skip
    flat = pikepdf.Stream(pdf, b"")
    flat.write(zlib.compress(bytes(48)) + CANARY.encode(), filter=pikepdf.Name.FlateDecode)
    flat.Subtype, flat.Width, flat.Height = pikepdf.Name.Image, 4, 4
    flat.BitsPerComponent, flat.ColorSpace = 8, pikepdf.Name.DeviceRGB
    drawn = f"q 1 0 0 1 0 0 cm\nQ\nBT /Script 8 Tf ({number}) Tj ET % {CANARY} in a form\n"
    form = pdf.make_stream(drawn.encode())
    form.Type, form.Subtype, form.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, pikepdf.Array([0, 0, 90, 90])
    form.LastModified, form.PieceInfo = pikepdf.String(f"D:2026 {CANARY}"), pikepdf.Dictionary(X=pikepdf.String(CANARY))
    font = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name.Helvetica,
            Note=pikepdf.String(CANARY),
        )
    )
    form.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(Script=font))
    lines = f"""% {CANARY} in a comment
/Span <</ActualText ({CANARY}) /MCID 0>> BDC BT /JS 24 Tf 20 60 Td ({TEXT} {number}) Tj ET EMC
/OC /Layer BDC q 40 0 0 20 0 0 cm /A Do Q EMC /Flat Do /Form Do
q 4 0 0 4 0 0 cm BI /W 1 /H 1 /CS /RGB /BPC 8 ID abc EI Q"""
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=pikepdf.Array([0, 0, 9, 9]), T=pikepdf.String(CANARY),
        Contents=pikepdf.String(f"{CANARY} said this"), NM=pikepdf.String(CANARY),
    )  # fmt: skip
    link = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=pikepdf.Array([0, 0, 9, 9]),
        A=pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String(f"https://files.example.org/{CANARY}")),
    )  # fmt: skip
    return pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Page,
            MediaBox=pikepdf.Array([0, 0, 300, 200]),
            Contents=pikepdf.Array(
                [
                    pdf.make_stream(lines[: lines.index("Tj")].encode()),
                    pdf.make_stream(lines[lines.index("Tj") :].encode()),
                ]
            ),
            Resources=pikepdf.Dictionary(
                # Names that mean something elsewhere: they are kept, being only names.
                XObject=pikepdf.Dictionary(A=photo, Form=form, Flat=flat),
                Font=pikepdf.Dictionary(JS=font),
                Properties=pikepdf.Dictionary(
                    Layer=pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String(CANARY))
                ),
            ),
            Annots=pikepdf.Array([pdf.make_indirect(note), pdf.make_indirect(link)]),
            AA=pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String(CANARY))),
            Thumb=pdf.make_stream(CANARY.encode()),
            Metadata=pdf.make_stream(CANARY.encode()),
            LastModified=pikepdf.String("D:20260101"),
            UnknownYet=pikepdf.String(CANARY),
        )
    )


def _profile(pdf: pikepdf.Pdf) -> pikepdf.Object:
    profile = pdf.make_stream(f"{CANARY}'s screen".encode())
    profile.N = 3
    return profile


def every_byte(data: bytes) -> bytes:
    """Return a file's bytes, and of a PDF also whatever its objects and streams say once they are unpacked."""
    if not data.startswith(b"%PDF-"):
        return data + b"".join(_inflated(data))
    parts = [data]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for found in pdf.objects:
            parts.append(found.unparse(resolved=True))
            if isinstance(found, pikepdf.Stream):
                parts += [found.read_raw_bytes()]
                filters = str(found.get("/Filter", ""))
                if "DCT" not in filters:
                    parts.append(found.read_bytes())
    return b"\n".join(parts)


def _inflated(data: bytes) -> list[bytes]:
    """Return what compressed texts of a PNG say."""
    found = []
    for match in re.finditer(rb"(?:zTXt|iTXt)[^\0]*\0\0(?:[^\0]*\0[^\0]*\0)?", data):
        inflating = zlib.decompressobj()
        try:
            found.append(inflating.decompress(data[match.end() :]))
        except zlib.error:
            continue
    return found


def is_planted(data: bytes) -> bool:
    """Whether the planted word stands anywhere, in any of the codings that these formats use for texts."""
    whole = every_byte(data)
    words = (CANARY.encode(), CANARY.encode("utf-16-be"), CANARY.encode("utf-16-le"), CANARY.encode().hex().encode())
    return any(word.lower() in whole.lower() for word in words)
