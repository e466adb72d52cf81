"""Runs the launch lines of README.md as they are, in a folder with an in.mp4."""

import re
import subprocess

import support

kFrames = 3
kSize = (640, 480)  # the coordinates in README.md are inside


def launch_lines():
    """The commands in README.md that run gst-launch-1.0, each as one text."""
    text = (support.REPO / "README.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if "gst-launch-1.0" in line]


class ReadmeTest(support.ScriptTest):
    def test_every_launch_line_writes_what_it_says(self):
        support.make_video(self.folder / "in.mp4", kFrames, kSize)
        lines = launch_lines()
        self.assertGreater(len(lines), 0)
        for line in lines:
            command = line.replace("tools/shell", str(support.REPO / "tools" / "shell"))
            subprocess.run(["bash", "-euc", command], cwd=self.folder, check=True)
            name = re.search(r"filesink location=(\S+)", line)[1]
            self.assert_video(self.folder / name, kFrames, kSize)


if __name__ == "__main__":
    support.main()
