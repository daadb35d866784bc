"""Is it ready? Each question goes to the process itself and returns an objection, or "" when there is none."""

import http.client
import json
import socket
import urllib.parse

TIMEOUT = 2.0  # seconds for one answer


def nats(monitoring_url: str) -> str:
    """Objects while JetStream has not recovered or knows no leader."""
    return _http_ok(monitoring_url, "/healthz")


def node(health_url: str) -> str:
    return _http_ok(health_url, "/readyz")


def redis(url: str) -> str:
    return _greeting(url, b"PING\r\n", b"+PONG")


def mail(url: str) -> str:
    return _greeting(url, b"", b"220")


def gateway(monitoring_urls: list[str], subject: str) -> str:
    """The gateway serves nothing but NATS: a server that knows its subscription must exist."""
    objection = ""
    for url in monitoring_urls:
        status, body = get(url, "/subsz?subs=1&test=" + subject)
        if status == 200 and json.loads(body).get("total", 0) > 0:
            return ""
        objection = f"{url} knows no subscription of {subject}" if status == 200 else body
    return objection


def get(url: str, path: str) -> tuple[int, str]:
    """Status and body; status 0 and why when there is no answer."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return 0, f"{url} does not answer: {error}"
    finally:
        connection.close()


def _http_ok(url: str, path: str) -> str:
    status, body = get(url, path)
    return "" if status == 200 else body or f"{url}{path} answers {status}"


def _greeting(url: str, sent: bytes, expected: bytes) -> str:
    """Sends, and expects an answer that begins so."""
    address = urllib.parse.urlsplit(url)
    try:
        with socket.create_connection((address.hostname, address.port), TIMEOUT) as connection:
            connection.sendall(sent)
            answer = connection.recv(1024)
    except OSError as error:
        return f"{url} does not answer: {error}"
    return "" if answer.startswith(expected) else f"{url} answers {answer.decode(errors='replace').strip()}"
