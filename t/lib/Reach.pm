# Licensed under the Apache License, Version 2.0; see LICENSE.
package Reach;

# How far the requests of a page get at two servers: they are not sent, they are sent, or
# the page can read the response; and which headers of the response the page can read.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use Client ();
use Fetch qw(fetch exposed_names);

our @EXPORT_OK = qw(send_by_wire reach further exchanges remarks verified);

my $exchanges = 0;
sub exchanges { return $exchanges }

my %connection;

# One request over the network, to a port or to [port, host]: status and list of header
# fields. Connections are persistent.
sub send_by_wire {
    my ($to, $request) = @_;
    my ($port, $host) = ref $to ? @$to : ($to, 'api.example');
    my ($path) = $request->{url} =~ m{\Ahttps?://[^/]+(/.*)\z};
    my $connection = $connection{$port} ||= Client->new($port);
    $exchanges++;
    my $body = $request->{method} =~ /\A(?:POST|PUT|PATCH|DELETE)\z/ ? '' : undef;
    return $connection->request({ method => $request->{method}, path => $path, authority => $host, body => $body,
        headers => [ @{ $request->{headers} }, $request->{with} ? [ Cookie => 'user=1' ] : () ] });
}

# The same, sent only once for requests that differ only in the cookie.
sub ask_once {
    my ($to, $request, $cache) = @_;
    my $key = join "\n", $request->{method}, $request->{url}, map { "$_->[0]: $_->[1]" } @{ $request->{headers} };
    return $cache->{$key} ||= send_by_wire($to, $request);
}

# Responses with an error count as sent only: the policy has its headers with every status,
# a recipe without always does not. With $any_status they count, too.
sub reach {
    my ($port, $case, $cache, $any_status) = @_;
    my $got = fetch({ %$case, url => "http://api.example$case->{path}" }, sub { ask_once($port, $_[0], $cache) });
    return $got->{sent}[-1]{method} eq 'OPTIONS' ? (0) : (1) if $got->{type} eq 'error';
    return (1) if $got->{response}{status} >= 400 && !$any_status;
    return (2, exposed_names($case->{credentials}, $got->{response}{headers}, qw(X-Total X-C ETag Content-Range)));
}

# The requests that get further at the second port than at the first; the number of requests
# that get as far, the number of all requests, and the requests that get less far.
sub further {
    my ($before_port, $here_port, $paths, $origins) = @_;
    my ($same, $all, @more, @less) = (0, 0);
    for my $path (@$paths) { for my $origin (@$origins) {
        my @cache = ({}, {});
        for my $credentials (qw(omit include)) { for my $method (qw(GET PUT)) {
            for my $headers ([], [ [ 'content-type', 'application/json' ] ], [ [ 'x-other', '1' ] ]) {
                my $case = { path => $path, origin => $origin, credentials => $credentials, method => $method, headers => $headers };
                my ($before, $here) = map { [ reach($_ ? $here_port : $before_port, $case, $cache[$_]) ] } 0, 1;
                $all++;
                if ("@$before" eq "@$here") { $same++; next }
                my $what = "$method $path $origin $credentials @{[ map { $_->[0] } @$headers ]}: @$before, @$here";
                push @more, $what if $here->[0] > $before->[0] || lacks($before, $here);
                push @less, $what if $here->[0] < $before->[0] || lacks($here, $before);
            }
        } }
    } }
    return (\@more, $same, $all, \@less);
}

# What a page of an origin can do at a server, in the words of --verify, of what is asked
# there.
sub does {
    my ($port, $path, $origin, $asked, $cache, $any_status) = @_;
    my @all;
    for (@$asked) {
        my ($method, $header, $with) = /\A(\S+)(?: (?!with cookies)(\S+))?( with cookies)?\z/;
        my ($far) = reach($port, { path => $path, origin => $origin, method => $method, credentials => $with ? 'include' : 'omit', headers => $header ? [ [ $header => 'application/x' ] ] : [] }, $cache, $any_status);
        push @all, $_ if $far == 2;
    }
    return \@all;
}

# Compare the rows of a table of --verify with two servers: all that differ, and a third of the
# others. Returns those that are wrong, and the number of those that are right. The
# application behind the servers has no page /. Options:
#   paths    only these paths
#   where    only rows for whose containers this function is true
#   methods  only these methods; a server of files answers PUT with 405
#   every    of the rows that are the same, one of so many: 3
#   errors   whether responses with an error count as read
#   side     before or after: only this is compared
sub verified {
    my ($table, $before_port, $here_port, %only) = @_;
    my $number = 0;
    my %is_path = map { $_ => 1 } @{ $only{paths} // [] };
    my $methods = $only{methods} // '';
    my $is_asked = qr/$methods/;
    my @rows = grep { $_->{change} ne 'same' || $number++ % ($only{every} // 3) == 0 } grep { ($only{side} ? $_->{ $only{side} } : $_->{change} ne 'not evaluated') && ($only{where} ? $only{where}->(@{ $_->{where} }) : !@{ $_->{where} }) && ($only{paths} ? $is_path{ $_->{path} } : $_->{path} ne '/') } @{ $table->{rows} };
    my %port = (before => $before_port, after => $here_port);
    my @sides = $only{side} ? $only{side} : qw(before after);
    my %known = map { $_ => 1 } map { my $row = $_; map { @{ $row->{$_} } } @sides } @rows;
    my @asked = grep { $_ =~ $is_asked } sort keys %{ { %known, map { ($_ => 1, "$_ with cookies" => 1) } 'GET', 'PUT', 'GET x-other' } };
    my ($right, @wrong) = (0);
    for my $row (@rows) {
        my @does = map { join ' ', @{ does($_, $row->{path}, $row->{origin}, \@asked, {}, $only{errors}) } } @port{@sides};
        my @said = map { join ' ', grep { $_ =~ $is_asked } sort @{ $row->{$_} } } @sides;
        if (join('; ', @does) eq join '; ', @said) { $right++; next }
        push @wrong, "$row->{path} $row->{origin}: " . join('; ', map { "said $said[$_], does $does[$_]" } 0 .. $#sides);
    }
    return (\@wrong, $right);
}

# Whether a page can read a header of one response that it cannot read of the other.
sub lacks {
    my ($one, $other) = @_;
    my %has = map { $_ => 1 } @$one[ 1 .. $#$one ];
    return grep { !$has{$_} } @$other[ 1 .. $#$other ];
}

# The remarks of an import about a line of the file, without those that every import has.
sub remarks {
    my ($report) = @_;
    return grep { /:\d+: / && !/: replaces lines? |: without always, the headers were not sent|: the original sent no Vary: Origin|: belongs in |: the (?:block|rewrite rule) that answers OPTIONS is not needed/ } split /\n/, $report;
}

1;
