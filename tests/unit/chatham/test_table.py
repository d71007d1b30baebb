"""The whole table of section 3, spelled out beside the code: every level, visibility, audience, surface and datum."""

from __future__ import annotations

from itertools import product

import pytest

from workshop.chatham.rule import NOTHING, Audience, Consents, Level, Surface, TitleForm, Visibility, disclosure

AGREED = Consents(announce_name=True, announce_affiliation=True, quoted=True, slides=True, recorded=True)

# One column for each surface, in this order.
COLUMNS = [
    *("page", "list", "search", "personal_page", "mail", "calendar", "pdf", "export", "private_export", "json", "log"),
    *("link_preview", "sitemap", "form"),
]
AUDIENCES = ["public", "invited", "participant", "speaker", "moderator", "organiser", "helper", "administrator"]


def grid(text: str, *, otherwise: str = "." * 14) -> dict[tuple[Audience, Surface], str]:
    """Read lines of `audience[,audience] ..............`, one character for each surface."""
    rows = dict.fromkeys(AUDIENCES, otherwise)
    for line in text.strip().splitlines():
        names, marks = line.split()
        assert len(marks) == len(COLUMNS), line
        rows.update(dict.fromkeys(names.split(","), marks))
    return {
        (Audience(who), Surface(where)): mark
        for who in AUDIENCES
        for where, mark in zip(COLUMNS, rows[who], strict=True)
    }


KNOWN = {
    "public": grid(
        """
        public,administrator                   xxxxxxx..x.xx.
        invited,participant,speaker,moderator  xxxxxxx..x.xx.
        organiser                              xxxxxxxxxxxxxx
        helper                                 xxxxxxx..x.xxx
        """
    ),
    "unlisted": grid(
        """
        public,administrator                   x..xx.x....x..
        invited,participant,speaker,moderator  x..xxxx....x..
        organiser                              xxxxxxxxx.xx.x
        helper                                 xxxxx.x....x.x
        """
    ),
    "unlisted, by its address": grid(
        """
        public,administrator                   xx.xxxx..x.x..
        invited,participant,speaker,moderator  xx.xxxx..x.x..
        organiser                              xxxxxxxxxxxx.x
        helper                                 xxxxxxx..x.x.x
        """
    ),
    "invite_only": grid(
        """
        invited,participant,speaker,moderator  x..xxx........
        organiser                              xxxxxx.xx.x..x
        helper                                 xxx..........x
        """
    ),
}

# F the real title, P the public title in its place, L the label, . none
OPEN_TITLE = grid("", otherwise="FFFFFFFFFF.F.F")
TITLES = {
    Level.ON_THE_RECORD: OPEN_TITLE,
    Level.DISCUSSION: OPEN_TITLE,
    Level.WHOLE_SESSION: grid(
        """
        participant,speaker,moderator  PPPFLLPPPP.P.P
        organiser                      FFFFLLPFFP.P.F
        helper                         FFFPLLPPPP.P.F
        """,
        otherwise="PPPPLLPPPP.P.P",
    ),
    Level.CLOSED: grid(
        """
        participant,speaker,moderator  PPPFLLPPPP.P.P
        organiser                      FFFFLLPFFP.P.F
        helper                         FFFPLLPPPP.P.F
        """,
        otherwise="PPPPLLPPPP.P.P",
    ),
}
FORMS = {"F": TitleForm.FULL, "P": TitleForm.PUBLIC_TITLE, "L": TitleForm.LABEL, ".": TitleForm.NONE}

