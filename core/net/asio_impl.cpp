// The compiled halves of Asio and Beast, once for the whole program: everything else includes only
// their declarations (BOOST_ASIO_SEPARATE_COMPILATION), which saves a third of the build.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
