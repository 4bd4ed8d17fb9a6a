"""Company names as they are compared: without case, accents, punctuation, legal forms and common abbreviations.

What stands for no company (``[[Unknown]]``, "n/a", "self-employed") has no name at all: it matches nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLACEHOLDERS: Final = _words(
    "aucun aucune company freelance freelancer individual keine keinefirma mycompany na naf ninguna nil no nocompany"
    " nocompanyname none noname notapplicable notavailable notgiven notprovided notspecified null personal privat"
    " private privateindividual privateperson privatperson retired self selfemployed selbstandig selbststandig"
    " student tba tbc tbd test undefined unemployed unknown unknowncompany xx xxx yourcompany"
)
_BRACKETED = re.compile(r"\s*\[\[.*\]\]\s*", re.DOTALL)  # markers of Account Engagement, [[Unknown]] above all

# Letters that no decomposition takes apart; casefold has made ss of the German one already.
_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})  # noqa: RUF001
_ACCENTS = re.compile("[\u0300-\u036f]")
_INSIDE_WORDS = re.compile(r"[.'’‘`´]")  # noqa: RUF001 # people type them all
_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?([\w-]+)(?:\.[a-z]{2,})+/?")
_NOISE: Final = frozenset({"and", "und", "et", "og", "och", "the"})

# A legal form and the family that it belongs to: "Inc" and "Corporation" tell nothing apart; "" is in every family.
_LEGAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        word: family
        for family, words in {
            "": "co company cie cia comp de mbh reg",
            "inc": "inc incorporated corp corporation corpn",
            "ltd": "ltd limited plc pty pte pvt private bhd sdn ltda limitada jsc pjsc",
            "llc": "llc lc pllc",
            "partnership": "llp lp lllp kg kgaa ohg gbr scs snc snb vof hb ky gp",
            "gmbh": "gmbh ug gesmbh",
            "ag": "ag",
            "sa": "sa sas sasu sab cv sca",
            "srl": "sarl srl sl slu sau rl eurl sprl",
            "spa": "spa",
            "bv": "bv nv bvba",
            "ab": "ab asa as aps oy oyj",
            "kk": "kk kabushiki kaisha gk yk",
            "se": "se",
            "ev": "ev eg ek eu ry",
            "ooo": "ooo oao zao pao ao ооо оао зао пао ао tov",  # noqa: RUF001 # the Cyrillic ones are meant
            "kft": "kft zrt nyrt bt",
            "sro": "sro doo dd ood eood ad spzoo zoo oo z sp",
        }.items()
        for word in words.split()
    }
)
_LEGAL_IN_FRONT: Final = _words("ooo oao zao pao ооо оао зао пао ао pt ab")  # noqa: RUF001 # the Cyrillic ones too
_LEGAL_IN_ASIA = re.compile(
    r"株式会社|有限会社|合同会社|\(株\)|\(有\)|股份有限公司|有限责任公司|有限公司|주식회사|\(주\)"
)

# Different spellings of one word, and of its plural.
_WRITTEN_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        spelling: word
        for word, spellings in {
            "associates": "associate assoc assocs",
            "association": "assn asn",
            "brothers": "bros brother",
            "center": "centre ctr centers centres",
            "communication": "communications comms comm",
            "construction": "constr constructions",
            "consulting": "consultants consultancy consult",
            "department": "dept",
            "development": "dev developments",
            "distribution": "distr distributors distributor",
            "electronic": "electronics",
            "engineering": "eng engr engg engineers",
            "enterprise": "enterprises ent",
            "group": "grp groupe gruppe gruppo grupo groep",
            "hold": "holding holdings hldg hldgs",
            "industry": "industries ind inds",
            "institute": "inst",
            "international": "intl int internat",
            "investment": "investments inv",
            "laboratory": "laboratories lab labs",
            "logistic": "logistics",
            "management": "mgmt mgt",
            "manufacturing": "mfg mfr manufacturers manufacturer",
            "marketing": "mktg mkt",
            "national": "natl nat",
            "partner": "partners",
            "pharmaceutical": "pharmaceuticals pharma",
            "product": "products prod prods",
            "property": "properties",
            "service": "services svc svcs serv",
            "software": "sw",
            "solution": "solutions soln solns",
            "system": "systems sys",
            "technology": "technologies tech techs",
            "telecommunication": "telecommunications telecom telecoms",
            "transport": "transportation transports",
            "university": "univ",
        }.items()
        for spelling in spellings.split()
    }
)
WEAK: Final = frozenset({"group", "hold", "international", "global", "worldwide"})  # tell little by themselves

_SHORTEST = 2  # letters of a name: one tells no company
_SHORTEST_WORD = 3  # letters of a word by which names find each other
_ENDS = 5  # letters by which misspelt names find each other
_LONGEST_KEY = 60
_INITIALS = range(3, 7)  # IBM has three; a longer one is a word


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A company's name as it is compared."""

    words: tuple[str, ...]  # in their order, at least one, abbreviations written out
    legal: frozenset[str] = frozenset()  # families of its legal forms

    @property
    def compact(self) -> str:
        """The words as one."""
        return "".join(self.words)

    @property
    def initials(self) -> str | None:
        """What it may be abbreviated to; None for too few or too many words."""
        return "".join(word[0] for word in self.words) if len(self.words) in _INITIALS else None

    @property
    def strong(self) -> tuple[str, ...]:
        """The words without the weak ones; all of them where no other is left."""
        return tuple(word for word in self.words if word not in WEAK) or self.words


