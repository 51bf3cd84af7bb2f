"""A pytest plugin that writes down what came of each test, as `mochaReporter.ts` does."""

import json
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ask for a file."""
    parser.addoption(
        "--outcomes", type=Path, required=True, help="file to which a line is added for each test"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Write into that file."""
    config.pluginmanager.register(Outcomes(config.getoption("--outcomes")))


class Outcomes:
    """The file, a line of JSON for each test."""

    def __init__(self, file: Path):
        self.file = file

    def write(self, line: dict) -> None:
        with self.file.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # Set-up and tear-down are told only if something is wrong with them.
        if report.when == "call" or not report.passed:
            self.tell(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        # Such as a module that cannot be imported.
        if not report.passed:
            self.tell(report)

    def pytest_sessionfinish(self) -> None:
        self.write({"end": True})

    def tell(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        line = {"title": report.nodeid, "state": report.outcome}
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            line["message"] = crash.message if crash else report.longreprtext
        self.write(line)
