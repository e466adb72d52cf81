"""Clicks on the ball in the window of pipelines/click-to-segment.sh, on a
display of its own, until a screenshot shows the mask."""

import os
import signal
import subprocess
import time

import support

kPatienceSeconds = 200


class ClickTest(support.ScriptTest):
    def display(self):
        """Starts an X server on a free display; its name."""
        read_end, write_end = os.pipe()
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "640x480x24",
             "-nolisten", "tcp"],
            pass_fds=[write_end],
            stderr=subprocess.DEVNULL,
        )
        os.close(write_end)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        with os.fdopen(read_end) as stream:
            return ":" + stream.readline().strip()

    def xdotool(self, *arguments):
        return subprocess.run(
            ["xdotool", *arguments], env={**os.environ, "DISPLAY": self.screen},
            capture_output=True, text=True, check=True,
        ).stdout

    def blue_pixels(self):
        """How many pixels of the screen have the colour of object 1."""
        frame = support.frames_of(f"ximagesrc display-name={self.screen} num-buffers=1")[0]
        return sum(b > r + 60 for r, b in zip(frame.r, frame.b))

    def wait_for(self, condition, process):
        end = time.monotonic() + kPatienceSeconds
        while not condition():
            self.assertIsNone(process.poll(), "The pipeline has ended.")
            self.assertLess(time.monotonic(), end, "It took too long.")

    def test_click_on_the_ball_shows_its_mask(self):
        support.need(["ximagesink", "ximagesrc"], ["Xvfb", "xdotool"])
        self.screen = self.display()
        process = support.start(
            "click-to-segment.sh", "--camera", "test", "--sink", "ximagesink",
            DISPLAY=self.screen,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(os.killpg, process.pid, signal.SIGTERM)
        windows = []

        def window_is_there():
            windows[:] = subprocess.run(
                ["xdotool", "search", "--onlyvisible", "--name", "gst-launch"],
                env={**os.environ, "DISPLAY": self.screen}, capture_output=True, text=True,
            ).stdout.split()
            return windows

        self.wait_for(window_is_there, process)
        self.assertEqual(self.blue_pixels(), 0)

        # A click that comes before the sink listens is lost: click again.
        def mask_is_there():
            self.xdotool("mousemove", "--window", windows[0], "160", "120", "click", "1")
            return self.blue_pixels() > 300

        self.wait_for(mask_is_there, process)


if __name__ == "__main__":
    support.main()
