#!/usr/bin/env python3
"""Counts the results in a testlog.json of Meson, in one line.

Usage: count_results.py TESTLOG. A test that fails as it is expected to has
passed; one that ran out of time, crashed, was interrupted or passes against
expectation has failed. Exits with 1 if no test was run.
"""

import collections
import json
import sys

PASSED = ("OK", "EXPECTEDFAIL")


def main(path):
    results = collections.Counter()
    try:
        with open(path, encoding="utf-8") as lines:
            results.update(json.loads(line)["result"] for line in lines)
    except FileNotFoundError:
        print("No test was run.", file=sys.stderr)
    passed = sum(results[name] for name in PASSED)
    skipped = results["SKIP"]
    failed = results.total() - passed - skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if results else 1


sys.exit(main(sys.argv[1]))
