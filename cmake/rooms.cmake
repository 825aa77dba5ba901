# A room is a folder of src/ and a library of its own. It sees the headers of
# the rooms it names and no others: each room's headers stand behind an include
# directory that only those who name the room are given.

add_library(tasuki_options INTERFACE)
target_compile_options(tasuki_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  -fno-plt -fstack-protector-strong)
# Two that GCC 12 gets wrong when it optimises: overlapping copies in its own std::string
# (GCC bug 105651), and a coroutine frame's operator delete that it cannot match with its new.
target_compile_options(tasuki_options INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-mismatched-new-delete>)
target_compile_definitions(tasuki_options INTERFACE TASUKI_VERSION="${PROJECT_VERSION}")
if(CMAKE_BUILD_TYPE MATCHES "Rel")
  target_compile_definitions(tasuki_options INTERFACE _FORTIFY_SOURCE=2)
endif()
if(TASUKI_SANITIZE)
  # What breaks the language's rules fails its test, and is not merely printed.
  target_compile_options(tasuki_options INTERFACE -fsanitize=${TASUKI_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(tasuki_options INTERFACE -fsanitize=${TASUKI_SANITIZE})
  # clang 14 cannot compile its check of calls through pointers where there are
  # coroutines ("Cannot represent a difference across sections").
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND TASUKI_SANITIZE MATCHES "undefined")
    target_compile_options(tasuki_options INTERFACE -fno-sanitize=function)
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
find_program(MOLD mold)
if(MOLD AND NOT TASUKI_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

function(tasuki_room name)
  cmake_parse_arguments(ROOM "" "" "NEEDS;USES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
  set(door ${PROJECT_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${door})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src/${name} ${door}/${name} SYMBOLIC)

  set(target tasuki_room_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(reach PUBLIC)
    target_link_libraries(${target} PRIVATE tasuki_options)
  else()
    add_library(${target} INTERFACE)
    set(reach INTERFACE)
  endif()
  target_include_directories(${target} ${reach} ${door})
  foreach(other ${ROOM_NEEDS})
    target_link_libraries(${target} ${reach} tasuki_room_${other})
  endforeach()
  target_link_libraries(${target} ${reach} ${ROOM_USES})
endfunction()
