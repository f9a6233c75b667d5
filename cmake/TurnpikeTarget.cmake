# The flags every target of this project shares. Nothing is set globally.
#
# -ffp-contract=off: a * b + c must round twice on every machine, or requantized codes would depend
# on whether the compiler found a fused multiply-add (FORMAT.md defines the arithmetic as IEEE double).
function(turnpike_target_defaults target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
    -Wold-style-cast -Woverloaded-virtual -Wcast-align -Wimplicit-fallthrough -ffp-contract=off)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # GCC 12 raises both falsely inside std::string when it inlines at -O3 (GCC bug 105651).
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized -Wno-restrict)
  endif()
  if(TURNPIKE_NATIVE)
    target_compile_options(${target} PUBLIC $<BUILD_INTERFACE:-march=native>)
  endif()
  if(TURNPIKE_SANITIZERS)
    target_compile_options(${target} PUBLIC
      $<BUILD_INTERFACE:-fsanitize=${TURNPIKE_SANITIZERS}> $<BUILD_INTERFACE:-fno-omit-frame-pointer>)
    target_link_options(${target} PUBLIC -fsanitize=${TURNPIKE_SANITIZERS})
  endif()
  if(TURNPIKE_BUILD_FUZZERS)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# Where CMAKE_UNITY_BUILD is on (CMakePresets.json), files of a target are compiled a dozen at once, which parses
# their headers once and takes a third of the time. Files of one dozen share their unnamed namespaces; those of
# folders with one file an operation, which use the same names by design, are compiled alone.
function(turnpike_compile_operations_alone)
  set(alone ${ARGN})
  list(FILTER alone INCLUDE REGEX "^(ops|post)/")
  set_source_files_properties(${alone} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# turnpike_library(name SOURCES a.cpp ... HEADERS a.hpp ... LINK x ... [PRIVATE_LINK y ...])
# makes turnpike_<name>, alias turnpike::<name>; without SOURCES it is an INTERFACE library.
function(turnpike_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;LINK;PRIVATE_LINK" ${ARGN})
  set(target turnpike_${name})
  if(ARG_SOURCES)
    add_library(${target} STATIC ${ARG_SOURCES})
    turnpike_compile_operations_alone(${ARG_SOURCES})
    turnpike_target_defaults(${target})
    target_link_libraries(${target} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
    target_compile_features(${target} INTERFACE cxx_std_20)
    target_link_libraries(${target} INTERFACE ${ARG_LINK})
  endif()
  if(ARG_HEADERS)
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ARG_HEADERS})
  endif()
  add_library(turnpike::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  set_property(GLOBAL APPEND PROPERTY TURNPIKE_LIBRARIES ${target})
endfunction()
