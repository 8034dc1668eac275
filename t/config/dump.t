# Licensed under the Apache License, Version 2.0; see LICENSE.
# Requests are decided as httpd -t -D DUMP_CORS shows for their section: two hundred random
# configurations, each evaluated from its JSON alone.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(send_request);
use CorsTest qw(config_check config_starts);
use Httpd;
use Tools qw(chance one_of some_of);
use JSON::PP ();

my $configurations = 200;
my $seed = $ENV{CORS_SEED} // 20260101;
srand $seed;


# --- random configurations

my @origins = ('https://a.example', 'https://b.example:8443', 'https://*.c.example', 'http://d.example:*',
    'https://*.e.example:*', 'capacitor://localhost', 'http://[::1]:81');
my @asked = ('https://a.example', 'https://a.example:444', 'http://a.example', 'https://b.example:8443',
    'https://x.c.example', 'https://y.x.c.example', 'https://c.example', 'http://d.example', 'http://d.example:99',
    'https://x.e.example:7', 'capacitor://localhost', 'http://[::1]:81', 'https://f9.example', 'null',
    'https://evil.example');
my @methods = qw(GET HEAD POST PUT PATCH DELETE PURGE PROPFIND);
my @headers = qw(content-type X-A X-B Authorization);
my @exposed = qw(ETag X-C X-D);

sub list {
    my ($directive, $lonely, $edits, @words) = @_;
    my @edits = map { one_of('+', '-') . $_ } some_of(0.4, @words);
    return "$directive " . (chance(0.2) ? one_of(@$lonely) : $edits && chance(0.3) ? "@edits" : join one_of(' ', ', '), some_of(0.4, @words));
}

my %words = (
    CorsPolicy => sub { 'CorsPolicy ' . one_of(qw(On On On On Off ReportOnly)) },
    CorsAllowOrigins => sub {
        my $line = list('CorsAllowOrigins', [ '*', 'None' ], 1, @origins);
        $line .= ' !' . one_of('https://y.x.c.example', 'https://a.example') if $line !~ /[+]|-h|-c|\*$|None/ && chance(0.3);
        return $line;
    },
    CorsAllowOriginsMatch => sub { 'CorsAllowOriginsMatch ' . one_of('"https://f[0-9]\.example"', '"https://(a|b)\.example"', '.*') },
    CorsAllowMethods => sub { list('CorsAllowMethods', ['*'], 1, @methods) },
    CorsAllowHeaders => sub { list('CorsAllowHeaders', [ '*', 'None', '* Authorization' ], 1, @headers) },
    CorsExposeHeaders => sub { list('CorsExposeHeaders', [ '*', 'None' ], 1, @exposed) },
    CorsAllowCredentials => sub { 'CorsAllowCredentials ' . one_of(qw(On Off)) },
    CorsMaxAge => sub { 'CorsMaxAge ' . one_of(qw(0 77 2m None)) },
    CorsAllowAnyOriginWithCredentialsUnsafe => sub { 'CorsAllowAnyOriginWithCredentialsUnsafe ' . one_of(qw(On Off)) },
    CorsAllowNullOriginUnsafe => sub { "CorsAllowNullOriginUnsafe On\n" . one_of('CorsAllowOrigins null', '') },
    CorsAllowPublicSuffixUnsafe => sub { 'CorsAllowPublicSuffixUnsafe ' . one_of(qw(On Off)) },
    CorsSetEnv => sub { 'CorsSetEnv ' . one_of(qw(On Off)) },
    CorsWebSocketAllowOrigins => sub { list('CorsWebSocketAllowOrigins', [ '*', 'None' ], 1, @origins, 'Self') },
    CorsWebSocketRequireOrigin => sub { 'CorsWebSocketRequireOrigin ' . one_of(qw(On Off)) },
    CorsPreflight => sub { 'CorsPreflight ' . one_of(qw(Answer Answer Continue)) },
    CorsPreflightStatus => sub { 'CorsPreflightStatus ' . one_of('200', '204 404', '299 200') },
    CorsRejectDisallowed => sub { 'CorsRejectDisallowed ' . one_of(qw(On Off)) },
    CorsAllowPrivateNetwork => sub { 'CorsAllowPrivateNetwork ' . one_of(qw(On Off)) },
    # On would refuse some of the requests
    CorsProtect => sub { 'CorsProtect ' . one_of('Off', 'ReportOnly', 'ReportOnly Strict') },
    CorsProtectAllowOrigins => sub { list('CorsProtectAllowOrigins', ['None'], 1, @origins[ 0 .. 4 ]) },
    CorsProtectEmbedding => sub { 'CorsProtectEmbedding ' . one_of(qw(On Off)) },
    CorsProtectHost => sub { 'CorsProtectHost ' . one_of(qw(On Off)) },
    CorsTimingAllowOrigin => sub { 'CorsTimingAllowOrigin ' . one_of(qw(Off Policy *)) },
    CorsResourcePolicy => sub { 'CorsResourcePolicy ' . one_of(qw(Off same-origin same-site cross-origin)) },
    CorsBackendHeaders => sub { 'CorsBackendHeaders ' . one_of(qw(Replace Keep KeepExposed KeepCredentials KeepBoth)) },
);

