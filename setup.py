"""Builds the C extension, prepares the built-in rules and maps rules/ into the package: what TOML cannot say."""

import os
import sys

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = os.path.dirname(os.path.abspath(__file__))
PACK = ("dlpcore", "rules", "builtin.pack")


class BuildPy(build_py):  # type: ignore[misc]  # setuptools ships no types
    """Copies the modules, and puts beside them what the rule files come to once they are read (dlpcore.rules.pack)."""

    def run(self) -> None:
        super().run()
        sys.path.insert(0, os.path.join(HERE, "src"))
        try:
            from dlpcore.rules.pack import write
        finally:
            del sys.path[0]
        write(os.path.join(HERE, "rules"), self._pack())

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), self._pack()]

    def _pack(self) -> str:
        return os.path.join("src" if self.editable_mode else self.build_lib, *PACK)


setup(
    # rules/ stays at the top, where people look for rules; installed, it is the package dlpcore.rulepacks.
    packages=[*find_packages("src"), "dlpcore.rulepacks"],
    cffi_modules=["native/ffi/build.py:ffibuilder"],
    cmdclass={"build_py": BuildPy},
    # One wheel for CPython 3.11 and newer: the extension uses the stable ABI alone (PEP 384).
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
    zip_safe=False,
)
