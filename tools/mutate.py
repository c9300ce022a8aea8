"""Breaks the rules in one place at a time, and tells which breaks no test notices.

.venv/bin/python -m tools.mutate [--workers N] [--match TEXT] [MODULE ...]

A module is named as in `inspection` or `core.inspection`; without any, all that hold rules are taken. Files stay as
they are: a mutant lives in the memory of a process of its own, forked from one that has loaded the tests already, in
which one function is given other code. (What runs while a module is loaded is mutated before that.) The tests of its
module meet it first. What survives is printed, and fails the run, unless tools/equivalent_mutants.toml says why it
behaves as the original does.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import inspect
import os
import resource
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FunctionType
from typing import Final, NamedTuple

import hypothesis.strategies  # noqa: F401 - loaded before the first process is forked, as is pytest
import pytest

ROOT: Final = Path(__file__).parent.parent
MODULES: Final = (
    "inspection",
    "label_inspection",
    "labels",
    "masks",
    "entry_schema",
    "references",
    "dataset",
    "train_test",
    "image_findings",
    "image_facts",
    "image_start",
    "policy",
    "rule_choices",
    "source_ref",
    "file_shape",
    "similar_keys",
    "choices",
    "validate",
    "existence",
    "clean_lines",
    "key_lines",
    "shelf",
    "wanted_keys",
)
"""Modules of core that hold rules."""
_EQUIVALENT: Final = ROOT / "tools/equivalent_mutants.toml"
_TESTS: Final = ROOT / "tests/unit/core"
_FIRST: Final = ("test_rules_lines.py", "test_rules_whole.py")
_LAST: Final = "test_cases.py"
_SECONDS: Final = 90
"""Processor time after which a mutant counts as killed: it does not come to an end."""
_MEMORY: Final = 4 * 1_024**3
_UNTOUCHED: Final = frozenset({"annotation", "returns", "decorator_list"})
"""Fields of the syntax tree in which there is nothing to break."""

_OTHER_ORDER: Final[dict[type[ast.cmpop], ast.cmpop]] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
}
_CONTRARY: Final[dict[type[ast.cmpop], ast.cmpop]] = {
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
    ast.Lt: ast.GtE(),
    ast.LtE: ast.Gt(),
    ast.Gt: ast.LtE(),
    ast.GtE: ast.Lt(),
}
_OTHER_FUNCTION: Final = {"all": "any", "any": "all", "min": "max", "max": "min", "sorted": "list"}


class Place(NamedTuple):
    """Where a node stands in the syntax tree, in which function or class, and whether it is in a function at all."""

    parent: ast.AST
    field: str
    item: int | None
    function: str
    in_function: bool

    def put(self, node: ast.AST) -> None:
        """Puts another node there."""
        if self.item is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.item] = node


class Mutant(NamedTuple):
    """One break: what to put where."""

    place: Place
    line: int
    before: str
    after: str
    node: ast.AST

    def __str__(self) -> str:
        return f"{self.place.function or 'module'}: {self.before} -> {self.after}"


def mutants_of(tree: ast.Module) -> list[Mutant]:
    """All mutants of a module, in the order of lines; none twice."""
    found = {
        (mutant.line, id(mutant.place.parent), str(mutant)): mutant
        for place, node in _nodes(tree, "")
        for mutant in _mutants(place, node)
        if mutant.before != mutant.after
    }
    return sorted(found.values(), key=lambda mutant: mutant.line)


def _nodes(parent: ast.AST, function: str, *, within: bool = False) -> Iterator[tuple[Place, ast.AST]]:
    """Nodes, and where they stand; functions within others belong to those."""
    for field, value in ast.iter_fields(parent):
        if field in _UNTOUCHED:
            continue
        items = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, node in items:
            if isinstance(node, ast.AST):
                yield Place(parent, field, index, function, within), node
                name = node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) and not within else ""
                inner = f"{function}.{name}".strip(".") if name else function
                yield from _nodes(node, inner, within=within or isinstance(node, ast.FunctionDef))


def _mutants(place: Place, node: ast.AST) -> Iterator[Mutant]:
    for changed in _changed(place, node):
        yield Mutant(place, getattr(node, "lineno", 0), _shown(node), _shown(changed), changed)
    if isinstance(node, ast.Compare | ast.AnnAssign):
        yield from _near_numbers(place, node)


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    most = 160
    return text if len(text) <= most else f"{text[:most]}..."


def _changed(place: Place, node: ast.AST) -> Iterator[ast.AST]:
    """What a node may be changed into."""
    condition = _is_condition(place)
    if condition and isinstance(node, ast.expr):
        yield from _decided(node)
    match node:
        case ast.Compare():
            yield from _compared(node, condition=condition)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            for index in range(len(node.values)):
                rest = [value for other, value in enumerate(node.values) if other != index]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        case ast.UnaryOp(op=ast.Not()) if not condition:
            yield node.operand
        case ast.Call(func=ast.Name(id=name)) if name in _OTHER_FUNCTION:
            keywords = [] if name == "sorted" else node.keywords
            yield ast.Call(ast.Name(_OTHER_FUNCTION[name], ast.Load()), node.args, keywords)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="policy"), attr="finding")):
            yield ast.List([], ast.Load())
        case ast.YieldFrom() if not _shown(node.value).startswith("policy.finding("):
            yield ast.YieldFrom(ast.Tuple([], ast.Load()))
        case ast.AugAssign() | ast.Expr(value=ast.Call()) | ast.Break() | ast.Continue():
            yield ast.Pass()


def _is_condition(place: Place) -> bool:
    if isinstance(place.parent, ast.comprehension):
        return place.field == "ifs"
    return place.field in ("test", "guard")


def _decided(node: ast.expr) -> Iterator[ast.expr]:
    """A condition negated, always true, and never. Names that it gives are given still."""
    gives = any(isinstance(part, ast.NamedExpr) for part in ast.walk(node))
    yield node.operand if isinstance(node, ast.UnaryOp) else ast.UnaryOp(ast.Not(), node)
    for constant, operator in ((ast.Constant(value=True), ast.Or()), (ast.Constant(value=False), ast.And())):
        yield ast.BoolOp(operator, [node, constant]) if gives else constant


def _compared(node: ast.Compare, *, condition: bool) -> Iterator[ast.Compare]:
    """The limit on the other side; and the contrary, unless that is the negation of a condition."""
    for index, operator in enumerate(node.ops):
        others = [_OTHER_ORDER.get(type(operator)), None if condition else _CONTRARY[type(operator)]]
        for other in others:
            if other is not None:
                ops = [*node.ops[:index], other, *node.ops[index + 1 :]]
                yield ast.Compare(node.left, ops, node.comparators)


def _near_numbers(place: Place, node: ast.Compare | ast.AnnAssign) -> Iterator[Mutant]:
    """Integers one less and one more: in comparisons, and where they are named for the whole module."""
    if isinstance(node, ast.AnnAssign) and not isinstance(place.parent, ast.Module):
        return
    if isinstance(node, ast.AnnAssign) and not isinstance(node.value, ast.Constant):
        return
    for inner, number in _nodes(node, place.function, within=place.in_function):
        if isinstance(number, ast.Constant) and type(number.value) is int:
            for near in (number.value - 1, number.value + 1):
                yield Mutant(inner, number.lineno, _shown(node), f"{near} for {number.value}", ast.Constant(near))


class _Loader(SourceFileLoader):
    """Loads a module from a syntax tree."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = compile(self._tree, self.get_filename(fullname), "exec", dont_inherit=True)
        return code


