# Licensed under the Apache License, Version 2.0; see LICENSE.
# The options of CorsOriginSource while httpd runs: a list that becomes too old, bad rows that
# are skipped, a file with too many lines, and a list that is emptied.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Client qw(cors_response preflight_vary send_request status_data);
use CorsTest qw(config_check);
use Httpd ();
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);
use Tools qw(allowed denied replace_file wait_until);

my $dir = "$ENV{CORS_WORK}/t/logs";
my %file = map { ($_ => "$dir/options_$_.origins") } qw(aged other skip guard empty);
my $a = 'https://a.example';
my $b = 'https://b.example';
my $version = 0;
sub write_frame { my ($list, @rows) = @_; $version++; return replace_file($file{$list}, "begin v$version", @rows, 'end ' . @rows . " v$version") }

my $number = 0;
my @to;
my $pages = <<'CONF';
LogLevel warn cors_policy:info
<Location "/cors-policy">
    CorsPolicy Off
    SetHandler cors-policy
</Location>
CONF
sub start {
    my ($text) = @_;
    my $httpd = Httpd->start(name => 'list_options' . ++$number, expected => qr/CorsOriginSource: /, text => "Listen 127.0.0.1:\@port\@\n$pages$text");
    @to = (h1 => $httpd->{port}{port});
    return $httpd;
}
# Stop httpd, do something, and start it again.
sub start_again {
    my ($httpd, $between) = @_;
    $httpd->stop;
    delete @$httpd{qw(pid stopped terminated)};
    $between->() if $between;
    my $mark = $httpd->log_mark;
    my $error = $httpd->run;
    die $error if $error;
    $httpd->wait_until_ready;
    return $mark;
}
sub answer { my ($path, $origin) = @_; return cors_response(\@to, GET => $path, origin => $origin) }
sub list {
    my ($name) = @_;
    my $lists = JSON::PP->new->decode(send_request(\@to, GET => '/cors-policy?view=policies&format=json')->body)->{lists};
    return (grep { ($_->{name} // '') eq $name } @$lists)[0];
}
sub page { return send_request(\@to, GET => '/cors-policy?view=policies')->body }
sub metric { my ($metric, $list) = @_; return send_request(\@to, GET => '/cors-policy?format=prometheus')->body =~ /^cors_policy_list_$metric\{list="$list"\} (\d+)$/m ? $1 : undef }
sub reasons { return { map { ("$_->{verdict} $_->{reason}" => $_->{count}) } @{ status_data(\@to)->{counts} } } }
sub dumped { my ($name, $options) = @_; return config_check("CorsOriginSource $name \"file:$file{$name}\" $options\n", '-D DUMP_CORS')->{printed} =~ /^  $name \Q$file{$name}\E: (.*)$/m ? $1 : undef }
my $time = qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\z/;
my %put = ('access-control-allow-methods' => 'GET, HEAD, PUT, PATCH, POST, DELETE', 'access-control-allow-headers' => 'content-type');

# --- max-stale
write_frame(aged => $a);
write_frame(other => $b);
my $httpd = start(<<"CONF");
CorsAllowOriginsFileReload 200ms
CorsOriginSource aged "file:$file{aged}" max-stale=4s
CorsOriginSource other "file:$file{other}"
<Location "/one.txt">
    CorsPolicy On
    CorsAllowOriginsFrom aged
    CorsAllowOriginsFrom other
</Location>
<Location "/plain.txt">
    CorsPolicy On
    CorsAllowOriginsFrom other
</Location>
CONF
my $mark = $httpd->log_mark;
utime undef, undef, $file{aged};
ok(wait_until(sub { list('aged')->{fresh_until} && !list('aged')->{stale} }, 5), 'a list that is not too old');
is_deeply(answer('/one.txt', $_), allowed($_), "$_ is allowed") for $a, $b;
like(list('aged')->{fresh_until}, $time, 'JSON: until when it can be used');
is(list('other')->{fresh_until}, undef, 'JSON: a list without max-stale can always be used');
is(metric('stale', 'aged'), 0, 'metrics: not too old');
is(metric('stale', 'other'), undef, 'metrics: no value for a list without max-stale');
like(page(), qr/1 listed, 0 excluded, 0 tenants, fresh until \d{4}-/, 'the page says until when');

my $written = (stat $file{aged})[9];
ok(wait_until(sub { !defined answer('/one.txt', $a)->{'access-control-allow-origin'} }, 10), 'the list becomes too old');
cmp_ok(time, '>=', $written + 4, 'not before its time');
is_deeply(answer('/one.txt', $_), denied(), "$_ is not allowed") for $a, $b;
is_deeply(cors_response(\@to, OPTIONS => '/one.txt', origin => $b, acrm => 'PUT'), { status => 403, preflight_vary() }, 'a preflight is denied');
is_deeply(answer('/plain.txt', $b), allowed($b), 'a policy without the list is not affected');
my $reasons = reasons();
is(delete $reasons->{'preflight-denied origins-stale'}, 1, 'the reason of the preflight is origins-stale');
cmp_ok(delete $reasons->{'denied origins-stale'}, '>=', 3, 'the reason of the requests is origins-stale');
ok(!grep({ /denied/ } keys %$reasons), 'no other reason');
ok(wait_until(sub { $httpd->log_since($mark) =~ /max-stale/ }, 5), 'it is logged');
sleep 1;
is_deeply([ $httpd->log_since($mark) =~ /cors_policy:(\w+)\].*CorsOriginSource: (.* max-stale.*)$/mg ],
    [ error => "$file{aged} is older than its max-stale; until the file is written again, the policies that use it allow no origin" ], 'once');
ok(list('aged')->{stale}, 'JSON: too old');
is(metric('stale', 'aged'), 1, 'metrics: too old');
like(page(), qr/1 listed, 0 excluded, 0 tenants, stale since \d{4}-/, 'the page says since when');
like(send_request(\@to, GET => '/cors-policy?view=explain&url=/one.txt&origin=' . $b)->body, qr/older than its max-stale/, 'the explanation has the reason');
like(dumped('aged', 'max-stale=1s'), qr/, sum [0-9a-f]{32}, stale since \d{4}-\S+\z/, 'DUMP_CORS says since when');
like(dumped('aged', 'max-stale=1h'), qr/, sum [0-9a-f]{32}, fresh until \d{4}-\S+\z/, 'DUMP_CORS says until when');

# a restart does not make the list newer
$httpd->graceful;
is_deeply(answer('/one.txt', $a), denied(), 'after a graceful restart');
$mark = start_again($httpd);
is_deeply(answer('/one.txt', $a), denied(), 'after a restart');
# a file with an error does not make it newer either
write_frame(aged => "$a/");
ok(wait_until(sub { list('aged')->{failures} > 0 }, 5), 'a failure');
is_deeply(answer('/one.txt', $a), denied(), 'a new file with an error');
write_frame(aged => $a);
ok(wait_until(sub { defined answer('/one.txt', $a)->{'access-control-allow-origin'} }, 10), 'the same list in a new file can be used');
ok(wait_until(sub { $httpd->log_since($mark) =~ /cors_policy:notice\].*: \Q$file{aged}\E is no longer older than its max-stale$/m }, 5), 'this is logged');
ok(wait_until(sub { list('aged')->{stale} }, 10), 'it becomes too old again');
$mark = $httpd->log_mark;
utime undef, undef, $file{aged};
ok(wait_until(sub { defined answer('/one.txt', $a)->{'access-control-allow-origin'} }, 3), 'a file that is touched makes the list usable');
unlike($httpd->log_since($mark), qr/reloaded/, 'without loading it again');
# the time of a file is in the future: the last change of its state counts
utime time + 9999, time + 9999, $file{aged};
sleep 1;
ok(wait_until(sub { !defined answer('/one.txt', $a)->{'access-control-allow-origin'} }, 10), 'a time in the future does not keep a list');
$httpd->stop;

# no child needs to check the files for this
utime undef, undef, $file{aged};
$httpd = start(<<"CONF");
CorsAllowOriginsFileReload Off
CorsOriginSource aged "file:$file{aged}" max-stale=4s
<Location "/one.txt">
    CorsPolicy On
    CorsAllowOriginsFrom aged
</Location>
CONF
is_deeply(answer('/one.txt', $a), allowed($a), 'without checks: allowed at first');
ok(wait_until(sub { !defined answer('/one.txt', $a)->{'access-control-allow-origin'} }, 10), 'without checks: too old');
utime undef, undef, $file{aged};
sleep 1;
is_deeply(answer('/one.txt', $a), denied(), 'without checks: nobody sees a newer file');
$httpd->graceful;
is_deeply(answer('/one.txt', $a), allowed($a), 'without checks: a restart does');
$httpd->stop;

# --- bad-rows, max-rows, allow-empty
write_frame(skip => $a, "$b/", 'https://c.example \\N');
write_frame(guard => $a);
write_frame(empty => $a);
$httpd = start(<<"CONF");
CorsAllowOriginsFileReload 200ms
CorsOriginSource skip "file:$file{skip}" bad-rows=skip max-rows=12
CorsOriginSource guard "file:$file{guard}"
CorsOriginSource empty "file:$file{empty}" allow-empty=on
<Location "/one.txt">
    CorsPolicy On
    CorsAllowOriginsFrom skip
</Location>
<Location "/plain.txt">
    CorsPolicy On
    CorsAllowOriginsFrom guard
</Location>
<Location "/index.html">
    CorsPolicy On
    CorsAllowOriginsFrom empty
</Location>
CONF
like($httpd->log_since(0), qr/cors_policy:warn\].*CorsOriginSource: \Q$file{skip}\E:3: 'https:\/\/b.example\/'.*; write https:\/\/b.example \[origin-path\]\n.*:4: '\\+N'.*\[file-tenant\]\n.*: \Q$file{skip}\E: 2 bad rows are skipped$/m,
    'bad rows are logged at a start');
