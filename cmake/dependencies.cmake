# What Tasuki stands on, all from Debian 12. One interface target each, so that
# a room says which of them it touches.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl>=3.0)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(TOML REQUIRED IMPORTED_TARGET tomlplusplus)
find_package(Boost 1.81 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)

add_library(tasuki_openssl INTERFACE)
target_link_libraries(tasuki_openssl INTERFACE PkgConfig::OPENSSL)

add_library(tasuki_sodium INTERFACE)
target_link_libraries(tasuki_sodium INTERFACE PkgConfig::SODIUM)

add_library(tasuki_sqlite INTERFACE)
target_link_libraries(tasuki_sqlite INTERFACE PkgConfig::SQLITE)

add_library(tasuki_toml INTERFACE)
target_link_libraries(tasuki_toml INTERFACE PkgConfig::TOML)
target_compile_definitions(tasuki_toml INTERFACE TOML_HEADER_ONLY=0)

add_library(tasuki_curl INTERFACE)
target_link_libraries(tasuki_curl INTERFACE PkgConfig::CURL)

add_library(tasuki_asio INTERFACE)
target_link_libraries(tasuki_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(tasuki_asio INTERFACE BOOST_ASIO_NO_DEPRECATED)

# The C library's own reader of DNS messages (ns_initparse and its kin).
add_library(tasuki_resolver INTERFACE)
target_link_libraries(tasuki_resolver INTERFACE resolv)

add_library(tasuki_log INTERFACE)
target_link_libraries(tasuki_log INTERFACE spdlog::spdlog)

add_library(tasuki_json INTERFACE)
target_link_libraries(tasuki_json INTERFACE nlohmann_json::nlohmann_json)

add_library(tasuki_cli INTERFACE)
target_link_libraries(tasuki_cli INTERFACE CLI11::CLI11)
