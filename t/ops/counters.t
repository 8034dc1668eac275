# Licensed under the Apache License, Version 2.0; see LICENSE.
# Counts are exact under load of four clients, with several children and graceful restarts,
# and are retained over a hard restart.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(send_request status_data);
use Httpd;
use POSIX ();

my $each = 300;
my $httpd = Httpd->start(name => 'counters', text => <<'CONF');
Listen 127.0.0.1:@port@
StartServers 4
ServerLimit 8
GracefulShutdownTimeout 5
CorsPolicy On
CorsAllowOrigins https://app.example
<Location "/cors-policy">
    CorsPolicy Off
    SetHandler cors-policy
</Location>
<Location "/report">
    CorsPolicy ReportOnly
</Location>
CONF
my $h1 = [ h1 => $httpd->{port}{port} ];
my @mix = (
    [ 'enforced allowed origin-allowed', GET => '/plain.txt', origin => 'https://app.example' ],
    [ 'enforced denied origin-not-allowed', GET => '/plain.txt', origin => 'https://evil.example' ],
    [ 'enforced preflight-allowed origin-allowed', OPTIONS => '/plain.txt', origin => 'https://app.example', acrm => 'PUT' ],
    [ 'enforced not-cors no-origin', GET => '/plain.txt' ],
    [ 'report-only denied origin-not-allowed', GET => '/report', origin => 'https://evil.example' ],
);

sub counts { return { map { ("$_->{mode} $_->{verdict} $_->{reason}" => $_->{count}) } @{ status_data($h1)->{counts} } } }

plan tests => 6;
is_deeply(counts(), {}, 'there are no counts yet, and the status page is not counted');
my @clients = map {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        for my $i (1 .. $each) {
            my $case = $mix[ $i % @mix ];
            my (undef, @send) = @$case;
            POSIX::_exit(1) if !send_request($h1, @send)->status;
        }
        POSIX::_exit(0);
    }
    $pid;
} 1 .. 4;
my $restarts = 0;
$restarts += $httpd->graceful for 1 .. 5;
my $failed = 0;
for (@clients) {
    waitpid $_, 0;
    $failed++ if $?;
}
is_deeply([ $restarts, $failed ], [ 5, 0 ], 'five graceful restarts cost no request');
my %expected = map { $_->[0] => 4 * $each / @mix } @mix;
is_deeply(counts(), \%expected, 'every request is counted, and counted once');
my $since = status_data($h1)->{since};
my ($section) = grep { $_->{section} =~ / <Location "\/report">\z/ } @{ status_data($h1)->{sections} };
is($section->{'report-only'}{denied}, 4 * $each / @mix, 'the counts of a section are exact over generations');

my $generations = $httpd->generations;
$httpd->wait_for_threads;
kill HUP => $httpd->pid;
for (1 .. 400) {
    last if $httpd->generations > $generations;
    select undef, undef, undef, 0.025;
}
is_deeply(counts(), \%expected, 'a hard restart keeps the counts');
is(status_data($h1)->{since}, $since, 'a hard restart keeps the time since when requests are counted');
