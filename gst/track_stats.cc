#include "track_stats.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sam2 {
namespace {

using Lock = std::lock_guard<std::mutex>;

constexpr const char *kStageNames[] = {"convert", "encode", "track", "attach",
                                       "push"};

// Of `values` in rising order; 0 if there are none.
double quantile(const std::vector<double> &values, double share) {
  if (values.empty()) return 0;
  return values[static_cast<size_t>(share * (values.size() - 1) + 0.5)];
}

void set_number(GstStructure *structure, const std::string &name,
                double value) {
  gst_structure_set(structure, name.c_str(), G_TYPE_DOUBLE, value, nullptr);
}

struct BankRow {
  const char *name;
  int BankCounts::*count;
};
const BankRow kBankRows[] = {
    {"memories", &BankCounts::memories},
    {"pointers", &BankCounts::pointers},
    {"conditioning-frames", &BankCounts::conditioning_frames},
};

void describe(GstStructure *structure, const BankOccupancy &bank) {
  for (const auto &[text, count] : kBankRows) {
    const std::string name(text);
    gst_structure_set(
        structure, text, G_TYPE_UINT, static_cast<guint>(bank.held.*count),
        (name + "-fullest").c_str(), G_TYPE_UINT,
        static_cast<guint>(bank.fullest.*count), (name + "-capacity").c_str(),
        G_TYPE_INT, gint{bank.capacity.*count}, nullptr);
  }
  gst_structure_set(structure, "bank-spilled", G_TYPE_BOOLEAN,
                    gboolean{bank.is_spilled}, "bank-spilled-bytes",
                    G_TYPE_UINT64, static_cast<guint64>(bank.spilled_bytes),
                    nullptr);
}

}  // namespace

void TrackStats::reset() {
  const Lock lock(mutex_);
  in_ = out_ = dropped_ = coasted_ = 0;
  objects_ = 0;
  bank_ = {};
  degradation_level_ = 0;
  degraded_ = {};
  stages_ms_ = {};
  out_times_ = {};
}

void TrackStats::count_in() {
  const Lock lock(mutex_);
  ++in_;
}

void TrackStats::count_out() {
  const Lock lock(mutex_);
  ++out_;
  out_times_.add(Clock::now());
}

void TrackStats::count_dropped() {
  const Lock lock(mutex_);
  ++dropped_;
}

void TrackStats::count_coasted() {
  const Lock lock(mutex_);
  ++coasted_;
}

void TrackStats::add(Stage stage, std::chrono::nanoseconds time) {
  const Lock lock(mutex_);
  stages_ms_[static_cast<size_t>(stage)].add(time.count() / 1e6);
}

void TrackStats::set_objects(size_t objects) {
  const Lock lock(mutex_);
  objects_ = objects;
}

void TrackStats::set_bank(const BankOccupancy &bank) {
  const Lock lock(mutex_);
  bank_ = bank;
}

void TrackStats::count(const Degradation &change) {
  const Lock lock(mutex_);
  degradation_level_ = change.level;
  if (!change.is_undone) ++degraded_[static_cast<size_t>(change.step)];
}

uint64_t TrackStats::frames_out() const {
  const Lock lock(mutex_);
  return out_;
}

uint64_t TrackStats::frames_dropped() const {
  const Lock lock(mutex_);
  return dropped_;
}

double TrackStats::frame_rate() const {
  const size_t size = out_times_.size();
  if (size < 2) return 0;
  const auto &times = out_times_.values;
  const Clock::time_point last = times[(out_times_.count - 1) % kSamples];
  const Clock::time_point first = times[(out_times_.count - size) % kSamples];
  const double seconds = std::chrono::duration<double>(last - first).count();
  return seconds > 0 ? (size - 1) / seconds : 0;
}

void TrackStats::describe(GstStructure *structure, size_t stage) const {
  const auto &ring = stages_ms_[stage];
  std::vector<double> sorted(ring.values.begin(),
                             ring.values.begin() + ring.size());
  std::sort(sorted.begin(), sorted.end());
  const std::string name(kStageNames[stage]);
  set_number(structure, name + "-ms-median", quantile(sorted, 0.5));
  set_number(structure, name + "-ms-p95", quantile(sorted, 0.95));
}

StructurePtr TrackStats::structure(size_t frames_waiting) const {
  const Lock lock(mutex_);
  StructurePtr structure(gst_structure_new(
      "sam2-stats", "frames-in", G_TYPE_UINT64, guint64{in_}, "frames-out",
      G_TYPE_UINT64, guint64{out_}, "frames-dropped", G_TYPE_UINT64,
      guint64{dropped_}, "frames-coasted", G_TYPE_UINT64, guint64{coasted_},
      "frames-waiting", G_TYPE_UINT, static_cast<guint>(frames_waiting),
      "objects", G_TYPE_UINT, static_cast<guint>(objects_), "fps",
      G_TYPE_DOUBLE, frame_rate(), "degradation-level", G_TYPE_UINT,
      static_cast<guint>(degradation_level_), nullptr));
  sam2::describe(structure.get(), bank_);
  for (const DegradationRow &row : degradation_rows())
    gst_structure_set(
        structure.get(), (std::string("degraded-") + row.name).c_str(),
        G_TYPE_UINT64, guint64{degraded_[static_cast<size_t>(row.step)]},
        nullptr);
  for (size_t stage = 0; stage < stages_ms_.size(); ++stage)
    describe(structure.get(), stage);
  return structure;
}

}  // namespace sam2
