# cmake --install, and a Debian package: cpack -G DEB --config build/package/CPackConfig.cmake.
#
# The program looks for its tables in ../share/turnpike/configs beside itself, so any prefix will do.
include(GNUInstallDirs)
install(TARGETS turnpike RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/turnpike)
install(DIRECTORY tools/export DESTINATION ${CMAKE_INSTALL_DATADIR}/turnpike
  PATTERN __pycache__ EXCLUDE)
install(DIRECTORY traces/samples DESTINATION ${CMAKE_INSTALL_DATADIR}/turnpike)
install(FILES traces/trace.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/turnpike)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md CHANGELOG.md ATTRIBUTION.md LICENSE traces/FORMAT.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME turnpike)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Turnpike developers <maintainers@turnpike.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "cycle-accurate simulator of low-precision row-stationary accelerators")
set(CPACK_PACKAGE_DESCRIPTION "What a precision highway costs in silicon: cycles, area and energy by component.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-numpy, python3-torch, python3-onnx")
include(CPack)
