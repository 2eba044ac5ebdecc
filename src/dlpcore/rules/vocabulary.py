"""Lists of context words that many rules share: a rule file names one as ``@name`` where it may name words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["WORD_LISTS"]

#: What a key, a variable, a header or a flag that holds a credential is called.
_CREDENTIAL = """
    key keys apikey apikeys api token tokens apitoken authtoken accesstoken accesskey secretkey privatekey clientsecret
    appsecret apisecret secret secrets password passwd passphrase pass pwd pw psw auth oauth authorization
    authentication authenticate bearer basic credential credentials creds cred pat jwt login access appkey apptoken
    usertoken bottoken refresh private signing dsn license licence webhook deploy cookie session
"""
#: What stands beside a vendor's name and has the form of a credential, but is none.
_IDENTIFIER = """
    id ids uid uuid guid kid sha sha1 sha256 sha512 md5 hash hashes digest checksum crc integrity etag fingerprint
    thumbprint commit commits revision rev ref refs version versions release build builds trace span request
    correlation nonce name type url uri link href path file filename page cursor slug state status number node event
    transaction order invoice customer tenant account user app application job run pipeline workflow image layer public
"""

WORD_LISTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"credential": tuple(_CREDENTIAL.split()), "identifier": tuple(_IDENTIFIER.split())}
)
