"""Secrets that vendors print in their own documentation: of the right form, and nobody's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["published"]

#: Forms that a vendor keeps for examples, and where it says so or does so.
_FORMS: Final = (
    # 20 characters out of base 32; secrets have 40
    (
        re.compile(rb"A[A-Z]{3}[A-Z0-9]{9}EXAMPLE|[A-Za-z0-9/+]{30}EXAMPLEKEY"),
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/security-creds-programmatic-access.html",
    ),
)
#: The first 128 bits of SHA-256 of single values: written out they would set off every scanner of repositories.
_VALUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0011cc25eb4320717494d2703e8cba85": "https://learn.microsoft.com/en-us/azure/storage/common/storage-use-azurite",
        "aa6547439583c3a275d4542a0df6c1ad": "https://learn.microsoft.com/en-us/azure/cosmos-db/emulator",
        "2cafc0970149a84f3b9e62eaf169f36f": "https://docs.stripe.com/get-started/api-request",
        "f2d6ca16515033e5dce14eba840b979d": "https://docs.stripe.com/api/authentication",
        "bcfb4d05983f8f01f208c6744d480024": "https://docs.stripe.com/get-started/api-request",
        "7f75367e7881255134e1375e723d1dea": "https://jwt.io/introduction",
    }
)
#: Bytes of the longest of them, and of a run of them: no other is hashed.
_SHORTEST, _LONGEST = 20, 160
_RUN: Final = re.compile(rb"[A-Za-z0-9+/=_.-]{20,}")


def published(value: bytes) -> str | None:
    """Where the vendor of a secret shows it; ``None`` for one that is not known to be shown.

    The value of a connection string counts as shown where its key is.
    """
    for found in _RUN.finditer(value):
        run = found[0]
        for candidate in {run, run.partition(b"=")[2]} if b"=" in run else (run,):
            for form, source in _FORMS:
                if form.fullmatch(candidate):
                    return source
            if _SHORTEST <= len(candidate) <= _LONGEST:
                source = _VALUES.get(hashlib.sha256(candidate).hexdigest()[:32], "")
                if source:
                    return source
    return None
