// Registration of the elements.
#include <gst/gst.h>

#include "sam2jsondec.h"
#include "sam2jsonenc.h"
#include "sam2mask.h"
#include "sam2matte.h"
#include "sam2overlay.h"
#include "sam2track.h"

static gboolean plugin_init(GstPlugin *plugin) {
  gboolean is_registered = GST_ELEMENT_REGISTER(sam2track, plugin);
  is_registered |= GST_ELEMENT_REGISTER(sam2overlay, plugin);
  is_registered |= GST_ELEMENT_REGISTER(sam2jsonenc, plugin);
  is_registered |= GST_ELEMENT_REGISTER(sam2jsondec, plugin);
  is_registered |= GST_ELEMENT_REGISTER(sam2mask, plugin);
  is_registered |= GST_ELEMENT_REGISTER(sam2matte, plugin);
  return is_registered;
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, sam2,
                  "Segments and tracks objects with SAM 2", plugin_init,
                  PACKAGE_VERSION, "LGPL", "gst-sam2", "Unknown package origin")
