# Licensed under the Apache License, Version 2.0; see LICENSE.
# A second opinion on lists with tenants: random rows are written as a frame and loaded by a
# running httpd. Whether it allows an origin for a tenant must equal what a SQL query over the
# same rows finds, in SQLite; the wildcards of the rows are compared in Perl.
#
#   CORS_DRAWS=4000       the number of requests
#   CORS_SEED=20260101    the seed
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use DBI ();
use JSON::PP ();
use Test::More;
use Client ();
use CorsTest ();
use Httpd ();
use Tools qw(chance one_of replace_file wait_until);

my $draws = $ENV{CORS_DRAWS} || 4000;
my $seed = $ENV{CORS_SEED} || 20260101;
my $per_list = $draws > 50_000 ? 1000 : 500;
my $together = 50; # requests in one write
my $list = "$ENV{CORS_WORK}/t/logs/tenants_drawn.origins";
srand $seed;

# --- rows

my @names = qw(a.example b.example x.a.example y.x.a.example xa.example example a.b.example);
my @tenants = ('', qw(red Red RED blue shop.example shop.example. shop shop.example:8443 %00 r/e?d), 'no#1', "b\xc3\xbcro", 't' x 255);
sub draw_host { return one_of(@names) }
sub draw_port { return one_of('', '', '', ':8443', ':81') }
sub draw_origin { return one_of('https', 'https', 'http', 'app') . '://' . draw_host() . draw_port() }

