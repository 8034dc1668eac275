# Licensed under the Apache License, Version 2.0; see LICENSE.
# CorsCompare against a second opinion: pairs of random policies, and random requests of pages,
# many of them near misses of a pattern of either policy. t/lib/Reference.pm decides on each
# request by both policies: whether a page may make and read it, whether it may read a header,
# whether a handshake and other requests pass, and who may measure and embed. If the results
# differ, CorsCompare must have reported a difference that covers the request: of a section
# that applies, of its method, in its direction, and of an entry that matches its origin. Each
# origin that it reports must be treated differently. t/reference/compare_served.t sends the
# reported ones to servers.
#
#   CORS_PAIRS=60         the number of pairs of virtual hosts in each run
#   CORS_REQUESTS=40      the number of requests of each kind for each pair
#   CORS_RUNS=1           the number of seeds
#   CORS_SEED=20260101    the first seed; the next ones count up
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Pairs qw(draw_pairs differences page_of witness_of outcome asks_reference is_covered changes_as_reported show_page);

my $pairs = $ENV{CORS_PAIRS} || 60;
my $requests = $ENV{CORS_REQUESTS} || 40;
my $runs = $ENV{CORS_RUNS} || 1;
my $first_seed = $ENV{CORS_SEED} || 20260101;

my %every; # kind -> how many requests of all seeds have another result
sub run {
    my ($seed) = @_;
    srand $seed;
    my @made = draw_pairs($pairs);
    my ($code, $by_host) = differences(@made);
    my (%count, %changed, @missed, @false);
    for my $pair (@made) {
        my $authority = "$pair->{name}:1";
        my @ask = map { asks_reference($_, $pair->{name}) } @{ $pair->{reference} };
        my @found = @{ $by_host->{ $pair->{name} } // [] };
        my @known = map { $_->[0]{origin} // () } @found;
        my $undecided = grep { $_->[0]{change} eq 'undecided' } @found;
        $count{$undecided ? 'undecided' : @found ? 'different' : 'same'}++;
        # Timing-Allow-Origin has no origins of files; the second opinion reads none
        my $has_files = grep { /^CorsAllowOriginsF/m } @{ $pair->{texts} };
        for my $kind (grep { $_ ne 'time' || !$has_files } @Pairs::kinds) {
            for (1 .. ($kind eq 'read' ? 3 : 1) * $requests) {
                my $page = page_of($kind, @known);
                my ($old, $now) = map { outcome($page, $authority, $_) } @ask;
                $count{requests}++;
                next if $old eq $now;
                $count{changed}++;
                $changed{$kind}++;
                push @missed, [ $pair, show_page($page) . ": $old, now $now" ] if !is_covered($pair, \@found, $page, $old, $now);
            }
        }
        for (@found) {
            my $page = witness_of($pair, @$_) or next;
            my ($old, $now) = map { outcome($page, $authority, $_) } @ask;
            $count{witnesses}++;
            push @false, [ $pair, "$_->[0]{text}\n" . show_page($page) . ": $old, now $now" ] if !changes_as_reported($_->[0], $old, $now);
        }
    }
    note("seed $seed: ", join ', ', map { "$count{$_} $_" } sort keys %count);
    note("of the changed ones: ", join ', ', map { "$changed{$_} $_" } sort keys %changed);
    ok(!@missed, "seed $seed: each of $count{changed} requests with another result is covered by a difference") or explain_pairs(@missed);
    ok(!@false, "seed $seed: each of $count{witnesses} reported origins is treated differently") or explain_pairs(@false);
    is($code, 3, "seed $seed: something is newly allowed");
    $every{$_} += $changed{$_} for keys %changed;
    cmp_ok($count{witnesses}, '>', $pairs, "seed $seed: there are many reported origins");
    cmp_ok($count{same} // 0, '>', 0, "seed $seed: some pairs allow the same");
    cmp_ok(($count{different} // 0) + ($count{same} // 0), '>', $pairs / 3, "seed $seed: many pairs are decided");
}

sub explain_pairs {
    my (@wrong) = @_;
    diag(scalar @wrong, ' are wrong');
    for (@wrong[ 0 .. ($#wrong > 1 ? 1 : $#wrong) ]) {
        my ($pair, $text) = @$_;
        diag("old:\n$pair->{texts}[0]now:\n$pair->{texts}[1]$text");
    }
}

plan tests => 6 * $runs + 1;
run($_) for $first_seed .. $first_seed + $runs - 1;
is_deeply([ grep { !$every{$_} } @Pairs::kinds ], [], 'each kind of request has another result at least once');
