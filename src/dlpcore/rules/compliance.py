"""The closed list of compliance tags that a rule may carry, with the paragraph that each stands for.

Sources: PCI DSS v4.0.1; Regulation (EU) 2016/679; 45 CFR part 164; California Civil Code title 1.81.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["TAGS"]

TAGS: Mapping[str, str] = MappingProxyType(
    {
        "PCI-DSS:3.3.1": "sensitive authentication data is not stored after authorization",
        "PCI-DSS:3.3.1.1": "the full contents of any track are not stored",
        "PCI-DSS:3.3.1.2": "the card verification code is not stored",
        "PCI-DSS:3.4": "the primary account number is masked when displayed",
        "PCI-DSS:3.5": "the primary account number is unreadable wherever it is stored",
        "PCI-DSS:8.3.2": "authentication factors are unreadable during transmission and storage",
        "PCI-DSS:8.6.2": "passwords of application and system accounts are not hard coded",
        "GDPR:Art.4(1)": "personal data: any information relating to an identifiable natural person",
        "GDPR:Art.9(1)": "special categories of personal data, health data among them",
        "GDPR:Art.32(1)": "security of processing: confidentiality of systems and services",
        "GDPR:Art.87": "processing of a national identification number",
        "HIPAA:164.312(d)": "person or entity authentication",
        "HIPAA:164.514(b)(2)(i)(C)": "identifier: elements of dates directly related to an individual",
        "HIPAA:164.514(b)(2)(i)(D)": "identifier: telephone numbers",
        "HIPAA:164.514(b)(2)(i)(F)": "identifier: electronic mail addresses",
        "HIPAA:164.514(b)(2)(i)(G)": "identifier: social security numbers",
        "HIPAA:164.514(b)(2)(i)(H)": "identifier: medical record numbers",
        "HIPAA:164.514(b)(2)(i)(J)": "identifier: account numbers",
        "HIPAA:164.514(b)(2)(i)(K)": "identifier: certificate and license numbers",
        "HIPAA:164.514(b)(2)(i)(L)": "identifier: vehicle identifiers and license plate numbers",
        "HIPAA:164.514(b)(2)(i)(M)": "identifier: device identifiers and serial numbers",
        "HIPAA:164.514(b)(2)(i)(O)": "identifier: Internet Protocol address numbers",
        "CCPA:1798.140(v)(1)(A)": "personal information: identifiers such as an e-mail or IP address",
        "CCPA:1798.140(ae)(1)(A)": "sensitive personal information: government identification numbers",
        "CCPA:1798.140(ae)(1)(B)": "sensitive personal information: account log-in, financial account with credentials",
        "CCPA:1798.140(ae)(1)(C)": "sensitive personal information: precise geolocation",
    }
)
