"""What every lab test gets: a place for its files, and the logs of its programs when it fails."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support import program, tasuki  # noqa: E402
from support.namespaces import remove_orphans  # noqa: E402
from support.world import World  # noqa: E402

_SHOWN_LINES = 25


@pytest.fixture(scope="session", autouse=True)
def only_root_can_make_networks():
    assert os.geteuid() == 0, "the lab makes network namespaces: run it as root"
    remove_orphans()


@pytest.fixture(scope="module")
def directory(tmp_path_factory, request):
    """Files of one test module. Its name stays short: Unix socket paths have little room."""
    name = request.module.__name__.removeprefix("test_")[:12]
    return tmp_path_factory.mktemp(name)


@pytest.fixture(scope="module")
def world(directory):
    """Two NATs, a running gateway, and nobody on it yet."""
    with World(directory) as made:
        yield made


def pytest_collection_modifyitems(items):
    """A world that has to stay idle for minutes does so while the other tests run."""
    def turn(item):
        return 0 if item.get_closest_marker("begins") else 2 if item.get_closest_marker("ends") else 1
    items.sort(key=turn)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of the log of every program that still ran in it."""
    report = (yield).get_result()
    if report.failed:
        for each in program.STARTED:
            if each.log.exists() and (each.running() or each.exit_code):
                lines = each.output().splitlines()[-_SHOWN_LINES:]
                state = "running" if each.running() else f"ended with {each.exit_code}"
                if lines:
                    report.sections.append((f"{each!r} ({state}), {each.log}", "\n".join(lines)))
    if call.when == "teardown":
        program.STARTED[:] = [p for p in program.STARTED if p.running()]


def pytest_report_header(config):
    found = tasuki.expected_binary()
    return f"tasuki: {found}{'' if found.exists() else ' (not built)'}"
