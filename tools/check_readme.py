#!/usr/bin/env python3
"""Fails when a C++ block of the documents is not, to the letter, a marked region of a compiled test.

A block is preceded by a line `<!-- code: FILE#REGION -->`; FILE has the lines `// [REGION]` around it.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(?:<!-- code: (?P<file>[^#\n]+)#(?P<region>[\w-]+) -->\n)?```cpp\n(?P<code>.*?)```", re.S)


def region(file: str, name: str) -> str:
    mark = f"// [{name}]\n"
    parts = (ROOT / file).read_text().split(mark)
    return parts[1] if len(parts) == 3 else ""


def main() -> int:
    failures = 0
    for document in sorted(ROOT.glob("*.md")):
        for block in BLOCK.finditer(document.read_text()):
            where = f"{document.name}: "
            if not block["file"]:
                print(where + "a C++ block does not say which compiled region it shows", file=sys.stderr)
            elif region(block["file"], block["region"]) != block["code"]:
                print(where + f"differs from {block['file']}#{block['region']}", file=sys.stderr)
            else:
                continue
            failures += 1
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
