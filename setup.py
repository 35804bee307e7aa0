"""Hands the build to CMakeLists.txt; one wheel for every CPython from 3.11 on."""

from setuptools import setup

setup(cmake_source_dir=".", options={"bdist_wheel": {"py_limited_api": "cp311"}})
