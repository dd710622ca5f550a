"""The published list of settings: keys whose number, duration, percentage or switch is kept."""

import re
from functools import lru_cache
from typing import Literal

from mesh_probe.model import Setting
from mesh_probe.references import keys

Subject = Literal[
    "timeout", "retry", "breaker", "limit", "flag", "canary", "auth", "tls", "telemetry", "network"
]

# Matched against the words of a key, in lower case with one space between; the first row counts.
_TABLE: tuple[tuple[Subject, str], ...] = (
    ("canary", r"canary|traffic (?:weight|percent\w*|split)|rollout (?:percent\w*|weight)"),
    ("canary", r"blue green|ab test|(?:percent\w*|weight) rollout"),
    ("flag", r"feature (?:\w+ )*(?:flag|toggle|gate|enabled?)s?|features?(?= )|feature$"),
    ("flag", r"(?:^|\b)(?:ff|flags?|toggles?|experiments?|unleash|flipt|flagd)(?:\b|$)"),
    ("breaker", r"breaker|outlier|bulkhead|failure rate threshold"),
    ("retry", r"\bretr(?:y|ies|ying)\b|\bmax attempts\b|\bbackoff\b"),
    ("timeout", r"time ?out|\bdeadline\b"),
    ("breaker", r"resilience|hystrix|\bpolly\b"),  # libraries that do all of it
    ("limit", r"rate ?limit\w*|throttl\w+|\bquota\b|max (?:\w+ )?(?:conn\w*|concurr\w*|requests)"),
    ("limit", r"\b(?:rps|qps|rpm) limit|\blimit (?:rps|qps|rpm|connections)|requests per second"),
    ("auth", r"mtls|mutual (?:tls|auth\w*|enabled?)|auth\w* (?:enabled?|disabled?|required?|mode)"),
    ("auth", r"(?:enabled?|disabled?|require|use|verify) (?:\w+ )?(?:auth\w*|jwt|oauth2?|oidc)"),
    ("auth", r"(?:jwt|oauth2?|oidc) (?:enabled?|disabled?|required?|verify|validation)"),
    ("network", r"^(?:cni exclusive|bpf lb sock(?: hostns only)?|kube proxy replacement)$"),
    ("network", r"^enable bpf masquerade$"),  # these of Cilium, which meshes have to get along with
    ("tls", r"\btls\b|\bssl\b|ssl ?mode|\bhttps (?:only|enabled?)|security protocol|insecure"),
)
_SUBJECTS: tuple[tuple[Subject, re.Pattern[str]], ...] = tuple(
    (subject, re.compile(pattern)) for subject, pattern in _TABLE
)

# Keys that say something by being there, whatever their value: it is not kept.
_PRESENT: tuple[tuple[Subject, re.Pattern[str]], ...] = (
    (
        "auth",
        re.compile(
            r"jwt|jwk|hmac|spiffe|s2s|(?:service|internal)[_.-]?(?:api[_.-]?)?(?:auth|token|key|secret)",
            re.IGNORECASE,
        ),
    ),
    (
        "telemetry",
        re.compile(
            r"otel_exporter|otlp|sentry|datadog|dd_(?:api|agent|trace)|new_?relic|dynatrace|honeycomb"
            r"|rollbar|bugsnag|appdynamics|instana|elastic_?apm|applicationinsights|splunk|loggly"
            r"|papertrail|logtail|logdna|zipkin|jaeger",
            re.IGNORECASE,
        ),
    ),
    (
        "flag",
        re.compile(
            r"launch_?darkly|unleash|flagsmith|flipt|flagd|optimizely|growthbook|statsig|configcat"
            r"|split_?io|togglz|ff4j|openfeature|devcycle",
            re.IGNORECASE,
        ),
    ),
)

# Keys that name who signs tokens, where the value is a URL inside the cluster: who is told that
# checks tokens by its keys. In ASP.NET "Authority", "MetadataAddress" and the "IdentityUrl"
# of its sample shops, in Spring "issuer-uri" and "jwk-set-uri", elsewhere the names of OIDC:
# https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
_TOKENS_SIGNED_BY = re.compile(
    r"\bauthority(?: ur[il])?$"
    r"|\bissuer(?: internal)?(?: base)?(?: ur[il])?$"
    r"|\bjwks?(?: key)?(?: set)?(?: (?:endpoint|ur[il]))?$"
    r"|\b(?:introspection|metadata)(?: (?:address|endpoint|ur[il]))+$"
    r"|\b(?:identity|identity ?server|identity provider|id ?p|keycloak|oidc|openid)"
    r"(?: (?:auth|base|discovery|internal|provider|realm|server|service)){0,2}"
    r" (?:address|endpoint|host|ur[il])$"
)
_INSIDE = re.compile(
    r"https?://(?!localhost\b)(?:[a-z][a-z0-9-]{0,62}|[a-z0-9.-]{1,200}\.svc(?:\.[a-z0-9.-]{1,60})?)"
    r"(?::\d{1,5})?(?:[/?]\S*)?",
    re.IGNORECASE,
)

