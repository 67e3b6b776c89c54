"""Where a scheduler listens, and whether that is this machine."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from reportgen.errors import Problem, SpecError


@dataclass(frozen=True, slots=True)
class Address:
    """Where a scheduler listens, as the user wrote it.

    Examples
    --------
    >>> Address.of("dask://localhost:8786").url
    'tcp://localhost:8786'
    """

    written: str
    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, written: str) -> Address:
        """Return the address that a text stands for, or raise `SpecError`."""
        try:
            parts = urlsplit(written)
            bare = not (parts.path or parts.query or parts.fragment or parts.username)
            if parts.scheme in ("dask", "tls") and parts.hostname and parts.port and bare:
                return cls(written, parts.scheme, parts.hostname, parts.port)
        except ValueError:  # a port that is no number
            pass
        hint = "Write dask://HOST:PORT, or tls://HOST:PORT, as in --executor dask://localhost:8786."
        raise SpecError([Problem(f"invalid value '{written}' of --executor", hint=hint)])

    @property
    def url(self) -> str:
        """The address as Dask writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tls' if self.scheme == 'tls' else 'tcp'}://{host}:{self.port}"


def is_here(host: str) -> bool:
    """Whether a host is this machine: only then its addresses can be taken; raises `OSError` for an unknown one.

    Examples
    --------
    >>> is_here("127.0.0.1")
    True
    """
    known = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    return all(_own(family, place) for family, _, _, _, place in known)


def _own(family: int, place: Any) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind(place)
    except OSError:
        return False
    return True
