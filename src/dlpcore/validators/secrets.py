"""Checks of secrets that have no format: how random a value is, and what a password never looks like."""

from __future__ import annotations

import math
import re
from collections import Counter

__all__ = ["entropy", "generated_secret", "mixed_password", "password"]

_HEX = re.compile(rb"[0-9a-fA-F]+")
_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_.~=-]+")
_URL = re.compile(
    rb"[A-Za-z][A-Za-z0-9+.-]{1,20}://|/[A-Z]?[a-z0-9._-]+/|\.{1,2}/|~/|[A-Za-z]:\\|www\.|/(?:[a-z]+/?)+\Z"
)
_WORDS = re.compile(rb"[A-Za-z]+")
_TIME = re.compile(rb"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?|\d+(?:\.\d+){1,3}[A-Za-z0-9.-]*")
#: Where a secret comes from, in templates, shells, manifests and vaults, instead of the secret.
_REFERENCE = re.compile(
    rb"[$%#@&]{0,2}[{(<\[].*|\$[A-Za-z_]+\Z|%\w+%\Z|[&*][a-z_]+\Z|@[A-Z][a-z]+(?:\.?[A-Z][a-z]+)*(?:\(.*)?\Z|![a-z]+\b"
    rb"|(?:arn|ssm|vault|keyvault|secret|secrets|env|kms|op|gcp|azure|aws|file|ref|enc|encrypted|sealed)[:/.].*"
    rb"|ENC[\[(].*|(?:process\.env|os\.environ|System\.getenv|ENV)\b.*|\$[0-9@*?]",
    re.DOTALL,
)
#: An expression of a program: a call, an index, a member, an operator. A value ends where its line does.
_CODE = re.compile(
    rb"[A-Za-z_$][\w$.:>-]{0,80}(?:\(.*\)|\[.*\]|\(.*|\[)[;,.]?|(?:self|this|props|args|opts|options|config|settings"
    rb"|params|req|request|res|response|data|ctx|env|user|form|body|state|event|process|os|sys)(?:\??\.|->|\[)[\w.\[\]'\"?>-]*"
    rb"|\*?[A-Za-z_]+(?:\.[A-Za-z_]+)+\(?|[a-z]\w*(?:\.[a-z][a-z0-9_]*){2,}|.* (?:\|\||&&|\?\?|or|\+|\|) .*",
    re.DOTALL,
)
#: Names of programs: camel case, or words joined by marks, each in one case with few digits behind it.
_PART = rb"(?:[A-Z]?[a-z]{1,15}|[A-Z]{1,15}|[a-z]{2,15}(?:[A-Z][a-z]{2,15})+)[0-9]{0,4}"
#: Names of algorithms and encodings stand beside keys and passwords.
_ALGORITHM = re.compile(
    rb"(?i:sha|hmac|hs|rs|es|ps|md|aes|utf|pkcs|tls|ssl|rsa|ec|ecdsa|ed|x|p|secp|oaep|base)[-_]?[0-9]{1,5}[a-z]?[0-9]?"
    rb"(?i:[-_](?:gcm|cbc|ctr|ecb|hmac|sha[-_]?[0-9]{1,3}|padding|pkcs[0-9]|wrap|[0-9]{1,3}))*"
)
_IDENTIFIER = re.compile(rb"[A-Za-z][a-z]*(?:[A-Z][a-z]+)+|" + _PART + rb"(?:[-_.:/](?:" + _PART + rb"|[0-9]{1,4}))+")
#: A word with a number: a name, or what somebody typed to fill a field.
_NUMBERED = re.compile(rb"[A-Z]?[a-z]{3,12}[0-9]{1,6}")
#: Runs that a finger makes, not a generator: checked in both directions.
_ROWS = (
    b"abcdefghijklmnopqrstuvwxyz",
    b"01234567890123456789abcdef0123456789",
    b"qwertyuiop",
    b"asdfghjkl",
    b"zxcvbnm",
)
_ROW_LENGTH = 7
_IN_ROWS = frozenset(
    row[i : i + _ROW_LENGTH] for each in _ROWS for row in (each, each[::-1]) for i in range(len(row) - _ROW_LENGTH + 1)
)


