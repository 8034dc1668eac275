# Licensed under the Apache License, Version 2.0; see LICENSE.
# A second opinion on every decision: random policies and requests. Each response of httpd
# is compared with that of t/lib/Reference.pm, which implements the manual. For requests
# that a page can make, t/lib/Fetch.pm evaluates the response as a browser does, and the
# page must get what the policy allows. CorsExpect of httpd -t must expect the same.
#
#   CORS_EXCHANGES=5000   the number of requests
#   CORS_RUNS=1           the number of seeds
#   CORS_SEED=20260101    the first seed; the next ones count up
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use JSON::PP ();
use Time::HiRes ();
use Client ();
use CorsTest ();
use Fetch ();
use Httpd ();
use Tools qw(chance one_of some_of);
use Reference ();

my $exchanges = $ENV{CORS_EXCHANGES} || 5000;
my $runs = $ENV{CORS_RUNS} || 1;
my $first_seed = $ENV{CORS_SEED} || 20260101;
my $hosts = 200;
my $root = "$ENV{CORS_WORK}/t/htdocs";


# --- the configuration of both servers, with and without the module

my $common = <<'CONF';
Listen 127.0.0.1:@port@
MaxKeepAliveRequests 0
KeepAliveTimeout 100
LimitRequestFieldSize 16000
<Directory "@root@">
    Require all granted
</Directory>
<Location "/own">
    Header always set Access-Control-Allow-Origin "https://backend.example"
    Header always set Access-Control-Allow-Methods TEAPOT
    Header always set Access-Control-Expose-Headers X-Backend
    Header always set Access-Control-Max-Age 1234
    Header always set Timing-Allow-Origin "https://backend.example, *"
    Header always set Cross-Origin-Resource-Policy same-site
</Location>
<Location "/own/vary">
    Header always unset Access-Control-Allow-Origin
</Location>
<Location "/deep/er">
    Header always set Access-Control-Allow-Credentials true
    Header always set Access-Control-Expose-Headers "X-Deep, etag"
</Location>
<LocationMatch "/vary$">
    Header always merge Vary "Accept-Language, origin"
</LocationMatch>
<Location "/status">
    Header always set Vary "*"
</Location>
<Location "/none">
    <Limit PURGE X-Own>
        Require all denied
    </Limit>
</Location>
<Location "/private">
    AuthType Basic
    AuthName private
    AuthUserFile "@t@/conf/users"
    Require valid-user
</Location>
<Location "/nobody">
    Require all denied
</Location>
CONF
# URLs where access is refused before a handler is called
my $refused_early = qr{\A/(?:private|nobody)\b};
my @paths = qw(/plain.txt /plain.txt /videos /videos /deep/er /deep/er /deep /match /directory/a
    /directory/one.txt /one.txt /own/a /own/vary /status /private /nobody /dir /not/there/vary);

# --- random policies

my @origins = ('https://a.example', 'https://b.example:8443', 'https://*.c.example', 'http://d.example:*',
    'https://*.e.example:*', 'capacitor://localhost', 'http://[::1]:81', 'http://127.0.0.1', 'https://xn--bcher-kva.example',
    'https://dot.example.', 'https://*.github.io', 'https://deep.c.example', 'http://[2001:db8::1]',
    'moz-extension://*');
my @excluded = ('moz-extension://*', 'https://y.x.c.example', 'https://a.example', 'https://*.x.c.example', 'http://d.example:81');
my @regexes = ('https://f[0-9]+\.example', 'https://(a|g)\.example(:[0-9]+)?', '^https://h\.example$', 'https://i.example|null',
    '.*', 'https?://.*', 'https://j\.example|https://k\.example', '(?i)https://L\.example');
my @methods = qw(GET HEAD POST PUT PATCH DELETE PURGE PROPFIND X-Own);
my @headers = qw(content-type X-A X-B Authorization Accept If-Match);
my @exposed = qw(ETag X-C X-D Server);

# A directive that takes a list: None or *, edits, or plain entries; sometimes in two lines.
sub list {
    my ($directive, $lonely, @words) = @_;
    return "$directive " . one_of(@$lonely) if chance(0.2);
    my $edits = chance(0.3);
    my @lines = map {
        my @chosen = map { $edits ? one_of('+', '+', '-') . $_ : $_ } some_of(0.35, @words);
        "$directive " . join one_of(' ', ', ', ','), @chosen;
    } 1 .. (chance(0.15) ? 2 : 1);
    return join "\n", @lines;
}

sub origins {
    my ($directive, @more) = @_;
    my $text = list($directive, [ '*', '*', 'None' ], @origins, @more);
    $text .= ' !' . one_of(@excluded) if $text !~ /\s[+-]|\*$|None/ && chance(0.3);
    return $text;
}

