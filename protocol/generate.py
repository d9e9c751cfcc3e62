#!/usr/bin/env python3
"""Generates protocol/generated and protocol/text/generated from protocol/schemas (standard library only).

    protocol/generate.py            writes what changed, removes what is no longer generated
    protocol/generate.py --check    writes nothing, exit 1 and the names of the files that are not as they should be
"""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "codegen"))
sys.dont_write_bytecode = True
import emit  # noqa: E402
import schema  # noqa: E402


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    try:
        files = emit.everything(schema.load(HERE / "schemas"), HERE / "schemas" / "errors.txt")
    except schema.SchemaError as error:
        sys.exit(f"error: {error}")
    wrong = []
    for name, text in files.items():
        path = HERE / name
        if path.exists() and path.read_text() == text:
            continue
        wrong.append(f"differs: {path.relative_to(HERE)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    there = [p for folder in ("generated", "text/generated") for p in (HERE / folder).rglob("*") if p.is_file()]
    for path in sorted(p for p in there if str(p.relative_to(HERE)) not in files):
        wrong.append(f"not generated: {path.relative_to(HERE)}")
        if not check:
            path.unlink()
    print("\n".join(wrong) if check else f"{len(files)} files, {len(wrong)} changed")
    sys.exit(1 if check and wrong else 0)


if __name__ == "__main__":
    main()