sub directives {
    my ($often) = @_;
    return join '', map { $words{$_}->() . "\n" } grep { chance($often) } sort keys %words;
}

sub section {
    my ($begin, $end) = @_;
    my $text = directives(0.25);
    $text .= '<Limit ' . join(' ', some_of(0.4, qw(GET PUT PATCH PURGE))) . ">\n" . directives(0.2) . "</Limit>\n" if chance(0.3);
    $text .= '<LimitExcept ' . join(' ', some_of(0.4, qw(GET PUT DELETE))) . ">\n" . directives(0.2) . "</LimitExcept>\n" if chance(0.2);
    return "$begin\n$text$end\n";
}

# A virtual host, and the title of each of its sections, by the path of a request to which
# the section applies.
sub virtual_host {
    my ($name) = @_;
    my $root = Apache::Test::vars('documentroot');
    my $text = "ServerName $name\n" . directives(0.4);
    $text .= "CorsPolicy On\n" if chance(0.8);
    # a list with edits, and None or *, cannot be combined
    $text .= "CorsAllowOrigins @origins\n" if chance(0.7) && $text !~ /CorsAllowOrigins(?! null)/;
    my %paths = ('/plain.txt' => undef);

    if (chance(0.7)) {
        $text .= section('<Location "/videos">', '</Location>');
        $paths{'/videos'} = '<Location "/videos">';
    }
    if (chance(0.4)) {
        $text .= "<Location \"/signup\">\n" . directives(0.3) . section('<If "true">', '</If>') . "</Location>\n";
        $paths{'/signup'} = '<Location "/signup"> <If "true">';
    }
    if (chance(0.5)) {
        $text .= section("<Directory \"$root/directory\">", '</Directory>');
        $paths{'/directory/a'} = "<Directory \"$root/directory\">";
    }
    if (chance(0.4)) {
        $text .= section('<Files "one.txt">', '</Files>');
        $paths{'/one.txt'} = '<Files "one.txt">';
    }
    if (chance(0.3)) {
        $text .= section('<LocationMatch "^/(match)$">', '</LocationMatch>');
        $paths{'/match'} = '<LocationMatch "^/(match)$">';
    }
    if (chance(0.3)) {
        # no server listens there: mod_proxy answers with a 503
        $text .= "ProxyPass \"/proxied\" \"http://127.0.0.1:1/\"\n" . section('<Proxy "http://127.0.0.1:1/*">', '</Proxy>');
        $paths{'/proxied/a'} = '<Proxy "http://127.0.0.1:1/*">';
    }
    return ("<VirtualHost 127.0.0.1:\@port\@>\n$text</VirtualHost>\n", \%paths);
}

# --- what a policy allows, according to the JSON alone

