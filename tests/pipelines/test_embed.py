"""Runs the applications of docs/examples. Argument: the built embed."""

import re
import subprocess
import sys

import support

kFrames = 6
kDiscArea = 3.14 * 30**2


class EmbedTest(support.ScriptTest):
    def assert_follows_the_disc(self, command):
        result = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), kFrames)
        for number, line in enumerate(lines):
            x, y, width, height, area = map(int, re.findall(r"=(\d+)", line))
            self.assertAlmostEqual(x + width / 2, 120 + 6 * number, delta=3)
            self.assertAlmostEqual(y + height / 2, 120, delta=3)
            self.assertAlmostEqual(area, kDiscArea, delta=0.4 * kDiscArea)

    def test_application_in_cpp_follows_the_disc(self):
        self.assert_follows_the_disc([kBinary])

    def test_application_in_python_follows_the_disc(self):
        try:
            support.gi.require_version("GstAnalytics", "1.0")
        except ValueError:
            self.skipTest("There are no bindings of GstAnalytics.")
        example = support.REPO / "docs" / "examples" / "embed.py"
        self.assert_follows_the_disc([sys.executable, "-B", example])


if __name__ == "__main__":
    kBinary = sys.argv.pop(1)
    support.main()
