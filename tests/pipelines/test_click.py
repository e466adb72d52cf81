"""Clicks on the ball in the window of pipelines/click-to-segment.sh, on a
display of its own, until a screenshot shows the mask."""

import os
import signal
import subprocess
import tempfile
import time
import unittest

import support

kPatienceSeconds = 200


class ClickTest(support.ScriptTest):
    def start_server(self, *listen):
        """Starts an X server on a free display; its number, or "" and why."""
        read_end, write_end = os.pipe()
        # A pipe would be full before it has complained about every display.
        log = tempfile.TemporaryFile("w+")
        self.addCleanup(log.close)
        server = subprocess.Popen(
            ["Xvfb", "-noreset", "-displayfd", str(write_end), "-screen", "0",
             "640x480x24", *listen],  # a reset, when the last client goes, turns away the next
            pass_fds=[write_end],
            stderr=log,
        )
        os.close(write_end)
        with os.fdopen(read_end) as stream:
            number = stream.readline().strip()
        if not number:
            server.wait()
            log.seek(0)
            return "", log.read().strip().splitlines()[-1]
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        return number, ""

    def display(self):
        """Starts an X server; the name of its display."""
        number, _ = self.start_server("-nolisten", "tcp")
        if number:
            return f":{number}"
        # Its folder for sockets may be somebody else's: over the loopback then.
        number, why = self.start_server("-ac", "-listen", "tcp", "-nolisten", "unix")
        if number:
            return f"127.0.0.1:{number}"
        raise unittest.SkipTest(f"Xvfb does not start: {why}")

    def xdotool(self, *arguments):
        return subprocess.run(
            ["xdotool", *arguments], env={**os.environ, "DISPLAY": self.screen},
            capture_output=True, text=True, check=True,
        ).stdout

    def blue_pixels(self):
        """How many pixels of the screen have the colour of object 1."""
        frame = support.frames_of(f"ximagesrc display-name={self.screen} num-buffers=1")[0]
        return sum(b > r + 60 for r, b in zip(frame.r, frame.b))

    def end(self, process):
        """With all that it has started, unless it has ended by itself."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)

    def wait_for(self, condition, process):
        end = time.monotonic() + kPatienceSeconds
        while not condition():
            if process.poll() is not None:
                self.fail(f"The pipeline has ended:\n{process.stdout.read()}")
            self.assertLess(time.monotonic(), end, "It took too long.")

    def test_click_on_the_ball_shows_its_mask(self):
        support.need(["ximagesink", "ximagesrc"], ["Xvfb", "xdotool"])
        self.screen = self.display()
        process = support.start(
            "click-to-segment.sh", "--camera", "test", "--sink", "ximagesink",
            DISPLAY=self.screen,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(self.end, process)
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