sub pattern_matches {
    my ($word, $origin) = @_;
    return $origin =~ /\A(?:$word->{entry})\z/ && $origin ne 'null' if $word->{regex};
    return 1 if $word->{entry} eq '*' || $word->{entry} eq $origin;
    my ($scheme, $star, $host, $port) = $word->{entry} =~ m{\A([^:]+)://(\*\.)?(\[[^\]]*\]|[^:]*)(:.*)?\z} or return 0;
    my $regex = quotemeta("$scheme://") . ($star ? '(?:[^.:/]+\.)+' : '') . quotemeta($host)
        . (!defined $port ? '' : $port eq ':*' ? '(?::\d+)?' : quotemeta $port);
    return $origin =~ /\A$regex\z/;
}

sub origin_listed {
    my ($list, $origin) = @_;
    for my $word (@$list) {
        return !$word->{exclude} if pattern_matches($word, $origin);
    }
    return 0;
}

# undef: not listed; '*': listed by the wildcard; else listed by name
sub name_listed {
    my ($list, $name, $any_case) = @_;
    for my $word (@$list) {
        my $same = $any_case ? lc $word->{entry} eq lc $name : $word->{entry} eq $name;
        return $word->{exclude} ? undef : $word->{entry} if $same || $word->{entry} eq '*';
    }
    return;
}

sub policy_for {
    my ($site, $method) = @_;
    my ($others, @named);
    for my $policy (@{ $site->{policies} }) {
        return $policy->{attributes} if !$policy->{methods} || grep { $_ eq $method } @{ $policy->{methods} };
        $others = $policy->{attributes} if $policy->{others};
    }
    return $others // die "no policy for $method";
}

# The sorted elements of a field.
sub words { return join ', ', sort split /\s*,\s*/, $_[0] }

sub joined {
    my ($list) = @_;
    return words(join ', ', map { $_->{entry} } grep { !$_->{exclude} } @$list);
}

# The value that is sent for a list of methods or headers; undef: no field is sent.
sub sent_list {
    my ($is, $list, $asked, $rejected) = @_;
    my $wildcard = grep { $_->{entry} eq '*' } @$list;
    my $value = $wildcard && ($rejected || $is->{CorsAllowCredentials} eq 'On' || grep { $_->{exclude} } @$list)
        ? $asked : joined($list);
    return defined $value && $value ne '' ? words($value) : undef;
}

# The status (undef: that of the handler) and the fields that a response must have.
sub expected {
    my ($site, $method, $origin, $announced, $names) = @_;
    my $policy = policy_for($site, $announced // $method);
    my %is = map { $_ => $policy->{$_}{value} } keys %$policy;
    my $preflight = defined $announced && defined $origin;
    my $credentials = $is{CorsAllowCredentials} eq 'On';
    my @listed = grep { !$_->{exclude} } @{ $is{CorsAllowOrigins} };
    my $any_origin = grep { $_->{entry} eq '*' && !$_->{regex} } @listed;
    my $constant = $any_origin && !$credentials && @listed == @{ $is{CorsAllowOrigins} };
    my $allowed = defined $origin && origin_listed($is{CorsAllowOrigins}, $origin);
    # the files of the test do not send Access-Control-Allow-Credentials themselves
    my $withheld = $is{CorsBackendHeaders} =~ /\A(?:KeepCredentials|KeepBoth)\z/;
    my %cors;

    return (undef, {}) if $is{CorsPolicy} ne 'On';
    $cors{vary} = 'Origin' if !$constant && (@listed || $is{CorsRejectDisallowed} eq 'On');
    $cors{vary} = 'Access-Control-Request-Headers, Access-Control-Request-Method, '
        . ($is{CorsAllowPrivateNetwork} eq 'On' ? 'Access-Control-Request-Private-Network, ' : '') . 'Origin' if $preflight;
    if (!$preflight) {
        return ($is{CorsRejectDisallowed} eq 'On' && defined $origin ? 403 : undef, \%cors) if !$allowed && !$constant;
        $cors{'access-control-allow-origin'} = $constant ? '*' : $origin;
        $cors{'access-control-allow-credentials'} = 'true' if $credentials && !$withheld;
        $cors{'access-control-expose-headers'} = joined($is{CorsExposeHeaders}) if grep { !$_->{exclude} } @{ $is{CorsExposeHeaders} };
        return (undef, \%cors);
    }
    my ($good, $bad) = split ' ', $is{CorsPreflightStatus};
    # a backend that may have a policy of its own is asked in any case
    my $asked = $is{CorsPreflight} eq 'Continue' && $is{CorsBackendHeaders} eq 'Keep' && ($allowed || $is{CorsRejectDisallowed} ne 'On');
    return ($asked ? undef : $bad, \%cors) if !$allowed;

    my $method_ok = $announced =~ /\A(?:GET|HEAD|POST)\z/ || defined name_listed($is{CorsAllowMethods}, $announced);
    my @names = split /,/, $names;
    my ($refused) = grep {
        my $by = name_listed($is{CorsAllowHeaders}, $names[$_], 1);
        !defined $by || ($by eq '*' && lc $names[$_] eq 'authorization');
    } 0 .. $#names;
    my $ok = $method_ok && !defined $refused;
    my $goes_on = $asked || ($ok && $is{CorsPreflight} ne 'Answer');
    my $before = join ',', defined $refused ? @names[0 .. $refused - 1] : @names;

    $cors{'access-control-allow-origin'} = $constant ? '*' : $origin;
    $cors{'access-control-allow-credentials'} = 'true' if $credentials && !($goes_on && $withheld);
    for ([ CorsAllowMethods => 'access-control-allow-methods', $method_ok ? $announced : undef, !$method_ok ],
        [ CorsAllowHeaders => 'access-control-allow-headers', $before, $method_ok && defined $refused ]) {
        my ($directive, $field, $asked, $rejected) = @$_;
        my $value = sent_list(\%is, $is{$directive}, $asked, $rejected);
        $value //= words('GET, HEAD, POST') if $field =~ /methods/ && !$method_ok;
        $cors{$field} = $value if defined $value;
    }
    $cors{'access-control-max-age'} = $is{CorsMaxAge} if $ok && $is{CorsMaxAge} ne 'None';
    return ($goes_on ? undef : $good, \%cors);
}

# --- the comparison

my (@hosts, $text);
$text = "Listen 127.0.0.1:\@port\@\nCorsMaxAge 99\nCorsAllowMethods GET PUT\n";
my $tried = 0;
while (@hosts < $configurations) {
    my $name = 'host' . @hosts . '.example';
    my ($host, $paths) = virtual_host($name);
    (my $alone = $host) =~ s/\@port\@/1/;

    die "hardly any configuration made by chance starts\n" if ++$tried > 20 * $configurations;
    next if config_check("CorsMaxAge 99\nCorsAllowMethods GET PUT\n$alone")->{code} != 0;
    push @hosts, [ $name, $paths, $host ];
    $text .= $host;
}

my $httpd = Httpd->start(name => 'dump', text => $text, expected => qr/Warning: /);
my $json = do {
    local $ENV{LD_PRELOAD} = $ENV{SANITIZER} if $ENV{SANITIZER};
    `@{[ Httpd::binary() ]} -t -f $httpd->{dir}/httpd.conf -D DUMP_CORS_JSON 2>$httpd->{dir}/errors`;
};
my $dump = JSON::PP->new->utf8->decode($json);
my %site;
$site{ $_->{server_name} }{ $_->{section} // '' } = $_ for @{ $dump->{sections} };

my ($exchanges, $allowed) = (0, 0);
plan tests => $configurations + 20;
is($dump->{version}, 1, 'the JSON is of version 1');
for my $host (@hosts) {
    my ($name, $paths, $conf) = @$host;
    my @wrong;
    for my $path (sort keys %$paths) {
        # a section without a directive has the policy around it
        my $title = $paths->{$path} // '';
        my $site = $site{$name}{$title} // ($title =~ / <If / ? $site{$name}{ $title =~ s/ <If .*//r } : undef) // $site{$name}{''};
        my @asks = map { [ GET => $_ ] } undef, some_of(0.4, @asked);
        push @asks, map { [ OPTIONS => $_, one_of(@methods), join ',', chance(0.5) ? some_of(0.4, map { lc } @headers) : () ] } some_of(0.4, @asked);
        for my $ask (@asks) {
            my ($method, $origin, $announced, $names) = @$ask;
            my %send = (host => $name, defined $origin ? (origin => $origin) : (),
                defined $announced ? (acrm => $announced) : (), length($names // '') ? (acrh => $names) : ());
            my $response = send_request([ h1 => $httpd->{port}{port} ], $method, $path, %send);
            my ($code, $cors) = ($response->status, $response->cors_fields);
            my ($status, $fields) = expected($site, $method, $origin, $announced, $names // '');

            $status //= $path eq "/proxied/a" ? 503 : 200;
            $exchanges++;
            $allowed++ if $cors->{'access-control-allow-origin'};
            $cors->{$_} = words($cors->{$_}) for grep { /vary|-methods|-headers/ } keys %$cors;
            my $got = JSON::PP->new->canonical->encode([ 0 + $code, $cors ]);
            my $want = JSON::PP->new->canonical->encode([ 0 + $status, $fields ]);
            push @wrong, "$method $path " . join(' ', map { "$_=$send{$_}" } sort keys %send) . "\n  got  $got\n  want $want\n" if $got ne $want;
        }
    }
    ok(!@wrong, "$name: every section answers as the dump says")
        or diag("seed $seed\n$conf\n", @wrong[ 0 .. ($#wrong > 4 ? 4 : $#wrong) ]);
}
cmp_ok($exchanges, '>', 10 * $configurations, 'there were many exchanges');
cmp_ok($allowed, '>', $exchanges / 5, 'many exchanges were allowed');
cmp_ok($exchanges - $allowed, '>', $exchanges / 5, 'many exchanges were not allowed');

# --- the exact form of the JSON and of the text

my $small = <<'CONF';
CorsPolicy On
CorsAllowOrigins https://a.example
CorsAllowOriginsMatch "https://\"<&>\.example"
<Location "/a b">
CorsAllowOrigins +https://b.example -https://a.example
<Limit PUT>
CorsMaxAge 60
</Limit>
</Location>
CONF
my $check = config_check($small, '-D DUMP_CORS_JSON');
my $small_dump = JSON::PP->new->utf8->decode($check->{printed});
my $line = sub { return "$_[0] $check->{file}:" . ($check->{before} + $_[1]) };
my ($server, $location) = @{ $small_dump->{sections} };
is_deeply([ map { [ sort keys %$_ ] } $small_dump, $server, $server->{policies}[0] ],
    [ [qw(lists sections snapshot version)], [qw(policies section server_name virtual_host where)], [qw(attributes methods others)] ],
    'the JSON has exactly the members of the manual');
is_deeply([ @$server{qw(server_name virtual_host section where)} ], [ 'localhost', undef, undef, undef ],
    'a server itself has neither section nor place');
is_deeply([ @$location{qw(virtual_host section)} ], [ undef, '<Location "/a b">' ], 'a section has its title as it is written');
is($location->{where}, "$check->{file}:" . ($check->{before} + 4), 'a section has the line where it begins');
is_deeply([ map { [ $_->{methods} && [ grep { /\A(?:GET|PUT)\z/ } @{ $_->{methods} } ], $_->{others} ? 1 : 0 ] } @{ $location->{policies} } ],
    [ [ ['GET'], 1 ], [ ['PUT'], 0 ] ], 'a <Limit> makes a policy of its own');
is($server->{policies}[0]{methods}, undef, 'methods is null if all methods are treated alike');
is_deeply($location->{policies}[0]{attributes}{CorsAllowOrigins}, {
    from => 'own', set_by => $line->('CorsAllowOrigins', 5),
    value => [
        map { my ($word, $exclude, $regex, $said, $from) = @$_;
            { from => $from, entry => $word, exclude => $exclude ? JSON::PP::true : JSON::PP::false, regex => $regex ? JSON::PP::true : JSON::PP::false, set_by => $said } }
        [ 'https://a.example', 1, 0, $line->('CorsAllowOrigins', 5), 'own' ],
        [ 'https://b.example', 0, 0, $line->('CorsAllowOrigins', 5), 'own' ],
        [ 'https://a.example', 0, 0, $line->('CorsAllowOrigins', 2), 'inherited' ],
        [ 'https://"<&>\.example', 0, 1, $line->('CorsAllowOriginsMatch', 3), 'inherited' ],
    ],
}, 'each entry of a list has its line, and entries are in the order in which they decide');
is_deeply($location->{policies}[1]{attributes}{CorsMaxAge},
    { value => '60', from => 'own', set_by => $line->('CorsMaxAge', 7) }, 'a setting in a <Limit> is from the section itself');
is_deeply($location->{policies}[0]{attributes}{CorsPolicy},
    { value => 'On', from => 'inherited', set_by => $line->('CorsPolicy', 1) }, 'an inherited setting has the line that set it');
is_deeply($location->{policies}[0]{attributes}{CorsWebSocketAllowOrigins},
    { value => undef, from => 'default', set_by => undef }, 'a WebSocket list that is not set is null');

my $shown = config_check($small, '-D DUMP_CORS')->{printed};
like($shown, qr/^CORS policies:\nServer localhost\n    CorsPolicy +On +own: CorsPolicy \S+:\d+$/m, 'the text has a heading, and a line for each attribute');
like($shown, qr/^  <Location "\/a b"> \(\S+:\d+\)\n   all other methods\n    CorsPolicy +On +inherited: CorsPolicy \S+:\d+$/m,
    'the text has the sections below their server');
like($shown, qr/^   PUT\n(?:    .*\n)+?    CorsMaxAge +60 +own: CorsMaxAge \S+:\d+$/m, 'the text has a part for the methods of a <Limit>');
unlike(config_check($small)->{printed}, qr/CORS/, 'httpd -t prints nothing without -D DUMP_CORS');

like(config_check("<VirtualHost *:8080 *:80 *:8080 127.0.0.1:80>\nServerName a.example\nCorsPolicy On\nCorsAllowOrigins https://a.example\n</VirtualHost>\n",
    '-D DUMP_CORS')->{printed}, qr/^VirtualHost \*:8080 \*:80 127\.0\.0\.1:80 a\.example \(/m, 'each address of a virtual host is printed once');

# --- thousands of sections

my $many = config_check(join('', "CorsPolicy On\nCorsAllowOrigins https://a.example\n",
    map { "<Location /$_>\nCorsAllowOrigins https://a$_.example\n<Limit PUT>\nCorsMaxAge $_\n</Limit>\n</Location>\n" } 1 .. 3000),
    '-D DUMP_CORS_JSON');
is(scalar @{ JSON::PP->new->decode($many->{printed})->{sections} }, 3001, 'the JSON has all of three thousand sections');
