"""Check from the source of model.py that it defines what ingestion calls."""

import ast
from pathlib import Path

from higgs_tools.checking.findings import Finding, Level
from higgs_tools.checking.imports import UnreadableError, read_source
from higgs_tools.checking.submission_zip import MODEL

CHECK = "class Model"
ARGUMENTS = {"fit": 0, "predict": 1}
"""Methods that ingestion calls, and how many arguments it passes."""

SIGNATURES = "__init__(self, get_train_set=None, systematics=None), fit(self) and predict(self, test_set)"
CONSTRUCTOR = ("get_train_set", "systematics")


def check_contract(folder: Path) -> Finding:
    """Check class Model in a submission's model.py, without running it."""
    try:
        tree = read_source(folder / MODEL)
    except UnreadableError as error:
        return _failure(str(error), error.remedy)
    except FileNotFoundError:
        return Finding(CHECK, Level.UNCHECKED, f"there is no {MODEL} to check")
    found = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Model"]
    if not found:
        if "Model" in _names_bound(tree):
            return Finding(CHECK, Level.OK, f"{MODEL} gets Model from elsewhere; fit will show whether it works")
        return _failure(
            f"{MODEL} does not define class Model", "define class Model with __init__, fit and predict; see template/"
        )
    model = found[-1]
    methods = {node.name: node for node in model.body if isinstance(node, ast.FunctionDef)}
    wrong = [problem for name in ("__init__", *ARGUMENTS) if (problem := _problem(model, methods, name))]
    if wrong:
        return _failure("; ".join(wrong), f"write {SIGNATURES}")
    return Finding(CHECK, Level.OK, "has __init__, fit and predict with the right arguments")


def _problem(model: ast.ClassDef, methods: dict[str, ast.FunctionDef], name: str) -> str:
    method = methods.get(name)
    if method is None:
        inherits = bool(model.bases) or name in _names_bound(model)
        return "" if inherits else f"it has no method {name}"
    arguments = method.args
    if name == "__init__":
        named = {argument.arg for argument in [*arguments.args, *arguments.kwonlyargs]}
        missing = [argument for argument in CONSTRUCTOR if argument not in named and arguments.kwarg is None]
        return f"__init__ does not take {' and '.join(missing)} (line {method.lineno})" if missing else ""
    max_arguments = len(arguments.posonlyargs + arguments.args)
    needed = max_arguments - len(arguments.defaults) + sum(default is None for default in arguments.kw_defaults)
    given = ARGUMENTS[name] + (0 if _is_static(method) else 1)
    if needed > given or (max_arguments < given and arguments.vararg is None):
        return f"{name} is called with {ARGUMENTS[name]} arguments besides self (line {method.lineno})"
    return ""


def _is_static(method: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "staticmethod" for node in method.decorator_list)


def _names_bound(node: ast.Module | ast.ClassDef) -> set[str]:
    """Return the names bound by an import or an assignment, anywhere inside the node."""
    names = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in one.names}
        elif isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            names.add(one.id)
    return names


def _failure(text: str, remedy: str) -> Finding:
    return Finding(CHECK, Level.FAILURE, text, remedy)
