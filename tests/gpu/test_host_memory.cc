// The system's own numbers, from files as Linux writes them.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gpu/host_memory.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr uint64_t kMiB = 1 << 20;

// A folder that takes the place of /.
class Root {
 public:
  Root() {
    char name[] = "/tmp/sam2-host-memory-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Root() { std::filesystem::remove_all(path_); }
  void write(const std::string &name, const std::string &text) const {
    const std::filesystem::path file = path_ + name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  const std::string &path() const { return path_; }

 private:
  std::string path_;
};

constexpr const char *kMeminfo =
    "MemTotal:        8192 kB\nMemFree:  1 kB\nMemAvailable:    4096 kB\n";

START_TEST(test_machine_memory_counts_without_groups) {
  const Root root;
  root.write("/proc/meminfo", kMeminfo);
  ck_assert_uint_eq(host_memory_bytes(root.path()), 8 * kMiB);
  ck_assert_uint_eq(free_host_memory_bytes(root.path()), 4 * kMiB);
}
END_TEST

START_TEST(test_least_limit_of_nested_groups_counts) {
  const Root root;
  root.write("/proc/meminfo", kMeminfo);
  root.write("/proc/self/cgroup", "0::/outer/inner\n");
  root.write("/sys/fs/cgroup/outer/inner/memory.max", "max\n");
  root.write("/sys/fs/cgroup/outer/memory.max", "3145728\n");
  ck_assert_uint_eq(host_memory_bytes(root.path()), 3 * kMiB);
  root.write("/sys/fs/cgroup/memory.max", "2097152\n");
  ck_assert_uint_eq(host_memory_bytes(root.path()), 2 * kMiB);
}
END_TEST

START_TEST(test_group_larger_than_the_machine_is_no_limit) {
  const Root root;
  root.write("/proc/meminfo", kMeminfo);
  root.write("/proc/self/cgroup", "0::/\n");
  root.write("/sys/fs/cgroup/memory.max", "9223372036854771712\n");
  ck_assert_uint_eq(host_memory_bytes(root.path()), 8 * kMiB);
}
END_TEST

START_TEST(test_groups_of_version_1_count) {
  const Root root;
  root.write("/proc/meminfo", kMeminfo);
  root.write("/proc/self/cgroup", "5:cpu:/a\n4:memory:/a\n0::/\n");
  root.write("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1048576\n");
  ck_assert_uint_eq(host_memory_bytes(root.path()), kMiB);
}
END_TEST

START_TEST(test_nothing_to_read_is_zero) {
  const Root root;
  ck_assert_uint_eq(host_memory_bytes(root.path()), 0);
  ck_assert_uint_eq(free_host_memory_bytes(root.path()), 0);
  ck_assert_uint_eq(resident_bytes(root.path()), 0);
}
END_TEST

START_TEST(test_resident_set_is_the_second_number_in_pages) {
  const Root root;
  root.write("/proc/self/statm", "900 3 1 1 0 1 0\n");
  ck_assert_uint_eq(resident_bytes(root.path()), 3 * uint64_t(getpagesize()));
  ck_assert_uint_gt(resident_bytes(), kMiB);
  ck_assert_uint_gt(host_memory_bytes(), resident_bytes());
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("host_memory");
  tcase_add_test(tests, test_machine_memory_counts_without_groups);
  tcase_add_test(tests, test_least_limit_of_nested_groups_counts);
  tcase_add_test(tests, test_group_larger_than_the_machine_is_no_limit);
  tcase_add_test(tests, test_groups_of_version_1_count);
  tcase_add_test(tests, test_nothing_to_read_is_zero);
  tcase_add_test(tests, test_resident_set_is_the_second_number_in_pages);
  return run_case("gpu", tests);
}
