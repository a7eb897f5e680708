// `override` of a target: keys of a module that hold for this target alone. They are laid over the
// keys of its module as the file has them, and the whole is read like any module, so that what a
// default depends on is what holds for the target. Pure.
#pragma once

#include "config/config.h"
#include "config/fields.h"

namespace config {

// Takes the mapping only; what is in it means nothing before every module is known.
Field<Target> override_row();

// Once the modules and the targets of the file at `place` are in `config`. Problems of a module
// itself are not told again.
void read_overrides(const Json& root, const Place& place, Config& config);

// Puts under `override` of each target what its module does not say. `out` is the configuration
// without.
void write_overrides(const Config& config, Written& out);

}  // namespace config