EVERYWHERE = grid("", otherwise="xxxxxxxxxx.x.x")
NOWHERE = grid("")
CONTENT = {
    Level.ON_THE_RECORD: EVERYWHERE,
    Level.DISCUSSION: EVERYWHERE,
    Level.WHOLE_SESSION: grid(
        """
        organiser  x..x...xx....x
        helper     x..x.........x
        """,
        otherwise="x..x..........",
    ),
    Level.CLOSED: grid(
        """
        participant,speaker,moderator  ...x..........
        organiser                      x..x...xx....x
        helper                         x............x
        """
    ),
}
HIDDEN_SPEAKERS = grid(
    """
    participant,speaker,moderator  ...x..........
    organiser                      x..x...xx....x
    """
)
SPEAKERS = {
    Level.ON_THE_RECORD: EVERYWHERE,
    Level.DISCUSSION: EVERYWHERE,
    Level.WHOLE_SESSION: HIDDEN_SPEAKERS,
    Level.CLOSED: HIDDEN_SPEAKERS,
}
HIDDEN_SLIDES = grid("participant,speaker,moderator,organiser ...x..........")
SLIDES = {
    Level.ON_THE_RECORD: EVERYWHERE,
    Level.DISCUSSION: EVERYWHERE,
    Level.WHOLE_SESSION: HIDDEN_SLIDES,
    Level.CLOSED: HIDDEN_SLIDES,
}
SUMMARY = {**CONTENT, Level.CLOSED: NOWHERE}
RECORDING = {
    Level.ON_THE_RECORD: EVERYWHERE,
    Level.DISCUSSION: NOWHERE,
    Level.WHOLE_SESSION: NOWHERE,
    Level.CLOSED: NOWHERE,
}
OPEN_NOTICE = EVERYWHERE
HIDDEN_NOTICE = grid("", otherwise="xxxxx.xxxx.x.x")
NOTICE = {
    Level.ON_THE_RECORD: OPEN_NOTICE,
    Level.DISCUSSION: OPEN_NOTICE,
    Level.WHOLE_SESSION: HIDDEN_NOTICE,
    Level.CLOSED: HIDDEN_NOTICE,
}
# Free words of the organisers: none of them where mail and calendar are neutral.
HIDDEN_SENTENCE = grid("", otherwise="xxxx..xxxx.x.x")
SENTENCE = {
    Level.ON_THE_RECORD: EVERYWHERE,
    Level.DISCUSSION: EVERYWHERE,
    Level.WHOLE_SESSION: HIDDEN_SENTENCE,
    Level.CLOSED: HIDDEN_SENTENCE,
}
NEUTRAL = {
    Level.ON_THE_RECORD: NOWHERE,
    Level.DISCUSSION: NOWHERE,
    Level.WHOLE_SESSION: grid("", otherwise="....xx........"),
    Level.CLOSED: grid("", otherwise="....xx........"),
}
OPEN_PLACES = grid("", otherwise="xx.x.....x....")
ORGANISERS_PLACES = grid("organiser xx.x.....x....")
PLACES = {
    Level.ON_THE_RECORD: OPEN_PLACES,
    Level.DISCUSSION: OPEN_PLACES,
    Level.WHOLE_SESSION: ORGANISERS_PLACES,
    Level.CLOSED: ORGANISERS_PLACES,
}
BREAKDOWNS = {
    Level.ON_THE_RECORD: grid("organiser x......xx....."),
    Level.DISCUSSION: grid("organiser x......xx....."),
    Level.WHOLE_SESSION: grid("organiser x............."),
    Level.CLOSED: NOWHERE,
}
OPEN_COUNT = grid("organiser xxx..x.xx.....")
HIDDEN_COUNT = grid("organiser xxx....xx.....")
COUNT = {
    Level.ON_THE_RECORD: OPEN_COUNT,
    Level.DISCUSSION: OPEN_COUNT,
    Level.WHOLE_SESSION: HIDDEN_COUNT,
    Level.CLOSED: HIDDEN_COUNT,
}
# The same at every level.
ROOM = grid("organiser ........x....x")
JOIN = grid("participant,speaker,moderator,organiser ...xxx........")
NAMES = grid("organiser x.x....xx.....")
ADDRESSES = grid("organiser x.............")

SAID = {
    # level: (a talk, a discussion, reported in general terms)
    Level.ON_THE_RECORD: (True, True, True),
    Level.DISCUSSION: (False, False, True),
    Level.WHOLE_SESSION: (False, False, True),
    Level.CLOSED: (False, False, False),
}


def test_every_surface_and_audience_stands_in_the_table() -> None:
    assert [surface.value for surface in Surface] == COLUMNS
    assert [audience.value for audience in Audience] == AUDIENCES


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("kind", KNOWN)
def test_each_datum_is_shown_where_the_table_says_and_nowhere_else(level: Level, kind: str) -> None:
    for audience, surface in product(Audience, Surface):
        # Whatever its visibility says, what is closed is for those invited.
        known = KNOWN["invite_only" if level is Level.CLOSED else kind]
        at = (audience, surface)
        shown = disclosure(
            level=level,
            visibility=Visibility(kind.partition(",")[0]),
            audience=audience,
            surface=surface,
            consents=AGREED,
            has_address="address" in kind,
        )
        if known[at] == ".":
            assert shown == NOTHING, at
            continue
        expected = {
            "is_known": True,
            "is_indexable": kind == "public"
            and level is not Level.CLOSED
            and surface in {Surface.PAGE, Surface.SITEMAP},
            "is_neutral": NEUTRAL[level][at] == "x",
            "title": FORMS[TITLES[level][at]],
            "notice": NOTICE[level][at] == "x",
            "own_sentence": SENTENCE[level][at] == "x",
            **dict.fromkeys(("abstract", "objectives", "item_titles", "place"), CONTENT[level][at] == "x"),
            **dict.fromkeys(("speaker_names", "speaker_affiliations"), SPEAKERS[level][at] == "x"),
            "room_link": ROOM[at] == "x",
            "join_link": JOIN[at] == "x",
            "participant_names": NAMES[at] == "x",
            "participant_addresses": ADDRESSES[at] == "x",
            "participant_count": COUNT[level][at] == "x",
            "places_word": PLACES[level][at] == "x",
            "breakdowns": BREAKDOWNS[level][at] == "x",
            **dict(zip(("may_attribute_talk", "may_attribute_discussion", "may_report"), SAID[level], strict=True)),
            "slides": SLIDES[level][at] == "x",
            "recording": RECORDING[level][at] == "x",
            "summary": SUMMARY[level][at] == "x",
        }
        assert {name: getattr(shown, name) for name in shown.__slots__} == expected, at