class _Finder:
    """Finds one module, mutated, before others find it."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = name, str(path), tree

    def find_spec(self, name: str, _path: Sequence[str] | None = None, _target: object = None) -> ModuleSpec | None:
        if name != self._name:
            return None
        loader = _Loader(name, self._path, self._tree)
        return importlib.util.spec_from_file_location(name, self._path, loader=loader)


class Module:
    """A module of core and its mutants.

    Attributes:
        name: As in `inspection`.
        path: Its file.
        reasons: By the names of mutants, why they behave as the module does.
        names: What its mutants are called.
        mutants: Those that are to be run.
        survived: Those that did.
    """

    def __init__(self, name: str, match: str, reasons: Mapping[str, str]) -> None:
        self.name = name
        self.reasons = reasons
        self.path = ROOT / f"src/core/{name}.py"
        self._tree = ast.parse(self.path.read_bytes())
        every = mutants_of(self._tree)
        self.names = {str(mutant) for mutant in every}
        self.mutants = [mutant for mutant in every if match in str(mutant)]
        self.survived: list[Mutant] = []
        body = [node for node in self._tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
        self._named = {part.id for node in body for part in ast.walk(node) if isinstance(part, ast.Name)}

    def is_loaded_with(self, mutant: Mutant) -> bool:
        """Whether loading the module runs what is mutated, or may: then it has to be mutated before."""
        return not mutant.place.in_function or mutant.place.function in self._named

    def rank(self, path: Path) -> int:
        """When the tests of a file are run: first those that are likely to notice mutants, last those that are slow."""
        if path.name in (f"test_{self.name}.py", *_FIRST):
            return 0
        return 2 if path.name == _LAST else 1

    def load(self, mutant: Mutant) -> None:
        """Loads the module mutated, where it is not loaded yet."""
        mutant.place.put(mutant.node)
        sys.meta_path.insert(0, _Finder(f"core.{self.name}", self.path, ast.fix_missing_locations(self._tree)))
        importlib.import_module(f"core.{self.name}")

    def change(self, mutant: Mutant) -> None:
        """Gives the function of a mutant other code."""
        mutant.place.put(mutant.node)
        code = compile(ast.fix_missing_locations(self._tree), self.path, "exec", dont_inherit=True)
        found: object = sys.modules[f"core.{self.name}"]
        for name in mutant.place.function.split("."):
            found = inspect.getattr_static(found, name)
        for wrapped in ("fget", "func", "__wrapped__"):  # of properties, cached ones, and all else that wraps
            found = getattr(found, wrapped, found)
        if not isinstance(found, FunctionType):
            raise TypeError(mutant.place.function)
        found.__code__ = next(part for part in _parts(code) if part.co_qualname == mutant.place.function)


def _parts(code: CodeType) -> Iterator[CodeType]:
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield part
            yield from _parts(part)


class _Tests:
    """A plugin of pytest that, in place of the tests once, runs them for each of some mutants in processes."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._session: pytest.Session

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Takes the place of pytest's own loop."""
        self._session = session
        self._run(self._passes)
        return True

    def _passes(self, module: Module, mutant: Mutant | None) -> bool:
        if mutant is not None:
            module.change(mutant)
        items = sorted(self._session.items, key=lambda item: module.rank(item.path))
        for item, following in zip_longest(items, items[1:]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._session.testsfailed:
                return False
        return True


def _tested(module: Module, mutant: Mutant | None) -> bool:
    """Whether all tests pass on a module that is not loaded yet."""
    if mutant is not None:
        module.load(mutant)
    files = sorted(_TESTS.glob("test_*.py"), key=module.rank)
    return _pytest(files) is pytest.ExitCode.OK


def _pytest(paths: Sequence[Path], *plugins: object) -> int | pytest.ExitCode:
    # Without the terminal there is nobody to take the usual options.
    usual = ["-o", "addopts=--import-mode=importlib"]
    # Hypothesis is loaded already, which pytest would warn of.
    quiet = ["-p", "no:cacheprovider", "-p", "no:terminal", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return pytest.main(["-x", "-s", *usual, *quiet, *map(str, paths)], plugins=plugins)


def _fork(passes: Callable[[Module, Mutant | None], bool], module: Module, mutant: Mutant | None) -> int:
    """Runs tests in a process of its own, which ends well if they pass."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os._exit(0 if passes(module, mutant) else 1)
    finally:
        os._exit(1)


class _Run:
    """Runs mutants, some at once."""

    def __init__(self, work: Sequence[tuple[Module, Mutant]], workers: int) -> None:
        self._work, self._workers = work, workers

    def __call__(self, passes: Callable[[Module, Mutant | None], bool]) -> None:
        """Runs tests on each mutant, and on none."""
        waiting, running = list(reversed(self._work)), dict[int, tuple[Module, Mutant]]()
        if waiting and os.waitpid(_fork(passes, waiting[0][0], None), 0)[1]:
            sys.exit("The tests fail without any mutant.")
        while waiting or running:
            while waiting and len(running) < self._workers:
                module, mutant = waiting.pop()
                running[_fork(passes, module, mutant)] = module, mutant
            child, status = os.wait()
            module, mutant = running.pop(child)
            if status == 0:
                module.survived.append(mutant)
                what = "equivalent" if str(mutant) in module.reasons else "survived"
                print(f"{what}: {module.path.relative_to(ROOT)}:{mutant.line} {mutant}", flush=True)


def main() -> int:
    """Runs the mutants of some modules."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="modules of core; all that hold rules")
    parser.add_argument("--workers", type=int, default=1, help="mutants that are run at once (1)")
    parser.add_argument("--match", default="", metavar="TEXT", help="only mutants whose description holds this text")
    options = parser.parse_args()
    os.environ["CI"] = "1"  # property tests end the same way each time
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    reasons = tomllib.loads(_EQUIVALENT.read_text(encoding="utf-8"))
    names = [name.removeprefix("core.") for name in options.modules or MODULES]
    modules = [Module(name, options.match, reasons.get(name, {})) for name in names]
    work = [(module, mutant) for module in modules for mutant in module.mutants]
    _Run([(module, mutant) for module, mutant in work if module.is_loaded_with(mutant)], options.workers)(_tested)
    rest = _Run([(module, mutant) for module, mutant in work if not module.is_loaded_with(mutant)], options.workers)
    if _pytest(sorted(_TESTS.glob("test_*.py")), _Tests(rest)) is not pytest.ExitCode.OK:
        sys.exit("The tests cannot be run.")
    return 1 if _report(modules) else 0


def _report(modules: Sequence[Module]) -> int:
    """Prints what became of the mutants; returns how many are left to be explained."""
    rows: list[tuple[str, ...]] = [("module", "mutants", "killed", "equivalent", "survived")]
    left = 0
    for module in modules:
        for name in module.reasons.keys() - module.names:
            print(f"no such mutant, though explained: {module.name}: {name}")
        explained = sum(str(mutant) in module.reasons for mutant in module.survived)
        counts = (
            len(module.mutants),
            len(module.mutants) - len(module.survived),
            explained,
            len(module.survived) - explained,
        )
        rows.append((module.name, *map(str, counts)))
        left += counts[-1]
    for row in rows:
        print(f"{row[0]:20}" + "".join(f"{cell:>12}" for cell in row[1:]))
    return left


if __name__ == "__main__":
    sys.exit(main())
