"""What the check blocks, warns of and leaves alone, on the people of the real fourth workshop, in both languages."""

from __future__ import annotations

import pytest

from tests.unit.chatham.attribution.programme import dictionary, found
from workshop.chatham.attribution import check

SOFT, HYPHEN, ZERO, JOINER = "\u00ad", "\u2011", "\u200b", "\u2060"

BLOCKED = [
    # Names whole, in either order, in any spelling
    ("fr", "Jean-Christophe Galland explique", "full_name", "Jean-Christophe Galland"),
    ("en", "We heard Galland Jean-Christophe on this.", "full_name", "Galland Jean-Christophe"),
    ("fr", "GALLAND, Jean-Christophe", "full_name", "GALLAND, Jean-Christophe"),
    ("fr", "jean christophe galland", "full_name", "jean christophe galland"),
    ("fr", "Galland explique", "surname", "Galland"),
    ("en", "As galland said", "surname", "galland"),
    ("fr", "Nguyễn Thu Trang", "full_name", "Nguyễn Thu Trang"),
    ("en", "Thu Trang Nguyen", "full_name", "Thu Trang Nguyen"),
    ("en", "NGUYEN T. T. presented", "initials_and_surname", "NGUYEN T. T"),
    ("fr", "Deborah Alimi", "full_name", "Deborah Alimi"),
    ("fr", "Marie Jauffret Roustide", "full_name", "Marie Jauffret Roustide"),
    ("fr", "Madame Roustide", "honorific_and_name", "Madame Roustide"),
    ("fr", "Pour Jauffret, non.", "surname", "Jauffret"),
    ("fr", "JauffretRoustide", "surname", "JauffretRoustide"),
    ("fr", "Jauffret–Roustide", "surname", "Jauffret–Roustide"),
    ("en", "Angela Me", "full_name", "Angela Me"),
    ("en", "angela me", "full_name", "angela me"),
    ("fr", "Me (Angela)", "full_name", "Me (Angela"),
    ("en", "#JohnCollins", "full_name", "JohnCollins"),
    ("en", "The Kemps of this world", "surname", "Kemps"),
    ("en", "Marie J.-R. said", "full_name", "Marie J.-R"),
    # Initials
    ("fr", "J.-C. Galland", "initials_and_surname", "J.-C. Galland"),
    ("fr", "J. C. Galland", "initials_and_surname", "J. C. Galland"),
    ("fr", "JC Galland", "initials_and_surname", "JC Galland"),
    ("fr", "Galland J.-C.", "initials_and_surname", "Galland J.-C"),
    ("en", "A. Me", "initials_and_surname", "A. Me"),
    ("en", "jgalland", "initials_and_surname", "jgalland"),
    # Honorifics
    ("fr", "Mme Me a présenté", "honorific_and_name", "Mme Me"),
    ("fr", "Mme me a présenté", "honorific_and_name", "Mme me"),
    ("fr", "M. Galland", "honorific_and_name", "M. Galland"),
    ("fr", "Me Galland", "honorific_and_name", "Me Galland"),
    ("fr", "Maître Kemp", "honorific_and_name", "Maître Kemp"),
    ("fr", "la Pr Jauffret", "honorific_and_name", "Pr Jauffret"),
    ("fr", "Mme Trang", "honorific_and_name", "Mme Trang"),
    ("en", "Dr. Me said so.", "honorific_and_name", "Dr. Me"),
    ("en", "Ms Angela", "honorific_and_name", "Ms Angela"),
    ("en", "Professor Collins", "honorific_and_name", "Professor Collins"),
    # Hidden
    ("fr", f"Gal{SOFT}land explique", "surname", f"Gal{SOFT}land"),
    ("fr", f"Jauffret{HYPHEN}Roustide", "surname", f"Jauffret{HYPHEN}Roustide"),
    ("fr", f"Gal{ZERO}land", "surname", f"Gal{ZERO}land"),
    ("fr", f"Angela{ZERO}Me", "full_name", f"Angela{ZERO}Me"),
    ("fr", f"J.{JOINER}-C. Galland", "initials_and_surname", f"J.{JOINER}-C. Galland"),
    ("fr", "Gal**land** explique", "surname", "Gal**land"),
    ("fr", "**Angela** _Me_", "full_name", "Angela** _Me"),
    ("fr", "[Gal](https://a.example)land", "surname", "Gal](https://a.example)land"),
    ("fr", "[ici](https://a.example/%47alland)", "surname", "%47alland"),
    ("fr", "&#71;all&shy;and", "surname", "&#71;all&shy;and"),
    ("fr", "<b>Gal</b>land", "surname", "Gal</b>land"),
    ("fr", "<!-- Galland -->", "surname", "Galland"),
    ("fr", "`Galland`", "surname", "Galland"),
    ("fr", "Gаllаnd", "surname", "Gаllаnd"),  # Cyrillic а
    ("fr", "Gαlland", "surname", "Gαlland"),  # Greek α
    ("fr", "Ｇａｌｌａｎｄ", "surname", "Ｇａｌｌａｎｄ"),
    ("fr", "𝐆𝐚𝐥𝐥𝐚𝐧𝐝", "surname", "𝐆𝐚𝐥𝐥𝐚𝐧𝐝"),
    ("fr", "ɢᴀʟʟᴀɴᴅ", "surname", "ɢᴀʟʟᴀɴᴅ"),
    ("fr", "G\u0336a\u0336l\u0336l\u0336a\u0336n\u0336d", "surname", "G\u0336a\u0336l\u0336l\u0336a\u0336n\u0336d"),
    ("fr", "\u202ednallaG\u202c", "surname", "dnallaG"),
    ("fr", "Ga11and", "surname", "Ga11and"),
    ("en", "Kernp", "surname", "Kernp"),
    ("en", "GaIIand", "surname", "GaIIand"),
    ("fr", "G.a.l.l.a.n.d", "surname", "G.a.l.l.a.n.d"),
    ("fr", "G a l l a n d", "surname", "G a l l a n d"),
    ("fr", "Gal-\nland", "surname", "Gal-\nland"),
    ("fr", "Gal land", "surname", "Gal land"),
    ("fr", "G-a-1-l-a-n-d", "surname", "G-a-1-l-a-n-d"),
    ("fr", "Gal\ud800land", "surname", "Gal\ud800land"),
    ("fr", "Gal🙂land", "surname", "Gal🙂land"),
    ("fr", "[x]: https://a.example/galland", "surname", "galland"),
    ("fr", "| Kemp | oui |", "surname", "Kemp"),
    ("fr", "Jean-C. G. dit", "full_name", "Jean-C. G"),
    # Organisations that speak, or that somebody belongs to
    ("fr", "Médecins du Monde explique que", "organisation_speaking", "Médecins du Monde"),
    ("fr", "Selon Médecins du Monde, non.", "organisation_speaking", "Médecins du Monde"),
    ("en", "Doctors of the World said no.", "organisation_speaking", "Doctors of the World"),
    ("fr", "MdM affirme que", "organisation_speaking", "MdM"),
    ("fr", "D’après l’ONUDC", "organisation_speaking", "ONUDC"),
    ("en", "according to UNODC", "organisation_speaking", "UNODC"),
    ("fr", "une collègue de l’Inserm", "organisation_speaking", "Inserm"),
    ("en", "the director of Malongo", "organisation_speaking", "Malongo"),
    ("en", "the UNODC speaker", "organisation_speaking", "UNODC"),
    ("fr", "Angela de l’ONUDC", "organisation_speaking", "ONUDC"),
    ("en", "GI-TOC argues that", "organisation_speaking", "GI-TOC"),
    ("fr", "Malongo : nous achetons", "organisation_speaking", "Malongo"),
    ("fr", "Ma1ongo explique", "organisation_speaking", "Ma1ongo"),
    ("fr", "ce que dit l’un des délégués de Malongo", "organisation_speaking", "Malongo"),
    # Addresses, handles, profiles
    ("fr", "jc (at) example.org", "address", "jc (at) example.org"),
    ("fr", "jc[arobase]example.org", "address", "jc[arobase]example.org"),
    ("fr", "jc arobase example point org", "address", "jc arobase example point org"),
    ("en", "me at example dot org", "address", "me at example dot org"),
    ("en", "jc-at-example.org", "address", "jc-at-example.org"),
    ("en", "jc&#64;example.org", "address", "jc&#64;example.org"),
    ("en", "jc＠example.org", "address", "jc＠example.org"),
    ("en", "jc<at>example.org", "address", "jc<at>example.org"),
    ("en", "follow @jcg_coffee", "handle", "@jcg_coffee"),
    ("en", "see https://www.linkedin.com/in/somebody", "profile_link", "www.linkedin.com/in/somebody"),
    ("en", "[them](https://x.com/somebody)", "profile_link", "x.com/somebody"),
]

