"""The import law of CONTRIBUTING.md: handlers -> aws -> core, cli -> aws -> core, and core is pure."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src"
MAY_IMPORT = {
    "core": {"core"},
    "aws": {"aws", "core"},
    "handlers": {"handlers", "aws", "core"},
    "cli": {"cli", "aws", "core"},
}
IMPURE = {"boto3", "botocore", "aws_lambda_powertools", "importlib"}
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb"}


def breaches(sources: Path) -> list[str]:
    """Every breach of the law below a folder of packages, as `file:line: what`."""
    found: list[str] = []
    for file in sorted(sources.rglob("*.py")):
        place = file.relative_to(sources)
        package = place.parts[0] if len(place.parts) > 1 else ""
        if package not in MAY_IMPORT:
            found.append(f"{place}: in no package that the law knows")
            continue
        for line, name in names(ast.parse(file.read_text(encoding="utf-8"))):
            top = name.split(".")[0]
            ours = top in MAY_IMPORT and top not in MAY_IMPORT[package]
            impure = package == "core" and (top in IMPURE or name in {f"os.{each}" for each in ENVIRONMENT})
            if ours or impure:
                found.append(f"{place}:{line}: {name}")
    return found


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What is imported, and the attributes of `os` that are used, each with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=modules):
                yield from ((node.lineno, module.name) for module in modules)
            case ast.ImportFrom(module=module, names=members, level=level):
                if level:
                    yield node.lineno, f"{'.' * level}{module or ''}"
                yield from ((node.lineno, f"{module}.{member.name}") for member in members)
            case ast.Attribute(value=ast.Name(id="os"), attr=attribute):
                yield node.lineno, f"os.{attribute}"


def test_the_sources_keep_the_law() -> None:
    assert breaches(SOURCES) == []


def test_every_package_was_looked_at() -> None:
    packages = {path.name for path in SOURCES.iterdir() if path.is_dir() and (path / "__init__.py").exists()}

    assert packages == set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("path", "source", "breach"),
    [
        ("core/a.py", "import boto3", "boto3"),
        ("core/a.py", "import json, botocore.exceptions", "botocore.exceptions"),
        ("core/a.py", "from botocore.config import Config", "botocore.config.Config"),
        ("core/a.py", "def f():\n    from aws_lambda_powertools import Logger", "aws_lambda_powertools.Logger"),
        ("core/a.py", "if True:\n    import boto3", "boto3"),
        ("core/deep/er/a.py", "import boto3", "boto3"),
        ("core/a.py", "import importlib", "importlib"),
        ("core/a.py", "import os\nx = os.environ['A']", "os.environ"),
        ("core/a.py", "import os\nx = os.getenv('A')", "os.getenv"),
        ("core/a.py", "from os import environ", "os.environ"),
        ("core/a.py", "from os import path, getenv as read", "os.getenv"),
        ("core/a.py", "import aws.s3_images", "aws.s3_images"),
        ("core/a.py", "from handlers import gate", "handlers.gate"),
        ("core/a.py", "from cli.main import main", "cli.main.main"),
        ("aws/a.py", "from handlers.gate import Gate", "handlers.gate.Gate"),
        ("aws/a.py", "import cli", "cli"),
        ("handlers/a.py", "import cli.main", "cli.main"),
        ("cli/a.py", "from handlers import gate", "handlers.gate"),
    ],
)
def test_a_breach_is_found(tmp_path: Path, path: str, source: str, breach: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")

    [found] = breaches(tmp_path)

    assert found.startswith(f"{path}:")
    assert found.endswith(f": {breach}")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/a.py", "import os.path, json, core.b\nfrom core import c\nfrom pydantic import BaseModel"),
        ("aws/a.py", "import boto3, os, aws.b\nfrom core.ports import Page\nx = os.environ"),
        ("handlers/a.py", "from aws import b\nfrom core import c\nfrom handlers import d"),
        ("cli/a.py", "from aws import b\nfrom core import c\nfrom cli import d"),
    ],
)
def test_what_the_law_allows_is_no_breach(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")

    assert breaches(tmp_path) == []


@pytest.mark.parametrize("path", ["more/a.py", "a.py"])
def test_a_package_that_the_law_does_not_know_is_a_breach(tmp_path: Path, path: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(exist_ok=True)
    file.write_text("", encoding="utf-8")

    assert breaches(tmp_path) == [f"{path}: in no package that the law knows"]
