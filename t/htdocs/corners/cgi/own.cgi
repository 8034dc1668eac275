#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
# A script with CORS headers of its own; the query is the status it answers.
use strict;
use warnings FATAL => 'all';

1 while <STDIN>;
my ($status) = ($ENV{QUERY_STRING} // '') =~ /\A(\d{3})\z/;
$status //= $ENV{REDIRECT_STATUS} // 200;
print "Status: $status\nContent-Type: text/plain\n",
    "Access-Control-Allow-Origin: https://cgi.example\n",
    "Access-Control-Allow-Credentials: true\n",
    "Access-Control-Allow-Headers: X-Cgi\n",
    "Access-Control-Expose-Headers: X-Cgi\n",
    "Vary: Accept\n\nown\n";
