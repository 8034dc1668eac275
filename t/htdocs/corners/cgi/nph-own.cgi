#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
# Writes its own response: httpd passes the bytes on as they are.
$| = 1;
print "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n",
    "Connection: close\r\n\r\nnph\n";
