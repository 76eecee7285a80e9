# `cmake --install`: the libraries as a package for find_package(skein), and the program.
# Component `library` is what programs of others need: archives, headers, package files.
include(CMakePackageConfigHelpers)

# The static libraries made in FOLDER and below.
function(skein_libraries_below FOLDER RESULT)
  get_property(TARGETS DIRECTORY "${FOLDER}" PROPERTY BUILDSYSTEM_TARGETS)
  set(FOUND)
  foreach(TARGET IN LISTS TARGETS)
    get_target_property(TYPE ${TARGET} TYPE)
    if(TYPE STREQUAL "STATIC_LIBRARY")
      list(APPEND FOUND ${TARGET})
    endif()
  endforeach()
  get_property(FOLDERS DIRECTORY "${FOLDER}" PROPERTY SUBDIRECTORIES)
  foreach(BELOW IN LISTS FOLDERS)
    skein_libraries_below("${BELOW}" MORE)
    list(APPEND FOUND ${MORE})
  endforeach()
  set(${RESULT} ${FOUND} PARENT_SCOPE)
endfunction()

set(SKEIN_LIBRARIES)
foreach(FOLDER engine projections tools/library)
  skein_libraries_below("${PROJECT_SOURCE_DIR}/${FOLDER}" FOUND)
  list(APPEND SKEIN_LIBRARIES ${FOUND})
endforeach()
foreach(LIBRARY IN LISTS SKEIN_LIBRARIES)
  set_property(TARGET ${LIBRARY} APPEND PROPERTY INTERFACE_COMPILE_FEATURES cxx_std_20)
endforeach()
# <skein/skein.h> beside "tools/library/store.h", which each library's own folder gives.
target_include_directories(skein_library INTERFACE
  "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")

set(SKEIN_PACKAGE "${CMAKE_INSTALL_LIBDIR}/cmake/skein")
set(SKEIN_HEADERS "${CMAKE_INSTALL_INCLUDEDIR}/skein")
install(TARGETS ${SKEIN_LIBRARIES} EXPORT skeinTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}/skein" COMPONENT library)
install(EXPORT skeinTargets NAMESPACE skein:: DESTINATION "${SKEIN_PACKAGE}" COMPONENT library)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/engine" "${PROJECT_SOURCE_DIR}/projections"
  DESTINATION "${SKEIN_HEADERS}" COMPONENT library FILES_MATCHING PATTERN "*.h")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/tools/library"
  DESTINATION "${SKEIN_HEADERS}/tools" COMPONENT library FILES_MATCHING PATTERN "*.h")
install(FILES "${PROJECT_SOURCE_DIR}/tools/library/skein.h"
  DESTINATION "${SKEIN_HEADERS}" COMPONENT library)

configure_package_config_file("${PROJECT_SOURCE_DIR}/tools/build/skeinConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/skeinConfig.cmake" INSTALL_DESTINATION "${SKEIN_PACKAGE}")
# Before 1.0 a minor version may change what is public.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/skeinConfigVersion.cmake"
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/skeinConfig.cmake" "${PROJECT_BINARY_DIR}/skeinConfigVersion.cmake"
  DESTINATION "${SKEIN_PACKAGE}" COMPONENT library)

if(TARGET skein)
  install(TARGETS skein RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
endif()
