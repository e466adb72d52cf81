#include "io/pickle.h"

#include <glib.h>

#include <unordered_map>

#include "io/file_error.h"
#include "io/little_endian.h"
#include "io/pickle_tables.h"

namespace sam2 {
namespace {

using namespace pickle;
using Kind = PickleValue::Kind;

constexpr uint8_t kProtocol = 2;
constexpr int kMaxLongBytes = 8;

class Unpickler {
 public:
  Unpickler(std::string_view bytes, const std::string &path)
      : bytes_(bytes), path_(path) {}

  PickleTree run() {
    bool goes_on = true;
    while (goes_on) goes_on = step(static_cast<uint8_t>(take(1)[0]));
    tree_.root = pop();
    return std::move(tree_);
  }

 private:
  using Values = std::vector<const PickleValue *>;

  // False after the last instruction.
  bool step(uint8_t instruction) {
    switch (instruction) {
      case kProto:
        check_protocol();
        return true;
      case kStop:
        return false;
      case kPushMark:
        marks_.push_back(stack_.size());
        return true;
      case kBinGet:
        push_remembered(take_number(1));
        return true;
      case kLongBinGet:
        push_remembered(take_number(4));
        return true;
      case kBinPut:
        remember(take_number(1));
        return true;
      case kLongBinPut:
        remember(take_number(4));
        return true;
      case kGlobal:
        push_name();
        return true;
      case kReduce:
        reduce();
        return true;
      case kBuild:
        ignore_state();
        return true;
      case kBinPersistentId:
        push_storage(*pop());
        return true;
      default:
        if (!push_scalar(instruction) && !push_container(instruction)) {
          refuse_instruction(instruction);
        }
        return true;
    }
  }

  bool push_scalar(uint8_t instruction) {
    switch (instruction) {
      case kPushNone:
        push(Kind::kNone);
        return true;
      case kPushTrue:
      case kPushFalse:
        push(Kind::kBool)->number = instruction == kPushTrue;
        return true;
      case kBinInt:
        push_int(static_cast<int32_t>(take_number(4)));
        return true;
      case kBinInt1:
        push_int(static_cast<int64_t>(take_number(1)));
        return true;
      case kBinInt2:
        push_int(static_cast<int64_t>(take_number(2)));
        return true;
      case kLong1:
        push_int(take_long());
        return true;
      case kBinFloat:
        take(8);  // no float of a checkpoint's is of interest
        push(Kind::kFloat);
        return true;
      case kBinUnicode: {
        const std::string_view text = take(take_number(4));
        push(Kind::kText)->text = text;
        return true;
      }
      default:
        return false;
    }
  }

  bool push_container(uint8_t instruction) {
    switch (instruction) {
      case kEmptyTuple:
        push(Kind::kTuple);
        return true;
      case kTuple:
        push_tuple(pop_to_mark());
        return true;
      case kTuple1:
      case kTuple2:
      case kTuple3:
        push_tuple(pop(instruction - kTuple1 + 1));
        return true;
      case kEmptyList:
        push(Kind::kList);
        return true;
      case kAppend:
        extend(Kind::kList, pop(1));
        return true;
      case kAppends:
        extend(Kind::kList, pop_to_mark());
        return true;
      case kEmptyDict:
        push(Kind::kDict);
        return true;
      case kSetItem:
        extend(Kind::kDict, pop(2));
        return true;
      case kSetItems:
        extend(Kind::kDict, pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  // ---- bytes ----

  std::string_view take(size_t count) {
    if (count > bytes_.size() - position_) damaged();
    position_ += count;
    return bytes_.substr(position_ - count, count);
  }

  uint64_t take_number(int byte_count) {
    return little_endian(take(byte_count), 0, byte_count);
  }

  int64_t take_long() {
    const auto count = static_cast<int>(take_number(1));
    if (count == 0) return 0;
    if (count > kMaxLongBytes) damaged();
    const uint64_t value = take_number(count);
    const int unused_bits = 64 - 8 * count;
    // Two's complement of `count` bytes: bring the sign to the top and back.
    return static_cast<int64_t>(value << unused_bits) >> unused_bits;
  }

  std::string_view take_line() {
    const size_t end = bytes_.find('\n', position_);
    if (end == bytes_.npos) damaged();
    const std::string_view line = take(end - position_);
    take(1);
    return line;
  }

  void check_protocol() {
    const uint64_t protocol = take_number(1);
    if (protocol == kProtocol) return;
    refuse_file(path_, "it was written with pickle protocol " +
                           std::to_string(protocol) +
                           " instead of torch.save's own, 2");
  }

  // ---- stack ----

  PickleValue *push(Kind kind) {
    if (tree_.values.size() >= kMaxPickleValues) {
      refuse_file(path_, "its data.pkl has more than " +
                             std::to_string(kMaxPickleValues) + " values");
    }
    PickleValue *value = &tree_.values.emplace_back();
    value->kind = kind;
    stack_.push_back(value);
    return value;
  }

  void push_int(int64_t number) { push(Kind::kInt)->number = number; }

  void push_tuple(Values items) {
    push(Kind::kTuple)->items = std::move(items);
  }

  // The newest `count` values, oldest first. A mark may not be crossed.
  Values pop(size_t count) {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() - floor < count) damaged();
    const Values values(stack_.end() - count, stack_.end());
    stack_.resize(stack_.size() - count);
    return values;
  }

  const PickleValue *pop() { return pop(1)[0]; }

  Values pop_to_mark() {
    if (marks_.empty()) damaged();
    Values values = pop(stack_.size() - marks_.back());
    marks_.pop_back();
    return values;
  }

  PickleValue *top(Kind kind) {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() == floor || stack_.back()->kind != kind) damaged();
    return stack_.back();
  }

  void extend(Kind kind, const Values &items) {
    PickleValue *container = top(kind);
    if (kind == Kind::kDict && items.size() % 2 != 0) damaged();
    container->items.insert(container->items.end(), items.begin(), items.end());
  }

  void remember(uint64_t index) {
    if (stack_.empty() || memo_.size() >= kMaxPickleValues) damaged();
    memo_[index] = stack_.back();
  }

  void push_remembered(uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) damaged();
    stack_.push_back(found->second);
  }