is_deeply(answer('/one.txt', $a), allowed($a), 'the other rows are used');
is_deeply([ @{ list('skip') }{qw(bad_rows skipped_rows listed failures held_back)} ], [ 2, 2, 1, 0, undef ], 'JSON: bad rows');
is(metric('bad_rows', 'skip'), 2, 'metrics: bad rows');
like(page(), qr/1 listed, 0 excluded, 0 tenants, 2 bad rows skipped</, 'the page: bad rows');
like(dumped('skip', 'bad-rows=skip'), qr/, sum [0-9a-f]{32}, 2 bad rows skipped\z/, 'DUMP_CORS: bad rows');

$mark = $httpd->log_mark;
write_frame(skip => $b, map { "https://bad$_.example/" } 1 .. 7);
ok(wait_until(sub { list('skip')->{skipped_rows} == 7 }, 10), 'the next file');
is_deeply(answer('/one.txt', $b), allowed($b), 'is used');
is_deeply(answer('/one.txt', $a), denied(), 'and replaces the one before');
my @logged = $httpd->log_since($mark) =~ /cors_policy:(?:warn|info)\].*CorsOriginSource: \Q$file{skip}\E(.*)$/mg;
is(scalar @logged, 7, 'the log has the list, five rows and their number');
like($logged[0], qr/\A reloaded: 1 listed, 0 excluded, sum /, 'the list');
like($logged[$_], qr/\A:@{[ $_ + 2 ]}: 'https:\/\/bad$_.example\/': .*\[origin-path\]\z/, "bad row $_") for 1 .. 5;
is($logged[6], ': 7 bad rows are skipped', 'the number of bad rows');

