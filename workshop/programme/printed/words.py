"""Words by which French and English are read (named for them): lists, no rules."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KNOWN = _words(
    """
    abordée accès acteurs adaptation affectées agenda aidée ajuster apprendre après aperçu approche approches
    atelier ateliers aussi avancée axée axées bénéfice bibliothèque cadres chargée chargées cohésion cohérence
    collège comité commission communauté communautés compréhension comprendre comment concernées concernés concrète
    concrètes connaissances considérée construction contexte contrôle coopération créer criminalité croisés
    cultivées culture d'étude débat débats début déclin décloisonner définition défi défis déjà démarche démocratie
    dépendance déroulement dernière dernières dépénalisation développement difficultés diversité domaine données
    drogue drogues droits durable échange échanges échelle économie économique économiques également égalité élargi
    élargie élaboration éléments émergence enjeux engagements enquête enseignements entière équilibrée équilibré
    équipe équité espace étatique état états éthique être étude études européen européenne européens expérience
    expériences explorer extérieur extérieure extérieures faire façon façons favoriser fédération femmes
    francophones frontière frontières général générale généralité généraux géographie grâce gestion gouvernement
    historique homme hommes hôpital humaine humaines humains idées identité identités illicites impact initiatives
    innovants innovations instruments intérêt interprétation international internationale internationales
    internationaux interventions justice légal légale législation lutte lumière majorité manière manières marchés
    matière matières médecin médecins médiane médianes méthadone méthode méthodes meilleure modèle modèles mondial
    mondiale mondiaux nations nationaux nécessaire nécessité niveau niveaux notamment nouveau nouveaux nouvelle
    nouvelles numérique objectifs opportunités opérations organisation outil outils où paramètres participation
    perspective perspectives phénomène phénomènes pistes plaidoyer politique politiques possibilités pourrait
    pratiques première premières présence présentation prévention priorité privés problématique problématiques
    problématisation problème problèmes procédure processus programme programmes prohibition projet propose
    psychotropes publique publiques publiés questions québec réalité réalités récente récentes recherche réduction
    référence références référentiels réflexion réflexions réforme réformes régime régimes région régional régionale
    régions régler règle règles réglementation répression répressive répressif répondre réponse réponses réseau
    réseaux résilience résultats réunion revoir risques sanitaire santé savoir scène sciences sécurité sécuritaire
    séance séances série séries société sociétés sociologie solidarité soutenir spécial spéciale spécialiste
    stratégie stratégies stratégique stratégiques stupéfiants structurelles stratégiquement substances surdité
    système systèmes territoire territoires théorie théorique thématique thématiques traversée travers troisième
    quatrième cinquième sixième deuxième unies université usages vérité vulnérabilité vulnérabilités vulnérables que
    quelles quels cette entre lors dans avec sous leur leurs aux au ville urbains rural innovante innovantes
    ensemble atténuer économiquement très près chaîne chaînes contrôles enquêtes interêts forêt prêt tête même mêmes
    """
)
"""Words whose shape without accents, or with another letter, is no other word of French."""
ENGLISH_TOO = _words(
    """
    series experience experiences reference references presence scene region regional intervention interventions
    regime regimes element elements college general legal strategies strategy presentation prevention
    """
)
"""Shapes that English words have too: mended only behind a small word of French."""
SMALL = _words(
    """
    nos notre vos votre les des ces ses leurs de la le du une un aux au en d l et cette
    """
)
"""Small words behind which French goes on."""
YEARS = _words(
    """
    un cet chaque par premier dernier nouvel bon mi l' l’ d' d’ jour
    """
)
"""Words between which `an` is a year."""
NOUNS = _words(
    """
    atelier premier dernier particulier chantier calendrier papier hier avenir souvenir plaisir désir cahier métier
    quartier courrier dossier foyer février janvier pouvoir savoir espoir être entre centre notre votre autre maître
    lettre titre ministre octobre chapitre contre outre rencontre mer hiver enfer ouvrier policier financier devoir
    pasteur fier cher leader cancer
    """
)
"""Words with the ending of an infinitive that are none."""
BEFORE_A = _words(
    """
    quant face grâce grace jusqu contraire rapport suite
    """
)
"""Words behind which `a` can only be `à`."""
AFTER_A = _words(
    """
    travers partir celles celui ceux laquelle lesquelles
    """
)
"""Words before which `a` can only be `à`."""
LOST = _words(
    """
    deja etre meme maniere tres apres controle probleme systeme societe sante developpement
    """
)
"""Words of French that have lost their accents."""
FRENCH = _words(
    """
    le la les des du de et en un une aux au sur pour par dans que qui comment vers est sont ce cet cette ces leur
    leurs nos notre votre se ne pas plus avec sans sous entre afin ainsi dont lors ou où mais comme être faire fait
    défi mondial mondiale monde drogue drogues atelier ateliers séance politique politiques publique publiques santé
    droits humains développement savoir revoir outils stratégies solutions problématisation cohérence gestion
    interstices nationaux national nationale internationale internationaux débat débats pause discussion clôture
    ouverture présentation conclusion accueil échanges pratiques enjeux approches regards croisés recherche société
    sociétés histoire ville villes jeunes femmes soins prévention réduction risques usages usagers marchés
    """
)
"""Words that say a text is French."""
ENGLISH = _words(
    """
    the of and to for in with how by from is are be back towards toward into our their its this that these those
    what which who we you or but not as at it between about under through global challenge challenges workshop
    workshops drug drugs policy policies health rights human world new approach approaches tools strategies break
    discussion welcome closing opening silos breaking need needs beyond against across market markets people
    community communities research society care use users harm reduction prevention development building making
    changing rethinking lessons learned practice practices issues session online series case
    """
)
"""Words that say a text is English."""
PARTICLES = _words(
    """
    de du des van von der den da dos di el al bin ben le la d' d’ y e
    """
)
"""Small words within names."""
HONORIFICS = _words(
    """
    dr pr prof professor professeur docteur m mme mr mrs ms sir dame me
    """
)
"""What stands before names."""
EVERYWHERE = _words("discussion conclusion introduction questions panel")
"""Titles that are the same in both languages."""
