# Imported targets opencv_core, opencv_imgproc, ... for the modules asked for.
# Debian keeps OpenCV's own package file in libopencv-dev, which pulls in every module and GDAL; the modules' own
# -dev packages are a tenth of that, so the targets are made here when that file is not installed.
find_package(OpenCV CONFIG QUIET COMPONENTS ${OpenCV_FIND_COMPONENTS})
if(OpenCV_FOUND)
  return()
endif()
find_path(OpenCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
set(_required OpenCV_INCLUDE_DIR)
foreach(_module IN LISTS OpenCV_FIND_COMPONENTS)
  find_library(OpenCV_${_module}_LIBRARY opencv_${_module})
  list(APPEND _required OpenCV_${_module}_LIBRARY)
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCV REQUIRED_VARS ${_required})
foreach(_module IN LISTS OpenCV_FIND_COMPONENTS)
  if(OpenCV_FOUND AND NOT TARGET opencv_${_module})
    add_library(opencv_${_module} UNKNOWN IMPORTED)
    set_target_properties(opencv_${_module} PROPERTIES
      IMPORTED_LOCATION "${OpenCV_${_module}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${OpenCV_INCLUDE_DIR}")
    if(NOT _module STREQUAL core)
      set_property(TARGET opencv_${_module} PROPERTY INTERFACE_LINK_LIBRARIES opencv_core)
    endif()
  endif()
endforeach()
mark_as_advanced(${_required})
