"""Messages of the schemas as bytes and as text: protoc knows how."""

import subprocess

from cluster_kit.plan import ROOT

SCHEMAS = ROOT / "schemas"


def encode(message: str, text: str, *files: str) -> bytes:
    """`text` in protobuf's text format, where [type.googleapis.com/<type>] {…} is an Any; `files` of schemas/ have all its types."""
    return _protoc("--encode", message, text.encode(), files)


def decode(message: str, body: bytes, *files: str) -> str:
    return _protoc("--decode", message, body, files).decode()


def _protoc(what: str, message: str, given: bytes, files: tuple[str, ...]) -> bytes:
    ran = subprocess.run(["protoc", f"-I{SCHEMAS}", f"{what}={message}", *files], input=given, capture_output=True)
    if ran.returncode != 0:
        raise OSError(f"protoc: {ran.stderr.decode(errors='replace').strip()}")
    return ran.stdout
