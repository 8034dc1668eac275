# Licensed under the Apache License, Version 2.0; see LICENSE.
# A server that loads the module without a directive sends byte for byte what a server
# without the module sends, except for the date.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(response_bytes);
use Httpd ();

my %origin = (origin => 'https://app.example');
my @requests = (
    [ GET => '/plain.txt' ],
    [ GET => '/plain.txt', %origin ],
    [ GET => '/nothing', %origin ],
    [ GET => '/dir', %origin ],
    [ GET => '/plain.txt', %origin, range => 'bytes=0-1' ],
    [ OPTIONS => '/plain.txt', %origin, acrm => 'PUT' ],
    [ GET => '/plain.txt', %origin, upgrade => 'websocket' ],
);
plan tests => scalar @requests;

my ($with, $without) = map {
    Httpd->start(name => "unconfigured-$_", text => "Listen 127.0.0.1:\@port\@\n", module => $_ eq 'with')
} qw(with without);

# The bytes of a response, without those that differ each time.
sub stable_bytes {
    my ($httpd, $request) = @_;
    my $bytes = response_bytes([ h1 => $httpd->{port}{port} ], @$request, host => 'localhost');
    $bytes =~ s/^Date: .*\r\n//m;
    # the order of Allow depends on a hash with a random seed for each start
    $bytes =~ s/^(Allow: )(.*)\r$/$1 . join(',', sort split m{,}, $2) . "\r"/me;
    return $bytes;
}

for my $request (@requests) {
    is(stable_bytes($with, $request), stable_bytes($without, $request), "@$request: the module changes no byte of the response");
}
