# Libraries of contexts: their schemas, compiled, and their code.
#
# troupe_context(NAME <name> SCHEMAS <proto>… [SCHEMA_ROOT <folder>] [SOURCES <file>…]
#                [HEADER <file>] [STRUCT <name>] [IMPORTS <library>…] [REACTS_TO <library>…])
#
# The library <name> of a context. Schemas are named from SCHEMA_ROOT, by default schemas/ beside the
# CMakeLists.txt, and included as "billing/v1/events.pb.h"; headers are included from the folder of the
# CMakeLists.txt. HEADER, by default <name>.hpp, holds the context's STRUCT, by default billing::Billing
# for billing.
# What others may react to stands in files called events.proto: they are the library <name>_events, and
# the only one of the context that another context links. All else is private.
# IMPORTS are libraries of schemas that these schemas import, REACTS_TO those of other contexts' events.
#
#   troupe_context(NAME billing SCHEMAS billing/v1/events.proto billing/v1/commands.proto
#                  REACTS_TO catalog_events)
#   target_link_libraries(billing_tests PRIVATE billing Troupe::testing)
#
# A program that links <name> knows the fingerprint of the code that folds the context's events: of its
# evolve, project and key, of all that they call in headers, SOURCES and linked libraries of the team,
# and of their schemas. What other code had folded is not used.
#
# troupe_events(NAME <name> SCHEMAS <proto>… [SCHEMA_ROOT <folder>] [IMPORTS <library>…])
#
# The library <name> of schemas that several contexts share: events that another team publishes, with
# all that they import, or a vocabulary.
#
#   troupe_events(NAME catalog_events SCHEMA_ROOT from-the-catalog
#                 SCHEMAS catalog/v1/events.proto units/v1/units.proto)
#
# A program holds each schema once: a second library of the same one is an error.

function(troupe_events)
  _troupe_parse(troupe_events library "NAME;SCHEMA_ROOT" "SCHEMAS;IMPORTS" ${ARGV})
  _troupe_schemas(troupe_events ${library_NAME} "${library_SCHEMA_ROOT}" "${library_SCHEMAS}" "${library_IMPORTS}")
endfunction()

function(troupe_context)
  _troupe_parse(troupe_context context "NAME;SCHEMA_ROOT;HEADER;STRUCT" "SCHEMAS;SOURCES;IMPORTS;REACTS_TO" ${ARGV})
  set(name ${context_NAME})
  if(NOT context_HEADER)
    set(context_HEADER ${name}.hpp)
  endif()
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${context_HEADER})
    message(FATAL_ERROR "troupe_context(NAME ${name}): there is no ${CMAKE_CURRENT_SOURCE_DIR}/${context_HEADER}: "
                        "say which HEADER holds the context's struct.")
  endif()

  if(NOT context_STRUCT)
    _troupe_struct(context_STRUCT ${name})
  endif()

  set(published ${context_SCHEMAS})
  list(FILTER published INCLUDE REGEX "(^|/)events\\.proto$")
  set(private ${context_SCHEMAS})
  list(FILTER private EXCLUDE REGEX "(^|/)events\\.proto$")
  set(libraries ${context_IMPORTS})
  if(published)
    _troupe_schemas(troupe_context ${name}_events "${context_SCHEMA_ROOT}" "${published}" "${libraries}")
    list(APPEND libraries ${name}_events)
  endif()
  if(private)
    _troupe_schemas(troupe_context ${name}_schemas "${context_SCHEMA_ROOT}" "${private}" "${libraries}")
    list(APPEND libraries ${name}_schemas)
  endif()

  # What decides the context's folds: also proof that its header needs nothing that it does not link.
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/contexts/${name})
  string(MAKE_C_IDENTIFIER ${name} identifier)
  set(header ${context_HEADER})
  set(struct ${context_STRUCT})
  file(CONFIGURE OUTPUT ${folder}/folds.cpp @ONLY CONTENT
[[#include "@header@"
#include <troupe/fingerprint.hpp>
void troupe_folds_of_@identifier@();
void troupe_folds_of_@identifier@() { troupe::detail::keep_folds<@struct@>(); }
]])
  add_library(${name} STATIC ${folder}/folds.cpp ${context_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC Troupe::domain ${libraries} ${context_REACTS_TO})
  _troupe_fingerprint(${name} ${identifier} ${struct} ${folder})
endfunction()

# Tells every program that links the context `name` the fingerprint of its folds: the hash of a program
# that the linker makes of them and nothing else.
function(_troupe_fingerprint name identifier struct folder)
  file(CONFIGURE OUTPUT ${folder}/main.cpp @ONLY CONTENT
[[void troupe_folds_of_@identifier@();
int main() { troupe_folds_of_@identifier@(); }
]])
  add_executable(${name}_folds ${folder}/main.cpp)
  target_link_libraries(${name}_folds PRIVATE ${name})
  target_link_options(${name}_folds PRIVATE -s LINKER:--build-id=none) # no symbols, no debug information
  set_target_properties(${name}_folds PROPERTIES TROUPE_FOLDS ON BUILD_RPATH_USE_ORIGIN ON
                                               RUNTIME_OUTPUT_DIRECTORY ${folder})

  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/TroupeFingerprint.cmake)
  add_custom_command(
    OUTPUT ${folder}/fingerprint.cpp
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${name}_folds> -DSTRUCT=${struct} -DANCHOR=troupe_fingerprint_of_${identifier}
            -DOUTPUT=${folder}/fingerprint.cpp -P ${script}
    DEPENDS ${name}_folds ${script}
    VERBATIM)
  add_library(${name}_fingerprint STATIC ${folder}/fingerprint.cpp)
  target_link_libraries(${name}_fingerprint PRIVATE Troupe::domain)
  # Nobody calls what is in it, so the linker is told to take it.
  target_link_options(${name}_fingerprint INTERFACE LINKER:--undefined=troupe_fingerprint_of_${identifier})
  # All programs but the one that is hashed for it.
  target_link_libraries(${name} INTERFACE $<$<NOT:$<BOOL:$<TARGET_PROPERTY:TROUPE_FOLDS>>>:${name}_fingerprint>)
