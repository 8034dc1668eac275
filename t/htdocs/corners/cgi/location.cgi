#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
# A local redirect, and CORS headers that get in its way.
print "Location: /plain.txt\nAccess-Control-Allow-Origin: *\n\n";
