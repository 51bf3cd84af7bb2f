"""The fixtures of the fetcher's own tests."""

from tests.fetcher.conftest import target

__all__ = ["target"]
