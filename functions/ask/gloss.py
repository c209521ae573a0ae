"""A German question → the English words for it, one by one.

The model knows English, and so do most corpora: word for word is enough to find the passage (dictionary-based query
translation; Pirkola, 1998). The dictionary holds what people ask about a professional life. A compound is taken apart;
a word that is not there stays as it is, for it may be a name, and what no passage has speaks against an answer.
"""

import re
from functools import cache

import Stemmer

_WORD = re.compile(r"[^\W\d_]+")

# English: German words, any inflected form of which the stemmer leads here.
_ENTRIES = """
who: wer wen wem; what: was; where: wo woran worin; when: wann; how: wie; why: warum wieso weshalb wozu
which: welche welcher welches welchen welchem; how many: wieviele wieviel; how long: lange; from where: woher
with what: womit; for what: wofür; about what: worüber; which kind of: welcherlei
he: er; she: sie; his: sein seine; her: ihr ihre; him: ihm ihn; you: du sie dich dir ihnen; your: dein deine
is: ist bist sind; was: war waren warst; has: hat hast haben habt; had: hatte hatten; can: kann kannst können; the: der das den dem des
a: ein eine einen einem einer eines; and: und; or: oder; not: nicht; no: kein keine; in: im; at: bei beim am; with: mit; for: für
from: von vom aus; to: zu zum zur nach; on: auf; about: über; since: seit; before: vor vorher davor zuvor bevor; after: danach nachdem
during: während; until: bis; as: als; also: auch; already: schon bereits; still: noch; there: dort da; here: hier; today: heute
now: jetzt; currently: derzeit aktuell momentan gerade gegenwärtig; last: zuletzt letzte; first: zuerst erste; earlier: früher; new: neu
more: mehr; other: andere; all: alle; own: eigene; good: gut; well: gut; best: beste; very: sehr; big: groß; old: alt; free: frei
work: arbeit arbeiten arbeitet arbeitete gearbeitet tätig tätigkeit; job: job beruf stelle arbeitsstelle arbeitsplatz; employer: arbeitgeber
employed: angestellt beschäftigt; company: firma unternehmen betrieb konzern; position: position posten; role: rolle funktion; title: titel bezeichnung
task: aufgabe; responsible: verantwortlich zuständig; responsibility: verantwortung; team: team gruppe mannschaft; colleague: kollege kollegin
boss: chef vorgesetzter; manager: manager leiter führungskraft; lead: leiten leitet führen führt; career: karriere laufbahn werdegang
profession: beruf; professional: beruflich; experience: erfahrung berufserfahrung erfahrungen; years: jahre jahr jahren; month: monat monate
internship: praktikum; training: schulung weiterbildung fortbildung; industry: branche industrie; customer: kunde kunden; salary: gehalt lohn verdienst
earn: verdienen verdient; apply: bewerben bewerbung; hire: einstellen; available: verfügbar; notice period: kündigungsfrist; freelance: freiberuflich selbstständig
study: studieren studiert studierte studium studiengang studienfach; university: universität uni hochschule fachhochschule; school: schule; degree: abschluss studienabschluss hochschulabschluss
master: master; bachelor: bachelor; thesis: abschlussarbeit masterarbeit bachelorarbeit diplomarbeit thesis; master's thesis: masterarbeit; doctorate: doktor promotion
education: ausbildung bildung bildungsweg; subject: fach fachrichtung; grade: note noten abschlussnote; graduate: absolvieren absolvierte abgeschlossen; semester: semester
certificate: zertifikat zertifikate zertifizierung zertifizierungen zertifiziert bescheinigung; exam: prüfung examen klausur; course: kurs lehrgang; prepare: vorbereiten bereitet
passed: bestanden; learn: lernen lernt gelernt; teach: lehren unterrichten; qualification: qualifikation
skill: fähigkeit fähigkeiten fertigkeit können; knowledge: kenntnis kenntnisse wissen; know: kennen kennt weiß; expert: experte fachmann; strength: stärke stärken; weakness: schwäche schwächen
language: sprache sprachen; speak: sprechen spricht sprichst gesprochen; programming language: programmiersprache programmiersprachen; programming: programmieren programmiert programmierung
German: deutsch deutsche deutschkenntnisse; English: englisch englische englischkenntnisse; native language: muttersprache; fluent: fließend; level: niveau stufe
Germany: deutschland; India: indien; Indian: indisch; Europe: europa; city: stadt ort; country: land; residence: aufenthalt wohnsitz aufenthaltstitel; live: wohnen wohnt lebt leben; home: heimat zuhause
permanent residence: niederlassungserlaubnis daueraufenthalt; work permit: arbeitserlaubnis; visa: visum; nationality: staatsangehörigkeit nationalität; address: adresse anschrift
software: software; tool: werkzeug werkzeuge; technology: technologie technologien technik; framework: framework; library: bibliothek bibliotheken; database: datenbank datenbanken; data: daten; cloud: cloud
machine learning: maschinelles; learning: lernen; artificial intelligence: ki; neural network: netz netze; network: netzwerk netz; model: modell modelle; language model: sprachmodell
vector database: vektordatenbank; sensor: sensor sensoren; sensor data: sensordaten; computer vision: bildverarbeitung bilderkennung; image: bild bilder; video: video; recognise: erkennen erkennt; detection: erkennung
text: text texte; speech: sprachaufnahmen; audio: ton; code: quelltext quellcode; source code: quellcode; store: speichern gespeichert speichert; query: abfrage abfragen; automate: automatisieren automatisiert; automation: automatisierung
monitoring: überwachung; monitor: überwachen überwacht; operate: betreiben betreibt; run: laufen läuft; server: server rechner; container: container; website: webseite website internetseite; web: web
develop: entwickeln entwickelt entwickelte entwicklung; developer: entwickler; build: bauen gebaut baut erstellen erstellt; created: geschaffen angelegt; use: benutzen benutzt verwenden verwendet nutzen nutzt einsetzen eingesetzt
project: projekt projekte vorhaben; side projects: nebenprojekt nebenprojekte privatprojekte; private: privat private; system: system; chatbot: chatbot; assistant: assistent; application: anwendung anwendungen; product: produkt produkte
breath: atem; alcohol: alkohol; breath alcohol: atemalkohol; accuracy: genauigkeit trefferquote; accurate: genau; result: ergebnis ergebnisse; success: erfolg; achieve: erreichen erreicht; goal: ziel
marketing: marketing vermarktung; advertising: werbung; campaign: kampagne kampagnen; crowdfunding: schwarmfinanzierung; social media: medien; analysis: analyse auswertung; analyse: analysieren; evaluate: auswerten
mechanical engineering: maschinenbau; mechatronics: mechatronik; engineer: ingenieur ingenieurin; engineering: ingenieurwesen; computer science: informatik; data science: datenwissenschaft; data scientist: datenwissenschaftler
procurement: einkauf beschaffung; purchasing: einkäufer; supplier: lieferant lieferanten; quality: qualität; production: produktion fertigung herstellung; manufacturing: fertigung; rolling: walzen walzwerk; steel: stahl
heart: herz; disease: krankheit erkrankung; heart disease: herzkrankheit herzkrankheiten herzerkrankung herzerkrankungen; health: gesundheit; medical: medizinisch; research: forschung; publication: veröffentlichung veröffentlichungen; publish: veröffentlicht veröffentlichen
award: auszeichnung auszeichnungen preis; talk: vortrag vorträge; book: buch; hobby: hobby hobbys; interest: interesse interessen interessiert; leisure: freizeit; spare time: freizeit; volunteer: ehrenamt ehrenamtlich
contact: kontakt kontaktieren; reach: erreichen erreichbar; write: schreiben schreibt; email: mail; phone: telefon; phone number: telefonnummer handynummer; date of birth: geburtsdatum; birthday: geburtstag; born: geboren; age: alter
married: verheiratet; children: kinder; car: auto wagen; football: fußball; music: musik; name: name heißt; person: person mensch; introduce: vorstellen; tell: erzählen erzähl; show: zeigen; list: auflisten nenne nennen; describe: beschreiben
begin: beginnen begann anfangen angefangen; start: start starten; end: ende enden; switch: wechseln wechselte gewechselt; change: wechsel; reason: grund; leave: verlassen verließ; become: werden wurde; do: machen macht tun tut gemacht
lead to: führen; raise: steigern gesteigert erhöhen; integrate: integrieren; connect: verbinden verbunden; interface: schnittstelle schnittstellen; appointment: termin; weather: wetter; race: rennen; motor racing: motorsport
number: zahl anzahl; many: viele; much: viel; percent: prozent; cost: kosten kostet; money: geld; duration: dauer; date: datum; time: zeit; year: jahr; place: ort; part: teil; kind: art; example: beispiel; overview: überblick; summary: zusammenfassung
"""

