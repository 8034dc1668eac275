# Licensed under the Apache License, Version 2.0; see LICENSE.
package Reach;

# How far a page's requests get at one server and at another: nowhere, to the
# server, to be read; and what the page sees of the answer.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use Client qw(raw);
use Fetch qw(fetch exposed_names);

our @EXPORT_OK = qw(send_request further exchanges);

my $exchanges = 0;
sub exchanges { return $exchanges }

# One request on the wire: status, list of header fields.
sub send_request {
    my ($port, $request) = @_;
    my ($path) = $request->{url} =~ m{\Ahttps?://[^/]+(/.*)\z};
    my $body = $request->{method} =~ /\A(?:POST|PUT|PATCH|DELETE)\z/ ? "Content-Length: 0\r\n" : '';
    my $answer = raw($port, "$request->{method} $path HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n$body"
        . join('', map { "$_->[0]: $_->[1]\r\n" } @{ $request->{headers} }, $request->{with} ? [ Cookie => 'user=1' ] : ()) . "\r\n");
    my ($head) = split /\r\n\r\n/, $answer, 2;
    my ($status, @lines) = split /\r\n/, $head // '';
    $exchanges++;
    return { status => ($status // '') =~ m{\AHTTP/1\.1 (\d+)} ? $1 : 0, headers => [ map { [ /\A([^:]+):\s*(.*)\z/ ? ($1, $2) : () ] } @lines ] };
}

sub reach {
    my ($port, $case) = @_;
    my $got = fetch({ %$case, url => "http://api.example$case->{path}" }, sub { send_request($port, $_[0]) });
    return $got->{sent}[-1]{method} eq 'OPTIONS' ? (0) : (1) if $got->{type} eq 'error';
    return (2, exposed_names($case->{credentials}, $got->{response}{headers}, qw(X-Total X-C ETag Content-Range)));
}

# What gets further at the second port than at the first, but for the origins
# that are given; how many requests got as far, and how many there were.
sub further {
    my ($before_port, $here_port, $paths, $origins, $but) = @_;
    my ($same, $all, @more) = (0, 0);
    for my $path (@$paths) { for my $origin (@$origins) { for my $credentials (qw(omit include)) { for my $method (qw(GET PUT)) {
        for my $headers ([], [ [ 'content-type', 'application/json' ] ], [ [ 'x-other', '1' ] ]) {
            my $case = { path => $path, origin => $origin, credentials => $credentials, method => $method, headers => $headers };
            my ($before, $here) = map { [ reach($_, $case) ] } $before_port, $here_port;
            my %seen = map { $_ => 1 } @$before[ 1 .. $#$before ];
            $all++;
            $same++ if "@$before" eq "@$here";
            next if $here->[0] <= $before->[0] && !grep { !$seen{$_} } @$here[ 1 .. $#$here ];
            push @more, "$method $path $origin $credentials @{[ map { $_->[0] } @$headers ]}: @$before, @$here" if !$but || $origin !~ $but;
        }
    } } } }
    return (\@more, $same, $all);
}

1;
