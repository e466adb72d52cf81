"""Runs the scripts of pipelines/ on videos of few frames, and looks at what
comes out. Argument: names of tests, such as ScriptsTest.test_..."""

import json
import socket
import threading

import orange_detector
import support

kFrames = 6


class ScriptsTest(support.ScriptTest):
    def assert_tinted(self, pictures, frames):
        for before, after in zip(pictures, frames):
            ball = before.ball()
            # A tint of blue: there is none in orange.
            tinted = [i for i in ball if after.b[i] > before.b[i] + 40]
            self.assertGreater(len(tinted), 0.8 * len(ball))
            self.assertLess(before.difference(after, before.elsewhere(40)), 10)

    def test_overlay_tints_the_ball_of_the_same_frame(self):
        clip, result = self.clip(kFrames), self.folder / "overlay.mp4"
        support.run("file-to-overlay.sh", clip, "--output", result)
        self.assert_tinted(support.decoded(clip), self.assert_video(result, kFrames))

    def test_a_box_found_on_one_frame_is_a_mask_from_there_on(self):
        clip, boxes = self.clip(kFrames), self.folder / "boxes.ndjson"
        result = self.folder / "detections.mp4"
        first = 2
        pictures = support.decoded(clip)
        x, y, right, bottom = pictures[first].box_of(pictures[first].ball())
        found = {"id": -1, "label": "ball", "iou": 0.95, "box": [x, y, right - x, bottom - y]}
        line = {"frame": first, "width": 320, "height": 240, "objects": [found]}
        boxes.write_text(json.dumps(line) + "\n")
        support.run("detections-to-masks.sh", clip, "--boxes", boxes, "--output", result)
        frames = self.assert_video(result, kFrames)
        self.assert_tinted(pictures[first:], frames[first:])
        for before, after in zip(pictures[:first], frames):
            self.assertLess(before.difference(after, before.ball()), 10)

    def test_what_a_network_detects_is_a_mask(self):
        support.need(["onnxinference", "ssdobjectdetector"])
        clip, result = self.clip(kFrames), self.folder / "detections.mp4"
        network, labels = self.folder / "orange.onnx", self.folder / "labels.txt"
        orange_detector.write(network, 320, 240)
        labels.write_text("ball\n")
        support.run(
            "detections-to-masks.sh", clip, "--output", result,
            "--track", "input-size=256 object-class=ball",
            "--detector", f"onnxinference model-file={network}"
            f" ! ssdobjectdetector label-file={labels}",
        )
        self.assert_tinted(support.decoded(clip), self.assert_video(result, kFrames))

    def test_blur_spares_the_ball(self):
        clip, result = self.clip(kFrames), self.folder / "blur.mp4"
        support.run("background-blur.sh", clip, "--size", 60, "--output", result)
        frames = self.assert_video(result, kFrames)
        for before, after in zip(support.decoded(clip), frames):
            self.assertLess(before.difference(after, before.ball()), 15)
            self.assertGreater(before.difference(after, before.elsewhere()), 25)

    def assert_cut_out(self, clip, frames):
        for before, after in zip(support.decoded(clip), frames):
            ball, elsewhere = before.ball(), before.elsewhere()
            self.assertGreater(sum(after.a[i] > 200 for i in ball), 0.8 * len(ball))
            self.assertLess(sum(after.a[i] > 50 for i in elsewhere), 0.02 * len(elsewhere))

    def test_prores_is_opaque_on_the_ball_alone(self):
        clip, result = self.clip(kFrames), self.folder / "cut.mov"
        support.need(["avenc_prores_ks", "avdec_prores"])
        support.run("cut-out.sh", clip, "--output", result)
        self.assert_cut_out(clip, self.assert_video(result, kFrames))

    def test_cut_out_pictures_are_opaque_on_the_ball_alone(self):
        clip = self.clip(kFrames)
        support.run("cut-out.sh", clip, "--output", self.folder / "%05d.png")
        self.assertEqual(len(list(self.folder.glob("*.png"))), kFrames)
        self.assert_cut_out(
            clip, support.frames_of(f'multifilesrc location="{self.folder}/%05d.png" ! pngdec')
        )

    def test_davis_labels_are_the_ball(self):
        clip = self.clip(kFrames)
        support.run("davis.sh", clip, "--name", "a", "--output", self.folder)
        labels = support.frames_of(
            f'multifilesrc location="{self.folder}/Annotations/480p/a/%05d.png" ! pngdec'
        )
        pictures = sorted(self.folder.glob("JPEGImages/480p/a/*.jpg"))
        self.assertEqual((len(labels), len(pictures)), (kFrames, kFrames))
        for before, label in zip(support.decoded(clip), labels):
            ball = set(before.ball())
            found = {i for i, value in enumerate(label.g) if value == 1}
            self.assertEqual(set(label.g), {0, 1})
            self.assertGreater(len(ball & found), 0.7 * len(ball | found))

    def test_lines_in_file_and_network_are_the_same(self):
        clip, result = self.clip(kFrames), self.folder / "objects.ndjson"
        received = bytearray()
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(300)

            def receive():
                with server.accept()[0] as connection:
                    while data := connection.recv(65536):
                        received.extend(data)

            receiver = threading.Thread(target=receive)
            receiver.start()
            port = server.getsockname()[1]
            support.run("ndjson.sh", clip, "--output", result, "--to", f"127.0.0.1:{port}")
            receiver.join()
        self.assertEqual(bytes(received), result.read_bytes())
        lines = [json.loads(line) for line in received.splitlines()]
        self.assertEqual([line["frame"] for line in lines], list(range(kFrames)))
        for line, picture in zip(lines, support.decoded(clip)):
            x, y, right, bottom = picture.box_of(picture.ball())
            box = line["objects"][0]["box"]
            for found, true in zip(box, (x, y, right - x, bottom - y)):
                self.assertAlmostEqual(found, true, delta=8)

    def test_small_picture_and_ball_belong_to_the_same_frame(self):
        clip, result = self.clip(kFrames), self.folder / "pip.mp4"
        support.run("picture-in-picture.sh", clip, "--output", result)
        frames = self.assert_video(result, kFrames)
        for before, after in zip(support.decoded(clip), frames):
            self.assertLess(before.difference(after, before.ball()), 15)
            x, y = 8 + 3, 8 + 60  # in the small picture, away from the ball
            small = after.g[y * 320 + x : y * 320 + x + 80]
            self.assertGreater(max(small) - min(small), 100)
            right_below = after.g[230 * 320 + 250 : 230 * 320 + 310]
            self.assertLess(max(right_below) - min(right_below), 20)

    def test_folder_uses_the_prompt_beside_a_video_and_goes_on(self):
        self.clip(3, "a.mp4")
        self.clip(2, "b.mp4")
        (self.folder / "b.prompt").write_text("7:box=43%,41%,14%,18%\n")
        out = self.folder / "out"
        support.run("folder.sh", self.folder, "--output", out)
        ids = {}
        for name in "ab":
            lines = (out / f"{name}.ndjson").read_text().splitlines()
            ids[name] = [json.loads(line)["objects"][0]["id"] for line in lines]
        self.assertEqual(ids, {"a": [1] * 3, "b": [7] * 2})
        (out / "a.ndjson").unlink()
        printed = support.run("folder.sh", self.folder, "--output", out)
        self.assertEqual(printed.count("gst-launch-1.0"), 1)

    def test_camera_records_a_live_picture(self):
        result = self.folder / "camera.mp4"
        support.run(
            "camera.sh", "--device", "test", "--frames", kFrames, "--output", result,
            "--track", "input-size=256 drop-policy=none",
        )
        for frame in self.assert_video(result, kFrames):
            blue = sum(b > r + 40 for r, b in zip(frame.r, frame.b))
            self.assertGreater(blue, 200)

    def test_both_cameras_are_recorded_side_by_side(self):
        result = self.folder / "cameras.mp4"
        support.run(
            "two-cameras.sh", "--device", "test", "--other", "test", "--frames", 5,
            "--other-prompt", "1:points=50%,50%,+", "--output", result,
            "--track", "input-size=256 drop-policy=none",
        )
        frames = support.decoded(result)
        self.assertEqual({(f.width, f.height) for f in frames}, {(640, 240)})
        # The pictures may be of different moments, and one may begin later.
        tinted = [[0, 0] for _ in frames]
        for frame, halves in zip(frames, tinted):
            for i, (r, b) in enumerate(zip(frame.r, frame.b)):
                halves[i % 640 // 320] += b > r + 40
        self.assertGreater(max(min(halves) for halves in tinted), 200, tinted)

    def test_every_script_explains_itself_and_refuses_a_typo(self):
        scripts = set(support.SCRIPTS.glob("*.sh"))
        for script in scripts - {support.SCRIPTS / "environment.sh"}:
            help_text = support.subprocess.run(
                [script, "--help"], capture_output=True, text=True, check=True
            ).stdout
            self.assertIn(f"Usage: pipelines/{script.name}", help_text)
            refused = support.subprocess.run([script, "--typo", "1"], capture_output=True, text=True)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("Unknown option --typo", refused.stderr)


if __name__ == "__main__":
    support.main()
