"""Requests that end in time, are sent again where that helps, and fail in ways of ours alone."""

import logging
import math
import time
from collections.abc import Callable
from typing import Any

import requests

from mesh_probe.collect.prometheus_http import Transport, cause_of
from mesh_probe.collect.query_error import (
    Busy,
    QueryError,
    TooExpensive,
    Unusable,
    out_of_time,
    unreachable,
)
from mesh_probe.text import message

_GRACE = 1.25
"""How much longer than the server we wait, as a factor."""
_TRIES = 3
_PAUSE_SECONDS = 0.5

_log = logging.getLogger(__name__)


class Sender:
    """Sends requests to one server through its transport."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        seconds: float,
        not_one: Callable[[str, str], Unusable],
    ) -> None:
        """`seconds` is the most for one request, `not_one` the error for answers of no use."""
        self._name = name
        self._transport = transport
        self._seconds = seconds
        self._not_one = not_one

    def answer(self, send: Callable[[int], Any], until: float) -> tuple[Any, tuple[str, ...]]:
        """What `send` returns, given the seconds that it has, and the server's warnings.

        Until then on the monotonic clock a server that is busy is asked again. Raises: QueryError.
        """
        for tries in range(1, _TRIES):
            try:
                return self._once(send, until)
            except Busy as busy:
                pause = _PAUSE_SECONDS * tries if busy.pause_seconds is None else busy.pause_seconds
                if time.monotonic() + pause >= until:
                    raise
                _log.debug("%s: %s, again in %.1f s", self._name, busy.reason.parameters, pause)
                time.sleep(pause)
        return self._once(send, until)

    def _once(self, send: Callable[[int], Any], until: float) -> tuple[Any, tuple[str, ...]]:
        """Every way in which it can fail becomes ours."""
        left = until - time.monotonic()
        if left <= 0:
            raise out_of_time()
        seconds = max(1, math.floor(min(self._seconds, left)))
        self._transport.begin(min(until, time.monotonic() + self._seconds * _GRACE))
        try:
            return send(seconds), self._transport.warnings
        except requests.Timeout as err:
            if time.monotonic() >= until:
                raise out_of_time() from err
            if isinstance(err, requests.ConnectTimeout):
                raise unreachable(self._name, cause_of(err)) from err
            raise TooExpensive(
                message("gap.prometheus-too-slow", server=self._name),
                message("hint.prometheus-too-slow"),
            ) from err
        except (
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as err:
            raise QueryError(
                message("gap.prometheus-broken-off", server=self._name),
                message("hint.prometheus-broken-off"),
            ) from err
        except (requests.RequestException, OSError) as err:
            raise unreachable(self._name, cause_of(err)) from err
        except (LookupError, TypeError, ValueError, RecursionError) as err:
            raise self._not_one(self._name, "data of another shape") from err
