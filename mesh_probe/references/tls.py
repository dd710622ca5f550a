"""Whether a string asks for encryption: by its scheme, or by `sslmode=` and its kin."""

import re


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SCHEMES = _set("""
    https wss ssl tls sasl_ssl rediss amqps mqtts ldaps grpcs ftps smtps imaps mongodb+srv neo4j+s
    bolt+s nats+tls
""")
_PLAIN_SCHEMES = _set("http ws plaintext sasl_plaintext redis amqp mqtt ldap ftp h2c")
_PARAMETER = re.compile(
    r"\b(?:sslmode|ssl-mode|ssl_mode|ssl|tls|usessl|requiressl|encrypt|security\.protocol)"
    r"=([A-Za-z_-]{2,16}|[01])",
    re.IGNORECASE,
)
_YES = _set("""
    true 1 require required verify-ca verify_ca verify-full verify_identity strict mandatory ssl
    sasl_ssl
""")
_NO = _set("false 0 disable disabled none optional plaintext sasl_plaintext")


def said(text: str) -> bool | None:
    """What a parameter in the string says; None without one, or where it leaves it open."""
    found = _PARAMETER.search(text) if "=" in text else None
    word = found[1].lower() if found else ""
    return True if word in _YES else False if word in _NO else None


def asked(scheme: str, parameter: bool | None) -> bool | None:
    """What the scheme and then the parameter ask for; None where neither says."""
    scheme = scheme.rpartition(":")[2] if scheme.startswith("jdbc:") else scheme
    if scheme in _SCHEMES:
        return True
    if parameter is not None:
        return parameter
    return False if scheme in _PLAIN_SCHEMES else None
