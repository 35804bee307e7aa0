# Installs the build and uses it as others do: find_package, pkg-config (where there is one).
#   cmake -D BUILD= -D VERSION= -D LIBDIR= -D CC= -D PKG_CONFIG= -D WORK= -P test.cmake

set(expected "version ${VERSION} D 0.5 W1 2\n")
set(prefix "${WORK}/prefix")
set(libraries "${prefix}/${LIBDIR}")

function(run)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output ERROR_VARIABLE output
                  RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}: ${status}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect_answer)
  run(${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libraries} ${ARGN})
  if(NOT output STREQUAL expected)
    message(FATAL_ERROR "${ARGN}: expected '${expected}', found '${output}'")
  endif()
endfunction()

function(expect_from_pkg_config program)
  run(${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${libraries}/pkgconfig
      ${PKG_CONFIG} --cflags --libs ${ARGN} simdrift)
  separate_arguments(flags UNIX_COMMAND "${output}")
  run(${CC} ${CMAKE_CURRENT_LIST_DIR}/use.c -o ${program} ${flags})
  expect_answer(${program})
endfunction()

file(REMOVE_RECURSE "${WORK}")
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})

run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -DCMAKE_C_COMPILER=${CC}
    -DCMAKE_PREFIX_PATH=${prefix} -DEXPECTED_VERSION=${VERSION})
run(${CMAKE_COMMAND} --build ${WORK}/build)
expect_answer(${WORK}/build/use_core)
expect_answer(${WORK}/build/use_core_shared)

if(PKG_CONFIG)
  expect_from_pkg_config(${WORK}/use_shared)
  file(GLOB shared "${libraries}/libsimdrift.so*")
  file(REMOVE ${shared}) # what is left is the archive
  expect_from_pkg_config(${WORK}/use_static --static)
else()
  message(STATUS "no pkg-config here: simdrift.pc is not tried")
endif()