# A row: origin or pattern, tenant, whether it is an exclusion.
sub draw_row {
    my $origin = draw_origin();
    if (chance(0.2)) {
        $origin =~ s{://}{://*.};
        $origin =~ s/\*\.example(?=:|\z)/*.a.example/; # a public suffix would need another option
    }
    $origin =~ s/(?::\d+)?\z/:*/ if chance(0.1);
    return [ $origin, one_of(@tenants), chance(0.2) ? 1 : 0 ];
}

sub row_text {
    my ($origin, $tenant, $excluded) = @{ $_[0] };
    return ($excluded ? '!' : '') . $origin . (length $tenant ? one_of(' ', "\t", '   ') . $tenant : '');
}

# Whether a pattern with a wildcard matches an origin, as docs/directives.md says.
sub matches {
    my ($pattern, $origin) = @_;
    my ($scheme, $subdomains, $host, $port) = $pattern =~ m{\A(\w+://)(\*\.)?([^:*]+)(:\d+|:\*)?\z} or die $pattern;
    my ($its_scheme, $its_host, $its_port) = $origin =~ m{\A(\w+://)([^:]+)(:\d+)?\z} or die $origin;
    return $scheme eq $its_scheme
        && ($subdomains ? $its_host =~ /.\.\Q$host\E\z/ : $its_host eq $host)
        && (($port // '') eq ':*' || ($port // '') eq ($its_port // ''));
}

# --- the second opinion

my $db = DBI->connect('dbi:SQLite:dbname=:memory:', '', '', { RaiseError => 1, PrintError => 0 });
$db->do('CREATE TABLE cors_origins (origin TEXT NOT NULL, tenant TEXT NOT NULL, excluded INTEGER NOT NULL)');
my $insert = $db->prepare('INSERT INTO cors_origins VALUES (?, ?, ?)');
# what the rows of this tenant list, and what they and the rows without a tenant exclude
my $select = $db->prepare(<<'SQL');
SELECT EXISTS (SELECT 1 FROM cors_origins WHERE origin = ?1 AND tenant = ?2 AND tenant <> '' AND NOT excluded),
       EXISTS (SELECT 1 FROM cors_origins WHERE origin = ?1 AND tenant IN (?2, '') AND excluded)
SQL

sub is_allowed {
    my ($rows, $origin, $tenant) = @_;
    my ($listed, $excluded) = $db->selectrow_array($select, undef, $origin, $tenant // '');
    for my $row (grep { $_->[0] =~ /\*/ } @$rows) {
        my ($pattern, $for, $excludes) = @$row;
        next if !matches($pattern, $origin);
        $listed ||= !$excludes && length $for && $for eq ($tenant // '');
        $excluded ||= $excludes && ($for eq '' || $for eq ($tenant // ''));
    }
    return $listed && !$excluded ? 1 : 0;
}

# --- httpd

replace_file($list, 'begin first', 'end 0 first');
my $httpd = Httpd->start(name => 'tenants_drawn', expected => qr/reloaded: 0 listed/, text => <<"CONF");
Listen 127.0.0.1:\@port\@
MaxKeepAliveRequests 0
KeepAliveTimeout 100
LimitRequestFieldSize 16000
CorsAllowOriginsFileReload 100ms
CorsOriginSource drawn "file:$list"
<Location "/cors-policy">
    SetHandler cors-policy
</Location>
<Location "/plain.txt">
    CorsPolicy On
    CorsAllowOriginsFrom drawn "%{HTTP:X-Tenant}"
</Location>
CONF
my $client = Client->new($httpd->{port}{port});
my $status = Client->new($httpd->{port}{port});

sub version_in_force {
    my $page = $status->request({ method => 'GET', path => '/cors-policy?view=policies&format=json', authority => 'localhost', headers => [] });
    return JSON::PP->new->decode($page->{body})->{lists}[0]{list_version} // '';
}

# An origin and a tenant, which may be undefined; and the kind of a key that matches nothing.
sub draw_request {
    my ($rows) = @_;
    my $row = one_of(@$rows);
    my $origin = $row->[0] =~ /\*/ || chance(0.3) ? draw_origin() : $row->[0];
    my $tenant = chance(0.6) ? $row->[1] : one_of(@tenants);
    my $of = one_of('red', grep { length } map { $_->[1] } @$rows);
    my %hostile = (
        missing => undef, empty => '', long => 'r' x 8192, repeated => $of x (1 + 8192 / length $of), cut => substr($of, 0, -1) . "\xff",
        'an encoded NUL' => "$of%00", 'an encoded NUL at the start' => "%00$of", list => "$of, $of", quoted => qq("$of"), wildcard => '*',
        all => '%', 'SQL' => "$of' OR '1'='1",
    );
    if (chance(0.2)) {
        my $kind = one_of(sort keys %hostile);
        return [ $origin, $hostile{$kind}, $kind ];
    }
    if (chance(0.1)) {
        $tenant = chance(0.5) ? uc $tenant : ucfirst $tenant;
    }
    return [ $origin, $tenant, undef ];
}

my %answers = (0 => 0, 1 => 0);
my (@wrong, %hostile_allowed, %hostile_sent);
sub check_requests {
    my ($rows, @requests) = @_;
    $client->{used} = ''; # the bytes of the responses before
    $client->write_bytes(join '', map { Client::request_text({ method => 'GET', path => '/plain.txt', authority => 'localhost',
        headers => [ [ Origin => $_->[0] ], defined $_->[1] ? [ 'X-Tenant' => $_->[1] ] : () ] }) } @requests);
    for (@requests) {
        my ($origin, $tenant, $hostile) = @$_;
        my $response = $client->read_response('GET') // die "no response\n";
        my $allowed = is_allowed($rows, $origin, $tenant);
        my %expected = (status => 200, vary => 'Origin, X-Tenant', $allowed ? ('access-control-allow-origin' => $origin) : ());
        my $got = $response->cors;

        $answers{$allowed}++;
        $hostile_sent{$hostile}++ if defined $hostile;
        $hostile_allowed{$hostile}++ if defined $hostile && ($allowed || $got->{'access-control-allow-origin'});
        push @wrong, [ $origin, $tenant, \%expected, $got ] if join("\0", map { "$_=$expected{$_}" } sort keys %expected) ne join("\0", map { "$_=$got->{$_}" } sort keys %$got);
    }
    return;
}

my $lists = 0;
my $sent = 0;
while ($sent < $draws && !@wrong) {
    my @rows = map { draw_row() } 1 .. one_of(1, 20, 200, 200);
    $db->begin_work;
    $db->do('DELETE FROM cors_origins');
    $insert->execute(@$_) for grep { $_->[0] !~ /\*/ } @rows;
    $db->commit;
    $lists++;
    replace_file($list, "begin list$lists", (map { row_text($_) } @rows), 'end ' . @rows . " list$lists");
    wait_until(sub { version_in_force() eq "list$lists" }, 20) or die 'the list is not loaded: ' . $httpd->log_since(0) =~ s/.*\n(?=(?:.*\n){5})//sr;
    for (1 .. $per_list / $together) {
        check_requests(\@rows, map { draw_request(\@rows) } 1 .. $together);
        $sent += $together;
    }
}
note("$sent requests for $lists lists, seed $seed: $answers{1} allowed, $answers{0} not");
is_deeply(\@wrong, [], 'httpd allows what the query finds');
is_deeply(\%hostile_allowed, {}, 'no hostile key is allowed anything');
is(scalar keys %hostile_sent, 12, 'every kind of hostile key was sent');
cmp_ok($answers{1}, '>', $sent / 20, 'many requests are allowed');
cmp_ok($answers{0}, '>', $sent / 4, 'many are not');
done_testing;
