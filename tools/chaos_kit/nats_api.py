"""One request to NATS and its answer, over a connection of its own: enough to ask JetStream's API and to send odd commands."""

import json
import socket
import urllib.parse

TIMEOUT = 5.0
INBOX = "_INBOX.chaos"
HELLO = f'CONNECT {{"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"name":"chaos"}}\r\nSUB {INBOX} 1\r\n'


class NatsError(Exception):
    """No server was there, or none answered."""


def request(urls: str, subject: str, body: bytes = b"", headers: dict[str, str] | None = None) -> dict:
    """The answer's JSON; empty when nobody answers."""
    try:
        return json.loads(exchange(urls, subject, body, headers)[1] or b"{}")
    except (NatsError, json.JSONDecodeError):
        return {}


def exchange(urls: str, subject: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[dict[str, str], bytes]:
    """Headers and body of the first answer."""
    problem = ""
    for url in urls.split(","):
        address = urllib.parse.urlsplit(url)
        try:
            with socket.create_connection((address.hostname, address.port), TIMEOUT) as connection:
                connection.settimeout(TIMEOUT)
                stream = connection.makefile("rwb")
                stream.write(HELLO.encode() + publication(subject, body, headers))
                stream.flush()
                return _answer(stream)
        except OSError as error:
            problem = f"{url}: {error}"
    raise NatsError(problem)


def publication(subject: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """What asks the server to send the message on, and to answer."""
    if not headers:
        return f"PUB {subject} {INBOX} {len(body)}\r\n".encode() + body + b"\r\n"
    block = "".join(["NATS/1.0\r\n", *(f"{key}: {value}\r\n" for key, value in headers.items()), "\r\n"]).encode()
    return f"HPUB {subject} {INBOX} {len(block)} {len(block) + len(body)}\r\n".encode() + block + body + b"\r\n"


def _answer(stream) -> tuple[dict[str, str], bytes]:
    while line := stream.readline():
        words = line.split()
        if words[:1] == [b"PING"]:
            stream.write(b"PONG\r\n")
            stream.flush()
        elif words[:1] == [b"MSG"]:
            return {}, stream.read(int(words[-1]))
        elif words[:1] == [b"HMSG"]:
            head, whole = int(words[-2]), int(words[-1])
            data = stream.read(whole)
            return headers_of(data[:head]), data[head:]
        elif words[:1] == [b"-ERR"]:
            raise NatsError(line.decode(errors="replace").strip())
    raise NatsError("the server closed the connection")


def headers_of(block: bytes) -> dict[str, str]:
    """Of a NATS/1.0 header block; the status, such as 503, under "Status"."""
    first, *lines = block.decode(errors="replace").split("\r\n")
    headers = dict(line.split(": ", 1) if ": " in line else line.split(":", 1) for line in lines if ":" in line)
    status = first.removeprefix("NATS/1.0").strip()
    return {**headers, **({"Status": status} if status else {})}
