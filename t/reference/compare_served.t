# Licensed under the Apache License, Version 2.0; see LICENSE.
# What CorsCompare reports, against servers: pairs of random configurations run in two
# servers, one before and one now. Each reported origin is sent to both as the requests of a
# page that shows the difference. The result must change as it is reported.
#
#   CORS_PAIRS=12         the number of pairs of virtual hosts in each run
#   CORS_RUNS=1           the number of seeds
#   CORS_SEED=20260101    the first seed; the next ones count up
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client ();
use Httpd ();
use Pairs qw(draw_pairs differences witness_of outcome changes_as_reported show_page config_head write_lists);

my $pairs = $ENV{CORS_PAIRS} || 12;
my $runs = $ENV{CORS_RUNS} || 1;
my $first_seed = $ENV{CORS_SEED} || 20260101;

# A server with one text of each pair. It reads its lists once.
sub start_server {
    my ($name, $side, @made) = @_;
    write_lists($side);
    my $hosts = join '', map { $_->{texts}[$side] =~ s/127\.0\.0\.1:1\b/127.0.0.1:\@port\@/r } @made;
    return Httpd->start(name => $name, text => <<"CONF" . $hosts);
Listen 127.0.0.1:\@port\@
MaxKeepAliveRequests 0
KeepAliveTimeout 100
CorsAllowOriginsFileReload Off
@{[ config_head() ]}
<Directory "\@root\@">
    Require all granted
</Directory>
CONF
}

# What answers: a server.
sub asks_server {
    my ($server) = @_;
    my $client = Client->new($server->{port}{port});
    return sub {
        my ($request) = @_;
        return $client->request({ method => $request->{method}, path => $request->{path}, headers => $request->{headers}, body => $request->{method} eq 'POST' ? 'a=1' : undef });
    };
}

my %every;
sub run {
    my ($seed) = @_;
    srand $seed;
    my @made = draw_pairs($pairs);
    my (undef, $by_host) = differences(@made);
    my @ask = map { asks_server(start_server("served-$seed-$_", $_, @made)) } 0, 1;
    my (%count, @false);
    for my $pair (@made) {
        for (@{ $by_host->{ $pair->{name} } // [] }) {
            my $page = witness_of($pair, @$_) or next;
            # most paths have no file, so a handler that gets a preflight does not allow it
            next if $page->{kind} eq 'read' && grep { /CorsPreflight Continue/ } @{ $pair->{texts} };
            my ($old, $now) = map { outcome($page, "$pair->{name}:1", $_) } @ask;
            $count{ $page->{kind} }++;
            push @false, [ $pair, "$_->[0]{text}\n" . show_page($page) . ": $old, now $now" ] if !changes_as_reported($_->[0], $old, $now);
        }
    }
    my $all = 0;
    $all += $_ for values %count;
    note("seed $seed: ", join ', ', map { "$count{$_} $_" } sort keys %count);
    ok(!@false, "seed $seed: each of $all reported origins gets another result from the servers") or diag(map { "old:\n$_->[0]{texts}[0]now:\n$_->[0]{texts}[1]$_->[1]\n" } @false[ 0 .. ($#false > 1 ? 1 : $#false) ]);
    cmp_ok($all, '>', $pairs, "seed $seed: there are many");
    $every{$_} += $count{$_} for keys %count;
}

plan tests => 2 * $runs + 1;
run($_) for $first_seed .. $first_seed + $runs - 1;
is_deeply([ grep { !$every{$_} } qw(read header websocket form) ], [], 'each kind of request is reported at least once');
