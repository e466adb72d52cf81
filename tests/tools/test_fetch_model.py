#!/usr/bin/env python3
"""fetch-model takes what was published and leaves nothing else behind."""

import contextlib
import hashlib
import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "fetch-model"


def load_tool():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("fetch_model", str(TOOL))
    spec = importlib.util.spec_from_loader("fetch_model", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class FetchModel(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.source = self.folder / "published.pt"
        self.source.write_bytes(b"weights" * 1000)
        self.target = self.folder / "model.pt"
        self.tool = load_tool()
        self.publish(hashlib.sha256(self.source.read_bytes()).hexdigest())

    def publish(self, digest, kind="sha256"):
        self.tool.MODELS = {"m": (self.source.as_uri(), f"{kind}:{digest}")}

    def run_tool(self, *arguments):
        with contextlib.redirect_stderr(io.StringIO()) as errors, \
                contextlib.redirect_stdout(io.StringIO()):
            status = self.tool.main(["m", *map(str, arguments)])
        return status, errors.getvalue()

    def assert_files(self, *names):
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(names))

    def test_file_with_the_digest_is_put_where_asked(self):
        status, _ = self.run_tool(self.target)
        self.assertEqual(status, 0)
        self.assertEqual(self.target.read_bytes(), self.source.read_bytes())
        self.assert_files("published.pt", "model.pt")

    def test_file_with_another_digest_is_refused_and_not_kept(self):
        self.publish("0" * 64)
        status, errors = self.run_tool(self.target)
        self.assertEqual(status, 1)
        self.assertIn("not the file that was published", errors)
        self.assert_files("published.pt")

    def test_file_that_is_there_is_neither_fetched_nor_overwritten(self):
        self.run_tool(self.target)
        self.tool.fetch = None
        status, errors = self.run_tool(self.target)
        self.assertEqual(status, 0, errors)
        self.target.write_bytes(b"mine")
        status, errors = self.run_tool(self.target)
        self.assertEqual(status, 1)
        self.assertIn("something else", errors)
        self.assertEqual(self.target.read_bytes(), b"mine")

    def test_address_that_cannot_be_read_is_one_sentence(self):
        self.source.unlink()
        status, errors = self.run_tool(self.target)
        self.assertEqual(status, 1)
        self.assertIn("cannot be read", errors)
        self.assert_files()

    def test_git_names_a_file_as_git_does(self):
        name = subprocess.run(
            ["git", "hash-object", "--no-filters", str(self.source)],
            capture_output=True, text=True, check=True).stdout.strip()
        self.publish(name, "git-blob")
        status, errors = self.run_tool(self.target)
        self.assertEqual(status, 0, errors)

    def test_every_model_has_an_official_address_and_a_whole_digest(self):
        lengths = {"sha256": 64, "git-blob": 40}
        for name, (address, digest) in load_tool().MODELS.items():
            kind, value = digest.split(":")
            self.assertEqual(len(value), lengths[kind], name)
            int(value, 16)
            self.assertRegex(address, r"^https://.*/[a-z0-9_.]+\.pt$")


if __name__ == "__main__":
    unittest.main()
