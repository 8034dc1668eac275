# Licensed under the Apache License, Version 2.0; see LICENSE.
# A FastCGI backend on a port of loopback. The last part of the path is the
# status that it answers with; it has CORS headers of its own.
use strict;
use warnings FATAL => 'all';
use FCGI ();

my $socket = FCGI::OpenSocket("127.0.0.1:$ARGV[0]", 8);
my %env;
my $request = FCGI::Request(\*STDIN, \*STDOUT, \*STDERR, \%env, $socket);
while ($request->Accept >= 0) {
    my ($status) = $env{REQUEST_URI} =~ /(\d+)\z/;
    print 'Status: ', $status // 200, "\r\n",
        "Content-Type: text/plain\r\n",
        "Access-Control-Allow-Origin: https://fcgi.example\r\n",
        "Access-Control-Allow-Credentials: true\r\n",
        "Access-Control-Allow-Methods: PURGE\r\n",
        "Access-Control-Max-Age: 5\r\n",
        "Vary: Accept\r\n\r\n",
        "fcgi\n";
}