def entropy(value: bytes) -> float:
    """Shannon entropy in bits a byte, of the value's own distribution."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values()) if total else 0.0


def _shows_what_it_is(value: bytes) -> bool:
    """URLs, paths, times, versions, references to a secret's place: all of them stand where secrets stand."""
    return (
        any(each.match(value) for each in (_URL, _REFERENCE))
        or _TIME.fullmatch(value) is not None
        or _CODE.fullmatch(value) is not None
        or _ALGORITHM.fullmatch(value) is not None
    )


def _typed_in_rows(value: bytes) -> bool:
    """Whether most of it follows the alphabet, counts up, or runs along a row of keys."""
    lowered = value.lower()
    windows = len(lowered) - _ROW_LENGTH + 1
    in_rows = sum(lowered[i : i + _ROW_LENGTH] in _IN_ROWS for i in range(windows))
    return in_rows > 0 and in_rows * 3 >= windows


def _repeats(value: bytes) -> bool:
    """Whether it says the same few characters again and again."""
    return len(value) >= 12 and len(set(zip(value, value[1:], value[2:], strict=False))) * 2 < len(value) - 2


def _classes(value: bytes) -> int:
    return sum(bool(re.search(pattern, value)) for pattern in (rb"[a-z]", rb"[A-Z]", rb"[0-9]", rb"[^A-Za-z0-9]"))


def generated_secret(value: bytes) -> float:
    """Random by the measure of its own alphabet.

    The bounds are those below which random strings of that length almost never fall: for hexadecimal digits
    about 3 bits, for base64 about 3.2 at 20 characters and lower for shorter ones. Eight characters and more of three
    classes may be a password.
    """
    if len(value) < 8 or _shows_what_it_is(value) or _typed_in_rows(value) or _repeats(value):
        return 0.0
    if _UUID.fullmatch(value):
        return 0.4
    bits = entropy(value)
    if _HEX.fullmatch(value):
        # Decimal digits alone are ids and times; a hexadecimal secret has 64 bits or more.
        if value.isdigit() or len(value) < 16:
            return 0.0
        return 0.5 if bits >= 2.8 else 0.0
    if re.search(rb"\s", value) or _IDENTIFIER.fullmatch(value) or _is_words(value) or _NUMBERED.fullmatch(value):
        return 0.0
    if len(value) < 12:
        return 0.3 if _classes(value) >= 3 and bits >= math.log2(len(value)) - 0.75 else 0.0
    if not _BASE64.fullmatch(value):
        # Punctuation of the generators of passwords.
        return 0.4 if bits >= 3.0 and re.search(rb"\d", value) else 0.0
    if not re.search(rb"\d", value) and not (re.search(rb"[a-z]", value) and re.search(rb"[A-Z]", value)):
        return 0.0
    return 0.5 if bits >= min(3.2, math.log2(len(value)) - 0.9) else 0.0


#: Pairs of letters that make up nine tenths of European text and of names in programs, and a third of chance.
_PAIRS = frozenset(
    b"th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le sa si ar ve ra "
    b"ld ur ro ri io ic ne me co ll ce li ch ma om el la us no ta ec ca pe un di ac tr ns il ho lo so ot ct em ut pr "
    b"na ad ol id mo im ai ss iv ul os po sh am be wi wh ow ay do pa ee bl ab op fo fi bo ie ge ev ke ex pl gi up ag "
    b"su ir oo cl ck ci mi rt ts ly ni rs da tu rd ap ey ig vi sp wa if ef ui qu ue ff pp ht gh go ga gr br fr fe fa "
    b"cr cu dr ru lu nu mb mp um ub ob od ud og ug ak ok sk ks ds gs ls ms ps nk lt ft rk rm rn rv sc sm sn sw tc tt "
    b"tw wn ny ry ty my by py ym".split()
)


def _spoken(word: bytes) -> bool:
    """Whether a run of letters may be a word of a language: seven of ten neighbours are common."""
    text = word.lower()
    common = sum(text[i : i + 2] in _PAIRS for i in range(len(text) - 1))
    return common * 10 >= (len(text) - 1) * 7


