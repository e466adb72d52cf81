// Owners for json-glib's and GLib's objects.
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

#include <memory>

namespace sam2 {

struct GObjectDeleter {
  void operator()(gpointer object) const { g_object_unref(object); }
};
struct GFreeDeleter {
  void operator()(gchar *text) const { g_free(text); }
};
struct GErrorDeleter {
  void operator()(GError *error) const { g_error_free(error); }
};
struct JsonNodeDeleter {
  void operator()(JsonNode *node) const { json_node_unref(node); }
};

using JsonBuilderPtr = std::unique_ptr<JsonBuilder, GObjectDeleter>;
using JsonGeneratorPtr = std::unique_ptr<JsonGenerator, GObjectDeleter>;
using JsonParserPtr = std::unique_ptr<JsonParser, GObjectDeleter>;
using JsonNodePtr = std::unique_ptr<JsonNode, JsonNodeDeleter>;
using GTextPtr = std::unique_ptr<gchar, GFreeDeleter>;
using GErrorPtr = std::unique_ptr<GError, GErrorDeleter>;

}  // namespace sam2