def read_name(text: str | None) -> CompanyName | None:
    """The name in a text; None where it stands for no company."""
    if text is None or _BRACKETED.fullmatch(text):
        return None
    plain = _plain(text)
    words = _joined(_WORD.findall(_LEGAL_IN_ASIA.sub(" ", plain)))
    said = "".join(words)
    if len(said) < _SHORTEST or said in _PLACEHOLDERS:
        return None
    kept = [word for word in words if word not in _NOISE] or words
    kept, legal = _without_legal(kept)
    if _LEGAL_IN_ASIA.search(plain):
        legal = legal | {_LEGAL["kk"]}
    return CompanyName(tuple(_WRITTEN_OUT.get(word, word) for word in kept), legal - {""})


def keys_of_name(name: CompanyName) -> frozenset[str]:
    """By what a name finds others that may be the same: names that share no key are never compared.

    The whole of it, its words, its first and last letters (a typing error spoils one of the two), its letters in their
    order (letters that changed places), and its initials.
    """
    whole, own = name.compact, "".join(name.strong)
    keys = {f"={whole}", f"={own}", f"^{own[:_ENDS]}", f"${own[-_ENDS:]}", f"~{''.join(sorted(own))}"}
    keys |= {f"w{word}" for word in name.strong if len(word) >= _SHORTEST_WORD or not word.isascii()}
    short = name.initials or (whole if len(name.words) == 1 and len(whole) in _INITIALS else None)
    if short:
        keys.add(f"@{short}")
    return frozenset(key[:_LONGEST_KEY] for key in keys)


def _plain(text: str) -> str:
    """Lower case, no accents, no punctuation inside of words; of a web address, the name in it."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_LETTERS)
    bare = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded))).strip()
    address = _ADDRESS.fullmatch(bare)
    return _INSIDE_WORDS.sub("", address.group(1) if address else bare)


def _joined(words: list[str]) -> list[str]:
    """Letters that stand alone beside each other are one word: A/S, S p A, I B M."""
    joined: list[str] = []
    run = False
    for word in words:
        alone = len(word) == 1 and word.isalpha()
        if alone and run:
            joined[-1] += word
        else:
            joined.append(word)
        run = alone
    return joined


def _without_legal(words: list[str]) -> tuple[list[str], frozenset[str]]:
    """The words without the legal forms around them; one word always stays."""
    legal = set()
    while len(words) > 1 and words[-1] in _LEGAL:
        legal.add(_LEGAL[words[-1]])
        words = words[:-1]
    if len(words) > 1 and words[0] in _LEGAL_IN_FRONT:
        legal.add(_LEGAL.get(words[0], ""))
        words = words[1:]
    return words, frozenset(legal)
