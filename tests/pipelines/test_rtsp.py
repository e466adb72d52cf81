"""Runs pipelines/rtsp.sh on a server of GStreamer's own, on the loopback."""

import support

try:
    support.gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, GstRtspServer
except (ImportError, ValueError):
    GstRtspServer = None

kFrames = 8


class RtspTest(support.ScriptTest):
    def serve(self, launch):
        """Serves a pipeline in a thread of its own; the port."""
        server = GstRtspServer.RTSPServer.new()
        server.set_address("127.0.0.1")
        server.set_service("0")
        factory = GstRtspServer.RTSPMediaFactory.new()
        factory.set_launch(f"( {launch} ! rtph264pay name=pay0 )")
        server.get_mount_points().add_factory("/yard", factory)
        server.attach(None)
        loop = GLib.MainLoop()
        thread = support.threading.Thread(target=loop.run, daemon=True)
        thread.start()
        self.addCleanup(loop.quit)
        return server.get_bound_port()

    def test_stream_is_recorded_with_the_ball_tinted(self):
        if GstRtspServer is None:
            self.skipTest("There are no bindings of GstRtspServer.")
        # One picture again and again: the prompt fits whichever comes first.
        port = self.serve(
            "videotestsrc pattern=ball num-buffers=1 foreground-color=0xffff6000"
            " ! video/x-raw,width=320,height=240"
            f" ! imagefreeze is-live=true num-buffers={kFrames}"
            " ! video/x-raw,framerate=5/1 ! x264enc tune=zerolatency key-int-max=1"
        )
        result = self.folder / "rtsp.mp4"
        support.run(
            "rtsp.sh", f"rtsp://127.0.0.1:{port}/yard", "--output", result,
            "--track", "input-size=256 drop-policy=none",
        )
        frames = self.assert_video(result, kFrames)
        for frame in frames:
            tinted = sum(b > 60 and r > 60 for r, b in zip(frame.r, frame.b))
            self.assertGreater(tinted, 500)


if __name__ == "__main__":
    support.main()
