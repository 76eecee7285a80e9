# Every folder is one target, so that the layers of engine/README.md are edges of the link graph.

set(SKEIN_STD_HEADERS <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint>
  <deque> <filesystem> <fstream> <functional> <map> <memory> <mutex> <optional> <set> <span> <string>
  <string_view> <thread> <unordered_map> <utility> <variant> <vector>)

add_library(skein_warnings INTERFACE)
target_compile_options(skein_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wswitch -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  -ffp-contract=off)
if(SKEIN_SANITIZE)
  add_compile_options(-fsanitize=${SKEIN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SKEIN_SANITIZE})
  # GCC's manual advises against both at once: instrumented code makes it warn of what is not there.
  target_compile_options(skein_warnings INTERFACE -Wno-error)
endif()
if(SKEIN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(skein_warnings INTERFACE -Wthread-safety)
endif()

# One precompiled header of the standard library for all of skein's own libraries: parsing it anew is a
# quarter of the time that a file takes. Every file still includes what it uses; clang-tidy builds without,
# and so do single files in which GCC 12 then takes a string for smaller than it is (SKIP_PRECOMPILE_HEADERS).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # ccache can keep what was compiled with a precompiled header of GCC only where it is told by this.
  target_compile_options(skein_warnings INTERFACE -fpch-preprocess)
  file(WRITE "${PROJECT_BINARY_DIR}/std_header.cc" "")
  add_library(skein_std_header OBJECT EXCLUDE_FROM_ALL "${PROJECT_BINARY_DIR}/std_header.cc")
  target_link_libraries(skein_std_header PRIVATE skein_warnings)
  target_precompile_headers(skein_std_header PRIVATE ${SKEIN_STD_HEADERS})
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
  if(TARGET skein_std_header)
    target_precompile_headers(skein_${NAME} REUSE_FROM skein_std_header)
  endif()
endfunction()

# Sanitizer builds know the core tests alone: the others need the product binary, or time.
add_custom_target(skein_tests)

# skein_test(NAME SOURCES a_test.cc ... [LIBS libs] [TIMEOUT seconds] [LABELS labels] [NOT_CORE] [NOT_TSAN])
# One Catch2 binary, one ctest entry. It is labelled `core`, and so also runs under ASan, UBSan and
# TSan, unless NOT_CORE (needs the binary, processes, minutes) or NOT_TSAN (alarms inside libraries
# that are not instrumented) says otherwise. OUTER: the CLI and HTTP around the core, of which header
# libraries are most; a sanitizer build knows their tests with SKEIN_SANITIZE_OUTER. `skein_tests` builds
# every test of a build directory.
function(skein_test NAME)
  cmake_parse_arguments(ARG "NOT_CORE;NOT_TSAN;OUTER" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT ARG_NOT_CORE)
    list(APPEND ARG_LABELS core)
  endif()
  if(ARG_NOT_TSAN)
    list(APPEND ARG_LABELS NOT_TSAN)
  endif()
  if(ARG_OUTER)
    list(APPEND ARG_LABELS outer)
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBS} skein_catch skein_warnings)
  target_precompile_headers(${NAME} REUSE_FROM skein_catch_header)
  target_compile_definitions(${NAME} PRIVATE SKEIN_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  skein_test_wanted(WANTED ${ARG_LABELS})
  if(NOT WANTED)
    set_target_properties(${NAME} PROPERTIES EXCLUDE_FROM_ALL TRUE)
    return()
  endif()
  add_dependencies(skein_tests ${NAME})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(SKEIN_SANITIZE)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 3")  # what a sanitizer costs, and a loaded machine
  endif()
  skein_test_name(SHOWN ${NAME})
  add_test(NAME ${SHOWN} COMMAND ${NAME})
  set_tests_properties(${SHOWN} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# skein_one_broker(TEST): it starts brokers, so it runs when no other such test does, once Kafka's jars have
# been fetched. Those tests are a queue as long as all others together, so they come first.
function(skein_one_broker TEST)
  set_tests_properties(${TEST} PROPERTIES
    RESOURCE_LOCK kafka_broker FIXTURES_REQUIRED kafka_jars COST 100)
endfunction()

# Whether this build directory has the test with these labels.
function(skein_test_wanted RESULT)
  set(WANTED TRUE)
  if(SKEIN_SANITIZE AND NOT "core" IN_LIST ARGN)
    set(WANTED FALSE)
  elseif(SKEIN_SANITIZE AND "outer" IN_LIST ARGN AND NOT SKEIN_SANITIZE_OUTER)
    set(WANTED FALSE)
  elseif(SKEIN_SANITIZE MATCHES "thread" AND "NOT_TSAN" IN_LIST ARGN)
    set(WANTED FALSE)
  endif()
  set(${RESULT} ${WANTED} PARENT_SCOPE)
endfunction()

# `log_test` is `log_test.asan` where it runs under ASan: one ctest run shows both builds.
function(skein_test_name RESULT NAME)
  if(SKEIN_SANITIZE MATCHES "address")
    set(NAME ${NAME}.asan)
  elseif(SKEIN_SANITIZE MATCHES "thread")
    set(NAME ${NAME}.tsan)
  endif()
  set(${RESULT} ${NAME} PARENT_SCOPE)
endfunction()
