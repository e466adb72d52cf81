"""Runs the launch lines of README.md as they are, in a folder with an in.mp4, and
looks whether it names what the elements have."""

import re
import subprocess

import support

kElements = ("sam2track", "sam2overlay", "sam2mask", "sam2matte", "sam2jsonenc", "sam2jsondec")
kFrames = 3
kSize = (640, 480)  # the coordinates in README.md are inside


def readme():
    return (support.REPO / "README.md").read_text()


def launch_lines():
    """The commands in README.md that run gst-launch-1.0, each as one text."""
    blocks = re.findall(r"```sh\n(.*?)```", readme(), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if "gst-launch-1.0" in line]


def named(text):
    """What stands between backticks."""
    return set(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


def own_properties(element):
    """Names of the properties that are not of a base class."""
    made = support.Gst.ElementFactory.make(element)
    return {spec.name for spec in made.list_properties() if spec.owner_type == made.__gtype__}


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

    def test_every_property_and_signal_is_named(self):
        words = set(re.findall(r"[a-z0-9-]+", " ".join(named(readme()))))
        for element in kElements:
            self.assertEqual(own_properties(element) - words, set(), element)
        track = support.Gst.ElementFactory.make("sam2track")
        signals = support.gi.repository.GObject.signal_list_names(track)
        self.assertEqual(set(signals) - words, set())

    def test_every_property_named_is_there(self):
        for element in ("sam2track", "sam2matte"):
            table = readme().split(f"| property of `{element}` |")[1].split("\n\n")[0]
            cells = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
            names = named(" ".join(cells))
            self.assertGreater(len(names), 5)
            self.assertEqual(names - own_properties(element), set())


if __name__ == "__main__":
    support.main()
