#include "track_report.h"

#include <glib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace sam2 {
namespace {

constexpr int kBarCharacters = 30;
constexpr double kBytesPerMebibyte = 1024.0 * 1024.0;

std::string with_one_decimal(double value) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, "%.1f", value);
}

}  // namespace

std::string closing_line(int64_t frames, double seconds,
                         int64_t peak_memory_bytes) {
  const double fps = seconds > 0 ? static_cast<double>(frames) / seconds : 0;
  const auto mebibytes = static_cast<int64_t>(
      static_cast<double>(peak_memory_bytes) / kBytesPerMebibyte);
  return std::to_string(frames) + (frames == 1 ? " frame in " : " frames in ") +
         with_one_decimal(seconds) + " s (" + with_one_decimal(fps) +
         " fps), peak memory " + std::to_string(mebibytes) + " MiB";
}

std::string memory_lines(const MemoryReport &report) {
  const struct {
    const char *name;
    uint64_t bytes;
  } kRows[] = {
      {"most in use", report.peak_bytes},
      {"in use now", report.in_use_bytes},
      {"  weights", report.weights_bytes},
      {"  memory banks", report.bank_bytes},
      {"  encoded frames", report.frame_bytes},
      {"  other", report.other_bytes},
      {"kept for later", report.cached_bytes},
      {"limit", report.limit_bytes},
      {"device", report.device_bytes},
      {"  free", report.device_free_bytes},
      {"process", report.process_bytes},
  };
  std::string text = "Memory of the device, MiB:\n";
  for (const auto &row : kRows) {
    std::string name = row.name;
    name.resize(16, ' ');
    std::string value =
        with_one_decimal(static_cast<double>(row.bytes) / kBytesPerMebibyte);
    value.insert(0, value.size() < 9 ? 9 - value.size() : 0, ' ');
    text += "  " + name + value + "\n";
  }
  return text;
}

std::string progress_bar(int64_t frames, int64_t total) {
  if (total <= 0) return std::to_string(frames) + " frames";
  // A video's number of frames is an estimate.
  const int64_t done = std::min(frames, total);
  const auto filled = static_cast<size_t>(done * kBarCharacters / total);
  std::string percent = std::to_string(done * 100 / total);
  percent.insert(0, 3 - percent.size(), ' ');
  return "[" + std::string(filled, '#') +
         std::string(kBarCharacters - filled, '-') + "] " + percent + " %  " +
         std::to_string(frames) + "/" + std::to_string(total);
}

int64_t peak_memory_bytes() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<int64_t>(usage.ru_maxrss) * 1024;
}

Progress::Progress(int64_t total_frames)
    : total_frames_(total_frames), is_terminal_(isatty(STDERR_FILENO) != 0) {}

void Progress::show(int64_t frames) {
  if (!is_terminal_) return;
  std::fprintf(stderr, "\r\033[K%s",
               progress_bar(frames, total_frames_).c_str());
  is_drawn_ = true;
}

void Progress::clear() {
  if (is_drawn_) std::fputs("\r\033[K", stderr);
  is_drawn_ = false;
}

}  // namespace sam2
