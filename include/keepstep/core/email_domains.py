"""What the domain of an email or of a website tells about a company; free mail tells nothing."""

from __future__ import annotations

import re
from typing import Final

from keepstep.core.normalize import normalize_email


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Anybody can have an address or a page there.
_SHARED: Final = _words(
    "126.com 139.com 163.com 263.net aim.com alice.it aliyun.com aol.com arcor.de att.net bellsouth.net bigpond.com"
    " bigpond.net.au bluewin.ch bol.com.br btinternet.com centrum.cz charter.net comcast.net cox.net daum.net"
    " duck.com earthlink.net email.com email.cz eircom.net fastmail.com fastmail.fm foxmail.com free.fr freemail.hu"
    " freenet.de gmail.com googlemail.com gmx.at gmx.ch gmx.com gmx.de gmx.net hanmail.net hey.com hispeed.ch"
    " home.nl hushmail.com icloud.com ig.com.br inbox.lv inbox.ru interia.pl juno.com kakao.com kpnmail.nl laposte.net"
    " libero.it list.ru live.com mac.com mail.com mail.de mail.ru mailbox.org me.com msn.com nate.com naver.com"
    " neuf.fr ntlworld.com o2.pl onet.pl online.de online.no optonline.net optusnet.com.au orange.fr outlook.com"
    " planet.nl pm.me posteo.de proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com"
    " rocketmail.com rogers.com sapo.pt sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com skynet.be sohu.com"
    " spamgourmet.com sympatico.ca t-online.de talktalk.net telenet.be telus.net terra.com.br tin.it tiscali.it"
    " tutanota.com tuta.io ukr.net uol.com.br verizon.net virgilio.it virgin.net virginmedia.com wanadoo.fr web.de"
    " windowslive.com wp.pl xs4all.nl xtra.co.nz yeah.net ymail.com ziggo.nl zoho.com"
    " blogspot.com facebook.com github.io google.com instagram.com linkedin.com linktr.ee medium.com twitter.com"
    " wixsite.com wordpress.com x.com xing.com youtube.com"
)
_SHARED_NAMES: Final = frozenset({"yahoo", "hotmail", "outlook", "live", "gmx", "yandex"})  # with any ending
_SECOND_LEVEL: Final = frozenset({"ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "or", "org"})
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?([^/:?#\s]+)")
_LABEL = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
_COUNTRY = 2  # letters of a country's own ending


def email_domain(email: str | None) -> str | None:
    """The domain of an address; None where it isn't an address, or tells no company."""
    address = normalize_email(email)
    return _telling(address.rpartition("@")[2]) if address else None


def website_domain(website: str | None) -> str | None:
    """The domain of a website; None where it isn't one, or tells no company."""
    found = _HOST.match((website or "").strip().lower())
    return _telling(found.group(1).removeprefix("www.").rstrip(".")) if found else None


def parents(domain: str) -> tuple[str, ...]:
    """The domain, and those that it is a part of: ``eu.acme.com``, ``acme.com``; never a country's ``co.uk``."""
    labels = domain.split(".")
    country = len(labels[-1]) == _COUNTRY and labels[-2] in _SECOND_LEVEL
    return tuple(".".join(labels[start:]) for start in range(max(len(labels) - 1 - country, 1)))


def same_domain(one: str, other: str) -> bool:
    """Whether one of them is the other, or a part of it."""
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer == shorter or (longer.endswith(f".{shorter}") and shorter in parents(longer))


def name_in(domain: str) -> str:
    """The part that somebody chose: ``acme`` of ``eu.acme.co.uk``."""
    return parents(domain)[-1].split(".")[0]


def keys_of_domain(domain: str) -> frozenset[str]:
    """By what a domain finds others that are the same or a part of it."""
    return frozenset(f"#{one}" for one in parents(domain))


def _telling(domain: str) -> str | None:
    labels = domain.split(".")
    if len(labels) == 1 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    shared = any(one in _SHARED for one in parents(domain)) or name_in(domain) in _SHARED_NAMES
    return None if shared else domain
