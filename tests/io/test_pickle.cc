#include <iostream>
#include <random>
#include <string>

#include "io/pickle.h"
#include "io/test_helpers.h"

namespace {

using namespace std::string_literals;
using sam2::PickleTree;
using sam2::PickleValue;
using sam2::test::error_of;
using Kind = PickleValue::Kind;

constexpr uint32_t kSeed = 20240720;
const std::string kStart = "\x80\x02";

std::string refusal(const std::string &reason) {
  return "Could not read the checkpoint \"a.pt\": " + reason +
         ". Set model-file to a SAM 2 .pt or .safetensors file.";
}

const std::string kDamaged = refusal(
    "its data.pkl is damaged or not a state dict's; download or copy it again");

std::string pickle_error(const std::string &bytes) {
  return error_of([&bytes] { sam2::read_pickle(bytes, "a.pt"); });
}

std::string text(const std::string &content) {
  return "X" + std::string(1, static_cast<char>(content.size())) + "\0\0\0"s +
         content;
}

// ("storage", torch.HalfStorage, "7", "cpu", 6) as a persistent id.
std::string storage() {
  return "(" + text("storage") + "ctorch\nHalfStorage\n" + text("7") +
         text("cpu") + "K\x06tQ";
}

// torch._utils._rebuild_tensor_v2(storage, 1, (2,), (3,), False,
// OrderedDict()).
std::string tensor() {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage() +
         "K\x01K\x02\x85K\x03\x85\x89" + "ccollections\nOrderedDict\n)RtR";
}

START_TEST(test_integers_of_every_width_are_read) {
  const std::string bytes = kStart + "(K\xFFM\x01\x02" + "J\xFE\xFF\xFF\xFF" +
                            "\x8A\x02\x00\x80"s + "\x8A\x00"s + "t.";
  const PickleTree tree = sam2::read_pickle(bytes, "a.pt");
  ck_assert(tree.root->kind == Kind::kTuple);
  const int64_t expected[] = {255, 513, -2, -32768, 0};
  ck_assert_uint_eq(tree.root->items.size(), std::size(expected));
  for (size_t i = 0; i < std::size(expected); ++i) {
    ck_assert_int_eq(tree.root->items[i]->number, expected[i]);
  }
}
END_TEST

START_TEST(test_containers_and_memo_are_read) {
  // {"a": [None, True, 1.5], "b": the same list}
  const std::string bytes = kStart + "}(" + text("a") + "]q\x05(N\x88G" +
                            std::string(8, '\0') + "e" + text("b") + "h\x05u.";
  const PickleTree tree = sam2::read_pickle(bytes, "a.pt");
  ck_assert(tree.root->kind == Kind::kDict);
  ck_assert_uint_eq(tree.root->items.size(), 4);
  ck_assert_ptr_eq(tree.root->items[1], tree.root->items[3]);
  const PickleValue &list = *tree.root->items[1];
  ck_assert_uint_eq(list.items.size(), 3);
  ck_assert(list.items[0]->kind == Kind::kNone);
  ck_assert_int_eq(list.items[1]->number, 1);
  ck_assert(list.items[2]->kind == Kind::kFloat);
}
END_TEST

START_TEST(test_tensor_is_described) {
  const std::string bytes = kStart + tensor() + ".";
  const PickleTree tree = sam2::read_pickle(bytes, "a.pt");
  ck_assert(tree.root->kind == Kind::kTensor);
  const sam2::PickledTensor &found = *tree.root->tensor;
  assert_text_eq(std::string(found.storage.key), "7");
  ck_assert(found.storage.type == c10::ScalarType::Half);
  ck_assert_int_eq(found.storage.element_count, 6);
  ck_assert_int_eq(found.offset, 1);
  ck_assert_int_eq(found.sizes.at(0), 2);
  ck_assert_int_eq(found.strides.at(0), 3);
}
END_TEST

START_TEST(test_parameter_is_its_tensor) {
  const std::string bytes =
      kStart + "ctorch._utils\n_rebuild_parameter\n(" + tensor() + "\x88)tR.";
  const PickleTree tree = sam2::read_pickle(bytes, "a.pt");
  ck_assert(tree.root->kind == Kind::kTensor);
  ck_assert_int_eq(tree.root->tensor->offset, 1);
}
END_TEST

START_TEST(test_state_of_an_ordered_dict_is_ignored) {
  const std::string bytes =
      kStart + "ccollections\nOrderedDict\n)R}" + text("_metadata") + "}sb.";
  const PickleTree tree = sam2::read_pickle(bytes, "a.pt");
  ck_assert(tree.root->kind == Kind::kDict);
  ck_assert(tree.root->items.empty());
}
END_TEST

START_TEST(test_a_list_in_itself_does_no_harm) {
  const std::string bytes = kStart + "]q\x01h\x01" + "a.";
  const PickleTree tree = sam2::read_pickle(bytes, "a.pt");
  ck_assert_ptr_eq(tree.root->items.at(0), tree.root);
}
END_TEST

START_TEST(test_unknown_names_are_refused) {
  const char *const names[] = {
      "posix\nsystem\n",     "builtins\neval\n",           "torch\nload\n",
      "evil\nOrderedDict\n", "collections\nordereddict\n", "\n\n"};
  for (const char *name : names) {
    std::string shown = name;
    shown.pop_back();
    shown.replace(shown.find('\n'), 1, ".");
    assert_text_eq(pickle_error(kStart + "c" + name + ")R."),
                   refusal("it asks for \"" + shown +
                           "\", which weights have no need of, and may be "
                           "hostile"));
  }
}
END_TEST

START_TEST(test_other_instructions_are_refused) {
  // i = INST, o = OBJ, 0x81 = NEWOBJ, 0x82 = EXT1, P = PERSID, 0x93 =
  // STACK_GLOBAL.
  for (const char instruction : {'i', 'o', '\x81', '\x82', 'P', '\x93', '\0'}) {
    const std::string found =
        pickle_error(kStart + std::string(1, instruction) + "a\nb\n.");
    ck_assert_msg(
        found.find("its data.pkl has the instruction 0x") != std::string::npos,
        "%s", found.c_str());
  }
}
END_TEST

START_TEST(test_other_protocols_are_refused) {
  assert_text_eq(pickle_error("\x80\x04N."),
                 refusal("it was written with pickle protocol 4 instead of "
                         "torch.save's own, 2"));
}
END_TEST

const std::string kDamagedPickles[] = {
    "",                                    // no STOP
    kStart + ".",                          // nothing to return
    kStart + "N",                          // ends too early
    kStart + "X\xFF\xFF\xFF\xFF" + "a.",   // text beyond the end
    kStart + "\x8A\x09" + "123456789.",    // 9-byte integer
    kStart + "ccollections\nOrderedDict",  // unfinished name
    kStart + "h\x01.",                     // memo entry that was never made
    kStart + "q\x01.",                     // memo entry of nothing
    kStart + "t.",                         // no mark
    kStart + "N(\x85.",                    // takes a value across a mark
    kStart + "Ne.",                        // no mark
    kStart + "(Ne.",                       // no list
    kStart + "NNa.",                       // not a list
    kStart + "}(Nu.",                      // key without value
    kStart + "NNR.",                       // not callable
    kStart + "ccollections\nOrderedDict\nNR.",      // arguments not a tuple
    kStart + "ccollections\nOrderedDict\nN\x85R.",  // too many arguments
    kStart + "ctorch\nFloatStorage\n)R.",           // type called
    kStart + "ctorch._utils\n_rebuild_tensor_v2\n)R.",
    kStart + "ctorch._utils\n_rebuild_parameter\n(N\x88)tR.",
    kStart + "N)b.",  // state on None
    kStart + "NQ.",   // persistent id of None
    kStart + ")Q.",
    kStart + "(" + text("storage") + text("x") + text("7") + text("cpu") +
        "K\x06tQ.",
    kStart + "(" + text("storage") + "ccollections\nOrderedDict\n" + text("7") +
        text("cpu") + "K\x06tQ.",
};

START_TEST(test_damaged_pickle_is_refused) {
  assert_text_eq(pickle_error(kDamagedPickles[_i]), kDamaged);
}
END_TEST

START_TEST(test_sizes_that_are_not_integers_are_refused) {
  const std::string bytes = kStart + "ctorch._utils\n_rebuild_tensor_v2\n(" +
                            storage() + "K\x01N\x85K\x03\x85\x89NtR.";
  assert_text_eq(pickle_error(bytes), kDamaged);
}
END_TEST

// Tensors may share them in the memo, and each has a copy.
START_TEST(test_more_sizes_than_a_tensor_has_are_refused) {
  const auto pickled = [](size_t dimensions) {
    std::string sizes = "(";
    for (size_t i = 0; i < dimensions; ++i) sizes += "K\x01";
    return kStart + "ctorch._utils\n_rebuild_tensor_v2\n(" + storage() +
           "K\x01" + sizes + "t" + sizes + "t\x89NtR.";
  };
  assert_text_eq(pickle_error(pickled(sam2::kMaxPickleDimensions)), "no error");
  assert_text_eq(pickle_error(pickled(sam2::kMaxPickleDimensions + 1)),
                 kDamaged);
}
END_TEST

START_TEST(test_bombs_are_refused_before_they_grow) {
  assert_text_eq(pickle_error(std::string(sam2::kMaxPickleBytes + 1, 'N')),
                 refusal("its data.pkl has 4194305 bytes, more than any SAM 2 "
                         "model's"));
  assert_text_eq(pickle_error(std::string(sam2::kMaxPickleValues + 1, 'N')),
                 refusal("its data.pkl has more than 262144 values"));
}
END_TEST

START_TEST(test_deep_nesting_does_not_use_up_the_stack) {
  const std::string bytes = "N" + std::string(200000, '\x85') + ".";
  const PickleTree tree = sam2::read_pickle(bytes, "a.pt");
  ck_assert(tree.root->kind == Kind::kTuple);
}
END_TEST

START_TEST(test_random_damage_never_escapes) {
  std::cout << "seed " << kSeed << std::endl;
  std::mt19937 random(kSeed);
  const std::string sound =
      kStart + "}(" + text("a") + tensor() + text("b") + tensor() + "u.";
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string bytes = sound;
    for (uint32_t n = 1 + random() % 4; n > 0; --n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    refused += pickle_error(bytes) != "no error";
  }
  ck_assert_int_gt(refused, 2500);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("pickle");
  tcase_add_test(tests, test_integers_of_every_width_are_read);
  tcase_add_test(tests, test_containers_and_memo_are_read);
  tcase_add_test(tests, test_tensor_is_described);
  tcase_add_test(tests, test_parameter_is_its_tensor);
  tcase_add_test(tests, test_state_of_an_ordered_dict_is_ignored);
  tcase_add_test(tests, test_a_list_in_itself_does_no_harm);
  tcase_add_test(tests, test_unknown_names_are_refused);
  tcase_add_test(tests, test_other_instructions_are_refused);
  tcase_add_test(tests, test_other_protocols_are_refused);
  tcase_add_loop_test(tests, test_damaged_pickle_is_refused, 0,
                      std::size(kDamagedPickles));
  tcase_add_test(tests, test_sizes_that_are_not_integers_are_refused);
  tcase_add_test(tests, test_more_sizes_than_a_tensor_has_are_refused);
  tcase_add_test(tests, test_bombs_are_refused_before_they_grow);
  tcase_add_test(tests, test_deep_nesting_does_not_use_up_the_stack);
  tcase_add_test(tests, test_random_damage_never_escapes);
  return sam2::test::run("io_pickle", tests);
}
