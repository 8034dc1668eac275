# Licensed under the Apache License, Version 2.0; see LICENSE.
# The status page, SetHandler cors-policy: it shows the decisions that were made, explains a
# request as httpd would decide it, and escapes what clients send.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(send_request);
use File::Path ();
use Httpd;
use JSON::PP ();
use JSON::Validator ();
use Mojo::JSON ();

my $conf = <<'CONF';
Listen 127.0.0.1:@port@
LogLevel warn cors_policy:info
CorsPolicy On
CorsAllowOrigins https://app.example https://*.wild.example
CorsAllowOrigins !https://old.wild.example
LogFormat "%{directive}^co" directive
CustomLog logs_directive directive "expr=%{REQUEST_URI} == '/directive'"
CorsAllowMethods GET PUT
CorsAllowHeaders content-type x-token
CorsExposeHeaders ETag
<Location "/cors-policy">
    SetHandler cors-policy
    Header always set Access-Control-Allow-Origin "*"
    Header set Access-Control-Allow-Credentials "true"
</Location>
<Location "/server-status">
    SetHandler server-status
</Location>
<Location "/videos">
    CorsAllowCredentials On
    CorsAllowOrigins +https://tv.example
    CorsMaxAge 60
    CorsRejectDisallowed On
    <Limit PUT>
        CorsAllowOrigins https://editor.example
    </Limit>
</Location>
<Location "/none">
    CorsAllowOrigins None
</Location>
<Location "/off">
    CorsPolicy Off
</Location>
<Location "/patch">
    <Limit PATCH>
        CorsAllowOrigins https://editor.example
    </Limit>
</Location>
<Location "/report">
    CorsPolicy ReportOnly
</Location>
<Location "/if">
    <If "%{HTTP:Origin} == 'https://partner.example' && %{HTTP_HOST} =~ /^other|^\[::1\]:@port@$/i">
        CorsAllowOrigins https://partner.example
    </If>
</Location>
<Macro Tenant $name>
    <VirtualHost 127.0.0.1:@port@>
        ServerName $name.tenant.example
        <Location "/tenant">
            CorsAllowOrigins https://$name.example
        </Location>
        <Location "/tenant-page">
            SetHandler cors-policy
        </Location>
    </VirtualHost>
</Macro>
<Location "/private">
    Require all denied
</Location>
<Location "/network">
    CorsAllowOrigins *
    CorsAllowMethods *
    CorsAllowHeaders *
</Location>
<Location "/socket">
    CorsWebSocketAllowOrigins https://app.example
    CorsWebSocketRequireOrigin On
</Location>
<VirtualHost 127.0.0.1:@port@>
    ServerName localhost
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName other.example
    ServerAlias alias.example
    CorsAllowOrigins https://other.example
</VirtualHost>
CONF
$conf .= "Use Tenant t$_\n" for 1 .. 300; # a macro's names of files are gone after start-up
my $httpd = Httpd->start(name => 'page', text => $conf, modules => [qw(status macro headers)], expected => qr/Warning: /);
my $port = $httpd->{port}{port};
my $h1 = [ h1 => $port ];
my ($app, $evil) = ('https://app.example', 'https://app.example.evil');
my $schema = JSON::Validator->new->schema(
    JSON::PP->new->decode(do { local (@ARGV, $/) = ("$ENV{CORS_WORK}/t/status-page.schema.json"); <> }));

