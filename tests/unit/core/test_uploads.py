"""What is kept of an uploaded file: what is seen, and not an octet of what is not; what is refused."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from tests.files import CANARY, TEXT, every_byte, is_planted, make_jpeg, make_pdf, make_png
from workshop.core.uploads import MAXIMUM, CleanFile, UploadError, child, clean_upload, pdf, pictures
from workshop.core.uploads.pdf import clean_pdf
from workshop.core.uploads.pictures import clean_picture, strip_jpeg, strip_jpeg2000
from workshop.core.uploads.refusals import REASONS
from workshop.programme.sentences import UPLOADS


def _reason(data: bytes) -> str:
    with pytest.raises(UploadError) as caught:
        clean_upload(data)
    (fault,) = caught.value.faults
    assert fault.field == "file"
    assert fault.code == caught.value.reason
    return caught.value.reason


def _saved(made: pikepdf.Pdf, **options: object) -> bytes:
    output = io.BytesIO()
    made.save(output, **options)  # type: ignore[arg-type] # passed through
    return output.getvalue()


def _of(drawn: bytes = b"", **page: pikepdf.Object) -> pikepdf.Pdf:
    """Return a PDF of one page."""
    made = pikepdf.new()
    made.add_blank_page()
    made.pages[0].obj["/Contents"] = made.make_stream(drawn)
    for name, value in page.items():
        made.pages[0].obj[f"/{name}"] = value
    return made


@pytest.mark.parametrize("make", [make_pdf, make_jpeg, make_png])
def test_nothing_that_is_not_seen_is_left_of_a_file_full_of_it(make: object) -> None:
    data = make()  # type: ignore[operator] # one of the three
    assert is_planted(data), "the search must be able to find what is planted"
    assert not is_planted(clean_upload(data).content)


def test_the_search_finds_each_planted_word_of_a_pdf() -> None:
    whole = every_byte(make_pdf())
    for words in (b"xmp", b"attached", b"outline", b"layer", b"said this", b"in a comment", b"in a form", b"artist"):
        assert CANARY.encode() + b" " + words in whole, words


def test_the_pages_are_as_they_were() -> None:
    made = clean_upload(make_pdf(pages=3))
    assert made.media_type == "application/pdf"
    with pikepdf.open(io.BytesIO(made.content)) as found:
        assert len(found.pages) == 3
        assert str(found.Root.Lang) == "fr-FR"
        drawn = found.pages[2].obj.Contents.read_bytes()
        assert f"({TEXT} 2) Tj".encode() in drawn
        assert b"/A Do" in drawn
        assert b"ID\nabc EI" in drawn.replace(b"\r", b"\n")
        photo = found.pages[2].obj.Resources.XObject.A
        assert Image.open(io.BytesIO(photo.read_raw_bytes())).size == (40, 20)
        assert len(found.pages[2].obj.Resources.XObject.Flat.read_bytes()) == 48
        assert set(found.Root.keys()) == {"/Type", "/Pages", "/Lang"}
        assert set(found.pages[0].obj.keys()) == {"/Type", "/Parent", "/MediaBox", "/Contents", "/Resources"}


def test_what_pages_inherit_is_kept() -> None:
    made = _of(b"BT /F 9 Tf (x) Tj ET")
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    made.Root.Pages.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=made.make_indirect(font)))
    made.Root.Pages.Rotate = 90
    del made.pages[0].obj["/Resources"]
    with pikepdf.open(io.BytesIO(clean_pdf(_saved(made)))) as found:
        assert found.pages[0].obj.Rotate == 90
        assert found.pages[0].obj.Resources.Font.F.BaseFont == "/Helvetica"


def test_a_pdf_of_every_kind_of_colour_pattern_and_font_stays_whole() -> None:
    made = _of(b"/P cs /T scn 0 0 9 9 re f /S sh /G gs")
    tint = made.make_stream(f"{{ % {CANARY}\n dup 0.5 mul exch pop 0 0 }}".encode())
    tint.FunctionType, tint.Domain, tint.Range = 4, pikepdf.Array([0, 1]), pikepdf.Array([0, 1] * 3)
    spot = pikepdf.Array([pikepdf.Name.Separation, pikepdf.Name.Gold, pikepdf.Name.DeviceRGB, tint])
    tiling = made.make_stream(f"0 0 1 1 re f % {CANARY}".encode())
    for name, value in {"PatternType": 1, "PaintType": 1, "TilingType": 1, "XStep": 2, "YStep": 2}.items():
        tiling[f"/{name}"] = value
    tiling.BBox, tiling.Note = pikepdf.Array([0, 0, 1, 1]), pikepdf.String(CANARY)
    fade = pikepdf.Dictionary(FunctionType=2, Domain=pikepdf.Array([0, 1]), N=1)
    lab = pikepdf.Array(
        [pikepdf.Name.Lab, pikepdf.Dictionary(WhitePoint=pikepdf.Array([1, 1, 1]), Note=pikepdf.String(CANARY))]
    )
    indexed = pikepdf.Array([pikepdf.Name.Indexed, lab, 1, pikepdf.String("abcdef")])
    table = pikepdf.Array([pikepdf.Name.Indexed, pikepdf.Name.DeviceRGB, 0, made.make_stream(b"abc")])
    shading = pikepdf.Dictionary(ShadingType=2, ColorSpace=spot, Coords=pikepdf.Array([0, 0, 1, 1]), Function=fade)
    glyph = made.make_stream(f"1 0 0 0 1 1 d1 0 0 1 1 re f % {CANARY}".encode())
    drawn = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type3, CharProcs=pikepdf.Dictionary(a=glyph),
        Encoding=pikepdf.Dictionary(Differences=pikepdf.Array([97, pikepdf.Name.a])),
    )  # fmt: skip
    mask = made.make_stream(b"0 0 1 1 re f")
    mask.Subtype, mask.BBox = pikepdf.Name.Form, pikepdf.Array([0, 0, 1, 1])
    made.pages[0].obj.Resources = pikepdf.Dictionary(
        ColorSpace=pikepdf.Dictionary(
            P=pikepdf.Array([pikepdf.Name.Pattern, spot]),
            I=indexed,
            J=table,
            D=pikepdf.Array([pikepdf.Name.DeviceGray]),
        ),
        Pattern=pikepdf.Dictionary(T=tiling, U=pikepdf.Dictionary(PatternType=2, Shading=shading)),
        Shading=pikepdf.Dictionary(S=shading),
        Font=pikepdf.Dictionary(F=drawn),
        ExtGState=pikepdf.Dictionary(
            G=pikepdf.Dictionary(
                ca=0.5, SMask=pikepdf.Dictionary(S=pikepdf.Name.Alpha, G=mask), Font=pikepdf.Array([drawn, 9]), TR=fade
            )
        ),
    )
    data = _saved(made)
    assert is_planted(data)
    clean = clean_pdf(data)
    assert not is_planted(clean)
    with pikepdf.open(io.BytesIO(clean)) as found:
        kept = found.pages[0].obj.Resources
        assert kept.ColorSpace.P[1][1] == "/Gold"
        assert list(kept.ColorSpace.I[1].as_list()[1].keys()) == ["/WhitePoint"]
        assert kept.ColorSpace.J[3].read_bytes() == b"abc"
        assert kept.Pattern.T.read_bytes().split() == b"0 0 1 1 re f".split()
        assert kept.Pattern.U.Shading.Function.N == 1
        assert kept.Font.F.CharProcs.a.read_bytes().split()[-1] == b"f"
        assert kept.ExtGState.G.SMask.G.read_bytes() == b"0 0 1 1 re f"
        assert "/TR" not in kept.ExtGState.G


def test_a_photo_inside_compressed_data_is_stripped_too() -> None:
    made = _of(b"/A Do")
    photo = made.make_stream(b"")
    photo.write(zlib.compress(make_jpeg()), filter=pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.DCTDecode]))
    photo.Subtype, photo.Width, photo.Height = pikepdf.Name.Image, 40, 20
    photo.BitsPerComponent, photo.ColorSpace = 8, pikepdf.Name.DeviceRGB
    made.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=photo))
    clean = clean_pdf(_saved(made, compress_streams=False))
    assert not is_planted(clean)
    with pikepdf.open(io.BytesIO(clean)) as found:
        kept = found.pages[0].obj.Resources.XObject.A
        assert kept.Filter == "/DCTDecode"
        assert Image.open(io.BytesIO(kept.read_raw_bytes())).getpixel((2, 10))[0] > 200  # type: ignore[index] # three colours


def test_a_stripped_jpeg_shows_the_very_same_pixels() -> None:
    for data in (make_jpeg(), make_jpeg(mode="L"), make_jpeg(mode="CMYK")):
        clean = strip_jpeg(data)
        assert CANARY.encode() not in clean
        assert Image.open(io.BytesIO(clean)).tobytes() == Image.open(io.BytesIO(data)).tobytes()
    output = io.BytesIO()
    Image.effect_noise((300, 300), 90).save(output, "JPEG", progressive=True, restart_marker_rows=1)
    progressive = output.getvalue()
    assert Image.open(io.BytesIO(strip_jpeg(progressive))).tobytes() == Image.open(io.BytesIO(progressive)).tobytes()


def test_a_stripped_jpeg_2000_shows_the_very_same_pixels() -> None:
    output = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(output, "JPEG2000", comment=f"{CANARY} comment")
    boxed = output.getvalue()
    box = CANARY.encode() * 2
    data = boxed + (len(box) + 8).to_bytes(4, "big") + b"xml " + box
    for one in (data, boxed[boxed.index(b"\xff\x4f\xff\x51") :]):
        assert CANARY.encode() in one
        clean = strip_jpeg2000(one)
        assert CANARY.encode() not in clean
        assert Image.open(io.BytesIO(clean)).tobytes() == Image.open(io.BytesIO(boxed)).tobytes()


@pytest.mark.parametrize(
    "damaged", [b"", b"\xff\xd8", b"\xff\xd8\xff\xd9", b"\xff\xd8abcdef", b"nothing", b"\0\0\0\x09jp2c\xff"]
)
def test_what_is_no_picture_is_not_stripped_but_refused(damaged: bytes) -> None:
    with pytest.raises(UploadError):
        strip_jpeg(damaged)
    with pytest.raises(UploadError):
        strip_jpeg2000(damaged)


def test_a_photo_is_turned_upright_and_knows_no_place() -> None:
    data = make_jpeg(size=(40, 20), orientation=6)
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(0x8825)
    made = clean_upload(data)
    assert made.media_type == "image/jpeg"
    picture = Image.open(io.BytesIO(made.content))
    assert picture.size == (20, 40), "a quarter turn"
    top, bottom = picture.getpixel((10, 5)), picture.getpixel((10, 35))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert (top[0] > 200, bottom[2] > 200) == (True, True), "red was on the left, now it is above"
    assert not picture.getexif()
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_png_of_any_mode_keeps_its_pixels_only(mode: str) -> None:
    clean = clean_picture(make_png(mode=mode), "image/png")
    picture = Image.open(io.BytesIO(clean))
    picture.load()
    assert picture.info == {}
    assert picture.size == (30, 30)
    assert [
        kind for kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"pHYs", b"prVt", b"tIME", b"iCCP") if kind in clean
    ] == []


def test_sixteen_bits_of_grey_become_eight_without_going_white() -> None:
    output = io.BytesIO()
    Image.new("I;16", (4, 4), 32_768).save(output, "PNG")
    assert Image.open(io.BytesIO(clean_picture(output.getvalue(), "image/png"))).getpixel((1, 1)) == 128


def test_a_palette_with_a_transparent_colour_stays_transparent() -> None:
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    output = io.BytesIO()
    picture.save(output, "PNG", transparency=1)
    assert Image.open(io.BytesIO(clean_picture(output.getvalue(), "image/png"))).getpixel((0, 0)) == (255, 0, 0, 0)


def test_a_colour_profile_is_applied_and_dropped() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for broken in (profile, b"no profile"):
        output = io.BytesIO()
        Image.new("RGB", (4, 4), (200, 10, 10)).save(output, "JPEG", icc_profile=broken, quality=100)
        picture = Image.open(io.BytesIO(clean_picture(output.getvalue(), "image/jpeg")))
        assert "icc_profile" not in picture.info
        pixel = picture.getpixel((1, 1))
        assert isinstance(pixel, tuple)
        assert abs(pixel[0] - 200) < 4


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        HTML,
        b"GIF89a" + HTML,
        b"PK\x03\x04 a presentation",
        b"RIFF....WEBP",
        b"\xef\xbb\xbf%PDF-1.7",
        b"MZ",
        b"\n%PDF-1.7\n",
        HTML + make_pdf(),
    ],
)
def test_what_is_neither_pdf_nor_png_nor_jpeg_is_refused_whatever_it_is_called(data: bytes) -> None:
    assert _reason(data) == "upload_unknown"


def test_of_a_file_that_is_two_things_at_once_only_the_picture_is_left() -> None:
    archive = b"PK\x03\x04" + HTML + b"PK\x05\x06" + bytes(18)
    for data in (make_png() + archive, make_jpeg() + archive, make_pdf() + archive):
        made = clean_upload(data).content
        assert b"PK\x03\x04" not in made
        assert b"<script" not in made


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "upload_empty"),
        (b"%PDF-1.7" + bytes(MAXIMUM), "upload_too_large"),
        (b"%PDF-1.7\nnothing more", "upload_damaged"),
        (b"\x89PNG\r\n\x1a\n" + HTML, "upload_damaged"),
        (make_png()[:60], "upload_damaged"),
        (make_jpeg()[:700], "upload_damaged"),
        (b"\xff\xd8\xff" + SVG, "upload_damaged"),
        (make_pdf(encryption=pikepdf.Encryption(owner="secret", user="secret")), "upload_encrypted"),
        (make_pdf(encryption=pikepdf.Encryption(owner="secret", user="")), "upload_encrypted"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    assert _reason(data) == reason


def test_hidden_layers_would_come_to_light_and_are_refused() -> None:
    made = _of()
    layer = made.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String("draft")))
    for default in (pikepdf.Dictionary(OFF=pikepdf.Array([layer])), pikepdf.Dictionary(BaseState=pikepdf.Name.OFF)):
        made.Root.OCProperties = pikepdf.Dictionary(OCGs=pikepdf.Array([layer]), D=default)
        assert _reason(_saved(made)) == "upload_hidden_layers"


def _bomb(kind: bytes, head: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(kind + head + body).to_bytes(4, "big")
    return len(head + body).to_bytes(4, "big") + kind + head + body + crc


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked() -> None:
    head = (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    data = b"\x89PNG\r\n\x1a\n" + _bomb(b"IHDR", head, b"") + _bomb(b"IDAT", b"", zlib.compress(bytes(1000)))
    assert _reason(data + _bomb(b"IEND", b"", b"")) == "upload_too_many_pixels"


def test_a_picture_that_claims_too_many_pixels_within_a_pdf_is_refused() -> None:
    made = _of(b"/A Do")
    picture = made.make_stream(b"", Subtype=pikepdf.Name.Image, Width=100_000, Height=100_000)
    made.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=picture))
    assert _reason(_saved(made)) == "upload_too_many_pixels"


def _zeros(megabytes: int) -> bytes:
    packing = zlib.compressobj(9)
    return b"".join(packing.compress(bytes(1 << 20)) for _ in range(megabytes)) + packing.flush()


@pytest.mark.parametrize("kind", ["contents", "picture", "font", "chain"])
def test_a_decompression_bomb_is_refused(kind: str) -> None:
    made = _of(b"q Q")
    bomb = made.make_stream(b"")
    bomb.write(_zeros(120), filter=pikepdf.Name.FlateDecode)
    if kind == "contents":
        made.pages[0].obj.Contents = bomb
    elif kind == "picture":
        bomb.Subtype, bomb.Width, bomb.Height = pikepdf.Name.Image, 10, 10
        made.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=bomb))
    elif kind == "font":
        font = pikepdf.Dictionary(FontDescriptor=pikepdf.Dictionary(FontFile2=bomb))
        made.pages[0].obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
    else:
        bomb.write(zlib.compress(_zeros(120)), filter=pikepdf.Array([pikepdf.Name.FlateDecode] * 2))
        made.pages[0].obj.Contents = bomb
    data = _saved(made, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    assert len(data) < 200_000
    assert _reason(data) in {"upload_too_complex", "upload_damaged"}


def test_what_takes_too_long_or_too_much_ends_in_its_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    from workshop.core import uploads

    monkeypatch.setattr(uploads, "_SECONDS", 0.001)
    assert _reason(make_png()) == "upload_too_complex"
    made = _of(b"% a comment\n" + b"0 0 m " * 3_000_000)
    with pytest.raises(UploadError, match="too_complex"):
        clean_pdf(_saved(made))
    many = pikepdf.new()
    for _page in range(pdf.MAXIMUM_PAGES + 1):
        many.add_blank_page()
    with pytest.raises(UploadError, match="too_complex"):
        clean_pdf(_saved(many))


def test_a_form_that_draws_itself_ends() -> None:
    made = _of(b"/A Do")
    form = made.make_stream(b"/A Do", Subtype=pikepdf.Name.Form, BBox=pikepdf.Array([0, 0, 1, 1]))
    form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=form))
    made.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=form))
    with pikepdf.open(io.BytesIO(clean_pdf(_saved(made)))) as found:
        assert found.pages[0].obj.Resources.XObject.A.read_bytes() == b"/A Do"


def test_the_process_that_looks_into_files_answers_with_the_file_or_the_reason() -> None:
    root = str(Path(child.__file__).parents[3])
    for data, media_type, code in (
        (make_png(), "image/png", 0),
        (b"no picture", "image/png", 3),
        (b"%PDF-", "application/pdf", 3),
    ):
        done = subprocess.run(
            [sys.executable, "-I", child.__file__, root, media_type],
            input=data,
            capture_output=True,
            check=False,
            env={},
        )
        assert done.returncode == code, done.stderr
        assert done.stdout.startswith(b"\x89PNG" if code == 0 else b"upload_damaged")


def test_a_clean_file_cleaned_again_is_the_same() -> None:
    for data in (make_pdf(), make_png()):
        once = clean_upload(data)
        assert clean_upload(once.content) == CleanFile(once.content, once.media_type)


def test_there_is_a_sentence_for_each_reason() -> None:
    assert set(UPLOADS) >= REASONS
    assert pictures.MAXIMUM_PIXELS >= 3840 * 2160
