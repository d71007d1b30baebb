"""What each kind of object of a PDF needs in order to be drawn (ISO 32000-2); what is not named is left out."""

from __future__ import annotations

from typing import Final

_BOXES = dict.fromkeys(("MediaBox", "CropBox", "BleedBox", "TrimBox", "ArtBox"), "plain")
_STREAM = {"DecodeParms": "parms"}
SHAPES: Final[dict[str, dict[str, str]]] = {
    "page": {
        **_BOXES, "Type": "plain", "Rotate": "plain", "UserUnit": "plain", "Resources": "resources",
        "Contents": "contents", "Group": "group",
    },
    "resources": {
        "ExtGState": "names gs", "ColorSpace": "names colour", "Pattern": "names pattern", "Shading": "names shading",
        "XObject": "names xobject", "Font": "names font", "ProcSet": "plain", "Properties": "names nothing",
    },
    "group": {"Type": "plain", "S": "plain", "CS": "colour", "I": "plain", "K": "plain"},
    "gs": {
        **dict.fromkeys(("Type", "LW", "LC", "LJ", "ML", "D", "RI", "OP", "op", "OPM", "FL", "SM", "SA", "BM", "CA",
                         "ca", "AIS", "TK"), "plain"),
        "Font": "sized font", "SMask": "mask",
    },
    "mask": {"Type": "plain", "S": "plain", "G": "xobject", "BC": "plain", "TR": "function"},
    "form": {
        **_STREAM, **dict.fromkeys(("Type", "Subtype", "FormType", "BBox", "Matrix"), "plain"),
        "Resources": "resources", "Group": "group",
    },
    "image": {
        **_STREAM,
        **dict.fromkeys(("Type", "Subtype", "Width", "Height", "BitsPerComponent", "Intent", "ImageMask", "Decode",
                         "Interpolate", "SMaskInData", "Matte"), "plain"),
        "ColorSpace": "colour", "Mask": "image or key", "SMask": "xobject",
    },
    "tiling": {
        **_STREAM,
        **dict.fromkeys(("Type", "PatternType", "PaintType", "TilingType", "BBox", "XStep", "YStep",
                         "Matrix"), "plain"),
        "Resources": "resources",
    },
    "shaded": {"Type": "plain", "PatternType": "plain", "Matrix": "plain", "Shading": "shading", "ExtGState": "gs"},
    "shading": {
        **_STREAM,
        **dict.fromkeys(("ShadingType", "Background", "BBox", "AntiAlias", "Coords", "Domain", "Extend", "Matrix",
                         "BitsPerCoordinate", "BitsPerComponent", "BitsPerFlag", "Decode", "VerticesPerRow"), "plain"),
        "ColorSpace": "colour", "Function": "function",
    },
    "function": {
        **_STREAM,
        **dict.fromkeys(("FunctionType", "Domain", "Range", "Size", "BitsPerSample", "Order", "Encode", "Decode", "C0",
                         "C1", "N", "Bounds"), "plain"),
        "Functions": "function",
    },
    "font": {
        **dict.fromkeys(("Type", "Subtype", "BaseFont", "Name", "FirstChar", "LastChar", "Widths", "DW", "W", "DW2",
                         "W2", "FontBBox", "FontMatrix"), "plain"),
        "FontDescriptor": "descriptor", "Encoding": "encoding", "ToUnicode": "map", "DescendantFonts": "font",
        "CIDSystemInfo": "collection", "CIDToGIDMap": "map", "CharProcs": "names glyph", "Resources": "resources",
    },
    "descriptor": {
        **dict.fromkeys(("Type", "FontName", "FontStretch", "FontWeight", "Flags", "FontBBox", "ItalicAngle", "Ascent",
                         "Descent", "Leading", "CapHeight", "XHeight", "StemV", "StemH", "AvgWidth", "MaxWidth",
                         "MissingWidth"), "plain"),
        "CharSet": "text", "FontFile": "map", "FontFile2": "map", "FontFile3": "map", "CIDSet": "map",
    },
    "encoding": {
        **_STREAM, **dict.fromkeys(("Type", "BaseEncoding", "Differences", "CMapName", "WMode"), "plain"),
        "CIDSystemInfo": "collection", "UseCMap": "map",
    },
    "collection": {"Registry": "text", "Ordering": "text", "Supplement": "plain"},
    "map": {
        **_STREAM, **dict.fromkeys(("Type", "Subtype", "Length1", "Length2", "Length3", "CMapName", "WMode"), "plain"),
        "CIDSystemInfo": "collection", "UseCMap": "map",
    },
    "glyph": _STREAM,
    "white": dict.fromkeys(("WhitePoint", "BlackPoint", "Gamma", "Matrix", "Range"), "plain"),
    "parms": {
        **dict.fromkeys(("Predictor", "Colors", "BitsPerComponent", "Columns", "EarlyChange", "K", "EndOfLine",
                         "EncodedByteAlign", "Rows", "EndOfBlock", "BlackIs1", "DamagedRowsBeforeError",
                         "ColorTransform"), "plain"),
        "JBIG2Globals": "map",
    },
}  # fmt: skip
"""Kind of object → the keys that it keeps → the kind of their values."""

FAMILIES: Final = {
    "/Indexed": ("colour", "plain", "table"),
    "/Separation": ("plain", "colour", "function"),
    "/DeviceN": ("plain", "colour", "function"),
    "/Pattern": ("colour",),
    "/CalRGB": ("white",),
    "/CalGray": ("white",),
    "/Lab": ("white",),
}
"""Family of colours → the kinds of what follows its name."""
