"""Tokenization: values replaced by tokens that the right people can turn back (docs/tokenization.md)."""

from __future__ import annotations

from .access import Access, Limit, MayOpen, RateLimit, anyone, by_role
from .formats import Format
from .keys import Keyring
from .sqlite import SQLiteVault
from .tokenizer import Scheme, Sealed, Tokenizer, Vaulted
from .transforms import Bucket, DateShift, Pseudonym
from .value import Form, Value
from .vault import Entry, Vault

__all__ = [
    "Access",
    "Bucket",
    "DateShift",
    "Entry",
    "Form",
    "Format",
    "Keyring",
    "Limit",
    "MayOpen",
    "Pseudonym",
    "RateLimit",
    "SQLiteVault",
    "Scheme",
    "Sealed",
    "Tokenizer",
    "Value",
    "Vault",
    "Vaulted",
    "anyone",
    "by_role",
]
