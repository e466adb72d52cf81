// Engine over Sam2Model, behind the library's one exported symbol.
#include <c10/util/Exception.h>

#include <atomic>

#include "base/error.h"
#include "engine/device_budget.h"
#include "engine/device_failure.h"
#include "engine/engine.h"
#include "engine/frame_encoder.h"
#include "engine/memory_plan.h"
#include "engine/shared_model.h"
#include "engine/stream_tracker.h"
#include "gpu/cpu_allocator.h"
#include "gpu/device.h"
#include "model/model_loader.h"
#include "track/mask_proposals.h"

namespace sam2 {
namespace {

constexpr char kMemoryIsFull[] =
    "Memory is full. Lower input-size, track fewer objects, choose a smaller "
    "model, or raise memory-limit or memory-fraction.";

Error full_memory(const char *detail) {
  return Error(ErrorCode::kNoMemory, kMemoryIsFull, detail);
}

// What an exception without a type of its own stands for.
Error meant_by(const char *text) {
  switch (device_failure(text)) {
    case DeviceFailure::kOutOfMemory:
      return full_memory(text);
    case DeviceFailure::kLost:
      return Error(ErrorCode::kDeviceLost,
                   "The device has failed, and this process cannot use it any "
                   "more. Start the application again, or set device=auto to "
                   "go on on the CPU.",
                   text);
    case DeviceFailure::kNone:
      break;
  }
  return Error(ErrorCode::kInternal,
               "The tracker failed. Please report this with the debug text.",
               text);
}

// LibTorch's exceptions end here; callers see sam2::Error only.
template <class Work>
auto translated(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const Error &) {
    throw;
  } catch (const c10::OutOfMemoryError &e) {
    throw full_memory(e.what_without_backtrace());
  } catch (const std::bad_alloc &e) {
    throw full_memory(e.what());
  } catch (const c10::Error &e) {
    throw meant_by(e.what_without_backtrace());
  } catch (const std::exception &e) {
    throw meant_by(e.what());
  }
}

// Works with a model that all share: when that says that the device is lost,
// who opens the file next gets another model.
class ModelUser {
 protected:
  ModelUser(std::shared_ptr<const SharedModel> shared, bool uses_tf32)
      : shared_(std::move(shared)), uses_tf32_(uses_tf32) {}
  const std::shared_ptr<const SharedModel> &shared() const { return shared_; }
  bool uses_tf32() const { return uses_tf32_; }

  template <class Work>
  auto translated(Work work) const -> decltype(work()) {
    const Tf32Scope scope(uses_tf32_);
    try {
      return sam2::translated(work);
    } catch (const Error &error) {
      if (error.code() == ErrorCode::kDeviceLost) forget_model(*shared_);
      throw;
    }
  }

 private:
  std::shared_ptr<const SharedModel> shared_;
  bool uses_tf32_;
};

// StreamTracker whose functions throw nothing but sam2::Error, and whose
// memories are counted.
class TranslatedTracker : public StreamTracker, private ModelUser {
 public:
  // `all_banks`: the sum over the engine's trackers, in bytes.
  TranslatedTracker(std::unique_ptr<StreamTracker> inner,
                    const std::shared_ptr<const SharedModel> &shared,
                    bool uses_tf32,
                    std::shared_ptr<std::atomic<int64_t>> all_banks)
      : ModelUser(shared, uses_tf32),
        inner_(std::move(inner)),
        banks_(shared->model.device(), MemoryOwner::kBanks),
        all_banks_(std::move(all_banks)) {}
  ~TranslatedTracker() override { *all_banks_ -= banks_.bytes(); }
  void add_prompt(const Prompt &prompt) override {
    translated([&] { inner_->add_prompt(prompt); });
  }
  std::vector<FrameResult> prompt_at(int64_t frame,
                                     const Prompt &prompt) override {
    return counted([&] { return inner_->prompt_at(frame, prompt); });
  }
  bool remove_object(int64_t object_id) override {
    return counted([&] { return inner_->remove_object(object_id); });
  }
  FrameResult track(const ImageView &frame) override {
    return counted([&] { return inner_->track(frame); });
  }
  FrameResult track(const std::shared_ptr<const EncodedImage> &frame) override {
    return counted([&] { return inner_->track(frame); });
  }
  FrameResult skip(const ImageView &frame) override {
    return translated([&] { return inner_->skip(frame); });
  }
  void look_at(const ImageView &picture) override {
    translated([&] { inner_->look_at(picture); });
  }
  BankOccupancy bank_occupancy() const override {
    return translated([&] { return inner_->bank_occupancy(); });
  }
  void set_effort(const TrackerEffort &effort) override {
    counted([&] { inner_->set_effort(effort); });
  }
  TrackerEffort effort() const override { return inner_->effort(); }
  bool can_spill_bank() const override { return inner_->can_spill_bank(); }
  void reset() override {
    counted([&] { inner_->reset(); });
  }
  int64_t bank_bytes() const override { return inner_->bank_bytes(); }
  void save(const std::string &path) const override {
    translated([&] { inner_->save(path); });
  }
  void load(const std::string &path) override {
    counted([&] { inner_->load(path); });
  }

