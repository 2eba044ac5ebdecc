"""Builds the C extension and maps rules/ into the package: the parts of the build that pyproject.toml cannot say."""

from setuptools import find_packages, setup

setup(
    # rules/ stays at the top, where people look for rules; installed, it is the package dlpcore.rulepacks.
    packages=[*find_packages("src"), "dlpcore.rulepacks"],
    cffi_modules=["native/ffi/build.py:ffibuilder"],
    # One wheel for CPython 3.11 and newer: the extension uses the stable ABI alone (PEP 384).
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
    zip_safe=False,
)
