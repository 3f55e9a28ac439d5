"""Validates what `dehusk check` prints for other programs against their own schemas: SARIF 2.1.0 and the XSD of JUnit's XML.

The schemas are not kept here: they are taken from packages that carry them, SARIF's from the crate serde-sarif, JUnit's from
the source of pytest.

    python3 tests/readers/reports.py --fetch FOLDER
    python3 tests/readers/reports.py --schemas FOLDER --dehusk target/release/dehusk
"""

import argparse
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

import jsonschema
from lxml import etree

SARIF = ("https://static.crates.io/crates/serde-sarif/serde-sarif-0.8.0.crate", "src/schema.json")
JUNIT = ("pytest==8.4.2", "testing/example_scripts/junit-10.xsd")

# Page text is hostile: what ends a CDATA section, an element or a command of GitHub's, and what XML may not hold at all.
HOSTILE = [
    "]]> </failure><x/> &amp; ::error::x %0A \u0000\u0001\u001b[31m \ufffe \ufffd \ufffd",
    "``` <script>alert(1)</script> | a | b | caf\u00c3\u00a9 caf\u00c3\u00a9 caf\u00c3\u00a9",
]


def member(archive: bytes, end: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        name = next(name for name in files.getnames() if name.endswith(end))
        return files.extractfile(name).read()


def fetch(folder: Path) -> None:
    with urllib.request.urlopen(SARIF[0], timeout=60) as answer:
        (folder / "sarif.json").write_bytes(member(answer.read(), SARIF[1]))
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*pip, "-d", str(folder), JUNIT[0]], check=True)
    (folder / "junit.xsd").write_bytes(member(next(folder.glob("pytest-*.tar.gz")).read_bytes(), JUNIT[1]))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--fetch", type=Path, metavar="FOLDER", help="take the schemas there, and nothing else")
    arguments.add_argument("--schemas", type=Path, metavar="FOLDER", help="where they were taken to")
    arguments.add_argument("--dehusk", type=Path)
    given = arguments.parse_args()
    if given.fetch:
        return fetch(given.fetch)
    dehusk = given.dehusk.resolve()
    sarif = jsonschema.Draft7Validator(json.loads((given.schemas / "sarif.json").read_text()))
    junit = etree.XMLSchema(etree.parse(given.schemas / "junit.xsd"))
    seeds = Path(__file__).resolve().parents[2] / "seeds"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = folder / "pages \u00e9%20#.jsonl"
        pages.write_text("".join(json.dumps({"id": text, "text": text}) + "\n" for text in HOSTILE) + "no record\n")
        for corpus in (seeds, pages):
            printed = {}
            for form in ("sarif", "junit"):
                run = subprocess.run([dehusk, "check", corpus, "--format", form], capture_output=True)
                assert run.returncode == 1, run.stderr.decode()
                printed[form] = run.stdout
            read = json.loads(printed["sarif"])
            sarif.validate(read)
            junit.assertValid(etree.fromstring(printed["junit"]))
            print(f"{corpus.name}: {len(read['runs'][0]['results'])} results are SARIF, and the gates are JUnit")


if __name__ == "__main__":
    main()