  // ---- names and what they stand for ----

  void push_name() {
    const std::string_view module = take_line();
    const std::string_view name = take_line();
    for (size_t i = 0; i < std::size(kKnownNames); ++i) {
      if (kKnownNames[i].module == module && kKnownNames[i].name == name) {
        push(Kind::kName)->number = static_cast<int64_t>(i);
        return;
      }
    }
    refuse_file(path_, "it asks for " +
                           quoted_from_file(std::string(module) + "." +
                                            std::string(name)) +
                           ", which weights have no need of, and may be "
                           "hostile");
  }

  const KnownName &known_name(const PickleValue &value) const {
    if (value.kind != Kind::kName) damaged();
    return kKnownNames[value.number];
  }

  void reduce() {
    const PickleValue *arguments = pop();
    const KnownName &name = known_name(*pop());
    if (arguments->kind != Kind::kTuple) damaged();
    const Values &items = arguments->items;
    switch (name.meaning) {
      case Meaning::kOrderedDict:
        if (!items.empty()) damaged();
        push(Kind::kDict);
        return;
      case Meaning::kTensor:
        push_tensor(items);
        return;
      case Meaning::kParameter:
        push_parameter(items);
        return;
      case Meaning::kStorageType:
        break;
    }
    damaged();
  }

  // ("storage", type, name of the record, device, number of elements)
  void push_storage(const PickleValue &id) {
    if (id.kind != Kind::kTuple || id.items.size() != 5 ||
        id.items[0]->kind != Kind::kText || id.items[0]->text != "storage" ||
        id.items[2]->kind != Kind::kText || id.items[4]->kind != Kind::kInt) {
      damaged();
    }
    const KnownName &name = known_name(*id.items[1]);
    if (name.meaning != Meaning::kStorageType) damaged();
    auto tensor = std::make_unique<PickledTensor>();
    tensor->storage = {id.items[2]->text, name.type, id.items[4]->number};
    push(Kind::kStorage)->tensor = std::move(tensor);
  }

  // (storage, offset, sizes, strides, requires_grad, hooks[, metadata])
  void push_tensor(const Values &items) {
    if (items.size() < 6 || items.size() > 7 ||
        items[0]->kind != Kind::kStorage || items[1]->kind != Kind::kInt) {
      damaged();
    }
    auto tensor = std::make_unique<PickledTensor>();
    tensor->storage = items[0]->tensor->storage;
    tensor->offset = items[1]->number;
    tensor->sizes = integers(*items[2]);
    tensor->strides = integers(*items[3]);
    push(Kind::kTensor)->tensor = std::move(tensor);
  }

  // (tensor, requires_grad, hooks)
  void push_parameter(const Values &items) {
    if (items.size() != 3 || items[0]->kind != Kind::kTensor) damaged();
    push(Kind::kTensor)->tensor =
        std::make_unique<PickledTensor>(*items[0]->tensor);
  }

  std::vector<int64_t> integers(const PickleValue &tuple) const {
    // Tensors may share a tuple in the memo, and each copies it.
    if (tuple.kind != Kind::kTuple || tuple.items.size() > kMaxPickleDimensions)
      damaged();
    std::vector<int64_t> numbers;
    for (const PickleValue *item : tuple.items) {
      if (item->kind != Kind::kInt) damaged();
      numbers.push_back(item->number);
    }
    return numbers;
  }

  // state_dict() hangs "_metadata" (version numbers) on its OrderedDict.
  void ignore_state() {
    pop();
    top(Kind::kDict);
  }

  [[noreturn]] void damaged() const {
    refuse_file(path_,
                "its data.pkl is damaged or not a state dict's; download or "
                "copy it again",
                "data.pkl, byte " + std::to_string(position_));
  }

  [[noreturn]] void refuse_instruction(uint8_t instruction) const {
    char hex[8];
    g_snprintf(hex, sizeof hex, "0x%02X", instruction);
    refuse_file(path_, std::string("its data.pkl has the instruction ") + hex +
                           ", which weights have no need of, and may be "
                           "damaged or hostile");
  }

  std::string_view bytes_;
  const std::string &path_;
  size_t position_ = 0;
  PickleTree tree_;
  std::vector<PickleValue *> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleValue *> memo_;
};

}  // namespace

PickleTree read_pickle(std::string_view bytes, const std::string &path) {
  if (bytes.size() > kMaxPickleBytes) {
    refuse_file(path, "its data.pkl has " + std::to_string(bytes.size()) +
                          " bytes, more than any SAM 2 model's");
  }
  return Unpickler(bytes, path).run();
}

}  // namespace sam2
