# Fails for any symbol that the libraries export and that does not begin with sdr_.
# The linker's own (_init, _fini, __bss_start, ...) are told by their leading underscore.

function(check_symbols library)
  execute_process(COMMAND ${NM} ${ARGN} --defined-only ${library}
                  OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[0-9a-f]+ [A-Z] [^\n]+" entries "${listing}")
  list(LENGTH entries count)
  if(count LESS 10)
    message(FATAL_ERROR "${library}: expected symbols, found ${count}")
  endif()
  list(TRANSFORM entries REPLACE "^[0-9a-f]+ [A-Z] " "")
  list(FILTER entries EXCLUDE REGEX "^sdr_|^_init$|^_fini$|^_edata$|^_end$|^__bss_start$")
  # ASan and UBSan instrument with symbols of their own
  list(FILTER entries EXCLUDE REGEX "^__(asan|odr_asan|ubsan|sanitizer)")
  if(entries)
    message(FATAL_ERROR "${library}: exported without the prefix sdr_: ${entries}")
  endif()
endfunction()

check_symbols(${STATIC} --extern-only)
check_symbols(${SHARED} --dynamic)