WARNED = [
    ("fr", "Pour Me, tout est clair.", "common_surname", "Me"),
    ("en", "We then heard Me on the data.", "common_surname", "Me"),
    ("en", "Tom Collins said so.", "other_first_name", "Tom Collins"),
    ("fr", "Pierre Galland", "other_first_name", "Pierre Galland"),
    ("fr", "le galland", "common_surname", "galland"),
    ("fr", "Golland explique", "misspelt_name", "Golland"),
    ("fr", "Brombaher", "misspelt_name", "Brombaher"),
    ("fr", "Angela m’a dit", "first_name", "Angela"),
    ("fr", "déborah a dit", "first_name", "déborah"),
    ("en", "Then Walter spoke.", "first_name", "Walter"),
    ("en", "Trang explained", "first_name", "Trang"),
    ("fr", "J.-C. G. explique", "initials", "J.-C. G"),
    ("fr", "MJR a dit", "initials", "MJR"),
    ("en", "(WK)", "initials", "WK"),
    ("en", "WK: yes", "initials", "WK"),
    ("fr", "Mme A. explique", "initials", "Mme A"),
    ("fr", "Un rapport de Médecins du Monde", "organisation", "Médecins du Monde"),
    ("en", "coffee sold by Malongo", "organisation", "Malongo"),
    ("fr", "médecins du monde explique", "organisation", "médecins du monde"),
    ("fr", "mdm explique", "organisation", "mdm"),
    ("en", "the representative of the industry", "representative", "the representative of the industry"),
    ("fr", "la déléguée de Genève", "representative", "la déléguée de Genève"),
    ("en", "the Swiss delegate", "representative", "the Swiss delegate"),
    ("fr", "la porte-parole des usagers", "representative", "la porte-parole des usagers"),
    ("en", "the mayor of Lyon", "description", "the mayor of Lyon"),
    ("fr", "le préfet marseillais", "description", "le préfet marseillais"),
    ("fr", "la seule sociologue du panel", "description", "la seule sociologue"),
    ("fr", "un médecin de l’hôpital de Hanoï", "description", "un médecin de l’hôpital de Hanoï"),
    ("fr", "06 12 34 56 78", "phone_number", "06 12 34 56 78"),
]

