# Writes the file that tells a program the fingerprint of a context: cmake -DPROGRAM=… -DSTRUCT=…
# -DANCHOR=… -DOUTPUT=… -P TroupeFingerprint.cmake. See TroupeContext.cmake.
# PROGRAM holds the context's folds and nothing else. Libraries that it shares with others are part of
# it, but for those of the compiler and of protobuf.
file(GET_RUNTIME_DEPENDENCIES
     EXECUTABLES ${PROGRAM}
     RESOLVED_DEPENDENCIES_VAR shared
     UNRESOLVED_DEPENDENCIES_VAR not_found
     POST_EXCLUDE_REGEXES "/(ld-linux[^/]*|libc|libm|libdl|librt|libpthread|libstdc\\+\\+|libgcc_s|libz|libprotobuf|libabsl_[^/]*)\\.so")
if(not_found)
  message(FATAL_ERROR "The context ${STRUCT} links ${not_found}, which cannot be found to be hashed.")
endif()
# A library of the system may be replaced without a build: then the process says at its start what runs.
set(of_the_system ${shared})
list(FILTER of_the_system INCLUDE REGEX "^/(usr/)?lib")
list(SORT shared)
set(hashes "")
foreach(file ${PROGRAM} ${shared})
  file(SHA256 ${file} hash)
  string(APPEND hashes ${hash})
endforeach()
string(SHA256 fingerprint "${hashes}")
if(of_the_system)
  set(fingerprint "")
endif()

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
