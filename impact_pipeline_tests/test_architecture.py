"""The rules of the house that a reader cannot check at a glance: imports, sizes, mirrored tests, no machine's paths."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "impact_pipeline"
TESTS = ROOT / "impact_pipeline_tests"

MODULE_LINES = 350
FUNCTION_LINES = 30

MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/")
REGISTRIES = (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("anaconda", "org"))
REGISTRY_HOST = re.compile("|".join(re.escape(".".join(parts)) for parts in REGISTRIES), re.IGNORECASE)
"""What no file of the project may name: a folder of somebody's machine, the host of a package registry."""


def test_imports_go_down_only(capsys: pytest.CaptureFixture[str]) -> None:
    code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert code == 0, capsys.readouterr().out


def test_modules_stay_under_the_ceiling() -> None:
    lines = {_shown(path): len(path.read_text().splitlines()) for path in _modules()}
    assert {name: n for name, n in lines.items() if n > MODULE_LINES} == {}


def test_functions_stay_under_the_ceiling() -> None:
    long = {
        f"{_shown(path)}:{function.lineno} {function.name}": lines
        for path in _modules()
        for function in _functions(path)
        if (lines := _lines_of_code(function)) > FUNCTION_LINES
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    documented = [path for path in _modules() if TESTS not in path.parents]
    assert [_shown(path) for path in documented if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_every_registered_name_has_a_test_module() -> None:
    registries = sorted([*PACKAGE.glob("*/registry.py"), *PACKAGE.glob("*/causal/registry.py")])
    registered = [module for registry in registries for module in _siblings(registry)]
    missing = [_shown(_mirror(module)) for module in registered if not _mirror(module).exists()]
    assert missing == []


def test_siblings_of_a_registry_are_the_modules_it_imports(tmp_path: Path) -> None:
    package = tmp_path / "impact_pipeline" / "estimators"
    package.mkdir(parents=True)
    for name in ("base", "registry", "welch", "cuped"):
        (package / f"{name}.py").write_text("")
    lines = ("welch import Welch", "base import Estimator")
    source = "".join(f"from impact_pipeline.estimators.{line}\n" for line in lines)
    (package / "registry.py").write_text(source + "from impact_pipeline.estimators import cuped\n")
    assert _siblings(package / "registry.py") == [package / "cuped.py", package / "welch.py"]


def test_no_file_names_a_machine_or_a_registry_host() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of the project's files")
    named = [
        f"{name}:{number}"
        for name in _tracked()
        for number, line in enumerate(_text(ROOT / name).splitlines(), start=1)
        if MACHINE.search(line) or REGISTRY_HOST.search(line)
    ]
    assert named == []


@pytest.mark.parametrize("line", ["see /home/ada/data", f"at https://{'.'.join(REGISTRIES[0]).upper()}/simple"])
def test_the_patterns_find_what_they_are_for(line: str) -> None:
    assert MACHINE.search(line) or REGISTRY_HOST.search(line)


def _modules() -> list[Path]:
    trees = (PACKAGE, TESTS, ROOT / "benchmarks")
    found = (path for tree in trees for path in tree.rglob("*.py"))
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(ROOT).parts))


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.walk(ast.parse(path.read_text()))
    return [node for node in tree if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def _siblings(registry: Path) -> list[Path]:
    """Modules beside a registry that it imports from; `base` holds types and registers nothing."""
    folders = registry.parent.parts
    package = ".".join(folders[len(folders) - folders[::-1].index("impact_pipeline") - 1 :])
    names = {name for node in ast.walk(ast.parse(registry.read_text())) for name in _imported(node, package)}
    beside = (registry.parent / f"{name}.py" for name in names - {"base"})
    return sorted(path for path in beside if path.exists())


def _imported(node: ast.AST, package: str) -> list[str]:
    if not isinstance(node, ast.ImportFrom) or node.module is None:
        return []
    if node.module == package:
        return [alias.name for alias in node.names]
    return [node.module.removeprefix(f"{package}.")] if node.module.startswith(f"{package}.") else []


def _mirror(module: Path) -> Path:
    return TESTS / module.relative_to(PACKAGE).parent / f"test_{module.name}"


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tracked() -> list[str]:
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    here = Path(__file__).relative_to(ROOT).as_posix()
    return sorted(name for name in listed if name and name != here and (ROOT / name).is_file())


def _text(path: Path) -> str:
    """The file's text; nothing for a binary file."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")
