# Every folder is one target, so that the layers of engine/README.md are edges of the link graph.

add_library(skein_warnings INTERFACE)
target_compile_options(skein_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wswitch -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  -ffp-contract=off)
if(SKEIN_SANITIZE)
  add_compile_options(-fsanitize=${SKEIN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SKEIN_SANITIZE})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(skein_warnings INTERFACE -Wthread-safety)
endif()

# skein_library(NAME SOURCES a.cc ... [PUBLIC libs] [PRIVATE libs])
# The target is skein_NAME; headers are included from the root: "engine/base/result.h".
function(skein_library NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(skein_${NAME} STATIC ${ARG_SOURCES})
  add_library(skein::${NAME} ALIAS skein_${NAME})
  target_include_directories(skein_${NAME} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/skein>")
  target_link_libraries(skein_${NAME} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:skein_warnings>)
  set_target_properties(skein_${NAME} PROPERTIES EXPORT_NAME ${NAME})
endfunction()

# skein_test(NAME SOURCES a_test.cc ... [LIBS libs] [TIMEOUT seconds]): one Catch2 binary, one ctest entry.
function(skein_test NAME)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBS} skein_catch skein_warnings)
  target_compile_definitions(${NAME} PRIVATE SKEIN_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  add_test(NAME ${NAME} COMMAND ${NAME})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${NAME} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
