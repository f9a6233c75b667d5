# cmake --install, and Debian packages: cpack -G DEB --config build/package/CPackConfig.cmake.
#
# Two components: `turnpike` is the program with its tables, manual, completion and Python module, `turnpike-dev`
# the library. The program looks for its tables in ../share/turnpike/configs beside itself, so any prefix will do.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME turnpike)
install(TARGETS turnpike RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/turnpike)
install(DIRECTORY tools/export DESTINATION ${CMAKE_INSTALL_DATADIR}/turnpike
  PATTERN __pycache__ EXCLUDE)
install(DIRECTORY traces/samples DESTINATION ${CMAKE_INSTALL_DATADIR}/turnpike)
install(FILES traces/trace.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/turnpike)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md CHANGELOG.md ATTRIBUTION.md CITATION.cff LICENSE traces/FORMAT.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Manual and completion, as the program itself writes them.
set(shell ${PROJECT_BINARY_DIR}/shell)
add_custom_command(OUTPUT ${shell}/stamp
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${shell}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${shell}
  COMMAND turnpike manual --all ${shell}/man1 --quiet
  COMMAND turnpike completion bash > ${shell}/turnpike
  COMMAND turnpike completion zsh > ${shell}/_turnpike
  COMMAND turnpike completion fish > ${shell}/turnpike.fish
  COMMAND ${CMAKE_COMMAND} -E touch ${shell}/stamp
  DEPENDS turnpike VERBATIM COMMENT "Manual pages and completion")
add_custom_target(turnpike_shell ALL DEPENDS ${shell}/stamp)
install(DIRECTORY ${shell}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${shell}/turnpike DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${shell}/_turnpike DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${shell}/turnpike.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

# The Python package, where Debian's python3 looks below /usr and /usr/local; below ~/.local it is the user's folder.
set(TURNPIKE_PYTHON_DIR "" CACHE STRING "Folder below the prefix for the Python package; empty: where python3 looks")
find_package(Python3 QUIET COMPONENTS Interpreter)
set(python lib/python${Python3_VERSION_MAJOR}.${Python3_VERSION_MINOR})
if(NOT Python3_FOUND)
  set(python lib/python3)
endif()
install(CODE "
  set(turnpike_python_dir \"${TURNPIKE_PYTHON_DIR}\")
  if(NOT turnpike_python_dir)
    set(turnpike_python_dir ${python}/site-packages)
    if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\" OR CMAKE_INSTALL_PREFIX MATCHES \"/_CPack_Packages/.*/usr$\")
      set(turnpike_python_dir lib/python3/dist-packages)
    elseif(CMAKE_INSTALL_PREFIX STREQUAL \"/usr/local\")
      set(turnpike_python_dir ${python}/dist-packages)
    endif()
  endif()" COMPONENT turnpike)
install(DIRECTORY tools/python/turnpike DESTINATION "\${turnpike_python_dir}" COMPONENT turnpike
  PATTERN __pycache__ EXCLUDE)

# find_package(turnpike): turnpike::turnpike is the facade (sim/run/run.hpp) and the texts of its results.
add_library(turnpike_facade INTERFACE)
target_link_libraries(turnpike_facade INTERFACE turnpike::run turnpike::results)
set_target_properties(turnpike_facade PROPERTIES EXPORT_NAME turnpike)
get_property(libraries GLOBAL PROPERTY TURNPIKE_LIBRARIES)
install(TARGETS ${libraries} turnpike_systemc turnpike_facade EXPORT turnpike
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT turnpike-dev
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/turnpike COMPONENT turnpike-dev)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/turnpike)
install(EXPORT turnpike NAMESPACE turnpike:: FILE turnpikeTargets.cmake DESTINATION ${package} COMPONENT turnpike-dev)
configure_package_config_file(cmake/turnpikeConfig.cmake.in ${PROJECT_BINARY_DIR}/turnpikeConfig.cmake
  INSTALL_DESTINATION ${package} PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/turnpikeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/turnpikeConfig.cmake ${PROJECT_BINARY_DIR}/turnpikeConfigVersion.cmake
  DESTINATION ${package} COMPONENT turnpike-dev)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME turnpike)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Turnpike developers <maintainers@turnpike.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "cycle-accurate simulator of low-precision row-stationary accelerators")
set(CPACK_PACKAGE_DESCRIPTION "What a precision highway costs in silicon: cycles, area and energy by component.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL turnpike turnpike-dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_TURNPIKE_PACKAGE_NAME turnpike)
set(CPACK_DEBIAN_TURNPIKE_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TURNPIKE_PACKAGE_RECOMMENDS "python3, python3-numpy")
set(CPACK_DEBIAN_TURNPIKE_PACKAGE_SUGGESTS "python3-pandas, python3-matplotlib, python3-torch, python3-onnx")
set(CPACK_DEBIAN_TURNPIKE-DEV_PACKAGE_NAME turnpike-dev)
set(CPACK_DEBIAN_TURNPIKE-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_TURNPIKE-DEV_PACKAGE_DEPENDS "turnpike (= ${PROJECT_VERSION}), cmake, pkgconf, libsystemc-dev, libyaml-cpp-dev, libfmt-dev, libzip-dev, nlohmann-json3-dev, libeigen3-dev, libboost-dev, libonnx-dev, libprotobuf-dev, libsqlite3-dev, zlib1g-dev")
set(CPACK_COMPONENT_TURNPIKE-DEV_DESCRIPTION "The library of turnpike, for programs that run networks through its facade.")
include(CPack)
