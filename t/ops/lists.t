# Licensed under the Apache License, Version 2.0; see LICENSE.
# What is known about the lists of origins: counts, version, sum, times and failures, in
# DUMP_CORS, on the status page, in JSON, in Prometheus' format and in the log.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(cors_response send_request);
use CorsTest qw(config_check);
use Httpd ();
use JSON::PP ();
use POSIX ();
use Tools qw(replace_file wait_until);

my $dir = "$ENV{CORS_WORK}/t/logs";
my $framed = "$dir/lists_framed.origins";
my $plain = "$dir/lists_plain.origins";
my @rows = ('https://a.example red', 'https://b.example blue', '!https://no.example');
replace_file($framed, 'begin v1', @rows, 'end 3 v1');
replace_file($plain, 'https://plain.example');
utime time - 60, time - 60, $plain, $framed;

my $httpd = Httpd->start(name => 'lists', expected => qr/CorsOriginSource: /, text => <<"CONF");
Listen 127.0.0.1:\@port\@
LogLevel warn cors_policy:info
CorsAllowOriginsFileReload 200ms
CorsOriginSource shops "file:$framed"
<Location "/cors-policy">
    CorsPolicy Off
    SetHandler cors-policy
</Location>
<Location "/one.txt">
    CorsPolicy On
    CorsAllowOriginsFrom shops red
    CorsAllowOriginsFile "$plain"
</Location>
CONF
my $to = [ h1 => $httpd->{port}{port} ];

sub lists { return JSON::PP->new->decode(send_request($to, GET => '/cors-policy?view=policies&format=json')->body)->{lists} }
sub metrics { return send_request($to, GET => '/cors-policy?format=prometheus')->body }
my $time = qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\z/;

plan tests => 26;

# --- after a start
my ($shops, $file) = @{ lists() };
my $sum = $shops->{sum};
like($sum, qr/\A[0-9a-f]{32}\z/, 'a list has a sum');
like($shops->{$_}, $time, "$_ is a time") for qw(loaded_at checked_at confirmed_at);
is_deeply($shops, { %$shops, name => 'shops', path => $framed, loaded => JSON::PP::true, listed => 2, excluded => 1, tenants => 2,
    list_version => 'v1', failures => 0 }, 'a named list that is a frame');
is_deeply($file, { %$file, name => undef, path => $plain, loaded => JSON::PP::true, listed => 1, excluded => 0, tenants => 0,
    list_version => undef, failures => 0 }, 'a file without a name');
isnt($file->{sum}, $sum, 'other entries have another sum');
my $metrics = metrics();
like($metrics, qr/^cors_policy_list_entries\{list="shops",kind="listed"\} 2$/m, 'metrics: listed');
like($metrics, qr/^cors_policy_list_entries\{list="shops",kind="excluded"\} 1$/m, 'metrics: excluded');
like($metrics, qr/^cors_policy_list_info\{list="shops",version="v1",sum="$sum"\} 1$/m, 'metrics: version and sum');
like($metrics, qr/^cors_policy_list_failures_total\{list="\Q$plain\E"\} 0$/m, 'metrics: failures');
like($metrics, qr/^cors_policy_list_loaded_time_seconds\{list="shops"\} \d{10}$/m, 'metrics: time');
like(send_request($to, GET => '/cors-policy?view=policies')->body,
    qr{<h2>Lists of origins</h2>.*shops.*2 listed, 1 excluded, 2 tenants.*v1.*<code>$sum</code>}s, 'the page shows the list');
like(config_check("CorsOriginSource shops \"file:$framed\"\n", '-D DUMP_CORS')->{printed},
    qr/^Lists of origins:\n  shops \Q$framed\E: 2 listed, 1 excluded, 2 tenants, version v1, sum $sum$/m, 'DUMP_CORS prints the list');

# --- the file is touched: the list is confirmed, and not loaded again
sub time_text { return POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }
is($shops->{confirmed_at}, time_text((stat $framed)[9]), 'a list is confirmed at the modification time of its file');
my $loaded_at = $shops->{loaded_at};
my $touched = time - 20;
utime $touched, $touched, $framed;
ok(wait_until(sub { ($shops) = @{ lists() }; $shops->{confirmed_at} eq time_text($touched) }, 10), 'a file that is touched confirms the list');
is($shops->{loaded_at}, $loaded_at, 'it is not loaded again');

# --- the same entries in another order
my $mark = $httpd->log_mark;
replace_file($framed, 'begin v2', reverse(@rows), $rows[0], 'end 4 v2');
ok(wait_until(sub { ($shops) = @{ lists() }; ($shops->{list_version} // '') eq 'v2' }, 10), 'the version is that of the new list');
is($shops->{sum}, $sum, 'the sum does not depend on the order');
like($httpd->log_since($mark), qr/CorsOriginSource: \Q$framed\E reloaded: 2 listed, 1 excluded, sum $sum, version v2$/m, 'the log has version and sum');

# --- an error: the list stays, and the failure is counted
replace_file($framed, 'begin v3', 'https://a.example/ red', 'end 1 v3');
ok(wait_until(sub { ($shops) = @{ lists() }; $shops->{failures} == 1 }, 10), 'a failure is counted');
is_deeply([ @$shops{qw(list_version sum checked_at)} ], [ 'v2', $sum, undef ], 'the list in force is the last good one, and not that of the file');
like(metrics(), qr/^cors_policy_list_failures_total\{list="shops"\} 1$/m, 'metrics: the failure');

# --- a graceful restart keeps the list and what is known about it
$httpd->graceful;
($shops) = @{ lists() };
is_deeply([ @$shops{qw(list_version sum listed tenants)} ], [ 'v2', $sum, 2, 2 ], 'after a graceful restart');
is(cors_response($to, GET => '/one.txt', origin => 'https://a.example')->{'access-control-allow-origin'}, 'https://a.example', 'the list is in force');
replace_file($framed, 'begin v4', @rows, 'https://c.example red', 'end 4 v4');
ok(wait_until(sub { ($shops) = @{ lists() }; $shops->{listed} == 3 && $shops->{sum} ne $sum && $shops->{checked_at} }, 10), 'another entry changes the sum');