LEFT_ALONE = [
    ("en", "This gave me an idea."),
    ("en", "Me? Never. It was me. Me too."),
    ("en", "GIVE ME A BREAK"),
    ("fr", "Pour moi, le marché est clos."),
    ("fr", "Me semble-t-il, me voici. Me dit-on."),
    ("fr", "Me voici, dit l’une."),
    ("fr", "Me Dupont a plaidé."),
    ("fr", "Le monsieur me demande, madame me parle."),
    ("en", "A Tom Collins has gin in it."),
    ("en", "Phil Collins"),
    ("fr", "le monde des médecins"),
    ("fr", "Les médecins du monde entier manquent."),
    ("fr", "Marie Curie, Daniel Radcliffe et Jean Jaurès"),
    ("fr", "Saint-Jean, Sainte-Marie, Jean-Pierre, Notre-Dame"),
    ("en", "at 10 A.M. sharp in the U.S."),
    ("fr", "au Viet Nam, à Hanoï et à Paris"),
    ("fr", "Une sociologue et plusieurs médecins ont parlé."),
    ("fr", "Des représentants de la société civile et les délégués de plusieurs pays"),
    ("fr", "Le responsable est absent ; il est responsable de tout."),
    ("fr", "en 2019-2020, 12 000 000 de doses"),
    ("en", "at this point in time; at some point in May"),
    ("en", "a meeting @ 5 pm, netflix.com/x"),
    ("fr", "de HIV et de VIH, de l’Union européenne"),
    ("fr", "l’abbé, du pont, le maire"),
    ("en", "modern stem cells, a clean climb"),
]


