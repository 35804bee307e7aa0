# What makes a mistake in C end the process, and not the machine's safety: on by default, for the
# extension and for the libraries alike. Each flag is tried first, for compilers differ; what they
# cost is in docs/maintainers.md.
#
#   stack protector        a local array that is overrun ends the process before the return
#   stack clash            a large frame touches each of its pages, and can't leap the guard page
#   _FORTIFY_SOURCE=3      memcpy and its kin check the size of the target where it is known
#   control flow           indirect branches arrive only at marked places (x86 IBT, arm64 BTI)
#   relro + now            the tables of foreign functions are read-only after loading
#   noexecstack            no memory is writable and executable at once

include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckLinkerFlag)

set(hardening_flags "")
set(CMAKE_REQUIRED_FLAGS -Werror) # clang only warns of a flag of another processor
foreach(flag IN ITEMS -fstack-protector-strong -fstack-clash-protection
                      -fcf-protection=full -mbranch-protection=standard)
  string(MAKE_C_IDENTIFIER "SIMDRIFT_HAS${flag}" known)
  check_c_compiler_flag(${flag} ${known})
  if(${known})
    list(APPEND hardening_flags ${flag})
  endif()
endforeach()
unset(CMAKE_REQUIRED_FLAGS)

# Level 3 needs gcc 12 or clang 9, and a C library that knows it; else it would warn, or be level 2.
set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
check_c_source_compiles("
  #include <string.h>
  #if !defined __USE_FORTIFY_LEVEL || __USE_FORTIFY_LEVEL < 3
  #error no level 3
  #endif
  int main(void) { return 0; }" SIMDRIFT_HAS_FORTIFY_3)
unset(CMAKE_REQUIRED_FLAGS)
list(APPEND hardening_flags -U_FORTIFY_SOURCE # some distributions set a level of their own
     -D_FORTIFY_SOURCE=$<IF:$<BOOL:${SIMDRIFT_HAS_FORTIFY_3}>,3,2>)

set(hardening_link_flags "")
foreach(keyword IN ITEMS relro now noexecstack)
  check_linker_flag(C "LINKER:-z,${keyword}" SIMDRIFT_HAS_Z_${keyword})
  if(SIMDRIFT_HAS_Z_${keyword})
    list(APPEND hardening_link_flags "LINKER:-z,${keyword}")
  endif()
endforeach()

target_compile_options(simdrift_flags INTERFACE ${hardening_flags})
target_link_options(simdrift_flags INTERFACE ${hardening_link_flags})
