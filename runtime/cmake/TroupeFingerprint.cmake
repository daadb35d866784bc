# Writes the file that tells a program the fingerprint of a context: cmake -DPROGRAM=… -DSTRUCT=…
# -DANCHOR=… -DOUTPUT=… -P TroupeFingerprint.cmake. See TroupeContext.cmake.
# PROGRAM holds the context's folds and nothing else. Libraries that it shares with others are part of
# it, but for the system's.
file(GET_RUNTIME_DEPENDENCIES
     EXECUTABLES ${PROGRAM}
     RESOLVED_DEPENDENCIES_VAR shared
     UNRESOLVED_DEPENDENCIES_VAR not_found
     POST_EXCLUDE_REGEXES "^/(usr/)?lib")
if(not_found)
  message(FATAL_ERROR "The context ${STRUCT} links ${not_found}, which cannot be found to be hashed.")
endif()
list(SORT shared)
set(hashes "")
foreach(file ${PROGRAM} ${shared})
  file(SHA256 ${file} hash)
  string(APPEND hashes ${hash})
endforeach()
string(SHA256 fingerprint "${hashes}")

string(REGEX MATCH "^((.*)::)?([^:]+)$" matched ${STRUCT})
if(CMAKE_MATCH_2)
  set(declaration "namespace ${CMAKE_MATCH_2} {\nstruct ${CMAKE_MATCH_3};\n}")
else()
  set(declaration "struct ${CMAKE_MATCH_3};")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
[[#include <troupe/fingerprint.hpp>
@declaration@
extern "C" {
extern const char @ANCHOR@;
const char @ANCHOR@ = 0;
}
static const bool told =
    (troupe::detail::fingerprint_of<@STRUCT@> = "@fingerprint@", true);
]])
