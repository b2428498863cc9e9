"""Public names say what they take and give, for people's editors; mypy holds the code to it."""

import inspect

import pytest

import skaae
from skaae import callbacks, display, export, metrics, model_selection, streaming

MODULES = (callbacks, display, export, metrics, model_selection, streaming)
PUBLIC = {
    **{name: getattr(skaae, name) for name in skaae.__all__ if name[0].isupper()},
    **{name: getattr(module, name) for module in MODULES for name in module.__all__ if name != "scorers"},
}


def functions_of(thing):
    """The function, or the constructor and the public methods that are ours."""
    if inspect.isfunction(thing):
        return [thing]
    methods = inspect.getmembers(thing, inspect.isfunction)
    return [m for name, m in methods if m.__module__.startswith("skaae") and (name == "__init__" or name[0] != "_")]


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_have_hints(name):
    for function in functions_of(PUBLIC[name]):
        signature = inspect.signature(function)
        hints = [p.annotation for p in signature.parameters.values() if p.name != "self"]
        assert inspect.Signature.empty not in [*hints, signature.return_annotation], function.__qualname__
