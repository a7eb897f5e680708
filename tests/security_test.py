"""Each promise of SECURITY.md names the tests that keep it, and each of them is there."""

import pathlib
import re

import pytest

TESTS = pathlib.Path(__file__).parent
TEXT = (TESTS.parent / "SECURITY.md").read_text(encoding="utf-8")
PROMISES = TEXT.split("## What is promised", 1)[1].split("\n## ", 1)[0]
NAMED = re.compile(r"`((?:[a-z_]+/)?[a-z_]+\.(?:cc|py|sh))(?: ([\w.]+))?`")


def promises(text):
    return [" ".join(bullet.split()) for bullet in re.findall(r"^\* (.*(?:\n  .*)*)", text, re.MULTILINE)]


def is_there(file, test):
    path = TESTS / file
    if not path.is_file():
        return False
    code = path.read_text(encoding="utf-8")
    if test is None:
        return not file.endswith(("_test.py", "_test.cc"))  # of a file with many tests the one is named
    if file.endswith(".py"):
        return re.search(rf"^def {re.escape(test)}\(", code, re.MULTILINE) is not None
    suite, _, name = test.partition(".")
    return re.search(rf"^TEST(?:_[FP])?\({re.escape(suite)},\s*{re.escape(name)}\)", code, re.MULTILINE) is not None


def test_every_promise_names_tests_that_are_there():
    found = promises(PROMISES)
    assert len(found) > 30
    for promise in found:
        named = NAMED.findall(promise)
        assert named, f"no test keeps this promise: {promise}"
        for file, test in named:
            assert is_there(file, test or None), f"{file} {test} is gone, which should keep: {promise}"


@pytest.mark.parametrize(
    "file,test",
    [
        ("http/front_login_test.cc", "Login.IsNotThere"),
        ("http/front_login_test.cc", "Login"),
        ("http/front_login_test.cc", None),
        ("http/nothing_test.cc", "Login.IsWantedForEveryPathAndMethod"),
        ("end_to_end/tls_test.py", "test_client_certificate"),
        ("nothing.sh", None),
    ],
)
def test_a_test_that_is_not_there_is_missed(file, test):
    assert not is_there(file, test)
