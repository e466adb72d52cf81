// The model that comes with the plugin.
#pragma once

#include <string>

namespace sam2 {

// Path of the bundled model. Looks beside the plugin, library or program that
// contains this code for the build tree's copy (../models, ../../models), then
// in the data folder of the installation; the file is there unless somebody
// removed it. Reentrant.
std::string bundled_model();

}  // namespace sam2
