"""Links to recordings are found in what people write; other links are left alone."""

from __future__ import annotations

from time import perf_counter

import pytest

from workshop.chatham.recordings import find_recordings

FOUND = """
https://www.youtube.com/watch?v=qK6M0G87DOI
https://youtu.be/qK6M0G87DOI
https://youtu.be/qK6M0G87DOI?t=90
http://m.youtube.com/live/abcdefg
https://www.youtube-nocookie.com/embed/qK6M0G87DOI
youtube.com/watch?v=qK6M0G87DOI
www.youtube.com/playlist?list=PL123
HTTPS://YOUTU.BE/QK6M0G87DOI
https://vimeo.com/123456789
https://player.vimeo.com/video/123456789
https://vimeo.com/event/1234
https://www.dailymotion.com/video/x8abcd
https://dai.ly/x8abcd
https://www.twitch.tv/videos/123456
https://us02web.zoom.us/rec/share/AbC-123.xyz
https://zoom.us/recording/detail?meeting_id=1
https://example.webex.com/recordingservice/sites/example/recording/abc/playback
https://example.webex.com/webappng/sites/example/recording/abc
https://web.microsoftstream.com/video/abc
https://example.sharepoint.com/:v:/s/Team/abc
https://example.sharepoint.com/personal/x/_layouts/15/stream.aspx?id=abc
https://www.loom.com/share/abc123
https://otter.ai/u/abc123
https://bbb.example.org/playback/presentation/2.3/abcdef-123
https://bbb.example.org/recordings/abcdef123
https://tube.example.org/w/4sT9pQkLm2aZ
https://tube.example.org/videos/watch/abc
https://media.example.org/seance-4.mp4
https://media.example.org/seance-4.MP3?download=1
https://media.example.org/s%C3%A9ance%204.m4a
media.example.org/audio/4.ogg
https://media.example.org/sous-titres.vtt
https://soundcloud.com/example/workshop-4
https://open.spotify.com/episode/abc
https://podcasts.apple.com/fr/podcast/x/id1?i=2
https://example.hosted.panopto.eu/Panopto/Pages/Viewer.aspx?id=1
https://www.canal-u.tv/chaines/example/seance-4
https://l.facebook.com/l.php?u=https%3A%2F%2Fyoutu.be%2FqK6M0G87DOI
https://www.facebook.com/watch/?v=1
""".split()  # noqa: SIM905 (a list to read)

LEFT = """
https://www.youtube.com/@example
https://www.youtube.com/
https://vimeo.com/about
https://rooms.example.org/4
https://us02web.zoom.us/j/123456789?pwd=abc
https://meet.jit.si/Example
https://example.webex.com/meet/camille
https://teams.microsoft.com/l/meetup-join/abc
https://bbb.example.org/rooms/abc/join
https://drogueshs.hypotheses.org/accueil
https://www.medecinsdumonde.org/fr
https://example.org/w/index
https://example.org/recordings
https://example.org/rapport-mp3.pdf
https://notyoutube.com/watch?v=qK6M0G87DOI
https://youtube.com.example.org/about
https://doi.org/10.1000/182
contact@youtu.be
mp4
fichier.mp4
""".split()  # noqa: SIM905 (a list to read)


@pytest.mark.parametrize("link", FOUND)
def test_the_address_of_a_recording_is_found(link: str) -> None:
    assert len(find_recordings(link)) == 1


@pytest.mark.parametrize("link", LEFT)
def test_another_address_is_left_alone(link: str) -> None:
    assert find_recordings(link) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Revoir la séance : https://youtu.be/qK6M0G87DOI.",
        "[l’enregistrement](https://youtu.be/qK6M0G87DOI)",
        "<https://youtu.be/qK6M0G87DOI>",
        "![x](https://youtu.be/qK6M0G87DOI 'titre')",
        "« https://youtu.be/qK6M0G87DOI »",
        "voir:https://youtu.be/qK6M0G87DOI,",
        "**https://youtu.be/qK6M0G87DOI**",
        "https://you\u00adtu.be/qK6M0G87DOI",
        "https://youtu\u200b.be/qK6M0G87DOI",
        "ｙｏｕｔｕ．ｂｅ/qK6M0G87DOI",
        "ligne\nhttps://youtu.be/qK6M0G87DOI\nligne",
    ],
)
def test_it_is_found_within_prose_and_markup(text: str) -> None:
    assert len(find_recordings(text)) == 1


def test_each_is_named_once() -> None:
    assert find_recordings("https://youtu.be/qK6M0G87DOI https://youtu.be/qK6M0G87DOI") == (
        "https://youtu.be/qk6m0g87doi",
    )


def test_ordinary_words_about_recording_are_no_link() -> None:
    assert (
        find_recordings("Pas d’enregistrement. No recording, e.g. on Zoom, Vimeo or YouTube; see 4.mp3 for an example.")
        == ()
    )


@pytest.mark.parametrize(
    "text",
    ["a.a." * 25_000, "https://" * 12_500, "/" * 100_000, "youtu.be/" * 11_000, "[" * 100_000, "http://[" * 12_500],
)
def test_no_text_takes_long(text: str) -> None:
    prose = "Le marché est clos ; voir https://example.org/ pour la suite. " * 1600
    start = perf_counter()
    find_recordings(prose)
    usual = perf_counter() - start
    start = perf_counter()
    find_recordings(text)
    assert perf_counter() - start < max(10 * usual, 0.25)