endfunction()

# Sets `result` to subscription_plans::SubscriptionPlans for the name subscription-plans.
function(_troupe_struct result name)
  string(MAKE_C_IDENTIFIER ${name} namespace)
  string(REPLACE "_" ";" words ${namespace})
  set(struct "")
  foreach(word ${words})
    string(SUBSTRING ${word} 0 1 first)
    string(SUBSTRING ${word} 1 -1 rest)
    string(TOUPPER ${first} first)
    string(APPEND struct ${first}${rest})
  endforeach()
  set(${result} ${namespace}::${struct} PARENT_SCOPE)
endfunction()

# Sets <prefix>_<keyword> where `caller` is called.
function(_troupe_parse caller prefix one_value_keywords many_value_keywords)
  cmake_parse_arguments(PARSE_ARGV 4 given "" "${one_value_keywords}" "${many_value_keywords}")
  if(NOT given_NAME)
    message(FATAL_ERROR "${caller}: give the ${prefix} a NAME.")
  endif()
  if(NOT given_SCHEMAS)
    message(FATAL_ERROR "${caller}(NAME ${given_NAME}): name its SCHEMAS.")
  endif()
  if(given_UNPARSED_ARGUMENTS)
    list(JOIN one_value_keywords ", " known)
    list(JOIN many_value_keywords ", " known_too)
    message(FATAL_ERROR "${caller}(NAME ${given_NAME}): it takes ${known}, ${known_too}, not \"${given_UNPARSED_ARGUMENTS}\".")
  endif()
  foreach(keyword ${one_value_keywords} ${many_value_keywords})
    set(${prefix}_${keyword} ${given_${keyword}} PARENT_SCOPE)
  endforeach()
endfunction()

# The static library `name` of compiled schemas. It knows, for those who import them, all their files
# and the folders that they are named from.
function(_troupe_schemas caller name root schemas imports)
  if(NOT root)
    set(root schemas)
  endif()
  get_filename_component(root ${root} ABSOLUTE)
  set(roots ${root})
  list(TRANSFORM schemas PREPEND ${root}/ OUTPUT_VARIABLE files)
  foreach(import ${imports})
    get_target_property(import_roots ${import} TROUPE_SCHEMA_ROOTS)
    if(NOT import_roots)
      message(FATAL_ERROR "${caller}(NAME ${name}): it IMPORTS ${import}, which holds no schemas.")
    endif()
    get_target_property(import_files ${import} TROUPE_SCHEMA_FILES)
    list(APPEND roots ${import_roots})
    list(APPEND files ${import_files})
  endforeach()
  list(REMOVE_DUPLICATES roots)
  list(TRANSFORM roots PREPEND --proto_path= OUTPUT_VARIABLE paths)

  set(folder ${CMAKE_CURRENT_BINARY_DIR}/schemas/${name})
  file(MAKE_DIRECTORY ${folder})
  set(generated "")
  foreach(schema ${schemas})
    if(NOT EXISTS ${root}/${schema})
      message(FATAL_ERROR "${caller}(NAME ${name}): there is no schema ${root}/${schema}.")
    endif()
    get_property(other GLOBAL PROPERTY TROUPE_LIBRARY_OF_${schema})
    if(other)
      message(FATAL_ERROR "${caller}(NAME ${name}): ${schema} is in ${other} already: link that.")
    endif()
    set_property(GLOBAL PROPERTY TROUPE_LIBRARY_OF_${schema} ${name})
    string(REGEX REPLACE "\\.proto$" "" stem ${schema})
    set(outputs ${folder}/${stem}.pb.cc ${folder}/${stem}.pb.h)
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND protobuf::protoc ${paths} --cpp_out=${folder} ${root}/${schema}
      DEPENDS ${files} # one may import another
      VERBATIM)
    list(APPEND generated ${outputs})
  endforeach()
  add_library(${name} STATIC ${generated})
  target_include_directories(${name} SYSTEM PUBLIC $<BUILD_INTERFACE:${folder}>)
  target_link_libraries(${name} PUBLIC Troupe::domain ${imports})
  set_target_properties(${name} PROPERTIES TROUPE_SCHEMA_ROOTS "${roots}" TROUPE_SCHEMA_FILES "${files}")
endfunction()
