# The CPython extension simdrift._core for the stable ABI of 3.11: one module for every
# CPython from there on. With SIMDRIFT_IN_PLACE it is also put into python/simdrift.

if(CMAKE_VERSION VERSION_LESS 3.26)
  # No stable-ABI modules yet: the same thing said by hand.
  find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module NumPy)
  set(abi_arguments MODULE)
else()
  find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.SABIModule NumPy)
  set(abi_arguments MODULE USE_SABI 3.11 WITH_SOABI)
endif()

file(GLOB extension_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/csrc/pyext/*.c)
set(core_objects $<TARGET_OBJECTS:simdrift_objects>)
if(SIMDRIFT_CORE)
  set(core_objects "")
endif()
python_add_library(_core ${abi_arguments} ${extension_sources} ${core_objects})
if(CMAKE_VERSION VERSION_LESS 3.26)
  target_compile_definitions(_core PRIVATE Py_LIMITED_API=0x030b0000)
  set_target_properties(_core PROPERTIES SUFFIX ".abi3.so")
endif()
target_include_directories(_core PRIVATE
  ${PROJECT_SOURCE_DIR}/csrc ${PROJECT_SOURCE_DIR}/csrc/include)
target_link_libraries(_core PRIVATE ${SIMDRIFT_CORE} simdrift_flags Python::NumPy)

if(SKBUILD)
  install(TARGETS _core LIBRARY DESTINATION simdrift)
elseif(SIMDRIFT_IN_PLACE)
  # Renamed into place: a process that has the old module mapped keeps it.
  set(in_place ${PROJECT_SOURCE_DIR}/python/simdrift/_core.abi3.so)
  add_custom_command(TARGET _core POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:_core> ${in_place}.new
    COMMAND ${CMAKE_COMMAND} -E rename ${in_place}.new ${in_place}
    VERBATIM)
endif()