# What joins the parts of a compound.
_JOINTS = ("", "s", "es", "n", "en", "er")
_SHORTEST_PART = 3


def gloss(text: str) -> str:
    """`text` with every German word that is known replaced."""
    return _WORD.sub(lambda match: _english(match.group()) or match.group(), text)


@cache
def _dictionary() -> dict[str, str]:
    """By German stem; the first entry of a stem wins."""
    stemmed: dict[str, str] = {}
    for entry in _ENTRIES.replace("\n", ";").split(";"):
        english, _, german = entry.partition(":")
        for word in german.split():
            stemmed.setdefault(_stem(word), english.strip())
    return stemmed


@cache
def _english(word: str) -> str:
    """The English for one word, or for the parts of a compound; empty where it, or a part, is not known."""
    known = _dictionary()
    if found := known.get(_stem(word)):
        return found
    lower = _spelt(word)
    for cut in range(len(lower) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        second = known.get(_stem(lower[cut:]))
        if second and (first := _first_part(lower[:cut])):
            return f"{first} {second}"
    return ""


def _first_part(text: str) -> str:
    known = _dictionary()
    for joint in _JOINTS:
        if text.endswith(joint) and (found := known.get(_stem(text[: len(text) - len(joint)]))):
            return found
    return ""


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("german")


def _stem(word: str) -> str:
    return str(_stemmer().stemWord(_spelt(word)))


def _spelt(word: str) -> str:
    """In lower case, with the umlauts of a keyboard that has none left as they are typed: both meet."""
    lower = word.lower().replace("ß", "ss")
    return lower.translate(_UMLAUTS)


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