sub page {
    my ($query, %send) = @_;
    return send_request($h1, $send{method} // 'GET', "/cors-policy?$query", %{ $send{fields} // {} });
}

sub json {
    my ($query) = @_;
    my $page = page("$query&format=json");
    my $data = Mojo::JSON::decode_json($page->body);
    push @main::invalid, map { "$query: $_" } $schema->validate($data);
    return $data;
}

sub encode { return join '', map { sprintf '%%%02x', ord } split //, $_[0] }

sub counts {
    my %counts;
    $counts{"$_->{mode} $_->{verdict} $_->{reason}"} = $_->{count} for @{ json('')->{counts} };
    return \%counts;
}

# --- decisions

my @requests = (
    [ 1, 'enforced allowed origin-allowed', GET => '/plain.txt', origin => $app ],
    [ 3, 'enforced denied origin-not-allowed', GET => '/plain.txt', origin => $evil ],
    [ 2, 'enforced denied malformed-origin', GET => '/plain.txt', origin => 'app.example' ],
    [ 1, 'enforced not-cors no-origin', GET => '/plain.txt' ],
    [ 1, 'enforced same-origin same-origin', GET => '/plain.txt', origin => 'https://x.example', 'sec-fetch-site' => 'same-origin' ],
    [ 2, 'enforced preflight-allowed origin-allowed', OPTIONS => '/plain.txt', origin => $app, acrm => 'PUT' ],
    [ 1, 'enforced preflight-denied method-not-allowed', OPTIONS => '/plain.txt', origin => $app, acrm => 'DELETE' ],
    [ 1, 'enforced preflight-denied header-not-allowed', OPTIONS => '/plain.txt', origin => $app, acrm => 'PUT', acrh => 'x-other' ],
    [ 1, 'enforced preflight-denied origin-not-allowed', OPTIONS => '/plain.txt', origin => $evil, acrm => 'PUT' ],
    [ 1, 'enforced allowed any-origin-allowed', GET => '/network', origin => $evil ],
    [ 1, 'enforced websocket-denied origin-not-allowed', GET => '/socket', origin => $evil, upgrade => 'websocket' ],
    [ 1, 'enforced websocket-denied origin-required', GET => '/socket', upgrade => 'websocket' ],
    [ 4, 'report-only denied origin-not-allowed', GET => '/report', origin => $evil ],
    [ 1, 'report-only allowed origin-allowed', GET => '/report', origin => $app ],
    [ 1, 'report-only preflight-denied method-not-allowed', OPTIONS => '/report', origin => $app, acrm => 'DELETE' ],
    [ 1, undef, GET => '/off', origin => $evil ],
);

# A request for ?explain, and the exchanges that confirm the answer.
my @questions;
for my $path ('/plain.txt', '/videos', '/network', '/off', '/private') {
    for my $origin ($app, $evil, 'https://a.wild.example', 'https://old.wild.example', 'https://tv.example', 'https://editor.example') {
        push @questions, map { [ $path, $origin, @$_ ] } [ 'GET', '', 0 ], [ 'PUT', 'x-token', 1 ], [ 'DELETE', '', 0 ], [ 'POST', 'x-other', 0 ];
    }
}

my @attacks = ('https://<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "https://a.example\t', 'x",
    "https://\xe2\x80\xae.example", '\\u0022', '%3Cscript%3E', "&lt;script&gt;", '{{7*7}}', "javascript:alert(1)");

plan tests => 123 + @questions + 3 * @attacks;

my @text = do { local @ARGV = ("$httpd->{dir}/httpd.conf"); <> };
my $before = counts();
for my $request (@requests) {
    my ($times, $key, @send) = @$request;
    send_request($h1, @send) for 1 .. $times;
}
my $after = counts();
my %expected = map { $_->[1] => $_->[0] } grep { defined $_->[1] } @requests;
my %grown = map { $_ => $after->{$_} - ($before->{$_} // 0) } keys %$after;
$grown{'enforced not-cors no-origin'}--; # the request for the page
is_deeply({ map { $_ => $grown{$_} } grep { $grown{$_} } keys %grown }, \%expected, 'every decision is counted once, by verdict and reason');

my $decisions = json('');
# what happened in each minute adds up to the counts
sub in_history {
    my ($series, $data) = @_;
    my $sum = 0;
    $sum += $_ for @{ $data->{history}{$series} };
    return $sum;
}
sub in_counts {
    my ($mode, $verdict, $data) = @_;
    my $sum = 0;
    $sum += $_->{count} for grep { $_->{mode} =~ $mode && $_->{verdict} =~ $verdict } @{ $data->{counts} }, @{ $data->{protect} };
    return $sum;
}
my @series = ([ allowed => qr/./, qr/(?:\A|-)allowed\z/ ], [ denied => qr/enforced/, qr/denied|refused/ ], [ reported => qr/report/, qr/denied|refused/ ]);
is_deeply([ map { in_history($_->[0], $decisions) } @series ], [ map { in_counts(@$_[1, 2], $decisions) } @series ],
    'the history has all allowed and denied requests');
is_deeply([ map { in_history($_->[0], $decisions) > 0 ? 1 : 0 } @series ], [ 1, 1, 1 ], 'the history has requests of each series');
like($decisions->{history}{last_minute}, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:00Z\z/, 'the history has the time of its last minute');
for my $shown (page('')->body) {
    for my $period ('hour', 'day') {
        is_deeply([ map { $_->[0] } grep { my $sum = in_history($_->[1], $decisions); $shown =~ /aria-label="$_->[0] in the last $period: $sum, at most [0-9]+ in / }
                [ 'Allowed', 'allowed' ], [ 'Denied', 'denied' ], [ 'Denied by ReportOnly', 'reported' ] ], [ 'Allowed', 'Denied', 'Denied by ReportOnly' ],
            "the page has a plot of each series of the last $period");
        my ($plot) = $shown =~ /aria-label="Denied in the last $period.*?>(.*?)<\/svg>/s;
        my $bars = 0;
        $bars += $_ for $plot =~ /<title>\d\d:\d\d UTC: ([0-9]+)<\/title>/g;
        is($bars, in_history('denied', $decisions), "the bars of the last $period have all denied requests");
        my ($table) = $shown =~ /<h2>Last $period<\/h2>.*?(<table>.*?<\/table>)/s;
        my $rows = 0;
        $rows += $_ for $table =~ /<tr><td>\d\d:\d\d<\/td><td class="n">[0-9]+<\/td><td class="n">([0-9]+)<\/td>/g;
        is($rows, in_history('denied', $decisions), "the table of the last $period has all denied requests");
    }
}
my %section = map { $_->{section} => $_ } @{ $decisions->{sections} };
is($section{'localhost <Location "/report">'}{'report-only'}{denied}, 4, 'a decision is counted for the section whose CorsPolicy applies');
is($section{'localhost <Location "/report">'}{enforced}{denied}, 0, 'decisions with ReportOnly are counted apart');
is($section{'localhost <Location "/socket">'}{enforced}{'websocket-denied'}, 2, 'a handshake is counted for the section that has the list');
my $latest = $decisions->{refusals}[0];
is_deeply([ @$latest{qw(mode verdict reason base path origin method rejected)} ],
    [ 'report-only', 'preflight-denied', 'method-not-allowed', "http://localhost:$port", '/report', $app, 'DELETE', 'DELETE' ],
    'the latest refusal comes first');
is_deeply([ map { $_->{times} } grep { $_->{path} eq '/report' && $_->{reason} eq 'origin-not-allowed' && $_->{verdict} eq 'denied' } @{ $decisions->{refusals} } ],
    [4], 'equal refusals are one row with their number');
like($latest->{decided_by}, qr/\ACorsAllowMethods \S+httpd\.conf:\d+\z/, 'a refusal has the line that decided it');
like($latest->{advice}, qr/\ATo allow it, add DELETE to CorsAllowMethods \S+:\d+, or write CorsAllowMethods \+DELETE in a nested section\.\z/,
    'a refusal has advice what to change');
like($latest->{time}, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\z/, 'a refusal has its time');
my ($top) = @{ $decisions->{origins} };
is_deeply([ @$top{qw(origin count excess)} ], [ $evil, 3 + 1 + 1 + 4, 0 ], 'the most refused origin comes first');
# the record of a refused preflight has all announced headers, and all that are not allowed
my $kept_mark = $httpd->log_mark;
send_request($h1, OPTIONS => '/plain.txt', origin => $evil, acrm => 'GET', acrh => 'x-a,x-b');
my $kept = json('')->{refusals}[0];
is_deeply([ @$kept{qw(verdict reason method headers rejected)} ], [ 'preflight-denied', 'origin-not-allowed', 'GET', 'x-a,x-b', undef ],
    'a preflight that is refused for its origin keeps its headers');
send_request($h1, OPTIONS => '/report', origin => $app, acrm => 'GET', acrh => 'x-a,content-type,x-b');
$kept = json('')->{refusals}[0];
is_deeply([ @$kept{qw(verdict reason method headers rejected)} ],
    [ 'preflight-denied', 'header-not-allowed', 'GET', 'x-a,content-type,x-b', 'x-a,x-b' ], 'all header names that are not allowed are kept');
like($kept->{advice}, qr/add x-a x-b to CorsAllowHeaders \S+httpd\.conf:\d+, or/, 'the advice has all of them and names a line');
like($httpd->log_since($kept_mark), qr/header-not-allowed "x-a,x-b": origin/, 'the log has all header names that are not allowed');
my $shown = page('')->body;
like($shown, qr{<td>preflight</td><td><code>GET http://localhost:\d+/plain\.txt</code></td><td><code>\Q$evil\E</code></td>.*?<a href="\?explain[^"]*headers=x-a[^"]*x-b"}s,
    'the page says that it was a preflight, and Explain is about the same one');
like($shown, qr{<th scope="col">What to change for the latest one</th>}, 'the advice for an origin says what it is for');
send_request($h1, GET => "/plain.txt?secret=1", origin => $evil);
is(json('')->{refusals}[0]{path}, '/plain.txt', 'a query string is not shown');

# an exclusion and None are reported with their own lines
my ($excluding) = grep { $text[$_ - 1] =~ /!https:\/\/old\.wild/ } 1 .. @text;
my ($none_line) = grep { $text[$_ - 1] =~ /CorsAllowOrigins None/ } 1 .. @text;
my $excluded_mark = $httpd->log_mark;
for my $case ([ '/directive', 'https://old.wild.example', $excluding, 'remove !https://old.wild.example from' ],
    [ '/none', 'https://old.wild.example', $none_line, 'write https://old.wild.example instead of None in' ]) {
    my ($path, $origin, $line, $advice) = @$case;
    send_request($h1, GET => $path, origin => $origin);
    my $refusal = json('')->{refusals}[0];
    like($refusal->{decided_by}, qr/:$line\z/, "a refusal has the line that decided it: $advice");
    like($refusal->{advice}, qr/\ATo allow it, \Q$advice\E CorsAllowOrigins \S+:$line, or write CorsAllowOrigins \+\Q$origin\E in a nested section\.\z/,
        "a refusal has advice for its line: $advice");
    is(json("explain&url=$path&origin=" . encode($origin) . '&method=GET')->{advice}, $refusal->{advice}, "explain has the same advice as the refusal: $advice");
}
like($httpd->log_since($excluded_mark), qr/by CorsAllowOrigins \S+:$excluding$/m, 'the log names the line of an exclusion');
like(do { local (@ARGV, $/) = ("$httpd->{dir}/logs_directive"); <> }, qr/\ACorsAllowOrigins \S+:$excluding$/, 'CORS_DIRECTIVE names the line of an exclusion');

# many refusals, many origins: bounded
send_request($h1, GET => '/plain.txt', origin => "https://o$_.example") for 1 .. 300;
my $many = json('');
is(scalar @{ $many->{refusals} }, 128, 'the latest refusals are bounded');
cmp_ok(scalar @{ $many->{origins} }, '<=', 64, 'the refused origins are bounded');
ok((grep { $_->{origin} eq $evil && $_->{count} >= 10 } @{ $many->{origins} }) == 1, 'the most refused origin is kept');
is($many->{refusals}[0]{origin}, 'https://o300.example', 'the newest refusal comes first');

# --- the forms

my $html = page('');
is_deeply($html->cors, { status => 200 }, 'the page has no CORS header');
is_deeply([ map { $html->field($_) } qw(cache-control content-security-policy cross-origin-resource-policy referrer-policy x-content-type-options x-frame-options content-type) ],
    [ 'no-store', "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'same-origin', 'no-referrer', 'nosniff', 'DENY', 'text/html; charset=utf-8' ], 'the page has headers against storing, framing and reading from elsewhere');
is_deeply(page('', fields => { origin => $app })->cors_fields, {}, 'the page has no CORS header for an allowed origin');
unlike($html->body, qr/<script|style=|\son\w+=/i, 'the page has no script and no inline style');
is(page('style')->field('content-type'), 'text/css; charset=utf-8', 'the page serves its style sheet');
is(page('', method => 'POST', fields => { body => 'x' })->status, 405, 'POST to the page is a 405');
is(page('', method => 'HEAD')->status, 200, 'HEAD of the page is a 200');
is(page('explain&url=%zz')->status, 400, 'a malformed query is a 400');
is(page('explain&url=/%00')->status, 400, 'a query with a NUL is a 400');
like(page('view=policies')->body, qr/&lt;Location &quot;\/videos&quot;&gt;/, 'the page shows the sections of the configuration');
like(page('view=policies')->body, qr{<summary>The server itself <span class="soft">[^<]*</span><br><span class="policy">(?:On|Off|ReportOnly)[^<]*</span></summary>},
    'each collapsed section has its policy in one line');
my $policies = json('view=policies');
is_deeply([ map { $_->{section} } grep { $_->{server_name} eq 'other.example' && !defined $_->{section} } @{ $policies->{sections} } ], [undef],
    'the page shows the policies of every virtual host');
sub without_methods {
    my ($dump) = @_;
    # a dump is compared with others, a page is not
    delete $dump->{snapshot};
    # mod_dav registers methods when it starts
    delete $_->{methods} for map { @{ $_->{policies} } } @{ $dump->{sections} };
    return $dump;
}
ok(!exists $policies->{snapshot}, 'the page has no snapshot');
is_deeply(without_methods($policies), without_methods(JSON::PP->new->utf8->decode(do {
    local $ENV{LD_PRELOAD} = $ENV{SANITIZER} if $ENV{SANITIZER};
    scalar `@{[ Httpd::binary() ]} -t -f $httpd->{dir}/httpd.conf -D DUMP_CORS_JSON 2>/dev/null` })), 'the page shows the same policies as DUMP_CORS_JSON');

# --- mod_status, Prometheus

my $status = send_request($h1, GET => '/server-status?auto')->body;
my $denied = 0;
$denied += $_->{count} for grep { $_->{mode} eq 'enforced' && $_->{verdict} eq 'denied' } @{ json('')->{counts} };
like($status, qr/^CorsPolicy-denied: $denied$/m, 'server-status?auto has a line for each verdict');
like($status, qr/^CorsReportOnly-denied: 4$/m, 'server-status?auto has a line for each verdict with ReportOnly');
$status = send_request($h1, GET => '/server-status')->body;
like($status, qr/<h2>CORS policy<\/h2>/, 'server-status has a section');

my $metrics = page('format=prometheus');
is($metrics->field('content-type'), 'text/plain; version=0.0.4; charset=utf-8', 'metrics have their type');
open my $parser, '|-', '/usr/bin/python3', "$ENV{CORS_WORK}/t/lib/metrics.py", "$httpd->{dir}/metrics.json" or die "python3: $!";
print $parser $metrics->body;
ok(close $parser, 'a parser of the Prometheus format reads the metrics');
my $parsed = JSON::PP->new->decode(do { local (@ARGV, $/) = ("$httpd->{dir}/metrics.json"); <> });
is($parsed->{'cors_policy_requests_total mode=enforced reason=origin-not-allowed verdict=denied'},
    (grep { $_->{mode} eq 'enforced' && $_->{verdict} eq 'denied' && $_->{reason} eq 'origin-not-allowed' } @{ json('')->{counts} })[0]{count},
    'the metrics have the same counts as the page');
cmp_ok(scalar keys %$parsed, '<', 2 * 8 * 12 + 512 * 16, 'the number of series is bounded');

# --- explain: its answer agrees with actual requests

for my $question (@questions) {
    my ($path, $origin, $method, $headers, $credentials) = @$question;
    my $explained = json('explain&url=' . encode($path) . '&origin=' . encode($origin) . "&method=$method&headers=$headers"
        . ($credentials ? '&credentials=on' : ''));
    my @wrong;
    my %is = (preflight => [ OPTIONS => $path, origin => $origin, acrm => $method, $headers ? (acrh => $headers) : () ],
        actual => [ $method => $path, origin => $origin, $headers ? ($headers => 1) : () ]);
    for my $part (grep { $explained->{$_} } sort keys %is) {
        next if $part eq 'actual' && $method =~ /PUT|DELETE|POST/; # their handlers say 405
        my $response = send_request($h1, @{ $is{$part} });
        my ($code, $cors) = ($response->status, $response->cors_fields);
        my %fields = map { lc $_ => $explained->{$part}{headers}{$_} } keys %{ $explained->{$part}{headers} };
        $fields{vary} =~ s/,\s*/, /g if defined $fields{vary};
        push @wrong, [ $part, $code, $cors, \%fields ] if JSON::PP->new->canonical->encode($cors) ne JSON::PP->new->canonical->encode(\%fields);
        push @wrong, [ $part, $code, $explained->{$part}{status} ] if $explained->{$part}{status} && $explained->{$part}{status} != $code;
    }
    is_deeply(\@wrong, [], "$method $path from $origin: explain agrees with the actual responses");
}
is_deeply([ map { my $explained = json("explain&url=$_->[0]&origin=" . encode($_->[1]) . '&method=GET');
    [ $explained->{readable} ? 1 : 0, $explained->{server_name} ] }
    [ "http://other.example:$port/", 'https://other.example' ], [ "http://alias.example:$port/", $app ], [ '/', $app ], [ "http://nobody.example:$port/", $app ] ],
    [ [ 1, 'other.example' ], [ 0, 'other.example' ], [ 1, 'localhost' ], [ 1, 'localhost' ] ],
    'a URL with a host is looked up in its virtual host');
is_deeply([ map { json("explain&url=" . encode("ws://localhost:$port/socket") . '&origin=' . encode($_) . '&method=GET')->{readable} ? 1 : 0 } $app, $evil ],
    [ 1, 0 ], 'a ws: URL is that of a WebSocket');
is(json('explain&url=nothing&origin=x&method=GET')->{problem}, 'The URL needs a path that starts with a slash: /videos, or https://api.example.com/videos.',
    'for a URL without a path, the answer says what is missing');
for my $case ([ 'url=/x', 'A URL and the origin of the page are needed.' ],
    [ "origin=$app", 'A URL and the origin of the page are needed.' ],
    [ "url=/x&origin=$app&method=G(T", 'This is not a method.' ],
    [ "url=/x&origin=$app&method=" . 'G' x 1000, 'This is not a method.' ],
    [ "url=/x&origin=$app&method=TRACE", 'Browsers refuse to send this method.' ],
    [ "url=/x&origin=$app&method=GET&headers=x-a,x:b", 'This is not a header name: names alone, with commas between them.' ],
    [ "url=http://%5b::1/x&origin=$app&method=GET", 'The URL needs a path that starts with a slash: /videos, or https://api.example.com/videos.' ]) {
    my ($query, $problem) = @$case;
    is(json("explain&$query")->{problem}, $problem, 'explain reports a wrong query: ' . substr $query, 0, 60);
    like(page("explain&$query")->body, qr/\Q$problem\E/, "the page reports the wrong query: " . substr $query, 0, 60);
}
is_deeply([ map { json("explain&url=" . encode("http://$_/if") . '&origin=https://partner.example&method=GET')->{readable} ? 1 : 0 }
    "other.example:$port", "localhost:$port", "OTHER.example:$port", "[::1]:$port" ], [ 1, 0, 1, 1 ], 'an <If> sees the Origin and the Host of the explained request');
is(json("explain&url=" . encode("HTTP://localhost:$port/") . "&origin=" . encode("http://localhost:$port") . '&method=GET')->{cross_origin},
    JSON::PP::false, 'a scheme may be in capitals');
for my $case ([ 'http', '', 'other.example', '/plain.txt', $app ], [ 'http', '', 'localhost', '/a%3fb%23c%25d', $evil ],
    [ 'ws', '', 'localhost', '/socket', $evil ], [ 'http', '', '[::1]', '/plain.txt', $evil ]) {
    my ($scheme, undef, $host, $path, $origin) = @$case;
    send_request($h1, GET => $path, host => "$host:$port", origin => $origin, $scheme eq 'ws' ? (upgrade => 'websocket', connection => 'Upgrade') : ());
    my ($link) = page('')->body =~ /href="\?(explain&amp;[^"]*)"/;
    $link =~ s/&amp;/&/g;
    is_deeply([ map { my $at = $_; $at =~ s/%([0-9a-f]{2})/chr hex $1/gei; $at } $link =~ /url=([^&]*)/ ], ["$scheme://$host:$port$path"],
        "the link beside a refusal has its URL: $scheme $host $path");
    my $explained = json($link);
    is_deeply([ @$explained{qw(readable)}, $explained->{problem} ], [ JSON::PP::false, undef ], 'the link beside a refusal explains it');
}
is_deeply([ map { $_->{where} // () } grep { defined $_->{where} && $_->{where} !~ m{\A[\x20-\x7e]+:[0-9]+\z} } @{ json('view=policies')->{sections} } ], [],
    'sections of a macro are shown with their line');
is(send_request($h1, GET => '/tenant-page', host => "t7.tenant.example:$port")->status, 200, 'a macro can configure the page');
is_deeply([ @{ json("explain&url=/plain.txt&origin=" . encode($app)) }{qw(method readable)} ], [ 'GET', JSON::PP::true ], 'a request without a method is a GET');
is_deeply([ map { json("explain&url=/videos&origin=" . encode('https://editor.example') . "&method=$_")->{actual}{reason} } 'put', 'PUT' ],
    [ ('origin-allowed') x 2 ], 'put is decided by <Limit PUT>');
is_deeply([ map { json("explain&url=/patch&origin=" . encode('https://editor.example') . "&method=$_")->{actual}{reason} } 'patch', 'PATCH' ],
    [ 'origin-not-allowed', 'origin-allowed' ], 'patch is not decided by <Limit PATCH>, as in httpd');
my $runs = counts();
send_request($h1, GET => '/cors-policy?explain&url=/plain.txt&origin=' . encode($evil) . '&method=GET') for 1 .. 5;
my $still = counts();
is($still->{'enforced denied origin-not-allowed'}, $runs->{'enforced denied origin-not-allowed'}, 'an explained request is not counted');

# --- attacks

for my $attack (@attacks) {
    (my $name = $attack) =~ s/([^\x21-\x7e])/sprintf '\\x%02x', ord $1/ge;
    (my $path = $attack) =~ s/([^A-Za-z0-9])/sprintf '%%%02x', ord $1/ge;
    send_request($h1, OPTIONS => "/$path", origin => $attack, acrm => 'PUT', acrh => 'x-token');
    for my $view ('', 'explain&url=' . encode("/$attack") . '&origin=' . encode($attack) . '&method=' . encode($attack)) {
        my $body = page($view)->body;
        my %tag = map { $_ => 1 } $body =~ /<\/?([a-z0-9!]+)/gi;
        is_deeply([ grep { !/\A(?:!DOCTYPE|html|head|meta|title|link|body|header|h[1-3]|nav|section|details|summary|figure|figcaption|svg|rect|a|main|p|div|b|table|tr|t[hd]|code|time|form|input|label|small|button|strong|pre|ol|li|span)\z/ } sort keys %tag ],
            [], 'text of a client is escaped in ' . ($view ? 'an explanation' : 'the list of refusals') . ": $name");
    }
    my @lines = split /\n/, $httpd->log_since(0);
    is(scalar(grep { !/\A\[|\AWarning: /  } @lines), 0, "text of a client cannot add a line to the log: $name");
}
is_deeply(\@main::invalid, [], 'all JSON is valid by its schema');

# --- the log

my $mark = $httpd->log_mark;
my $client = Client->new($port);
$client->request({ method => 'GET', path => '/plain.txt', authority => "localhost:$port", headers => [ [ Origin => "https://flood$_.example" ] ] }) for 1 .. 900;
my $lines = () = $httpd->log_since($mark) =~ /CORS: denied/g;
cmp_ok($lines, '<=', 600, 'a flood of refusals does not fill the log');
is((grep { $_->{reason} eq 'origin-not-allowed' && $_->{mode} eq 'enforced' && $_->{verdict} eq 'denied' } @{ json('')->{counts} })[0]{count}
    - $still->{'enforced denied origin-not-allowed'}, 900, 'a flood of refusals is counted');

# --- who may configure the page

my $site = "$ENV{CORS_WORK}/t/site/page";
File::Path::make_path("$site/$_") for qw(customers own file if handled);
Httpd::spew("$site/$_/a.txt", "a plain file\n") for qw(customers own file if handled);
my $tenants = Httpd->start(name => 'tenants', text => <<"CONF", modules => [qw(actions)], expected => qr/no status page here/);
Listen 127.0.0.1:\@port\@
TraceEnable Off
DocumentRoot "$site"
<Directory "$site">
    AllowOverride FileInfo
    Options +FollowSymLinks
    Require all granted
</Directory>
<Directory "$site/file">
    <Files "a.txt">
        SetHandler cors-policy
    </Files>
</Directory>
<Directory "$site/handled">
    SetHandler default-handler
</Directory>
<Directory "$site/if">
    <If "%{QUERY_STRING} =~ /page/">
        SetHandler cors-policy
    </If>
</Directory>
<Location "/cors-policy">
    SetHandler cors-policy
    Require all denied
</Location>
<Location "/open">
    SetHandler cors-policy
</Location>
<Location "/expression">
    SetHandler "%{QUERY_STRING}"
</Location>
<IfModule core.c>
    <Location "/module">
        SetHandler "Cors-Policy"
    </Location>
</IfModule>
CorsPolicy On
CorsAllowOrigins $app
<VirtualHost 127.0.0.1:\@port\@>
    ServerName localhost
</VirtualHost>
<VirtualHost 127.0.0.1:\@port\@>
    ServerName whole.example
    SetHandler cors-policy
</VirtualHost>
CONF
my $tenant = [ h1 => $tenants->{port}{port} ];
my $plain = send_request($tenant, GET => '/customers/a.txt')->status;
is($plain, 200, 'a directory of a customer');
for my $case ([ 'SetHandler', "SetHandler cors-policy\n" ],
    [ 'AddHandler', "AddHandler cors-policy .txt\n" ],
    [ 'Files', "<Files a.txt>\nSetHandler cors-policy\n</Files>\n" ],
    [ 'If', "<If \"true\">\nSetHandler cors-policy\n</If>\n" ],
    [ 'If in Files', "<Files a.txt>\n<If \"true\">\nSetHandler cors-policy\n</If>\n</Files>\n" ],
    [ 'an expression', "SetHandler \"%{tolower:CORS-POLICY}\"\n" ],
    [ 'RewriteRule', "RewriteEngine On\nRewriteRule .* - [H=cors-policy]\n" ],
    [ 'Action', "SetHandler cors-policy\nAction cors-policy /open\n" ]) {
    my ($what, $text) = @$case;
    Httpd::spew("$site/customers/.htaccess", $text);
    my $since = $tenants->log_mark;
    my $response = send_request($tenant, GET => '/customers/a.txt?format=json', origin => $app);
    is_deeply([ $response->status, $response->field('access-control-allow-origin'), $response->body =~ /version/ ? 'a page' : 'none' ], [ 404, $app, 'none' ],
        "$what in .htaccess makes no status page, and the policy is that of its URL");
    is(scalar(() = $tenants->log_since($since) =~ /no status page here: .*\.htaccess/g), 1, "$what in .htaccess is logged once");
}
for my $case ([ 'ForceType', "ForceType cors-policy\n" ], [ 'AddType', "AddType cors-policy .txt\n" ]) {
    my ($what, $text) = @$case;
    Httpd::spew("$site/customers/.htaccess", $text);
    my $body = send_request($tenant, GET => '/customers/a.txt?format=json')->body;
    unlike($body, qr/"version"/, "$what in .htaccess makes no status page");
}
for my $case ([ 'Action', "SetHandler mine\nAction mine /cors-policy\n" ],
    [ 'RewriteRule', "RewriteEngine On\nRewriteRule .* /cors-policy [L]\n" ]) {
    my ($what, $text) = @$case;
    Httpd::spew("$site/customers/.htaccess", $text);
    is(send_request($tenant, GET => '/customers/a.txt?format=json')->status, 403, "$what in .htaccess does not bypass the Require of the page");
}
Httpd::spew("$site/handled/.htaccess", "RewriteEngine On\nRewriteRule .* - [H=cors-policy]\n");
is(send_request($tenant, GET => '/handled/a.txt?format=json')->status, 404, 'RewriteRule in .htaccess makes no status page where the configuration sets another handler');
Httpd::spew("$site/own/.htaccess", "AddType text/plain .x\nCorsExposeHeaders ETag\n");
Httpd::spew("$site/file/.htaccess", "CorsExposeHeaders ETag\n");
is_deeply([ map { send_request($tenant, GET => $_)->status } '/open', '/open/own/a.txt', '/file/a.txt', '/if/a.txt?page', '/module' ], [ (200) x 5 ],
    'SetHandler in a section of the configuration makes a status page');
is(send_request($tenant, GET => '/', host => "whole.example:$tenant->[1]")->status, 200, 'SetHandler outside of sections makes a status page');
like(send_request($tenant, GET => '/if/a.txt')->body, qr/a plain file/, 'SetHandler in an <If> that does not apply makes no status page');
is(send_request($tenant, GET => '/expression?cors-policy')->status, 404, 'SetHandler with text of a request makes no status page');
is_deeply([ sort split /,\s*/, send_request($tenant, POST => '/open', body => 'x')->field('allow') ], [ 'GET', 'HEAD' ], 'a 405 of the page has Allow');

my $silent = Httpd->start(name => 'silent', text => <<'CONF');
Listen 127.0.0.1:@port@
LogLevel warn cors_policy:info
CorsPolicy On
CorsAllowOrigins https://app.example
<Files "silent.txt">
    LogLevel cors_policy:error
</Files>
CONF
$mark = $silent->log_mark;
send_request([ h1 => $silent->{port}{port} ], OPTIONS => $_, origin => $evil, acrm => 'PUT') for '/silent.txt', '/loud.txt';
my @logged = $silent->log_since($mark) =~ m{preflight-denied}g;
is(scalar(@logged), 1, 'LogLevel of a section applies to preflights');
