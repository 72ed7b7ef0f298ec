"""Runs every module of this package that has a `run()`, or the one named; prints a line a figure.

Each runs in a process of its own, since each sets up the product in its own way. The figures are kept in
`results.json`; those of a module that did not run this time stay.
"""

import json
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"


def names() -> list[str]:
    """The modules that measure something."""
    return sorted(file.stem for file in HERE.glob("*.py") if "\ndef run(" in file.read_text())


def line(figure: dict[str, object]) -> str:
    """A figure as one readable line."""
    text = f"{figure['name']:<28} {figure['value']:>12,.6g} {figure['unit']}"
    if figure.get("ratio") is None:
        return text
    return f"{text:<56} {figure['ratio']:>6.2f} of {figure['reference']} ({figure['reference_value']:,.6g})"


def measure(name: str) -> list[dict[str, object]]:
    """Runs one module in a process of its own; raises SystemExit with its last words if it fails."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        done = subprocess.run([sys.executable, "-m", "bench", "--into", file.name, name], check=False)
        if done.returncode:
            raise SystemExit(f"bench {name} did not finish.")
        figures: list[dict[str, object]] = json.loads(Path(file.name).read_text())
        return figures


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--into"]:
        Path(arguments[1]).write_text(json.dumps(import_module(f"bench.{arguments[2]}").run()))
        return
    wanted = arguments or names()
    unknown = set(wanted) - set(names())
    if unknown:
        raise SystemExit(f"There is no bench {', '.join(sorted(unknown))}; there are: {', '.join(names())}.")
    for name in wanted:
        figures = measure(name)
        kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
        measured = {figure["name"] for figure in figures}
        RESULTS.write_text(
            json.dumps([*(old for old in kept if old["name"] not in measured), *figures], indent=1) + "\n"
        )
        for figure in figures:
            print(line(figure))


if __name__ == "__main__":
    main(sys.argv[1:])