@pytest.mark.parametrize(("language", "text", "reason", "words"), BLOCKED)
def test_blocks(language: str, text: str, reason: str, words: str) -> None:
    assert (reason, words) in found(text, language)


@pytest.mark.parametrize(("language", "text", "reason", "words"), WARNED)
def test_warns(language: str, text: str, reason: str, words: str) -> None:
    assert found(text, language) == [(reason, words)]


@pytest.mark.parametrize(("language", "text"), LEFT_ALONE)
def test_leaves_alone(language: str, text: str) -> None:
    assert found(text, language) == []


LONG_EN = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
LONG_FR = "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"


@pytest.mark.parametrize(
    "marks",
    [
        "« {} »",
        "«\u00a0{}\u00a0»",
        "“{}”",
        '"{}"',
        "‘{}’",
        "'{}'",
        "„{}“",
        "‹{}›",
        "<<{}>>",
        "»{}«",
        "> {}",
        "&laquo;{}&raquo;",
    ],
)
@pytest.mark.parametrize(("language", "words"), [("en", LONG_EN), ("fr", LONG_FR)])
def test_warns_of_more_than_fifteen_words_in_any_marks(marks: str, language: str, words: str) -> None:
    assert [reason for reason, _ in found(f"Text.\n\n{marks.format(words)}\n\nText.", language)] == ["long_quotation"]
    assert found(f"Text.\n\n{marks.format(words.rpartition(' ')[0])}\n\nText.", language) == []


def test_a_quotation_goes_on_over_an_apostrophe_and_to_the_end_of_its_paragraph() -> None:
    assert [reason for reason, _ in found(f"‘the users’ rights {LONG_EN}’", "en")] == ["long_quotation"]
    assert [reason for reason, _ in found(f"“{LONG_EN}\n\n“and more”", "en")] == ["long_quotation"]


def test_names_in_a_long_quotation_are_found_too() -> None:
    assert [reason for reason, _ in found(f"« {LONG_FR} Galland »", "fr")] == ["long_quotation", "surname"]


SOURCES = [
    (
        "en",
        "## Sources\n\n- UNODC, World Drug Report 2021, Vienna.\n- Galland, J.-C. (2020), *Coffee in Myanmar*, Paris.",
    ),
    ("fr", "### Références\n\n1. M. Jauffret-Roustide (2019), *La réduction des risques*, Paris, Inserm."),
    ("fr", "## Bibliographie\n\n- Le rapport sur les prix, [en ligne](https://www.unodc.org/galland)"),
    ("fr", "**Pour aller plus loin**\n\n- [Rapport](https://www.unodc.org/rapport) de l’ONUDC sur les prix"),
    ("fr", "Sources :\n\nMédecins du Monde, Rapport annuel, 2020, consulté en ligne"),
]
NO_SOURCES = [
    ("fr", "## Sources\n\nMerci à Galland (2021)", ("surname", "Galland")),
    ("fr", "## Sources\n\nGalland a dit en 2021 que les prix montent", ("surname", "Galland")),
    ("fr", "## Sources\n\nGalland pense que les prix montent", ("surname", "Galland")),
    ("fr", "## Sources\n\n- Rapport 2020\n\n## Suite\n\nGalland, les prix du café, 2020", ("surname", "Galland")),
    ("fr", "## Sources\n\n- Mme Galland, rapport sur le café, 2020", ("honorific_and_name", "Mme Galland")),
    ("fr", "## Sources\n\n- jc@example.org, rapport sur le café, 2020", ("address", "jc@example.org")),
    (
        "fr",
        "## Sources\n\n- Un rapport [ici](https://a.example/)\n\n## Suite\n\n[ici](https://a.example/galland)",
        ("surname", "galland"),
    ),
    ("fr", "Galland, J.-C. (2020), Le café au Myanmar, Paris.", ("initials_and_surname", "Galland, J.-C")),
]


