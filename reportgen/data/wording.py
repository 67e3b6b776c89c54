"""What the words of a label say: phrases without fillers, words of sex, of answers and of arms, and times of visits.

A label and a name seldom agree letter by letter ("Female", "1 = F", "control group", "Kontrolle"). Here a text is taken
apart into its phrases, and each phrase may stand for a side of a known pair: female or male, yes or no, control or active.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from reportgen.data.answers import NOES, YESES, before_comma
from reportgen.spec.model import months_of
from reportgen.spec.normal import normal

Phrase = tuple[str, ...]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BREAKS = re.compile(r"[:;=|\[\]]|\s[-–—]\s")
_BRACKETS = re.compile(r"\(([^(),;/]*)\)")
_WORDS = re.compile(r"[^\W_]+|[+&]")
_FILLERS = _set(
    "group grp groups arm arms gruppe gruppo grupo groupe groep grupp the code only nur alone patients patient participants"
    " participant subjects subject treatment therapy behandlung behandling traitement tratamiento n"
)
_FEMALE = _set(
    "female females woman women girl girls weiblich frau frauen vrouw vrouwen vrouwelijk femme femmes féminin féminine"
    " mujer mujeres femenino feminino mulher mulheres donna donne femmina femminile kvinna kvinnor kvinne kvinner kvinde"
    " kvinder kvinnelig kvinnlig kvindelig weibl she ms mrs kona kobieta kobiety nainen žena ženy"
    " ženský kadın женщина женщины женский жен θηλυκό γυναίκα أنثى 女 女性 여 여성"
)
_MALE = _set(
    "male males man men boy boys männlich mann männer herr herren mannen mannelijk homme hommes masculin hombre hombres"
    " masculino mannlig mandlig männl maennlich hr he mr karl varón varones homem homens uomo uomini maschio maschile mand mænd menn män manlig mężczyzna mężczyźni mies"
    " muž muži mužský erkek мужчина мужчины мужской муж"
    " αρσενικό άνδρας άντρας ذكر 男 男性 남 남성"
)
_CONTROL = _set(
    "control controls controle controlegroep ctrl contr kontroll kontrolle kontrollen kontrollgruppe kontrollgrupp kontrol"
    " kontrolgruppe contrôle témoin témoins controllo контроль placebo sham mock tau waitlist wartegruppe warteliste"
    " untreated unbehandelt контрольная kontrollgruppen controlgroep контрольної 対照群 对照组 對照組 대조군"
)
_CONTROL_ALONE = _set("kg cg uc cau wl wlc")  # where nothing else is said: an arm may lift 10 kg
_CONTROL_PHRASES = (
    "usual care", "care as usual", "treatment as usual", "standard care", "routine care", "gp care", "no treatment",
    "no intervention", "waiting list", "wait list", "standard treatment",
)  # fmt: skip
_ACTIVE = _set(
    "active actives aktiv aktive activo activa actif intervention interventions interventionsgruppe interventiegroep"
    " interventie intervención intervenção intervento experimental verum treated treatment behandelt behandlung"
    " основная экспериментальная 介入群 干预组 试验组 实验组 중재군"
)
_ACTIVE_ALONE = _set("ig eg")
_JOINERS = _set("+ & and und et e y og och en plus with mit no not non without ohne kein keine versus vs")


def phrase(text: str) -> Phrase:
    """Return the words of a text in small letters, without fillers and numbers where other words are left.

    Examples
    --------
    >>> phrase("Control group"), phrase("1 Female"), phrase("Group A")
    (('control',), ('female',), ('a',))
    """
    words = _WORDS.findall(text.casefold())
    telling = tuple(word for word in words if word not in _FILLERS and not word.isdecimal())
    return telling or tuple(words)


def phrases(text: str) -> set[Phrase]:
    """Return the phrases of a label: its parts between colons, dashes and equals signs, before and within brackets.

    Examples
    --------
    >>> sorted(phrases("1 = Female (F)"))
    [('1',), ('f',), ('female',), ('female', 'f')]
    """
    parts = [text, *_BREAKS.split(text), *_BRACKETS.findall(text)]
    parts += [part.split("(", 1)[0] for part in parts]
    return {found for part in parts if (found := phrase(part))}


def sex_of(text: str, beside: Iterable[str] = ()) -> str:
    """Return "female" or "male" where a text says so; single letters are read in the light of the labels beside it.

    Examples
    --------
    >>> sex_of("Women"), sex_of("M", ["F"]), sex_of("M", ["H"]), sex_of("M", ["V"]), sex_of("mild")
    ('female', 'male', 'female', '', '')
    >>> sex_of("Female at birth"), sex_of("M/Male"), sex_of("men and women")
    ('female', 'male', '')
    """
    letters = {word for other in beside for word in [normal(other).casefold()] if len(word) == 1}
    female, male = {*_FEMALE, "f", "w", "k"}, {*_MALE, *("m" if not letters & {"h", "v"} else ())}
    if "h" in letters or normal(text).casefold() == "h":
        male.add("h")
        female |= {"m"} if "f" not in letters else set()
    words: set[Phrase] = {(word,) for word in _WORDS.findall(text.casefold()) if len(word) > 1}
    names = ("female", "male")
    return _side(phrases(text), female, male, names) or _side(words, female, male, names)


def answer_of(text: str) -> str:
    """Return "yes" or "no" where a text is one of their words in a known language.

    Examples
    --------
    >>> answer_of("Ja"), answer_of("No."), answer_of("sometimes"), answer_of("Yes, daily")
    ('yes', 'no', '', 'yes')
    """
    word = (before_comma(text),)
    return _side({word}, {item for item in YESES if item != "1"}, {item for item in NOES if item != "0"}, ("yes", "no"))


def with_name(level: str, name: str) -> tuple[str, ...]:
    """Return a level, and where it is yes or no what a file may call it by the name of what is asked.

    Examples
    --------
    >>> with_name("yes", "smoker"), with_name("no", "smoker")[:3], with_name("low", "anxiety")
    (('yes', 'smoker'), ('no', 'no smoker', 'not smoker'), ('low',))
    """
    answer = answer_of(level)
    if answer == "no":
        return (level, *(f"{word} {name}" for word in NEGATIONS), f"non{name}", f"nicht{name}", f"icke{name}")
    return (level, name) if answer == "yes" else (level,)


def _side(found: set[Phrase], item: set[str], other: set[str], names: tuple[str, str]) -> str:
    sides = {names[0] for words in found if len(words) == 1 and words[0] in item}
    sides |= {names[1] for words in found if len(words) == 1 and words[0] in other}
    return sides.pop() if len(sides) == 1 else ""


def side_of_arm(text: str) -> str:
    """Return "control" or "active" where the words for an arm say so.

    Examples
    --------
    >>> side_of_arm("Control group"), side_of_arm("sham TENS"), side_of_arm("usual/GP care"), side_of_arm("verum")
    ('control', 'control', 'control', 'active')
    >>> side_of_arm("active control"), side_of_arm("exercise"), side_of_arm("Treatment B")
    ('', '', '')
    """
    words = _WORDS.findall(text.casefold())
    plain = " ".join(words)
    care = any(known in plain for known in _CONTROL_PHRASES)
    left = set(phrase(text))
    if not care and left & _JOINERS:
        return ""
    control = care or bool(left & _CONTROL) or set(words) <= _CONTROL_ALONE
    active = not care and (bool(left & _ACTIVE) or set(words) <= _ACTIVE_ALONE)
    return "" if control == active else "control" if control else "active"


NEGATIONS = (
    "no",
    "not",
    "non",
    "never",
    "without",
    "kein",
    "keine",
    "ohne",
    "geen",
    "ikke",
    "ingen",
    "sans",
    "sin",
    "pas de",
)

_UNITS = {
    "month": "month months m mo mos mth mths mdr mnd mån monat monate monaten maand maanden mois mes meses mês mese mesi"
    " måned måneder månad månader kuukausi kuukautta miesiąc miesiące miesięcy",
    "week": "week weeks w wk wks woche wochen weken semaine semaines semana semanas settimana settimane uge uger uke uker"
    " vecka veckor viikko viikkoa",
    "day": "day days d tag tage tagen dag dagen dager dage dagar jour jours día días dia dias giorno giorni",
    "year": "year years y yr yrs jahr jahre jahren jaar jaren an ans année années año años ano anos anno anni år",
}
_LETTERS = _set("m w d y")  # behind a number alone: M3 and W2 may be a third measurement and a second wave
_NUMBER_WORDS = {
    word: number
    for number, words in {
        "1": "one eins een un uno une en ett", "2": "two zwei twee deux dos due to två", "3": "three drei drie trois tres tre três",
        "4": "four vier quatre cuatro quattro fire fyra", "6": "six sechs zes seis sei seks sex",
        "8": "eight acht huit ocho otto åtte otte åtta", "9": "nine neun negen neuf nueve nove ni nio",
        "10": "ten zehn tien dix diez dieci ti tio", "12": "twelve zwölf twaalf douze doce dodici tolv",
        "18": "eighteen achtzehn achttien", "24": "twentyfour vierundzwanzig vierentwintig",
    }.items()
    for word in words.split()
}  # fmt: skip
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_IDLE_OF_VISITS = _set(
    "follow up fu followup after at nach na efter etter après post visit assessment measurement baseline randomisation"
    " randomization later"
)
_BASELINES = _set(
    "baseline basline pre pretest pretreatment voormeting nulmeting eingangsmessung ausgangswert basal inclusion initial"
    " førmåling förmätning"
)
_TIME_WORDS = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+")
_AFTER_TREATMENT = _set("treatment intervention therapy discharge surgery end behandlung behandeling")


def months_stated(text: str) -> float | None:
    """Return the time since randomisation that a label names, in months; None where it names none, or from elsewhere on.

    Examples
    --------
    >>> months_stated("12 maanden"), months_stated("Voormeting"), months_stated("Month 3"), months_stated("nameting")
    (12.0, 0.0, 3.0, None)
    >>> months_stated("T2 (six months)"), months_stated("V3: 6M FU"), months_stated("M2")
    (6.0, 6.0, None)
    >>> months_stated("3 months after treatment"), months_stated("visit 3")
    (None, None)
    """
    if _AFTER_TREATMENT & set(_TIME_WORDS.findall(text.casefold())):
        return None
    parts = [text, *_BREAKS.split(text), *_BRACKETS.findall(text), text.split("(", 1)[0]]
    times = {time for part in parts if (time := _time_of(_TIME_WORDS.findall(part.casefold()))) is not None}
    return times.pop() if len(times) == 1 else None


def _time_of(words: list[str]) -> float | None:
    if len(words) == 1 and words[0] in _BASELINES:
        return 0.0
    telling = [_NUMBER_WORDS.get(word, word) for word in words if word not in _IDLE_OF_VISITS]
    units, numbers = (
        [_UNIT[word] for word in telling if word in _UNIT],
        [word for word in telling if word[0].isdecimal()],
    )
    if len(telling) != 2 or len(units) != 1 or len(numbers) != 1 or (telling[0] in _LETTERS):
        return None
    return months_of(f"{numbers[0]} {units[0]}s")