sub on_or_off { my ($directive) = @_; return sub { "$directive " . one_of(qw(On Off)) } }

my %line = (
    CorsPolicy => sub { 'CorsPolicy ' . one_of(qw(On On On On On Off ReportOnly)) },
    CorsAllowOrigins => sub { origins('CorsAllowOrigins') },
    CorsAllowOriginsMatch => sub {
        my $mark = chance(0.2) ? one_of('+', '-') : '';
        return join ' ', 'CorsAllowOriginsMatch', map { "\"$mark$_\"" } some_of(0.15, @regexes);
    },
    CorsAllowMethods => sub { list('CorsAllowMethods', ['*'], @methods) },
    CorsAllowHeaders => sub { list('CorsAllowHeaders', [ '*', 'None', '* Authorization' ], @headers) },
    CorsExposeHeaders => sub { list('CorsExposeHeaders', [ '*', 'None' ], @exposed) },
    CorsAllowCredentials => on_or_off('CorsAllowCredentials'),
    CorsMaxAge => sub { 'CorsMaxAge ' . one_of(qw(0 77 2m 1h None 7200)) },
    CorsAllowAnyOriginWithCredentialsUnsafe => on_or_off('CorsAllowAnyOriginWithCredentialsUnsafe'),
    CorsAllowNullOriginUnsafe => sub { "CorsAllowNullOriginUnsafe On\n" . one_of('CorsAllowOrigins null https://a.example', '') },
    CorsAllowPublicSuffixUnsafe => on_or_off('CorsAllowPublicSuffixUnsafe'),
    CorsPreflight => sub { 'CorsPreflight ' . one_of(qw(Answer Answer Continue)) },
    CorsPreflightStatus => sub { 'CorsPreflightStatus ' . one_of('200', '204 404', '299 200', '204 204') },
    CorsRejectDisallowed => on_or_off('CorsRejectDisallowed'),
    CorsBackendHeaders => sub { 'CorsBackendHeaders ' . one_of(qw(Replace Keep KeepExposed KeepCredentials KeepBoth)) },
    CorsAllowPrivateNetwork => on_or_off('CorsAllowPrivateNetwork'),
    CorsWebSocketAllowOrigins => sub { origins('CorsWebSocketAllowOrigins', 'file://') },
    CorsWebSocketRequireOrigin => on_or_off('CorsWebSocketRequireOrigin'),
    CorsProtect => sub { 'CorsProtect ' . one_of('On', 'On', 'On Strict', 'Off', 'ReportOnly Strict') },
    CorsProtectAllowOrigins => sub { list('CorsProtectAllowOrigins', ['None'], grep { !/github/ } @origins) },
    CorsProtectEmbedding => on_or_off('CorsProtectEmbedding'),
    CorsProtectHost => on_or_off('CorsProtectHost'),
    CorsTimingAllowOrigin => sub { 'CorsTimingAllowOrigin ' . one_of(qw(Off Policy Policy *)) },
    CorsResourcePolicy => sub { 'CorsResourcePolicy ' . one_of(qw(Off same-origin same-site cross-origin)) },
);

sub directives {
    my ($often) = @_;
    return join '', map { $line{$_}->() . "\n" } grep { chance($often) } sort keys %line;
}

sub limits {
    my ($often) = @_;
    my $text = '';
    for (1 .. 3) {
        next if !chance($often);
        my $name = chance(0.7) ? 'Limit' : 'LimitExcept';
        $text .= "<$name " . join(' ', some_of(0.3, qw(GET PUT PATCH PURGE OPTIONS POST X-Own))) . ">\n"
            . directives(0.15) . "</$name>\n";
    }
    return $text;
}

sub section {
    my ($title, $depth) = @_;
    my ($name) = $title =~ /(\w+)/;
    my $text = directives(0.2) . limits(0.2);
    $text .= condition($depth + 1) if chance($depth ? 0.15 : 0.25);
    $text .= section('Files "one.txt"', 1) if $name eq 'Directory' && chance(0.3);
    # <Limit> may come before the directives without it
    $text .= directives(0.05);
    return "<$title>\n$text</$name>\n";
}

sub condition {
    my ($depth) = @_;
    my $title = one_of('true', 'true', 'false', "req_novary('X-Mode') == 'b'");
    return section("If \"$title\"", $depth) . (chance(0.3) ? section('Else', $depth) : '');
}

# Some virtual hosts have a port of their own, so that a request for any other host reaches them.
my @alone = map { "alone$_" } 1 .. 8;

