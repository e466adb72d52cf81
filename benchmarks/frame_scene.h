// Frames with objects as sam2track adds them, and processor time.
#pragma once

#include <gst/video/video.h>

#include <vector>

#include "gst_ptr.h"

namespace sam2 {

struct SceneArguments {
  int width = 1920;
  int height = 1080;
  int objects = 5;
  int frames = 100;
  int mask_side = 0;  // of masks that cover the frame; 0 = the box alone
};

// Reads the command line; prints what is wrong with it and returns false.
bool parse_scene(int argc, char **argv, const char *what, SceneArguments &out);

// A frame of one grey with objects, each an ellipse that fills a fifth of its
// width and two fifths of its height and moves with `frame`.
BufferPtr scene_buffer(const SceneArguments &arguments,
                       const GstVideoInfo &info, int frame);

// The thread's own time, so that other programs on the machine count little.
double thread_ms();

double median(std::vector<double> values);

}  // namespace sam2
