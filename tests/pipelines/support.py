"""Running the scripts of pipelines/ and looking at the videos they write."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

REPO = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = REPO / "pipelines"

try:
    import gi

    gi.require_version("Gst", "1.0")
    from gi.repository import Gst

    Gst.init(None)
except (ImportError, ValueError) as error:
    print(f"Skipped: PyGObject for GStreamer is missing ({error}).")
    sys.exit(77)


def need(elements=(), commands=()):
    """Skips the test if an element or a command is missing."""
    for name in elements:
        if Gst.ElementFactory.find(name) is None:
            raise unittest.SkipTest(f"There is no element {name}.")
    for name in commands:
        if shutil.which(name) is None:
            raise unittest.SkipTest(f"There is no command {name}.")


def start(script, *arguments, **settings):
    """Starts a script on the small input size; a Popen."""
    command = [SCRIPTS / script, "--track", "input-size=256"]
    return subprocess.Popen(
        [*command, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **settings},
        start_new_session=True,  # a signal to the group reaches the pipeline
    )


def run(script, *arguments):
    """What the script prints; fails unless it ends well."""
    process = start(script, *arguments)
    printed = process.communicate()[0]
    if process.returncode:
        raise AssertionError(f"{script} ended with {process.returncode}:\n{printed}")
    return printed


def make_clip(file, frames):
    """The clip that the scripts draw, of so many frames."""
    subprocess.run(
        ["bash", "-euc", '. "$0"; make_clip "$@"', SCRIPTS / "environment.sh",
         file, str(frames)],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def make_video(file, frames, size):
    """A video of that size; what is in it does not matter."""
    width, height = size
    play(
        f"videotestsrc num-buffers={frames} ! video/x-raw,width={width},height={height}"
        f' ! x264enc ! mp4mux ! filesink location="{file}"'
    )


def play(launch):
    """Runs a pipeline's text to its end."""
    pipeline = Gst.parse_launch(launch)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        raise AssertionError(message.parse_error()[0].message)


class Frame:
    """A decoded picture: the planes r, g, b and a, row after row."""

    def __init__(self, sample):
        size = sample.get_caps().get_structure(0)
        self.width, self.height = (
            size.get_int(side)[1] for side in ("width", "height")
        )
        buffer = sample.get_buffer()
        self.pts = buffer.pts
        data = buffer.extract_dup(0, buffer.get_size())
        self.r, self.g, self.b, self.a = (data[i::4] for i in range(4))

    def ball(self):
        """Places of the pixels that are orange."""
        pixels = zip(self.r, self.g, self.b)
        return [i for i, (r, g, b) in enumerate(pixels) if r > 170 > 150 > g > b + 30]

    def elsewhere(self, margin=8):
        """Places of the pixels outside the ball's box and a margin."""
        x, y, right, bottom = self.box_of(self.ball())
        inside = range(x - margin, right + margin), range(y - margin, bottom + margin)
        return [
            i
            for i in range(self.width * self.height)
            if i % self.width not in inside[0] or i // self.width not in inside[1]
        ]

    def box_of(self, places):
        """Left, top, right and bottom of places."""
        columns = [i % self.width for i in places]
        rows = [i // self.width for i in places]
        return min(columns), min(rows), max(columns) + 1, max(rows) + 1

    def difference(self, other, places):
        """Mean difference of the green plane at these places."""
        return sum(abs(self.g[i] - other.g[i]) for i in places) / len(places)


def frames_of(launch):
    """All frames that a pipeline's text gives, as Frame."""
    pipeline = Gst.parse_launch(
        f"{launch} ! videoconvert ! video/x-raw,format=RGBA ! appsink name=sink sync=false"
    )
    sink = pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    frames = []
    while (sample := sink.emit("pull-sample")) is not None:
        frames.append(Frame(sample))
    error = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if error:
        raise AssertionError(error.parse_error()[0].message)
    return frames


def decoded(file):
    return frames_of(f'filesrc location="{file}" ! decodebin')


class ScriptTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sam2-", dir=os.environ.get("TEST_FOLDER"))
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def clip(self, frames, name="clip.mp4"):
        file = self.folder / name
        make_clip(file, frames)
        return file

    def assert_video(self, file, count, size=(320, 240)):
        """The decoded frames, which are so many and of that size."""
        frames = decoded(file)
        self.assertEqual(len(frames), count)
        self.assertEqual({(f.width, f.height) for f in frames}, {size})
        return frames


def main():
    """Like unittest.main(), but 77 if a test was skipped."""
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.skipped else 0)