def _is_words(value: bytes) -> bool:
    """Whether nearly all of it is words as people write them: parts of four letters and more in one case, with vowels.

    Random base64 breaks the case every few characters, and puts letters side by side that words do not.
    """
    parts = re.findall(rb"[A-Z]?[a-z]+|[A-Z]{2,}", value)
    spelled = sum(len(part) for part in parts if len(part) >= 4 and _spoken(part))
    return spelled * 4 >= len(value) * 3


#: What stands in a password's place in schemas, forms and examples: names of types, of states, of the field itself.
_NOT_PASSWORDS = frozenset(
    b"string str char varchar bytes byte password passwd passphrase passwort kennwort contrasena senha secret "
    b"secrets token tokens key keys api apikey pass pwd required optional disabled enabled default hidden encrypted "
    b"hashed plaintext plain text boolean bool integer int number float object array list dict null nil none nan "
    b"true false yes no on off undefined unknown anonymous invalid incorrect correct wrong missing expired forgotten "
    b"forgot username user name email login current new old confirm confirmation change changed reset input prompt "
    b"unspecified protected private public never always credentials credential auth authentication authorization "
    b"bearer basic oauth value values field fields type here see click please enter empty blank show hide toggle "
    b"update create delete set unset get put post self this any all test tests testing example sample demo dummy "
    b"fake placeholder todo redacted masked removed omitted filtered const static final void return env environ "
    b"environment variable var config settings database db admin root guest local localhost vault manager file path "
    b"url uri data manual auto automatic generated random not your my the".split()
)
_WORD = re.compile(rb"(?:[A-Z]?[a-z]{1,24}|[A-Z]{1,24})[0-9]?|[A-Z]?[a-z]+(?:[-_.']+[A-Za-z\x80-\xff]+)*")
#: Words that only sentences have.
_FUNCTION_WORDS = frozenset(
    b"is are was were be been must should can cannot could may might will would the a an to of for from in on at by "
    b"with and or not no your you our his her their its it this that these those please has have had do does did if "
    b"when than then as too least characters long short required contain contains enter field same".split()
)


def password(value: bytes) -> float:
    """A value that a person may have chosen: no sentence, no type name, no URL, no state of a form, no code."""
    if not 4 <= len(value) <= 256 or _shows_what_it_is(value) or len(set(value)) < 3:
        return 0.0
    lowered = value.lower()
    words = _WORDS.findall(lowered)
    if b" " in value and any(word in _FUNCTION_WORDS for word in words):
        return 0.0
    if value.count(b" ") >= 5 and len(words) > value.count(b" "):
        return 0.0
    if words and all(word in _NOT_PASSWORDS for word in words) and not re.search(rb"\d", value):
        return 0.0
    if words and b"".join(words) == re.sub(rb"[\W_]", b"", lowered):
        # Letters alone: refused when it is an identifier, or too short to be told from a word of a form.
        if _IDENTIFIER.fullmatch(value) or len(value) < 6:
            return 0.0
        return 0.2
    return 0.4


def mixed_password(value: bytes) -> float:
    """A password that is no word of a text and no name of a program: letters with digits, marks or odd capitals."""
    if password(value) <= 0.0:
        return 0.0
    inner = value.rstrip(b".,;:!?)")
    if value.isdigit():
        return 0.2 if len(value) >= 6 else 0.0
    if not re.search(rb"[A-Za-z]", inner) or _WORD.fullmatch(inner):
        return 0.0
    if _IDENTIFIER.fullmatch(inner):
        # Words and a number, as people join them; names in programs end in one digit at the most.
        return 0.3 if re.search(rb"[a-z][-_.]?[0-9]{2,}\Z", inner) else 0.0
    if re.search(rb"[0-9]|[^A-Za-z0-9_.:/-]", inner):
        return 0.4
    # Letters alone, with capitals where no word and no name has them.
    return 0.3 if re.search(rb"[a-z][A-Z]", inner) else 0.0
