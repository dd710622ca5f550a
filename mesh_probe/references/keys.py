"""What a key says about its value: an address, a name, a secret, or nothing."""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Literal

Place = Literal["address", "plain", "name", "image", "secret", "own"]
"""Where a value stands. "address": the key asks for one. "name": it asks for a name of something
else, so that a bare word there is no host. "image": `host:port` there is an image and its tag.
"secret": the value is not looked at. "own": it says where the program itself is
found, whom it trusts, or something to people; nobody is called there."""

UNREAD = ("secret", "own")
"""Places whose values are not looked at."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _last_segment(key: str) -> str:
    return re.split(r"[.:/\[\]]+", key.rstrip("[]"))[-1]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ADDRESS = _set("""
    addr address addresses addrs authority backend backends base baseurl bootstrap broker brokers
    cluster connection connectionstring dsn endpoint endpoints fqdn gateway host hostname hostnames
    hosts hostport href jdbcurl link location nodes origin peers proxy remote replicas server
    servers source target targets redis mongo mongodb mysql postgres postgresql rabbitmq kafka nats
    memcached elasticsearch opensearch cassandra upstream upstreams uri uris url urls websocket
    webhook zookeeper
""")
_NAME = _set("""
    account acct alias bucket catalog channel charset class classname client database db dbname
    dialect driver email encoding engine env environment exchange family file filename format group
    id index issuer job kind label labels language level locale log login mode name namespace ns
    owner path platform plugin prefix profile profiles project protocol provider queue realm region
    repo role scheme schema service stage subject suffix table tenant theme title topic topics type
    uid user username usr version vhost zone
""")
_IMAGE = _set("image images tag tags repository registry sha digest")
_SECRET = _set("""
    apikey auth authorization bearer cert certificate cookie credential credentials crt csr hash jwk
    jwks jwt key keys pass passphrase passwd password passwords pem pin psk pw pwd salt secret
    secrets signature token tokens
""")

# Words that say something else when they stand alone; nginx has the directives in "pass".
_ADDRESS_PAIRS = frozenset(
    {
        ("server", "name"),
        ("host", "name"),
        ("domain", "name"),
        ("connection", "string"),
        ("host", "port"),
        ("proxy", "pass"),
        ("grpc", "pass"),
        ("fastcgi", "pass"),
        ("uwsgi", "pass"),
    }
)
# Where clients find the program itself, and hosts that are let in or passed by.
_OWN = _set("""
    noproxy advertised advertise advertisedlisteners listen listener listeners bind cors csrf
    allowed allowlist whitelist trusted redirect canonical
""")
# What people read: links there are called by nobody.
_PROSE = _set("description descriptions summary docs documentation homepage readme license comment")
_OWN_PAIRS = frozenset(
    {("no", "proxy")}
    | {(whose, what) for whose in ("external", "public", "root", "site") for what in ("url", "uri")}
)
# "PGHOST", "dbhost", "redisurl".
_GLUED = re.compile(r"[a-z0-9]{2,20}(?:hosts?|addr|urls?|uri|dsn|endpoint|servers|brokers)")
_VARIABLE_OF_A_SERVICE = re.compile(r"([A-Z][A-Z0-9_]{0,80})_(?:SERVICE|SVC)")
_TELLS_ITS_OWN = _set("otel dd elastic app my this k8s kubernetes systemd pod current spring")
_PLACES: tuple[tuple[Place, frozenset[str]], ...] = (
    ("secret", _SECRET),
    ("image", _IMAGE),
    ("address", _ADDRESS),
    ("name", _NAME),
)


@lru_cache(maxsize=16_384)
def words(key: str) -> tuple[str, ...]:
    """The words of a key in lower case: "dbHost", "DB_HOST", "db.host" are all db, host."""
    return tuple(word.lower() for word in _WORD.findall(key[-200:]))


@lru_cache(maxsize=16_384)
def place(key: str) -> Place:
    """What the last word of a key (numbers aside) says about the value; "" says nothing."""
    if key.endswith(("-h", "-H")):  # the flag for a host of most clients
        return "address"
    said = [word for word in words(_last_segment(key)) if not word.isdigit()]
    is_own = not _OWN.isdisjoint(said) or not _OWN_PAIRS.isdisjoint(pairwise(said))
    if is_own or said == ["server", "name"] or not _PROSE.isdisjoint(said[-1:]):
        return "own"
    if (found := _VARIABLE_OF_A_SERVICE.fullmatch(key)) and _TELLS_ITS_OWN.isdisjoint(said):
        return "address" if words(found[1]) else "plain"
    said = [word for word in words(key) if not word.isdigit()]
    last, before = said[-1] if said else "", said[-2] if len(said) > 1 else ""
    if (before, last) in _ADDRESS_PAIRS:
        return "address"
    for named, listed in _PLACES:
        if last in listed:
            return named
    return "address" if _GLUED.fullmatch(last) else "plain"
