#!/usr/bin/env python3
"""Fails when a document shows code that is not, to the letter, a marked region of a compiled test, or links to what is not there.

A C++ block is preceded by a line `<!-- code: FILE#REGION -->`; FILE has the lines `// [REGION]` around it.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(?:<!-- code: (?P<file>[^#\n]+)#(?P<region>[\w-]+) -->\n)?```cpp\n(?P<code>.*?)```", re.S)
ANY_BLOCK = re.compile(r"```.*?```", re.S)
LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#\s]+)")


def region(file: str, name: str) -> str:
    mark = f"// [{name}]\n"
    parts = (ROOT / file).read_text().split(mark)
    return parts[1] if len(parts) == 3 else ""


def documents() -> list[pathlib.Path]:
    """Those of the repository, and none that a build or another tool made."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for path in (ROOT / name for name in sorted(set(listed.stdout.splitlines()))) if path.exists()]


def problems(document: pathlib.Path):
    text = document.read_text()
    for block in BLOCK.finditer(text):
        if not block["file"]:
            yield "a C++ block does not say which compiled region it shows"
        elif region(block["file"], block["region"]) != block["code"]:
            yield f"differs from {block['file']}#{block['region']}"
    for link in LINK.finditer(ANY_BLOCK.sub("", text)):
        if not (document.parent / link["path"]).exists():
            yield f"links to {link['path']}, which is not there"


def main() -> int:
    failures = 0
    for document in documents():
        for problem in problems(document):
            print(f"{document.relative_to(ROOT)}: {problem}", file=sys.stderr)
            failures += 1
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
