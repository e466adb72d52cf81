#include "picture_meta.h"

#include <gst/video/video.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace sam2 {

bool is_about_picture(const GstMeta *meta) {
  constexpr std::string_view kTags[] = {GST_META_TAG_VIDEO_STR,
                                        GST_META_TAG_VIDEO_SIZE_STR,
                                        GST_META_TAG_VIDEO_ORIENTATION_STR};
  const gchar *const *tag = gst_meta_api_type_get_tags(meta->info->api);
  for (; tag && *tag; ++tag)
    if (std::find(std::begin(kTags), std::end(kTags), *tag) == std::end(kTags))
      return false;
  return true;
}

}  // namespace sam2