@pytest.mark.parametrize(("language", "text"), SOURCES)
def test_citations_of_public_documents_in_the_sources_are_left_alone(language: str, text: str) -> None:
    assert found(text, language) == []


@pytest.mark.parametrize(("language", "text", "finding"), NO_SOURCES)
def test_a_heading_makes_no_citation(language: str, text: str, finding: tuple[str, str]) -> None:
    assert finding in found(text, language)


FALSE_ALARMS = [
    (
        "fr",
        "La direction de la santé et le plaidoyer avancent.",
        "warn: an affiliation made of ordinary words, near a verb",
    ),
    ("en", "The Gallant Captain", "warn: a word one letter away from a surname"),
    ("fr", "Me dit le médecin", "warn: « me » opening a sentence before a verb of speech"),
    ("en", "The Word Me in a Heading", "warn: a capital that is a heading's"),
    ("fr", "la rue Galland à Paris", "block: a street, a school, a firm of the same name"),
    ("en", "(Kemp 2019) in the text, not in the sources", "block: a citation outside the list of sources"),
    ("fr", "le directeur de Frontex", "warn: a public office that many know"),
    (
        "fr",
        "Médecins du Monde a publié et présenté son rapport annuel.",
        "block: a public act of an organisation, with a verb of speech",
    ),
    ("en", "Write to helpline@example.org", "block: an address that is meant to be public"),
]


@pytest.mark.parametrize(("language", "text", "why"), FALSE_ALARMS)
def test_known_false_alarms(language: str, text: str, why: str) -> None:
    """An editor must reword or give a reason for these, though they give nobody away."""
    severities = {finding.severity.value for finding in check(text, language, dictionary())}
    assert why.partition(":")[0] in severities


MISSES = [
    ("fr", "Le grand blond du café équitable explique", "a description without a role or a place"),
    ("fr", "JiCé explique", "a nickname"),
    ("fr", "Galan explique", "a surname with more than one letter wrong or fewer than six letters left"),
    ("en", "Mr Angle a Mi", "a name by its sound"),
    ("fr", "Галланд", "a name in another script, letter for letter"),
    ("fr", "gallandexplique", "a surname inside a longer word without a capital"),
    (
        "fr",
        "« un deux trois quatre cinq six sept huit » « neuf dix onze douze treize quatorze quinze seize »",
        "a quotation cut in two",
    ),
    (
        "fr",
        "*un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize*",
        "a quotation in italics",
    ),
    ("en", "They are kempw on that network", "a handle without its sign"),
    ("fr", "Grand Ami Lent Lit Avec Notre Dame", "an acrostic"),
    ("fr", "La personne assise à côté du modérateur", "what only those present understand"),
    (
        "fr",
        "— Je pense que tout cela est très compliqué, dit l’une, et que rien ne va changer avant longtemps",
        "a dialogue without marks",
    ),
    ("fr", "Panthéon-Sorbonne explique", "a part of an affiliation's name"),
    (
        "fr",
        "Le premier exposé portait sur le café ; son auteur dirige l’achat",
        "jigsaw: the programme tells who that was",
    ),
]


@pytest.mark.parametrize(("language", "text", "why"), MISSES)
def test_known_misses(language: str, text: str, why: str) -> None:
    """The page says that these stay for a human reader; a case that is found one day moves to another table."""
    assert why
    assert found(text, language) == []
