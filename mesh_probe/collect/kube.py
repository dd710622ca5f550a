"""A connection to a Kubernetes API server.

The `kubernetes` package finds the server, the credentials and the TLS settings (kubeconfig, exec
plugins, service account); the requests are plain GETs on its connection pool, because its typed
lists take 15 to 30 times as long and let one odd object fail a whole list. The package takes a
third of a second to import, so it is imported by the functions that need it.
"""

import errno
import itertools
import logging
import math
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mesh_probe import __version__
from mesh_probe.collect import kubeconfig as kubeconfigs
from mesh_probe.collect.at_once import in_time
from mesh_probe.collect.crew import Tell
from mesh_probe.collect.listing import Scope
from mesh_probe.collect.reading import KubeRead, read
from mesh_probe.collect.refusal import (
    OK,
    SERVER_ERROR,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    Refused,
    is_json,
    no_answer,
    not_json,
    quote,
    read_refusal,
)
from mesh_probe.errors import CollectError
from mesh_probe.inventory import Inventory
from mesh_probe.model import Noun
from mesh_probe.text import Message, message

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration
    from urllib3 import BaseHTTPResponse

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5
READ_SECONDS = 60
"""Without a byte, not for a whole answer: that is what the scan's own time limit is for."""

LONGEST_PAUSE_SECONDS = 10
BUSY_PAUSES = 5
"""Pauses after "too many requests"; a server that is busy for longer is left alone."""
FAILED_PAUSES = 3
"""Pauses after a 5xx or an answer that broke off."""

LOGIN_SECONDS = 30
"""How long credentials are used before the package is asked for them again. It would start an exec
plugin on every request where tokens live for less than five minutes."""


_NOISE = re.compile(r"\[[^\]]*\] ?| ?\(_ssl\.c:\d+\)")
"""Codes and lines of OpenSSL and the operating system around the words."""


class HttpAccess(Noun):
    """What another HTTP client needs to reach the API server as we do."""

    base_url: str
    headers: Callable[[], dict[str, str]]
    """To be called for each request: tokens are renewed."""
    verify: bool | str
    """Path of the certificates to trust, or whether to trust those of the machine at all."""
    cert: tuple[str, str] | None
    proxy: str | None = None
    server_name: str | None = None
    """The name in the server's certificate, where it is not that of the URL."""