sub virtual_host {
    my ($name, $alone) = @_;
    my $text = directives(0.3) . limits(0.1);
    $text .= "CorsPolicy On\n" if chance(0.8);
    $text .= "CorsProtect On\n" if chance(0.2);
    $text .= "CorsAllowOrigins @origins[ 0 .. 8 ]\n" if chance(0.7) && $text !~ /CorsAllowOrigins(?! null)/;
    $text .= "CorsAllowHeaders @headers\n" if chance(0.4) && $text !~ /CorsAllowHeaders/;
    for ([ 'Location "/videos"', 0.5 ], [ 'Location "/videos"', 0.1 ], [ 'Location "/deep"', 0.6 ], [ 'Location "/deep/er"', 0.5 ],
        [ 'LocationMatch "^/(match|status)$"', 0.4 ], [ "Directory \"$root\"", 0.2 ], [ "Directory \"$root/directory\"", 0.5 ],
        [ 'Files "one.txt"', 0.4 ], [ 'Location "/own"', 0.5 ]) {
        $text .= section($_->[0], 0) if chance($_->[1]);
    }
    $text .= condition(1) if chance(0.2);
    my $addresses = join ' ', map { "127.0.0.1:\@$_\@" } 'port', $alone // ();
    return "<VirtualHost $addresses>\nServerName $name\n$text</VirtualHost>\n";
}

# --- random requests

