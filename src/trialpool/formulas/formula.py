"""A formula such as "~ latitude + allocation", read by formulaic, to a design matrix."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trialpool.errors import BadArgument
from trialpool.formulas.moderators import Moderator, moderators
from trialpool.stats.arrays import Bools, Floats
from trialpool.stats.regression.design import INTERCEPT, Design, Term

NUMERIC = {"abs": np.abs, "sqrt": np.sqrt, "minimum": np.minimum, "maximum": np.maximum}
TRANSFORMS = {"C", "I", "log", "log2", "log10", "exp", "center", "scale", "standardize", "poly", "bs", "cr", "cs"}
CODINGS = {"treatment", "sum", "helmert", "diff", "poly", "SAS", "Treatment", "Sum", "Helmert", "Diff", "Poly"}
FUNCTIONS = {*NUMERIC, *TRANSFORMS, *CODINGS}
ALLOWED = (
    *(ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.keyword, ast.List, ast.Tuple, ast.Attribute),
    *(ast.BinOp, ast.UnaryOp, ast.Compare, ast.operator, ast.unaryop, ast.cmpop),
)
QUOTED = re.compile(r"`([^`]+)`")
FACTOR = re.compile(r"C\((`[^`]+`|[\w.]+)(?:, (?:[^()]|\([^()]*\))*)?\)")


class Formula:
    """A formula that was read and holds nothing but columns, numbers and the functions of FUNCTIONS.

    A formula is computed with: without this limit a review from elsewhere could run any code.
    """

    def __init__(self, text: Any) -> None:
        import formulaic

        if not isinstance(text, str) or not text.strip():
            raise BadArgument(f"The formula is {text!r}. Write it as text: '~ latitude + allocation', or '~ 1' for no moderator.")
        self.text = text
        try:
            read = formulaic.Formula(text)
        except (formulaic.errors.FormulaicError, SyntaxError) as error:
            raise BadArgument(
                f"The formula {text!r} cannot be read: {_said(error)} Write it as '~ latitude + allocation'."
            ) from None
        if not isinstance(read, formulaic.SimpleFormula):
            raise BadArgument(f"The formula {text!r} has more than one part. The effects are on the left already: begin with '~'.")
        self.parsed = read
        self.columns: set[str] = set()
        self.factors: set[str] = set()  # columns that are in C() only, and so may hold numbers as text
        plain: set[str] = set()
        for term in read:
            for factor in term.factors:
                if factor.eval_method.name == "LITERAL":
                    continue
                names = _columns(factor.expr, text, lookup=factor.eval_method.name == "LOOKUP")
                self.columns |= names
                (self.factors if factor.expr.startswith("C(") else plain).update(names)
        self.factors -= plain

    def columns_of(self, data: Any) -> dict[str, Moderator]:
        """The columns of data that it names."""
        return moderators(data, self.columns, self.text)

    def design(self, columns: Mapping[str, Moderator], rows: Bools, study: Sequence[str]) -> Design:
        """The design matrix of the studies in `rows` (k,), with zeros for the others."""
        frame = _frame({name: self._cells(columns[name], rows, study) for name in sorted(self.columns)}, int(rows.sum()))
        matrix = self._matrix(self.parsed, frame)
        spec = matrix.model_spec
        notes = self._notes(spec, columns, rows, study)
        values = np.zeros((len(rows), matrix.shape[1]))
        values[rows] = np.asarray(matrix, dtype=float)
        names = tuple(_short(str(name)) for name in matrix.columns)
        bad = [label for label, finite in zip(study, np.isfinite(values.sum(1)).tolist(), strict=True) if not finite]
        if bad:
            raise BadArgument(
                f"The formula {self.text!r} gives no finite number for {', '.join(bad)}: look at logarithms and divisions."
            )
        terms = tuple(Term(_short(str(term)), tuple(range(at.start, at.stop))) for term, at in spec.term_slices.items())

        def encode(new: Any) -> Floats:
            return self._rows(spec, new, columns)

        return Design(X=values, names=names, terms=terms, formula=self.text, encode=encode, notes=notes)

    def _rows(self, spec: Any, new: Any, known: Mapping[str, Moderator]) -> Floats:
        """Rows of the design matrix for new data; a single value stands for a column of it."""
        columns = self.columns_of(new)
        m = max((len(c.values) for c in columns.values()), default=1)
        full = {n: Moderator(n, c.values * m if len(c.values) == 1 else c.values) for n, c in columns.items()}
        rows, labels = np.ones(m, dtype=bool), [f"row {i + 1}" for i in range(m)]
        for name, column in full.items():
            if len(column.values) != m:
                raise BadArgument(f"{name} has {len(column.values)} values for {m} rows. Give one for each.")
            absent = [label for label, gone in zip(labels, column.missing, strict=True) if gone]
            if absent:
                raise BadArgument(f"{name} is missing in {', '.join(absent)}. Give every moderator of every row.")
            seen = {str(v) for v in known[name].values if v is not None}
            if isinstance(next(v for v in known[name].values if v is not None), str):
                other = [str(v) for v in column.values if str(v) not in seen]
                if other:
                    raise BadArgument(
                        f"{name}={other[0]!r} is no level of the fit. Choose one of {', '.join(map(repr, sorted(seen)))}."
                    )
        frame = _frame({name: self._cells(full[name], rows, labels) for name in sorted(self.columns)}, m)
        return np.asarray(self._matrix(spec, frame), dtype=float)

    def _matrix(self, source: Any, frame: Any) -> Any:
        import formulaic

        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return source.get_model_matrix(frame, context=dict(NUMERIC), na_action="ignore")
        except (formulaic.errors.FormulaicError, TypeError, ValueError) as error:
            raise BadArgument(f"The formula {self.text!r} cannot be computed: {_said(error)}") from None

    def _cells(self, column: Moderator, rows: Bools, study: Sequence[str]) -> Any:
        """The values of a column in these rows: numbers, or text with its levels."""
        import pandas

        here = [(label, value) for label, value, there in zip(study, column.values, rows, strict=True) if there]
        values = [value for _, value in here]
        text = [(label, value) for label, value in here if isinstance(value, str)]
        if column.name in self.factors or column.levels:
            text, values = here, [str(value) for value in values]
        elif text and (len(text) < len(here) or all(map(_is_number, values))):
            label, value = text[0]
            what = "numbers as text" if len(text) == len(here) else "text among numbers"
            raise BadArgument(
                f"{column.name} holds {what}, {value!r} ({label}). Give numbers, or write C({column.name}) for groups."
            )
        if not text:
            try:
                return np.array([float(value) for value in values])
            except (TypeError, ValueError):
                kind = type(values[0]).__name__
                raise BadArgument(f"{column.name} holds values of the kind {kind}. Give numbers or text.") from None
        levels = [level for level in column.levels if level in values] or sorted(set(values), key=_order)
        return pandas.Categorical(values, categories=levels)

    def _notes(self, spec: Any, columns: Mapping[str, Moderator], rows: Bools, study: Sequence[str]) -> tuple[str, ...]:
        """The levels of factors that one study is of; a factor of one level only is refused."""
        said = []
        for factor, (kind, _) in spec.encoder_state.items():
            names = _columns(factor, self.text, lookup=factor in columns)
            if kind.name != "CATEGORICAL" or len(names) != 1:
                continue
            name = names.pop()
            found: dict[str, list[str]] = {}
            for label, value, there in zip(study, columns[name].values, rows, strict=True):
                if there:
                    found.setdefault(str(value), []).append(label)
            if len(found) == 1:
                level = next(iter(found))
                raise BadArgument(f"{name} is {level!r} in all {int(rows.sum())} studies and so explains nothing. Leave it out.")
            said += [f"{name} = {level}: one study ({where[0]})" for level, where in found.items() if len(where) == 1]
        return tuple(dict.fromkeys(said))


def _columns(expression: str, formula: str, *, lookup: bool) -> set[str]:
    """The columns that a factor names; anything else than columns, numbers and known functions is refused."""
    if lookup:
        return {expression.strip("`")}
    quoted = {f"_quoted_{i}": name for i, name in enumerate(QUOTED.findall(expression))}
    numbered = iter(quoted)
    try:
        tree = ast.parse(QUOTED.sub(lambda _: next(numbered), expression).strip(), mode="eval")
    except SyntaxError:
        raise BadArgument(f"The formula {formula!r} cannot be read: {expression!r} is no expression.") from None
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names: set[str] = set()
    for node in ast.walk(tree):
        known = isinstance(node, ALLOWED)
        if isinstance(node, ast.Attribute):
            known = isinstance(node.value, ast.Name) and node.value.id in {"np", "contr"} and node.attr in FUNCTIONS
        elif id(node) in called:
            known = isinstance(node, ast.Name) and node.id in FUNCTIONS
        elif isinstance(node, ast.Name) and node.id not in {"np", "contr"}:
            names.add(quoted.get(node.id, node.id))
        if not known:
            found = ast.unparse(node)
            raise BadArgument(f"The formula {formula!r} cannot hold {found!r}. The functions are {', '.join(sorted(FUNCTIONS))}.")
    return names


def _frame(columns: Mapping[str, Any], rows: int) -> Any:
    import pandas

    return pandas.DataFrame(dict(columns), index=range(rows))


def _short(name: str) -> str:
    """The name of a coefficient or term, as short as it can be: alloc[random] for C(alloc, Treatment('x'))[T.random]."""
    if name in ("Intercept", "1"):
        return INTERCEPT
    return FACTOR.sub(lambda found: found[1].strip("`"), name).replace("[T.", "[")


def _order(level: str) -> tuple[float, str]:
    return (float(level) if _is_number(level) else np.inf, level)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _said(error: Exception) -> str:
    """The first line of a message, without the marks of a terminal."""
    first = re.sub(r"\x1b\[[0-9;]*m|\u29db[^\u29da]*\u29da", "", str(error)).strip().split("\n")[0]
    return first if first.endswith((".", "!", "?")) else first + "."
