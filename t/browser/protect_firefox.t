# Licensed under the Apache License, Version 2.0; see LICENSE.
# The requests of protect.t in Firefox.
use strict;
use warnings FATAL => 'all';

$ENV{CORS_BROWSER} = 'firefox';
my $done = do './t/browser/protect.t';
die $@ || $! if !defined $done;
