#include "tests/system/running_daemon.hpp"