_LONGEST_VALUE = 32
_LARGEST_NUMBER = 1e15
_SWITCHES = {
    "true": True,
    "yes": True,
    "on": True,
    "enabled": True,
    "false": False,
    "no": False,
    "off": False,
    "disabled": False,
}
# sslmode of PostgreSQL and MySQL, security.protocol of Kafka.
# https://www.postgresql.org/docs/current/libpq-ssl.html
_TLS_WORDS = {
    "disable": False,
    "none": False,
    "plaintext": False,
    "sasl_plaintext": False,
    "require": True,
    "required": True,
    "verify-ca": True,
    "verify_ca": True,
    "verify-full": True,
    "verify_identity": True,
    "ssl": True,
    "sasl_ssl": True,
}
_FIRST_OF_A_NUMBER = frozenset("+-0123456789Pp")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,9})?")
# Go ("1m30s"), Java ("PT30S"), and the forms of nginx, Spring and Envoy ("60s", "500ms", "1.5h").
_DURATION = re.compile(
    r"(?:\d{1,9}(?:\.\d{1,9})? ?(?:ns|us|µs|ms|s|m|h|d|sec|secs|seconds?|min|mins|minutes?|hours?"
    r"|days?)){1,4}|P(?:\d{1,5}D)?(?:T(?:\d{1,6}H)?(?:\d{1,6}M)?(?:\d{1,9}(?:\.\d{1,9})?S)?)?",
    re.IGNORECASE,
)
_PERCENTAGE = re.compile(r"\d{1,3}(?:\.\d{1,6})? ?%")


def find(key: str, value: object, found_in: str) -> Setting | None:
    """The setting that a key and its value are, or None when they are none that is kept."""
    subject, asks_for_authority = _asked_by(key)
    if subject is None and not asks_for_authority:
        return None  # as with most
    kept = shaped(value)
    if kept is None and isinstance(value, str):
        if asks_for_authority and _INSIDE.fullmatch(value):
            return Setting(key, True, found_in, "auth")
        if subject in ("tls", "auth") and len(value) <= _LONGEST_VALUE:
            kept = _TLS_WORDS.get(value.strip().lower())
    return None if subject is None or kept is None else Setting(key, kept, found_in, subject)


@lru_cache(maxsize=16_384)
def _asked_by(key: str) -> tuple[Subject | None, bool]:
    """What a key is about, and whether its URL would name who signs tokens."""
    words = keys.words(key)
    signer = _TOKENS_SIGNED_BY.search(" ".join(word for word in words if not word.isdigit()))
    return _subject(key, " ".join(words)), signer is not None


def _subject(key: str, said: str) -> Subject | None:
    if not said or (keys.place(key) == "secret" and not said.endswith(" auth")):
        return None
    return next((subject for subject, pattern in _SUBJECTS if pattern.search(said)), None)


def present(key: str, found_in: str) -> Setting | None:
    """The setting that a key is by being there: it names a library for flags or for identity."""
    subject = _subject_present(key)
    return None if subject is None else Setting(key, True, found_in, subject)


@lru_cache(maxsize=16_384)
def _subject_present(key: str) -> Subject | None:
    return next((subject for subject, pattern in _PRESENT if pattern.search(key)), None)


def shaped(value: object) -> str | float | bool | None:
    """The value as it is kept if it is a number, duration, percentage or switch, else None."""
    if isinstance(value, str):
        return _shaped_text(value.strip()) if len(value) <= _LONGEST_VALUE else None
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value) if abs(value) < _LARGEST_NUMBER else None  # nor NaN
    return None


@lru_cache(maxsize=16_384)
def _shaped_text(text: str) -> str | float | bool | None:
    if text[:1] not in _FIRST_OF_A_NUMBER:
        return _SWITCHES.get(text.lower())
    if _NUMBER.fullmatch(text):
        return float(text)
    if _PERCENTAGE.fullmatch(text) or (_DURATION.fullmatch(text) and text[-1] not in "Pp"):
        return text
    return None
