# What `cmake --install` writes: libraries, headers, CMake package, pkg-config file.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/simdrift)

install(TARGETS simdrift_static simdrift_shared EXPORT simdrift_targets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/csrc/include/simdrift
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT simdrift_targets NAMESPACE simdrift:: FILE simdriftTargets.cmake
        DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/simdriftConfig.cmake.in
  simdriftConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(simdriftConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
# From where the pkg-config file lies, so that the installed tree can be moved: two folders up,
# or three where libraries lie in lib/x86_64-linux-gnu.
file(RELATIVE_PATH pkgconfig_to_prefix
     "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" pkgconfig_to_prefix "${pkgconfig_to_prefix}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/simdrift.pc.in simdrift.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/simdriftConfig.cmake
              ${PROJECT_BINARY_DIR}/simdriftConfigVersion.cmake
        DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/simdrift.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
        DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/simdrift)