 private:
  // Work that may change how much is remembered.
  template <class Work>
  auto counted(Work work) -> decltype(work()) {
    struct Count {
      TranslatedTracker &self;
      ~Count() { self.count(self.bank_bytes()); }
    } const at_the_end{*this};
    return translated(work);
  }

  void count(int64_t bytes) {
    *all_banks_ += bytes - banks_.bytes();
    banks_.set(bytes);
  }

  std::unique_ptr<StreamTracker> inner_;
  MemoryClaim banks_;
  std::shared_ptr<std::atomic<int64_t>> all_banks_;
};

class EngineImpl : public Engine, private ModelUser {
 public:
  EngineImpl(const std::shared_ptr<const SharedModel> &shared,
             const std::shared_ptr<DeviceBudget> &budget, bool uses_tf32)
      : ModelUser(shared, uses_tf32),
        budget_(budget),
        encoder_(std::make_shared<const FrameEncoder>(
            std::shared_ptr<const Sam2Model>(shared, &shared->model))) {}

  ModelInfo info() const override {
    const Sam2Model &model = *encoder_->model();
    return {model.config().name,
            model.device().str(),
            uses_tf32() ? "tf32" : precision_name(model.type()),
            static_cast<int>(model.input_size_px()),
            model.parameter_count(),
            shared()->load_number};
  }
  std::unique_ptr<StreamTracker> create_tracker(
      const TrackerSettings &settings) const override {
    return translated([&] {
      return std::make_unique<TranslatedTracker>(
          std::make_unique<StreamTrackerImpl>(encoder_, settings), shared(),
          uses_tf32(), banks_);
    });
  }
  std::vector<std::shared_ptr<const EncodedImage>> encode(
      const std::vector<ImageView> &frames) const override {
    return translated([&] { return encoder_->encode(frames); });
  }
  std::vector<Proposal> propose(
      const std::shared_ptr<const EncodedImage> &frame,
      const ProposalSettings &settings) const override {
    return translated([&] {
      const auto image = encoder_->checked(frame);
      return propose_masks(*encoder_->model(), image->features(),
                           image->frame_size(), settings);
    });
  }
  // On a device too frames come from the host.
  void release_cached_memory() const override {
    translated([&] { budget_->release_cached(); });
    release_cached_cpu_memory();
  }
  int64_t encoded_frames() const override { return encoder_->encoded_frames(); }
  MemoryReport memory() const override {
    return translated([&] { return budget_->report(); });
  }
  PressureLevel memory_pressure() const override {
    return translated([&] { return budget_->pressure(); });
  }
  MemoryPlan prepare(const MemoryDemand &demand) const override {
    return translated([&] {
      // The demand has the memories that the engine's trackers hold by now.
      const auto own_bytes = static_cast<uint64_t>(banks_->load());
      const MemoryPlan plan =
          plan_memory(encoder_, demand, budget_->room(own_bytes));
      const bool is_size_known = demand.frame_size.width > 0;
      if (!budget_->allows_growth() && is_size_known)
        reserve_memory(encoder_, demand, plan);
      return plan;
    });
  }

 private:
  std::shared_ptr<DeviceBudget> budget_;
  std::shared_ptr<const FrameEncoder> encoder_;
  std::shared_ptr<std::atomic<int64_t>> banks_ =
      std::make_shared<std::atomic<int64_t>>(0);
};

at::ScalarType type_for(Precision precision, c10::Device device) {
  switch (precision) {
    case Precision::kFp32:
    case Precision::kTf32:
      return at::kFloat;
    case Precision::kBf16:
      return at::kBFloat16;
    case Precision::kFp16:
      return at::kHalf;
    case Precision::kAuto:
      break;
  }
  return fastest_type(device);
}

void check_precision(Precision precision, c10::Device device) {
  if (precision == Precision::kTf32 && !device.is_cuda())
    throw Error(ErrorCode::kSetting,
                "The device " + device.str() +
                    " has no tf32 arithmetic. Set precision to auto, fp32 or "
                    "bf16, or device to a CUDA GPU.");
}

std::shared_ptr<const Engine> open_engine(const ModelSettings &settings) {
  return translated([&]() -> std::shared_ptr<const Engine> {
    check_memory_settings(settings.memory);
    install_cpu_allocator();
    const c10::Device device = find_device(settings.device);
    check_precision(settings.precision, device);
    // Before the first weight: that may be too much already.
    const auto budget = std::make_shared<DeviceBudget>(device, settings.memory);
    const auto shared = shared_model(
        settings.model_file, device, type_for(settings.precision, device),
        settings.input_size_px, settings.model_type);
    check_model_type(shared->model.config(), settings.model_type);
    return std::make_shared<EngineImpl>(shared, budget,
                                        settings.precision == Precision::kTf32);
  });
}

std::string warn_if_slow() {
  return translated([] { return slow_matmul_warning(); });
}

}  // namespace
}  // namespace sam2

extern "C" __attribute__((visibility("default"))) const sam2::EngineApi *
sam2_engine_api(void) {
  static const sam2::EngineApi api = {sam2::kEngineAbi, sam2::open_engine,
                                      sam2::warn_if_slow};
  return &api;
}