sub miss {
    my ($origin) = @_;
    return one_of(
        "$origin/", "$origin.evil.example", uc $origin, "$origin:1", "$origin, $origin", "$origin $origin", ",$origin", "$origin,",
        "evil$origin", $origin =~ s{://}{://evil}r, $origin =~ s{://}{://evil.}r, $origin =~ s/\./-/r, $origin =~ s/s?:/:/r,
        $origin =~ s{//}{/}r, "$origin:443", "$origin:80", "$origin:0", "$origin:65536", "$origin:08443", "$origin:99999999999",
        "$origin#", "$origin?x", $origin =~ s{://}{://user@}r, substr($origin, 0, -1), $origin =~ s{//.}{//}r, "$origin\xe9",
        "$origin%00", "$origin\t.example", "$origin.", $origin =~ s{://}{://.}r, $origin =~ s{://}{://..}r, "\"$origin\"",
        $origin =~ s/([a-z])\z/\u$1/r, 'https://' . 'a.' x 150 . 'c.example', 'https://' . 'a' x 64 . '.c.example',
        'https://' . join('.', ('a' x 60) x 4) . '.c.example', 'x' x 3000, "https://" . 'y' x 3000 . '.c.example', $origin =~ s/e/\xd0\xb5/r);
}

my @fixed = ('https://a.example', 'https://a.example:444', 'http://a.example', 'https://b.example:8443', 'https://b.example',
    'https://x.c.example', 'https://y.x.c.example', 'https://z.y.x.c.example', 'https://c.example', 'http://x.c.example',
    'https://x.c.example:444', 'http://d.example', 'http://d.example:99', 'http://d.example:81', 'https://d.example', 'http://e.d.example',
    'https://x.e.example:7', 'https://x.e.example', 'https://e.example', 'capacitor://localhost', 'http://[::1]:81',
    'http://[::1]', 'http://[0:0:0:0:0:0:0:1]:81', 'http://[2001:db8::1]', 'http://[2001:db8:0::1]', 'http://[2001:DB8::1]',
    'http://127.0.0.1', 'http://127.1', 'http://127.0.0.01', 'https://xn--bcher-kva.example', "https://b\xc3\xbccher.example",
    'https://dot.example.', 'https://dot.example', 'https://f9.example', 'https://f.example', 'https://f9.example.evil', 'https://g.example:1',
    'https://h.example', 'https://hxexample', 'https://i.example', 'https://j.example', 'https://k.example', 'https://l.example',
    'https://j.example.evil', 'https://evil.example', 'https://me.github.io', 'https://github.io', 'null', 'null', 'Null', 'NULL', '', 'file://',
    'chrome-extension://abcdefghijklmnop', 'moz-extension://5f1b6b3e-5b1e-4c0a-9b1e-2f6b6b3e5b1e', 'moz-extension://a:1',
    'moz-extension://[::1]', 'moz-extension://', 'moz-extension://*', 'about:blank', 'data:,x', 'https://', '://', 'a', '*', 'https://*.c.example', 'https://deep.c.example',
    'https://.c.example', 'https://a..c.example', 'https://-.c.example', 'https://_x.c.example');

# Origins that no browser sends, and that CorsExpect therefore rejects.
my $unsendable = qr{\[0:0:|:db8:0:|DB8|//127\.1\z|\.01\z|//-\.};

sub origin_now {
    my ($request) = @_;
    return one_of('https://a.example', 'https://x.c.example', 'http://d.example:99', 'https://x.e.example', 'null') if chance(0.3);
    return one_of(@fixed) if chance(0.65);
    return one_of('http', 'https') . "://$request->{authority}" if chance(0.4);
    return miss(one_of(grep { length } @fixed));
}

sub header_list {
    my @names = some_of(0.3, (map { lc } @headers), 'x-none', 'accept', chance(0.3) ? 'X-A' : ());
    my $list = join one_of(',', ',', ',', ', ', ' , ', ',,', ",\t"), @names;
    return $list if chance(0.8);
    return one_of('', ',', "$list,", ",$list", "$list;x-a", "$list x-b", "x-a: 1", "\xe9", 'x-' . 'a' x 200, 'x-a,' x 127 . 'x-b', 'x-a,' x 128 . 'x-b',
        join(',', ('x-a') x 1100), '*', '(x)', 'x-a,x-a', 'X-B,x-b', "\"x-a\"", 'x-a' . ',' x 300);
}

# Any request that can be sent, valid or not.
sub request {
    my ($name, $port, $at) = @_;
    my %request = (host => $name, port => $port, at => $at, authority => chance(0.05) ? "\U$name\E:$port" : "$name:$port", path => one_of(@paths));
    $request{authority} = one_of("$name.", "x$name", "$name.evil.example", 'a.localhost', 'localhost.example', '127.0.0.1', '[::1]', '1.2.3.4.example', 'rebound.example') . ":$port"
        if $at ne 'port' && chance(0.7);
    my @fields;
    my $websocket = chance(0.06);
    my $preflight = !$websocket && chance(0.5);
    push @fields, [ 'X-Mode', one_of(qw(a b)) ] if chance(0.5);
    push @fields, [ 'Origin', origin_now(\%request) ] if chance(0.94);
    push @fields, [ 'Origin', chance(0.5) ? $fields[-1][1] : one_of(@fixed) ] if @fields && chance(0.03);
    push @fields, [ 'Sec-Fetch-Site', one_of('same-origin', 'same-origin', 'same-site', 'cross-site', 'none', '', 'Same-Origin', 'same-origin, same-origin') ]
        if chance(0.2);
    $request{method} = $preflight ? chance(0.95) ? 'OPTIONS' : 'GET' : chance(0.5) ? 'GET' : one_of(@methods, 'OPTIONS', 'get', 'POST');
    if ($preflight) {
        push @fields, [ 'Access-Control-Request-Method', chance(0.9) ? one_of(@methods) : one_of('', 'put', 'PUT,GET', 'P UT', 'OPTIONS', 'CONNECT', "P\xe9",
            '*', 'Patch', 'GET ', 'M' x 60, '"GET"', 'PUT;') ] if chance(0.97);
        push @fields, [ 'Access-Control-Request-Method', 'PUT' ] if chance(0.02);
        push @fields, [ 'Access-Control-Request-Headers', header_list() ] if chance(0.7);
        push @fields, [ 'Access-Control-Request-Headers', header_list() ] if chance(0.03);
        push @fields, [ 'Access-Control-Request-Private-Network', one_of('true', 'true', 'false', 'TRUE', '') ] if chance(0.2);
    }
    if ($websocket) {
        $request{method} = 'GET';
        push @fields, [ Upgrade => one_of('websocket', 'websocket', 'WebSocket', 'h2c, websocket', 'websocket/13', 'websockets', 'h2c') ],
            [ Connection => 'Upgrade' ], [ 'Sec-WebSocket-Version', 13 ], [ 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==' ];
    }
    # what CorsProtect reads; and a form that a service worker may have relayed
    if (chance(0.1)) {
        @fields = grep { $_->[0] !~ /\A(?:Origin|Sec-Fetch-.*)\z/ } @fields;
        push @fields, [ 'Origin', one_of('null', "http://$request{authority}") ], map { [ "Sec-Fetch-$_", 'same-origin' ] } qw(Site Mode);
    }
    # a subresource or a frame of another site
    if (chance(0.06)) {
        @fields = grep { $_->[0] !~ /\A(?:Sec-Fetch-.*)\z/ && ($_->[0] ne 'Origin' || chance(0.5)) } @fields;
        push @fields, [ 'Sec-Fetch-Site', one_of('cross-site', 'cross-site', 'cross-site', 'same-site', 'Cross-Site') ],
            [ 'Sec-Fetch-Mode', one_of('no-cors', 'no-cors', 'navigate', 'navigate', 'same-origin', 'cors', 'websocket', 'nested', '') ],
            chance(0.9) ? [ 'Sec-Fetch-Dest', one_of('iframe', 'frame', 'fencedframe', 'embed', 'object', 'document', 'empty', 'image', '') ] : ();
    }
    push @fields, [ 'Sec-Fetch-Mode', one_of('navigate', 'cors', 'cors', 'no-cors', 'same-origin', 'same-origin', '', 'Cors') ] if chance(0.25) && !grep { $_->[0] eq 'Sec-Fetch-Mode' } @fields;
    push @fields, [ 'Referer', one_of('https://a.example/p', "http://$request{authority}/", 'https://a.examples', (map { $_->[1] . one_of('', '/', '?', 'x') } grep { $_->[0] eq 'Origin' && $_->[1] =~ m{\Ahttps?://[a-z.:0-9]+\z} } @fields)) ] if chance(0.15);
    push @fields, [ 'Cookie', one_of('a=b', '') ] if chance(0.1);
    push @fields, [ 'Authorization', one_of('Basic YTpi', 'Bearer x', 'Negotiate', 'bearer Basic') ] if chance(0.1) && $request{path} ne '/private';
    push @fields, [ 'Content-Type', one_of('application/json', 'Text/Plain; charset=utf-8', 'application/x-www-form-urlencoded', 'a/b', 'json', ' text/ping', 'a/b/c') ]
        if $request{method} eq 'POST' && chance(0.6);
    push @fields, [ 'Range', 'bytes=0-1' ] if chance(0.05);
    push @fields, [ 'If-None-Match', '*' ] if chance(0.05);
    $request{body} = 'body' if $request{method} =~ /\A(?:POST|PUT)\z/ && chance(0.5);
    $request{headers} = [ map { [ chance(0.2) ? lc $_->[0] : $_->[0], $_->[1] ] } @fields ];
    return \%request;
}

# A request of a page: url, method, headers, credentials.
sub page {
    my ($name, $port) = @_;
    my %page = (url => "http://$name:$port" . one_of(@paths), method => one_of(@methods, 'GET'), credentials => one_of(qw(include omit same-origin)),
        upload => chance(0.2),
        origin => chance(0.4) ? 'https://a.example' : one_of(grep { $_ eq 'null' || Reference::origin_parts($_) } @fixed),
        headers => [ chance(0.5) ? () : map {
            my $safe = chance(0.3);
            [ $_, lc $_ eq 'content-type' ? $safe ? 'text/plain' : 'application/json' : lc $_ eq 'accept' ? $safe ? '*/*' : '"' : '1' ]
        } some_of(0.25, @headers) ]);
    return \%page;
}

# --- sending

my (%plain, $without, $client_without);

# The parts of a response that are compared: its status, its CORS fields, and the two fields
# that do not depend on the request.
sub seen {
    my ($response) = @_;
    my %fixed = map { my $value = $response->field($_); defined $value ? ($_ => $value) : () } qw(timing-allow-origin cross-origin-resource-policy);
    return { status => $response->status, fields => { %{ $response->cors_fields }, %fixed } };
}

# The response to a request without a policy.
sub handler {
    my ($request) = @_;
    my @fields = grep { $_->[0] !~ /\A(?:origin|access-control-.*|sec-.*|x-mode)\z/i } @{ $request->{headers} };
    my $key = join "\n", $request->{method}, $request->{path}, $request->{body} // '', map { "$_->[0]: $_->[1]" } @fields;
    return $plain{$key} //= do {
        my $seen = seen($client_without->request({ %$request, authority => 'without.example', headers => \@fields }));
        $seen->{early} = $request->{path} =~ $refused_early ? 1 : 0;
        $seen;
    };
}

sub curl {
    my ($request) = @_;
    my $quote = sub { my ($text) = @_; $text =~ s/'/'\\''/g; "'$text'" };
    # curl writes a field without a value with a semicolon
    return join ' ', 'curl -si --path-as-is',
        $request->{method} eq 'HEAD' ? '-I' : "-X $request->{method}", (map { '-H ' . $quote->(length $_->[1] ? "$_->[0]: $_->[1]" : "$_->[0];") }
        [ Host => $request->{authority} ], @{ $request->{headers} }), defined $request->{body} ? '-d ' . $quote->($request->{body}) : (),
        "http://127.0.0.1:$request->{port}$request->{path}";
}

# --- the smallest case

my $tries = 0;

# Whether the response still differs with another configuration; undef if that does not
# start.
sub differs {
    my ($text, $request) = @_;
    my $httpd = eval { Httpd->start(name => "reference-least-" . $tries++, text => "$common$text", ports => [ 'port', @alone ], expected => qr/Warning: |contradictory-policy|lines of contradictory policies/) } or return;
    my $port = $httpd->{port}{ $request->{at} // 'port' };
    my %again = (%$request, port => $port, authority => $request->{authority} =~ s/\d+\z/$port/r,
        headers => [ map { [ $_->[0], $_->[1] =~ s/:$request->{port}\b/:$port/r ] } @{ $request->{headers} } ]);
    my $got = seen(Client->new($port)->request(\%again));
    my $want = Reference->new("$common$text", root => $root)->answer(\%again, handler($request));
    # the previous server ends while the next one starts
    kill TERM => $httpd->pid;
    return Reference::same_answer($got, $want) ? 0 : { got => $got, want => $want, request => \%again };
}

# Where the block that begins in a line ends.
sub block_end {
    my ($lines, $from) = @_;
    return $from if $lines->[$from] !~ /\A</;
    my $depth = 0;
    for my $i ($from .. $#$lines) {
        $depth += $lines->[$i] =~ m{\A</} ? -1 : $lines->[$i] =~ /\A</ ? 1 : 0;
        return $i if !$depth;
    }
}

# Remove everything that is not needed for the difference.
sub least {
    my ($text, $request) = @_;
    my $found = differs($text, $request) or return (undef, $request, undef);
    my @lines = split /\n/, $text;
    my $again = 1;
    while ($again) {
        $again = 0;
        for (my $i = 0; $i < @lines && $tries < 150; $i++) {
            next if $lines[$i] =~ m{\A(?:</|<VirtualHost|ServerName|Listen )};
            my @less = @lines;
            splice @less, $i, block_end(\@lines, $i) - $i + 1;
            my $still = differs(join("\n", @less, ''), $request) or next;
            @lines = @less;
            ($found, $again) = ($still, 1);
            $i--;
        }
    }
    for my $field (@{ $request->{headers} }) {
        my %less = (%$request, headers => [ grep { $_ != $field } @{ $request->{headers} } ]);
        my $still = differs(join("\n", @lines, ''), \%less) or next;
        ($found, $request) = ($still, \%less);
    }
    return (join("\n", @lines), $request, $found);
}

sub show_least {
    my ($seed, $text, $request, $got, $want) = @_;
    my ($small, $asked, $found) = least($text, $request);
    diag("seed $seed: ", defined $small ? 'the smallest case:' : 'it does not differ where it is alone:');
    my $sent = $found ? $found->{request} : $asked;
    diag("Listen 127.0.0.1:$sent->{port}\n", ($small // $text) =~ s/^Listen .*\n//gmr =~ s/ 127\.0\.0\.1:\@alone\d\@//gr =~ s/\@port\@/$sent->{port}/gr);
    diag("# with the sections that all have:\n", $common =~ /<Location.*/s ? $& =~ s/\@t\@/t/gr : '') if $sent->{path} =~ m{\A/(?:own|status|private|nobody)|vary};
    diag(curl($sent));
    diag('got  ', Reference::shown($found ? $found->{got} : $got) =~ s/\n/\n     /gr);
    diag('want ', Reference::shown($found ? $found->{want} : $want) =~ s/\n/\n     /gr);
}

# --- the comparison

$without = Httpd->start(name => 'reference-without', text => $common);
$client_without = Client->new($without->{port}{port});
plan tests => 9 * $runs;
run($_) for $first_seed .. $first_seed + $runs - 1;

# Virtual hosts that start. Those that httpd refuses are omitted; t/config tests the errors.
sub site {
    my $server = join('', map { "Listen 127.0.0.1:\@$_\@\n" } @alone) . "CorsMaxAge 99\nCorsAllowMethods GET PUT X-Own\n<Location \"/deep\">\nCorsMaxAge 98\nCorsExposeHeaders X-Deep\n</Location>\n";
    my @made = map { virtual_host("h$_.example", $alone[ $_ - 1 ]) } 1 .. $hosts;
    for (1 .. $hosts) {
        my $text = join '', $server, @made;
        my $check = CorsTest::config_check("$common$text" =~ s/\@port\@/2/gr =~ s/\@alone(\d)\@/10$1/gr =~ s/\@root\@/$root/gr =~ s/\@t\@/$ENV{CORS_WORK}\/t/gr);
        return ($server, @made) if $check->{code} == 0;
        my $line = $check->{before} + ($common =~ tr/\n//) + ($server =~ tr/\n//);
        my (%where, %bad);
        for my $i (0 .. $#made) {
            $where{ ++$line } = $i for 1 .. $made[$i] =~ tr/\n//;
        }
        while ($check->{errors} =~ /(?:line (\d+) of \Q$check->{file}\E|\Q$check->{file}\E:(\d+))/g) {
            $bad{ $where{ $1 // $2 } } = 1 if defined $where{ $1 // $2 };
        }
        # a message names two lines, of which one may be the server's
        die "nothing to leave out: $check->{errors}\n" if !%bad;
        @made = map { $made[$_] } grep { !$bad{$_} } 0 .. $#made;
    }
    die "hardly any configuration made by chance starts\n";
}

# The results of CorsExpect for requests of pages, each with whether the page could read the
# response: how many hold, and those that contradict the server. The rest is undecided.
sub expected {
    my ($text, @pages) = @_;
    my @lines = map {
        my ($page) = @$_;
        my $names = join ',', Fetch::unsafe_names($page->{headers});
        "CorsExpect allow $page->{origin} $page->{method} $page->{url}" . (length $names ? " headers=$names" : '')
            . ($page->{credentials} eq 'include' ? ' credentials' : '') . "\n";
    } @pages;
    my $check = CorsTest::config_check("DocumentRoot \"$root\"\n$text" . join('', @lines), '-D DUMP_CORS_EXPECT_JSON');
    my $printed = eval { JSON::PP->new->utf8->decode($check->{printed}) } or die "httpd -t printed no results: $check->{errors}";
    my @results = @{ $printed->{expectations} };
    my ($right, @wrong) = (0);
    for my $i (0 .. $#results) {
        next if $results[$i]{result} eq 'undecided';
        my $holds = $results[$i]{result} eq 'holds' ? 1 : 0;
        $right++ if $holds == $pages[$i][1];
        push @wrong, [ @{ $pages[$i] }, "$lines[$i]$results[$i]{result}: " . ($results[$i]{detail} // '') ] if $holds != $pages[$i][1];
    }
    return ($right, @wrong);
}

sub run {
    my ($seed) = @_;
    srand $seed;
    my ($server, @made) = site();
    my $text = join '', $server, @made;
    my $httpd = Httpd->start(name => "reference-$seed", text => "$common$text", ports => [ 'port', @alone ], expected => qr/Warning: |contradictory-policy|lines of contradictory policies/);
    my $port = $httpd->{port}{port};
    my %client = map { $_ => Client->new($httpd->{port}{$_}) } 'port', @alone;
    my %host = map { /ServerName (\S+)/ ? ($1 => $_) : () } @made;
    my @names = sort keys %host;
    my %alone = map { $host{$_} =~ /\@(alone\d)\@/ ? ($_ => $1) : () } @names;
    my @alone_names = sort keys %alone;
    my %reference = map { $_ => Reference->new("$common$server$host{$_}", root => $root) } @names;
    my (%count, @wrong, @misjudged, @pages);
    my $started = Time::HiRes::time();
    my $exchange = sub {
        my ($request) = @_;
        my $answer = $client{ $request->{at} // 'port' }->request($request);
        my $got = seen($answer);
        my $want = $reference{ $request->{host} }->answer($request, handler($request));
        $count{exchanges}++;
        $count{preflights}++ if defined Reference::announced_method($request);
        $count{ $got->{fields}{'access-control-allow-origin'} ? 'allowed' : 'bare' }++;
        push @wrong, [ $request, $got, $want ] if !Reference::same_answer($got, $want);
        return ($answer, $got);
    };

    while (($count{exchanges} // 0) < $exchanges / $runs) {
        if (@alone_names && chance(0.08)) {
            my $name = one_of(@alone_names);
            $exchange->(request($name, $httpd->{port}{ $alone{$name} }, $alone{$name}));
            next;
        }
        my $name = one_of(@names);
        if (chance(0.6)) { $exchange->(request($name, $port, 'port')); next }
        my $page = page($name, $port);
        my $path = $page->{url} =~ s{\A\w+://[^/]*}{}r;
        my %to = (host => $name, port => $port, authority => "$name:$port", path => $path);
        my $about = { %to, method => $page->{method}, headers => $page->{headers} };
        my $means = $reference{$name}->permits($about, { origin => $page->{origin}, method => $page->{method},
            names => [ Fetch::unsafe_names($page->{headers}) ], preflighted => $page->{upload} || Fetch::is_preflighted($page->{method}, $page->{headers}),
            credentials => $page->{credentials} eq 'include',
            handler_credentials => (handler({ %$about, headers => [] })->{fields}{'access-control-allow-credentials'} // '') eq 'true' });
        my ($continues, $kept, $refused) = (0, 0, 0);
        my $verdict = Fetch::fetch({ %$page, redirect => 'manual' }, sub {
            my ($sent) = @_;
            my @cookie = $page->{credentials} eq 'include' && $sent->{method} eq $page->{method} ? [ Cookie => 'a=b' ] : ();
            my $request = { %to, method => $sent->{method}, headers => [ @{ $sent->{headers} }, @cookie ] };
            my ($answer, $got) = $exchange->($request);
            my $handler = handler($request);
            # CorsProtect refuses a request although the page may read the refusal
            $refused = 1 if $sent->{method} eq $page->{method} && $reference{$name}->forbids($request);
            $kept = 1 if ($handler->{fields}{'access-control-allow-origin'} // '') eq ($got->{fields}{'access-control-allow-origin'} // '-');
            $continues = 1 if $sent->{method} eq 'OPTIONS' && $got->{status} == $handler->{status} && $got->{status} !~ /\A2/;
            return $answer;
        });
        # headers that a backend may keep, and its responses to preflights, are not compared
        next if $kept || $continues;
        $count{pages}++;
        $count{readable}++ if $verdict->{type} ne 'error';
        # an upload, and a value of Accept, can need a preflight that an expectation does not know
        next if $page->{upload} || $page->{origin} =~ $unsendable || grep { $_ eq 'accept' } Fetch::unsafe_names($page->{headers});
        push @pages, [ $page, $verdict->{type} ne 'error' && !$refused ? 1 : 0 ];
        push @misjudged, [ $page, $verdict, $means ] if ($verdict->{type} ne 'error') != ($means ? 1 : 0);
    }
    my $seconds = Time::HiRes::time() - $started;
    note(sprintf 'seed %d: %d virtual hosts, %d exchanges (%d preflights), %d requests of pages, %.1f s, %d a second', $seed, scalar @names,
        @count{qw(exchanges preflights pages)}, $seconds, $count{exchanges} / $seconds);
    ok(!@wrong, "seed $seed: all $count{exchanges} responses are those of the reference") or do {
        my %kinds;
        diag(scalar @wrong, ' differ');
        for my $wrong (@wrong) {
            my ($request, $got, $want) = @$wrong;
            # show one difference of each kind
            my $kind = join ' ', defined Reference::announced_method($request) ? 'preflight' : 'other', $got->{status}, $want->{status},
                grep { ($got->{fields}{$_} // '') ne ($want->{fields}{$_} // '') } 'vary', map { "access-control-$_" }
                qw(allow-origin allow-credentials allow-methods allow-headers max-age expose-headers allow-private-network);
            next if $kinds{$kind}++ || keys %kinds > 4;
            show_least($seed, "$server$host{ $request->{host} }", $request, $got, $want);
        }
    };
    ok(!@misjudged, "seed $seed: a browser gives all $count{pages} requests of pages what the policy allows") or do {
        diag(scalar @misjudged, ' are misjudged');
        for (@misjudged[ 0 .. ($#misjudged > 2 ? 2 : $#misjudged) ]) {
            my ($page, $verdict, $means) = @$_;
            my ($name) = $page->{url} =~ m{//([^:]+)};
            diag("$server$host{$name}");
            diag("page of $page->{origin}: $page->{method} $page->{url}, credentials $page->{credentials}, ", join ', ', map { "$_->[0]: $_->[1]" } @{ $page->{headers} });
            diag('browser: ', $verdict->{type}, ' ', $verdict->{why} // '', '; policy: ', $means ? 'may' : 'may not');
            diag(curl({ %$_, host => $name, port => $port, authority => "$name:$port", path => $_->{url} =~ s{\A\w+://[^/]*}{}r })) for @{ $verdict->{sent} };
        }
    };
    my ($right, @unexpected) = expected("$common$text" =~ s/\@port\@/$port/gr =~ s/\@(alone\d)\@/$httpd->{port}{$1}/gr =~ s/\@root\@/$root/gr =~ s/\@t\@/$ENV{CORS_WORK}\/t/gr, @pages);
    ok(!@unexpected, "seed $seed: CorsExpect expects what the server answers") or do {
        diag(scalar @unexpected, ' of ', scalar @pages, ' are not expected');
        for (@unexpected[ 0 .. ($#unexpected > 2 ? 2 : $#unexpected) ]) {
            my ($page, $readable, $result) = @$_;
            diag("$server$host{ $page->{url} =~ m{//([^:]+)} ? $1 : '' }$result\nthe page ", $readable ? 'may' : 'may not', ' read the response');
        }
    };
    cmp_ok($right, '>', @pages / 2, "seed $seed: most expectations are decided");
    cmp_ok(scalar @names, '>', $hosts / 6, "seed $seed: there are many policies");
    cmp_ok($count{allowed}, '>', $count{exchanges} / 8, "seed $seed: many responses allow the origin");
    cmp_ok($count{bare}, '>', $count{exchanges} / 8, "seed $seed: many responses do not allow the origin");
    cmp_ok($count{readable}, '>', $count{pages} / 20, "seed $seed: some pages may read");
    cmp_ok($count{readable}, '<', $count{pages} * 0.95, "seed $seed: some pages may not read");
    $httpd->stop;
}
