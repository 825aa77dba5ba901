// The kinds of values that a configuration file knows.
#pragma once

#include "config/table.h"
#include "net/address.h"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <initializer_list>
#include <optional>

namespace tasuki::config {

Form<unsigned> whole(unsigned least, unsigned most);
Form<std::size_t> size(std::size_t least, std::size_t most);
Form<std::chrono::seconds> seconds(unsigned least, unsigned most);
Form<bool> flag();
Form<std::string> text(std::size_t least, std::size_t most);  // characters of plain text
Form<std::string> name();                                     // 1 to 31 of [A-Za-z0-9_-]
Form<std::filesystem::path> path();                           // empty: none
Form<net::Address> address();                                 // the port must be given

// Where a program listens: "0.0.0.0:443", "[::]:443"; an address of this machine, not a name.
Form<boost::asio::ip::tcp::endpoint> endpoint();
Form<std::optional<boost::asio::ip::tcp::endpoint>> endpoint_or_none();  // empty: none
std::optional<boost::asio::ip::tcp::endpoint> parse_endpoint(std::string_view text);

// Any type with T::parse(text) -> optional<T> and text(). `type` says what it looks
// like, in the documentation and to whoever gets it wrong.
template <typename T>
Form<T> parsed(Words type);

// One of a few words.
template <typename E>
Form<E> choice(std::initializer_list<std::pair<std::string, E>> words);

// A list of at most `most` such values.
template <typename T>
Form<std::vector<T>> list_of(Form<T> each, std::size_t most, std::size_t least = 0);

}  // namespace tasuki::config

#include "config/forms_impl.h"
