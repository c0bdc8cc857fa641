/// `timeloom doctor`: what this machine offers, and the command that gets what is missing.
#pragma once

#include "app/exit_code.hpp"

namespace timeloom {

exit_code run_doctor();

} // namespace timeloom