write_frame(skip => $a, "$b/", '!https://no.example/');
ok(wait_until(sub { list('skip')->{failures} == 1 }, 10), 'an exclusion with an error');
is_deeply(answer('/one.txt', $b), allowed($b), 'leaves the list in force');
is_deeply([ @{ list('skip') }{qw(bad_rows skipped_rows)} ], [ 2, 7 ], 'bad rows of the file, and of the list in force');
like(page(), qr/7 bad rows skipped, 2 bad rows in the file</, 'the page has both');
like($httpd->log_since($mark), qr/cors_policy:error\].*: \Q$file{skip}\E:4: '!https:\/\/no.example\/'.*\[origin-path\]$/m, 'it is logged');

write_frame(skip => map { "https://$_.example" } 1 .. 13);
ok(wait_until(sub { list('skip')->{failures} == 2 }, 10), 'a file with too many lines');
is_deeply(answer('/one.txt', $b), allowed($b), 'leaves the list in force');
like($httpd->log_since($mark), qr/: \Q$file{skip}\E:14: .*\(it has 13 lines, and max-rows=12\) \[file-rows\]$/m, 'it is logged');
write_frame(skip => $a, 'https://long.example #' . 'x' x 9000, '#' x 100_000);
ok(wait_until(sub { (list('skip')->{list_version} // '') eq "v$version" }, 10), 'a list with lines that are too long');
is_deeply([ @{ list('skip') }{qw(listed skipped_rows failures)} ], [ 1, 2, 2 ], 'they are skipped');

# a list that is emptied
$mark = $httpd->log_mark;
write_frame('guard');
ok(wait_until(sub { list('guard')->{failures} == 1 }, 10), 'an empty list');
is_deeply(answer('/plain.txt', $a), allowed($a), 'leaves the list in force');
is_deeply([ @{ list('guard') }{qw(held_back listed checked_at)} ], [ 'empty', 1, undef ], 'JSON: held back');
is(metric('held_back', 'guard'), 1, 'metrics: held back');
like(page(), qr/the list of the file is held back \(empty\)/, 'the page: held back');
is_deeply([ $httpd->log_since($mark) =~ /cors_policy:error\].*CorsOriginSource: (.*)$/mg ],
    [ "$file{guard}: the list has no entries, and the last good list has 1; if it may be empty, write allow-empty=on", "the last good list of $file{guard} stays in force" ], 'it is logged');
$mark = $httpd->log_mark;
$httpd->graceful;
is_deeply(answer('/plain.txt', $a), allowed($a), 'a graceful restart does not empty the list');
ok(wait_until(sub { list('guard')->{held_back} }, 5), 'the list is still held back');
like($httpd->log_since($mark), qr/\Q$file{guard}\E: the list has no entries/, 'it is logged again');
write_frame(guard => $b);
ok(wait_until(sub { defined answer('/plain.txt', $b)->{'access-control-allow-origin'} }, 10), 'a list with entries ends this');
is_deeply([ @{ list('guard') }{qw(held_back listed)} ], [ undef, 1 ], 'JSON: not held back');
is(metric('held_back', 'guard'), 0, 'metrics: not held back');
write_frame('empty');
ok(wait_until(sub { list('empty')->{listed} == 0 }, 10), 'allow-empty=on: an empty list');
is_deeply(answer('/index.html', $a), denied(), 'allows nothing');
# a list of bad rows only is empty, too
$mark = $httpd->log_mark;
write_frame(skip => "$a/");
ok(wait_until(sub { list('skip')->{failures} == 1 }, 10), 'a list of bad rows only');
is_deeply([ @{ list('skip') }{qw(held_back bad_rows listed)} ], [ 'empty', 1, 1 ], 'is held back');
is_deeply(answer('/one.txt', $a), allowed($a), 'and leaves the list in force');

# at a start, the last good copy is used
write_frame(guard => $a);
write_frame(skip => $a);
start_again($httpd);
$mark = start_again($httpd, sub { write_frame('guard') });
is_deeply(answer('/plain.txt', $a), allowed($a), 'at a start: the last good copy instead of an empty list');
like($httpd->log_since($mark), qr/cors_policy:error\].*: \Q$file{guard}\E: the list has no entries, and the last good list has 1;/, 'at a start: it is logged');
ok(wait_until(sub { (list('guard')->{held_back} // '') eq 'empty' }, 5), 'at a start: the list is held back');
start_again($httpd, sub { unlink glob "$httpd->{dir}/cors_policy/*" });
is_deeply(answer('/plain.txt', $a), denied(), 'at a start without a copy, the empty list is used');
is_deeply([ @{ list('guard') }{qw(loaded listed held_back)} ], [ JSON::PP::true, 0, undef ], 'and not held back');

done_testing;
