# Licensed under the Apache License, Version 2.0; see LICENSE.
# The child that reloads list files is killed: another one takes over within two seconds,
# and there are never two of them.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(cors_response);
use Httpd ();
use Tools qw(replace_file wait_until);
use Time::HiRes qw(sleep time);

my $rounds = 5;
my $path = "$ENV{CORS_WORK}/t/logs/takeover.origins";
my $version = 0;

# A frame is loaded as soon as it is seen.
sub replace {
    my $origin = 'https://v' . ++$version . '.example';
    replace_file($path, "begin $version", $origin, "end 1 $version");
    return $origin;
}
my $first = replace();

plan tests => 9, sub { -r '/proc/locks' };

my $httpd = Httpd->start(name => 'takeover', ports => ['port'],
    expected => qr/exit signal Killed/, text => <<"CONF");
Listen 127.0.0.1:\@port\@
LogLevel warn cors_policy:info
StartServers 4
ServerLimit 8
<IfModule !prefork.c>
ThreadsPerChild 4
MinSpareThreads 16
MaxSpareThreads 32
</IfModule>
<IfModule prefork.c>
MinSpareServers 4
</IfModule>
MaxRequestWorkers 8
CorsAllowOriginsFileReload 200ms
CorsPolicy On
CorsAllowOriginsFile $path
CONF
my @to = (h1 => $httpd->{port}{port});
sub allows { return defined cors_response(\@to, GET => '/plain.txt', origin => $_[0])->{'access-control-allow-origin'} }

# The children that hold a lock on an unlinked file.
sub in_charge {
    my %child = map { $_ => 1 } $httpd->children;
    return grep { $child{$_} } Httpd::slurp('/proc/locks') =~ /^\d+: POSIX\s+ADVISORY\s+WRITE (\d+) /mg;
}
sub one_in_charge { my @pids; wait_until(sub { (@pids = in_charge()) == 1 }, 10); return @pids == 1 ? $pids[0] : 0 }

ok(allows($first), 'the first list is in force');
my $owner = one_in_charge();
ok($owner, 'one child checks the file');
sleep 1.5;
is_deeply([ in_charge() ], [$owner], 'the other children do not get the lock later');

# --- killed after and before the file changes
my (@times, @owners);
for my $round (1 .. $rounds) {
    my $pid = one_in_charge() or last;
    push @owners, $pid;
    my $new = $round % 2 ? replace() : undef;
    kill KILL => $pid;
    my $killed = time;
    $new //= replace();
    last if !wait_until(sub { allows($new) }, 20);
    push @times, time - $killed;
}
is(scalar @times, $rounds, 'the child in charge is killed: each new list is loaded');
my @sorted = sort { $a <=> $b } @times;
# compare the median: a busy machine may pause for a second
cmp_ok($sorted[ @sorted / 2 ], '<', 2, "the next child takes over within two seconds (@{[ map { sprintf '%.1f', $_ } @times ]})");
my %owners = map { $_ => 1 } @owners;
is(scalar keys %owners, $rounds, 'another child takes over each time');

# --- a child that ends by a graceful restart
$owner = one_in_charge();
$httpd->graceful;
my $new = replace();
ok(wait_until(sub { allows($new) }, 10), 'after a graceful restart a child of the new generation loads the new list');
ok(wait_until(sub { my @pids = in_charge(); @pids == 1 && $pids[0] != $owner }, 10), 'after a graceful restart one other child is in charge');
is(scalar(() = $httpd->log_since(0) =~ / reloaded: 1 listed/g), $version - 1, 'each list was read once')
    or diag($httpd->log_since(0));