class Cluster:
    """An API server that we may ask. Safe to use from several threads."""

    def __init__(
        self,
        api: "ApiClient",
        context: str | None,
        namespace: str | None,
        wait: Callable[[float], None],
    ) -> None:
        self.context = context
        """The kubeconfig context; None inside a cluster."""
        self.namespace = namespace
        """The namespace that the context, or the pod we run in, belongs to."""
        self.server = _without_credentials(api.configuration.host)
        self.requests = 0
        self.bytes = 0
        """As sent over the wire, compressed where the server is on another machine."""
        self._api = api
        self._encoding = encoding(api.configuration.host)
        self._wait = wait
        self._lock = threading.Lock()
        self._login: dict[str, str] = {}
        self._login_at = -float("inf")
        self._answered = False

    def read(
        self,
        inventory: Inventory,
        *,
        namespaces: Sequence[str] = (),
        exclude_namespaces: Sequence[str] = (),
        deadline: float,
        gentle: bool = False,
        sample: bool = False,
        progress: Tell,
    ) -> KubeRead:
        """Read every kind into the inventory; what cannot be read becomes a gap.

        A `sample` has one object of every kind but Namespaces and Services.

        `deadline` is a reading of `time.monotonic`.

        Raises: CollectError when the server cannot be reached or does not let us in.
        """
        return read(
            self.get,
            inventory,
            Scope(
                tuple(dict.fromkeys(namespaces)),
                self.namespace if self.namespace not in exclude_namespaces else None,
            ),
            server=self.server,
            deadline=deadline,
            gentle=gentle,
            sample=sample,
            progress=progress,
        )

    def get(self, path: str, accept: str, tell: Tell) -> bytes:
        """The body of a JSON answer, after retries; `tell` hears of every pause.

        Raises: Refused when there is none.
        """
        from urllib3.exceptions import HTTPError, SSLError

        for tries in itertools.count():
            pause = 2.0**tries
            try:
                status, content_type, retry_after, body = self._once(path, accept)
            except ValueError as err:
                # http.client refuses the header, and its words would show the token.
                if isinstance(err, HTTPError):
                    raise no_answer(_reason(err)) from err
                raise Refused(
                    UNAUTHORIZED, "", message("gap.unusable-token"), message("hint.unauthorized")
                ) from None
            except HTTPError as err:
                refused = no_answer(_reason(err), _hint(err))
                # A server that never answered is not there, and a certificate stays what it is.
                passing = self._answered and not isinstance(err, SSLError)
                most_pauses = FAILED_PAUSES if passing else 0
            else:
                self._answered = True
                if status == OK and is_json(content_type):
                    return body
                if status == OK:
                    raise not_json(status, content_type)
                refused = read_refusal(status, content_type, body)
                most_pauses = _most_pauses(status)
                pause = pause if retry_after is None else retry_after
            log.debug("GET %s: %s", path.partition("?")[0], refused.detail)
            if tries >= most_pauses:
                raise refused
            pause = min(pause, LONGEST_PAUSE_SECONDS)
            tell(message("progress.pause", reason=refused.detail, seconds=pause))
            self._wait(pause)
        raise AssertionError("unreachable")

    def http_access(self) -> HttpAccess:
        """Address and credentials for requests of another kind, such as PromQL."""
        settings = self._api.configuration
        cert = (settings.cert_file, settings.key_file)
        return HttpAccess(
            base_url=self.server,
            headers=self._headers,
            verify=settings.verify_ssl and (settings.ssl_ca_cert or True),
            cert=cert if all(cert) else None,
            proxy=settings.proxy,
            server_name=settings.tls_server_name,
        )

    def proxy_url(self, namespace: str, service: str, port: int | str, scheme: str = "http") -> str:
        """Where the API server passes GETs on to a Service.

        https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/
        """
        secure = "https:" if scheme == "https" else ""
        return (
            f"{self.server}/api/v1/namespaces/{namespace}/services/{secure}{service}:{port}/proxy"
        )

    def _once(self, path: str, accept: str) -> tuple[int, str, float | None, bytes]:
        """Status, content type, seconds of Retry-After, and body of one request."""
        from urllib3 import Timeout

        started = time.monotonic()
        with self._lock:
            self.requests += 1
        response: BaseHTTPResponse = self._api.rest_client.pool_manager.request(
            "GET",
            self._api.configuration.host + path,
            headers={
                **self._headers(),
                "Accept": accept,
                "Accept-Encoding": self._encoding,
                "User-Agent": f"mesh-probe/{__version__}",
            },
            timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            # urllib3's own retries sleep in silence and follow redirects to login pages.
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            body = response.read(decode_content=True)
        finally:
            wire_bytes = response.tell()
            with self._lock:
                self.bytes += wire_bytes
            response.release_conn()
        log.debug(
            "GET %s: %d in %.3f s, %d bytes",
            path.partition("?")[0],
            response.status,
            time.monotonic() - started,
            wire_bytes,
        )
        retry_after = response.headers.get("Retry-After", "")
        return (
            response.status,
            response.headers.get("Content-Type", ""),
            float(retry_after) if retry_after.isdecimal() else None,
            body,
        )

    def _headers(self) -> dict[str, str]:
        with self._lock:
            if time.monotonic() - self._login_at > LOGIN_SECONDS:
                try:
                    with _heard_logging():
                        settings = self._api.configuration.auth_settings().values()
                    # A token file often ends in a line break, which no header may have.
                    self._login = {
                        s["key"]: s["value"].strip() for s in settings if s["in"] == "header"
                    }
                except _login_errors() as err:
                    # The server decides whether the old credentials are still good.
                    log.debug("renewing the login failed: %s", quote(str(err)))
                self._login_at = time.monotonic()
            return dict(self._login)


def encoding(url: str) -> str:
    """How answers may be sent: compressed, unless they stay on this machine.

    There, as from kind or minikube, packing and unpacking takes longer than what it saves.
    """
    host = urlsplit(url).hostname or ""
    try:
        stays = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        stays = False
    return "identity" if stays else "gzip"


def connect(
    context: str | None,
    kubeconfig: str | None,
    *,
    deadline: float = math.inf,
    wait: Callable[[float], None] = time.sleep,
) -> Cluster:
    """Find the server and log in: by kubeconfig, or inside a cluster as the pod's service account.

    `kubeconfig` is a path, or several in the form of KUBECONFIG; None takes the usual places. No
    request is sent yet, but an exec plugin runs; it is waited for until `deadline`, a reading of
    `time.monotonic`.

    Raises: CollectError when there is nothing to connect to, or no way to log in.
    """
    from kubernetes.client import ApiClient, Configuration

    choice: kubeconfigs.Choice | None = None
    settings = Configuration()
    try:
        choice = in_time(partial(kubeconfigs.choose, context, kubeconfig, os.environ), deadline)
        with _heard_logging() as heard:
            name, namespace, has_login = in_time(
                partial(_load, settings, choice, context), deadline
            )
    except TimeoutError as err:
        if choice and choice.plugin:
            said = message("error.plugin-slow", command=choice.plugin)
            raise CollectError(said, message("hint.plugin", context=choice.context)) from err
        said = message("error.credentials", detail=quote(str(err) or os.strerror(errno.ETIMEDOUT)))
        raise CollectError(said, message("hint.credentials")) from err
    except _login_errors() as err:
        raise CollectError(
            message("error.credentials", detail=quote(str(err))), message("hint.credentials")
        ) from err
    if choice and choice.plugin and not has_login:
        raise CollectError(
            message("error.plugin", command=choice.plugin, detail=quote("\n".join(heard))),
            message("hint.plugin", context=choice.context),
        )
    if not settings.verify_ssl:
        _accept_unverified_tls()
    return Cluster(ApiClient(settings), name, namespace, wait)


def _load(
    settings: "Configuration", choice: kubeconfigs.Choice | None, context: str | None
) -> tuple[str | None, str | None, bool]:
    """Fill in the settings; the context, its namespace, and whether there are credentials."""
    from kubernetes import config

    if choice:
        if choice.document is None:
            config.load_kube_config(choice.files, choice.context, settings)  # type: ignore[no-untyped-call]
        else:
            config.load_kube_config_from_dict(choice.document, choice.context, settings)  # type: ignore[no-untyped-call]
        has_login = bool(settings.auth_settings() or settings.cert_file)
        return choice.context, choice.namespace, has_login
    if context or config.incluster_config.SERVICE_HOST_ENV_NAME not in os.environ:
        raise CollectError(
            message("error.no-kubeconfig", file=kubeconfigs.place(os.environ)),
            message("hint.no-kubeconfig"),
        )
    config.load_incluster_config(settings)  # type: ignore[no-untyped-call]
    token = Path(config.incluster_config.SERVICE_TOKEN_FILENAME)
    namespace = token.with_name("namespace")
    return None, namespace.read_text().strip() if namespace.exists() else None, True


@contextmanager
def _heard_logging() -> Iterator[list[str]]:
    """Hear what the package logs to the root logger, where it hides why an exec plugin failed.

    Without a handler there, `logging.error` would also set up logging for the whole program.
    """
    heard: list[str] = []

    def hear(record: logging.LogRecord) -> bool:
        heard.append(record.getMessage())
        return False

    root, silence = logging.getLogger(), logging.NullHandler()
    root.addFilter(hear)
    root.addHandler(silence)
    try:
        yield heard
    finally:
        root.removeHandler(silence)
        root.removeFilter(hear)


def _login_errors() -> tuple[type[Exception], ...]:
    """What loading or renewing credentials may raise; OIDC brings two more libraries into it."""
    from kubernetes.config import ConfigException
    from oauthlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]
    from urllib3.exceptions import HTTPError

    return (
        *(ConfigException, HTTPError, OAuth2Error, OSError, ValueError),
        # A kubeconfig with values of other types than they should have, or a proxy of a kind that
        # needs a package more.
        *(TypeError, AttributeError, LookupError, ImportError),
    )


def _most_pauses(status: int) -> int:
    if status == TOO_MANY_REQUESTS:
        return BUSY_PAUSES
    return FAILED_PAUSES if status >= SERVER_ERROR else 0


def _reason(err: Exception) -> str:
    """What the operating system or TLS says, without the addresses and objects around it."""
    from urllib3.exceptions import ProtocolError, ProxyError

    cause, through = err, ""
    if isinstance(err, ProxyError):
        cause, through = err.original_error, "proxy: "
    elif isinstance(err, ProtocolError):
        cause = err.args[-1]
    return through + quote(_NOISE.sub("", str(cause)).rpartition(": ")[2])


def _hint(err: Exception) -> Message | None:
    """What to do about a certificate; for the network it depends on what was asked for."""
    from urllib3.exceptions import SSLError

    return message("hint.api-certificate") if isinstance(err, SSLError) else None


def _accept_unverified_tls() -> None:
    """The kubeconfig says insecure-skip-tls-verify: no warning for each request."""
    import urllib3

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


def _without_credentials(url: str) -> str:
    from urllib3.util import parse_url

    return parse_url(url)._replace(auth=None, query=None, fragment=None).url.rstrip("/")
