#include "engine/encoder_group.h"

#include <tuple>
#include <utility>

#include "base/weak_cache.h"

namespace sam2 {

EncoderGroup::Stream EncoderGroup::join() {
  const Lock lock(mutex_);
  return turns_.join();
}

void EncoderGroup::leave(Stream stream) {
  const Lock lock(mutex_);
  turns_.leave(stream);
  changed_.notify_all();
}

void EncoderGroup::rest(Stream stream) {
  const Lock lock(mutex_);
  turns_.rest(stream);
  changed_.notify_all();
}

std::optional<EncoderGroup::Images> EncoderGroup::encode(
    Stream stream, const std::vector<ImageView> &frames, const Demand &demand,
    const std::function<bool()> &is_stopping) {
  Request request(frames);
  Lock lock(mutex_);
  requests_[stream] = &request;
  turns_.add(stream, demand);
  changed_.notify_all();
  while (!request.is_done()) {
    if (!request.is_running() && (request.error || is_stopping())) {
      turns_.withdraw(stream);
      changed_.notify_all();
      break;
    }
    if (!run_batch(lock)) wait(lock);
  }
  requests_.erase(stream);
  if (request.error) std::rethrow_exception(request.error);
  if (!request.is_done()) return std::nullopt;
  return std::move(request.images);
}

// False if none is due, or somebody else does it.
bool EncoderGroup::run_batch(Lock &lock) {
  if (is_encoding_) return false;
  std::vector<Job> jobs;
  for (const Stream stream : turns_.take(std::chrono::steady_clock::now())) {
    Request *request = requests_.at(stream);
    jobs.push_back({request, request->taken++, nullptr, nullptr});
  }
  if (jobs.empty()) return false;
  is_encoding_ = true;
  lock.unlock();
  encode_jobs(jobs);
  lock.lock();
  is_encoding_ = false;
  for (Job &job : jobs) {
    ++job.request->done;
    job.request->images[job.index] = std::move(job.image);
    if (job.error) job.request->error = job.error;
  }
  changed_.notify_all();
  return true;
}

void EncoderGroup::encode_jobs(std::vector<Job> &jobs) const {
  if (jobs.size() == 1) return encode_alone(jobs.front());
  try {
    std::vector<ImageView> views;
    for (const Job &job : jobs) views.push_back(job.request->frames[job.index]);
    const Images images = engine_->encode(views);
    for (size_t i = 0; i < jobs.size(); ++i) jobs[i].image = images.at(i);
  } catch (...) {
    for (Job &job : jobs) encode_alone(job);
  }
}

void EncoderGroup::encode_alone(Job &job) const {
  try {
    job.image = engine_->encode({job.request->frames[job.index]}).at(0);
  } catch (...) {
    job.error = std::current_exception();
  }
}

void EncoderGroup::wait(Lock &lock) {
  const auto due = turns_.due();
  if (is_encoding_ || !due)
    changed_.wait(lock);
  else
    changed_.wait_until(lock, *due);
}

std::shared_ptr<EncoderGroup> encoder_group(
    const std::string &id, const std::shared_ptr<const Engine> &engine) {
  // Precisions may share weights.
  using Key = std::tuple<std::string, int64_t, std::string, int>;
  // Never destroyed: elements may outlive every scope.
  static auto *cache = new WeakCache<Key, EncoderGroup>;
  const ModelInfo info = engine->info();
  return cache->get({id, info.load_number, info.precision, info.input_size_px},
                    [&] { return std::make_shared<EncoderGroup>(engine); });
}

void EncoderSeat::join(std::shared_ptr<EncoderGroup> group) {
  leave();
  const std::lock_guard<std::mutex> lock(mutex_);
  stream_ = group->join();
  group_ = std::move(group);
}

void EncoderSeat::leave() {
  std::shared_ptr<EncoderGroup> left;  // goes without the lock
  const std::lock_guard<std::mutex> lock(mutex_);
  left = std::move(group_);
  if (left) left->leave(stream_);
}

std::optional<EncoderGroup::Images> EncoderSeat::encode(
    const std::vector<ImageView> &frames, const EncoderGroup::Demand &demand,
    const std::function<bool()> &is_stopping) {
  return group_->encode(stream_, frames, demand, is_stopping);
}

void EncoderSeat::rest() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (group_) group_->rest(stream_);
}

}  // namespace sam2
