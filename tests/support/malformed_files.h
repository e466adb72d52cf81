// The files of tests/data/malformed that no reader may accept, and why.
#pragma once

namespace sam2::test {

struct MalformedFile {
  const char *name;
  const char *reason;  // as in the refusal's text
};

inline constexpr MalformedFile kMalformedFiles[] = {
    {"bad_crc.pt",
     "the checksum of the record \"archive/data/0\" is wrong; "
     "download or copy it again"},
    {"forbidden_global.pt",
     "it asks for \"__builtin__.print\", which weights have no need of, and "
     "may be hostile"},
    {"forbidden_global_os.pt",
     "it asks for \"posix.getcwd\", which weights have no need of, and may be "
     "hostile"},
    {"legacy_not_zip.pt",
     "it is in the format of PyTorch before 1.6; load it "
     "with a newer PyTorch and save it again"},
    {"no_data_pkl.pt",
     "it is a zip file without a data.pkl, so torch.save did "
     "not write it"},
    {"no_model_key.pt",
     "there is no \"model\" at its top level; save it as "
     "{\"model\": state_dict}"},
    {"short_storage.pt",
     "the record of \"maskmem_tpos_enc\" has 216 bytes, "
     "not the 56 elements of 4 bytes it should have"},
    {"truncated.pt",
     "the end of the file is missing; download or copy it again"},
    {"truncated_tail.pt",
     "the end of the file is missing; download or copy it again"},
    {"wrong_magic.pt",
     "it is neither a zip file of torch.save nor safetensors"},
    {"zero_length.pt", "it is empty"},
    {"header_longer_than_file.safetensors",
     "its header should have 1099511627776 bytes, but the file ends after 81"},
    {"header_not_json.safetensors", "its header is not JSON"},
    {"negative_offset.safetensors",
     "its header gives the tensor \"a\" data_offsets that are not two rising "
     "numbers from 0"},
    {"offset_past_end.safetensors",
     "its header gives the tensor \"a\" data up to byte 1600, but there are "
     "only 16"},
    {"overlap.safetensors", "the tensors \"a\" and \"b\" overlap in the file"},
    {"shape_mismatch.safetensors",
     "its header gives the tensor \"a\" 16 bytes of data, but its shape needs "
     "24"},
    {"shape_overflow.safetensors",
     "its header gives the tensor \"a\" an impossible shape"},
    {"truncated.safetensors",
     "its header gives the tensor \"a\" data up to byte 16, but there are only "
     "9"},
    {"unknown_dtype.safetensors",
     "its header gives the tensor \"a\" the unknown dtype \"Q7\""},
    {"zero_length.safetensors", "it is empty"},
};

}  // namespace sam2::test
