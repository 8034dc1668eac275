# Licensed under the Apache License, Version 2.0; see LICENSE.
# Every way by which httpd serves another URL than the requested one. Random sections apply
# to the requested URL, to those on the way, to the served file, to error documents and to
# includes. Each response is compared with that of t/lib/Reference.pm: one policy can
# refuse, and all must allow. RequestHeader changes the fields that decisions read; this
# must not change a decision.
#
#   CORS_JOURNEYS=2000    the number of exchanges
#   CORS_SEED=401         the seed; .ci/nightly takes the time
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use File::Path ();
use Test::More;
use Client qw(send_request);
use Http2 qw(extended_connect);
use Httpd ();
use Tools qw(chance one_of);
use Reference ();

my $exchanges = $ENV{CORS_JOURNEYS} || 2000;
my $seed = $ENV{CORS_SEED} || 401;
my $hosts = 40;
my $site = "$ENV{CORS_WORK}/t/journeys-site";
srand $seed;
diag("CORS_SEED=$seed");


# --- what httpd serves

my %file = map { ("/$_.txt" => "I am /$_.txt\n") } qw(plain front target dir/index dir2/index multi/page map/page.en err/e403 err/e404 err/dir/index inc/part files/private);
my $cgi = "#!/bin/sh\ncat >/dev/null\nprintf 'Content-Type: text/plain\\n\\nI am %s\\n' \"\$SCRIPT_NAME\"\n";
my %other = (
    '/cgi/echo.cgi' => $cgi, '/inc/run.cgi' => $cgi, '/err/run.cgi' => $cgi,
    '/cgi/local.cgi' => "#!/bin/sh\ncat >/dev/null\nprintf 'Location: /target.txt\\n\\n'\n",
    '/cgi/local-dir.cgi' => "#!/bin/sh\ncat >/dev/null\nprintf 'Location: /dir/\\n\\n'\n",
    '/map/page.var' => "URI: page.en.txt\nContent-Type: text/plain\nContent-Language: en\n",
    '/ssi/page.shtml' => "I am /ssi/page.shtml\n<!--#include virtual=\"/inc/part.txt\" -->\n<!--#include virtual=\"/inc/run.cgi\" -->\n",
    '/err/page.shtml' => "I am /err/page.shtml\n<!--#include virtual=\"/inc/part.txt\" -->\n",
    '/act/x.act' => 'nothing', '/auth/a.txt' => "I am /auth/a.txt\n", '/denied/a.txt' => "I am /denied/a.txt\n",
);

# The common part of all virtual hosts; their documents are copies.
my $topology = <<'CONF';
DirectoryIndex index.txt
Action act-x /cgi/echo.cgi virtual
<Directory "@dir@">
    Require all granted
    AllowOverride FileInfo
    Options +ExecCGI +Includes -MultiViews
    AddHandler cgi-script .cgi
    AddHandler type-map .var
    AddHandler act-x .act
    AddType text/html .shtml
    AddOutputFilter INCLUDES .shtml
</Directory>
<Directory "@dir@/multi">
    Options +MultiViews
</Directory>
<Directory "@dir@/fall">
    FallbackResource /front.txt
</Directory>
<Directory "@dir@/rw">
    RewriteEngine On
    RewriteRule ^f$ /target.txt [L]
    RewriteRule ^d$ /dir/ [L]
    RewriteRule ^m$ /multi/page [L]
    RewriteRule ^two$ /rw/f [L]
    RewriteRule ^missing$ /missing.txt [L]
    RewriteRule ^forbidden$ - [F]
    RewriteRule ^gone$ - [R=404]
</Directory>
<Directory "@dir@/auth">
    AuthType Basic
    AuthName x
    AuthUserFile "@dir@/users"
    Require valid-user
</Directory>
<Directory "@dir@/denied">
    Require all denied
</Directory>
RewriteEngine On
RewriteRule ^/server-forbidden$ - [F]
RewriteRule ^/maintenance$ - [R=503]
Redirect 404 /server-missing
Redirect gone /server-gone
ErrorDocument 401 /err/e404.txt
ErrorDocument 403 /err/@page403@
ErrorDocument 404 /err/@page404@
ErrorDocument 410 /err/e404.txt
ErrorDocument 503 /err/run.cgi
CONF

my %page = ('e403.txt' => [ { path => '/err/e403.txt' } ], 'e404.txt' => [ { path => '/err/e404.txt' } ], 'run.cgi' => [ { path => '/err/run.cgi' } ],
    'page.shtml' => [ { path => '/err/page.shtml' } ], 'dir/' => [ { path => '/err/dir/' }, { path => '/err/dir/index.txt', fast => 1 } ]);
my %includes = ('/ssi/page.shtml' => [ '/inc/part.txt', '/inc/run.cgi' ], '/err/page.shtml' => ['/inc/part.txt']);

sub way { return [ map { ref ? $_ : { path => $_ } } @_ ] }
sub fast { return { path => $_[0], fast => 1 } }
my @journeys = (
    [ 'the URL itself', way('/plain.txt') ],
    [ 'a file with a section', way('/files/private.txt') ],
    [ 'DirectoryIndex', way('/dir/', fast('/dir/index.txt')) ],
    [ 'DirectoryIndex', way('/dir2/', fast('/dir2/index.txt')) ],
    [ 'FallbackResource', way('/fall/a', fast('/front.txt')) ],
    [ 'MultiViews', way('/multi/page', fast('/multi/page.txt')) ],
    [ 'RewriteRule of a directory', way('/rw/f', '/target.txt') ],
    [ 'RewriteRule and DirectoryIndex', way('/rw/d', '/dir/', fast('/dir/index.txt')) ],
    [ 'RewriteRule and MultiViews', way('/rw/m', '/multi/page', fast('/multi/page.txt')) ],
    [ 'two RewriteRules', way('/rw/two', '/rw/f', '/target.txt') ],
    [ 'a type map', way('/map/page.var', '/map/page.en.txt') ],
    [ 'Action', way('/act/x.act', { path => '/cgi/echo.cgi/act/x.act', file => '/cgi/echo.cgi' }) ],
    [ 'CGI Location', way('/cgi/local.cgi', { path => '/target.txt', get => 1 }) ],
    [ 'CGI Location and DirectoryIndex', way('/cgi/local-dir.cgi', { path => '/dir/', get => 1 }, fast('/dir/index.txt')) ],
    [ 'SSI', way('/ssi/page.shtml') ],
    [ '404', way('/missing.txt'), 404, 2 ],
    [ 'RewriteRule to 404', way('/rw/missing', '/missing.txt'), 404, 2 ],
    [ '%2F', way({ path => '/a%2fb', early => 1 }), 404, 0 ],
    [ 'Redirect 404', way({ path => '/server-missing', early => 1 }), 404, 0 ],
    [ 'Redirect gone', way({ path => '/server-gone', early => 1 }), 410, 0 ],
    [ '[F] of the server', way({ path => '/server-forbidden', early => 1 }), 403, 0 ],
    [ '[R=503]', way({ path => '/maintenance', early => 1 }), 503, 0 ],
    [ '[F] of a directory', way('/rw/forbidden'), 403, 2 ],
    [ '[R=404] of a directory', way('/rw/gone'), 404, 2 ],
    [ '401', way('/auth/a.txt'), 401, 1 ],
    [ 'Require all denied', way('/denied/a.txt'), 403, 1 ],
);

# --- random policies

# whether a policy may have credentials; if not, it may have *, which excludes credentials
my $credentials;
my @origins = ('https://a.example', 'https://b.example', 'https://*.c.example');
sub policy {
    my ($often) = @_;
    my @lines;
    push @lines, 'CorsPolicy ' . one_of(qw(On On On On Off ReportOnly)) if chance($often + 0.1);
    if (chance($often)) {
        my $edit = chance(0.3) ? one_of('+', '-') : '';
        my @chosen = grep { chance(0.5) } @origins;
        push @lines, 'CorsAllowOrigins ' . (!@chosen || chance(0.2) ? one_of($credentials ? () : ('*', '*'), 'None') : join ' ', map { "$edit$_" } @chosen);
    }
    push @lines, 'CorsAllowCredentials ' . one_of($credentials ? 'On' : (), 'Off') if chance($often / 3);
    push @lines, 'CorsExposeHeaders ' . one_of('ETag X-A', 'X-A X-B', $credentials ? () : '*', 'None', '+X-C') if chance($often / 3);
    push @lines, 'CorsRejectDisallowed ' . one_of(qw(On On Off)) if chance($often * 0.7);
    push @lines, 'CorsWebSocketAllowOrigins ' . one_of('https://a.example', 'https://b.example', '*', 'None') if chance($often * 0.7);
    push @lines, 'CorsWebSocketRequireOrigin ' . one_of(qw(On Off)) if chance($often / 3);
    push @lines, 'CorsMaxAge 60' if chance(0.1);
    return join '', map { "$_\n" } @lines;
}

sub section {
    my ($title, $share) = @_;
    return '' if !chance($share);
    my ($name) = $title =~ /(\w+)/;
    my $inner = chance(0.1) ? one_of('', '', "<If \"true\">\n" . policy(0.4) . "</If>\n") : '';
    return "<$title>\n" . policy(0.5) . "$inner</$name>\n";
}

# The texts of a virtual host: its policy and its .htaccess files.
sub made {
    my ($dir) = @_;
    # a server that allows, one where only some files do, one with some directives, one with none
    my $allows = "CorsPolicy On\nCorsAllowOrigins @origins\n" . (chance(0.3) ? "CorsExposeHeaders ETag X-A\n" : '');
    my $text = chance(0.6) ? $allows
        : chance(0.5) ? join '', map { "<Files \"$_\">\n$allows</Files>\n" } qw(index.txt front.txt page.txt)
        : policy(chance(0.5) ? 0.4 : 0);
    for (qw(/dir /dir2 /multi /rw /map /fall /err /inc /cgi /ssi)) {
        $text .= section("Directory \"$dir$_\"", 0.15) . section("Location \"$_\"", 0.15);
    }
    $text .= section("Directory \"$dir\"", 0.2) . section('Location "/"', 0.15);
    $text .= section("Files \"$_\"", 0.3) for qw(index.txt front.txt target.txt private.txt page.txt page page.en.txt echo.cgi run.cgi part.txt e403.txt e404.txt x.act);
    $text .= section("Location \"$_\"", 0.15) for '/front.txt', '/target.txt', '/dir/index.txt', '/err/e404.txt', '/server-missing', '/maintenance', '/server-forbidden', '/rw/f';
    my %htaccess = map { ($_ => policy(0.5)) } grep { chance(0.12) } '', qw(/dir /multi /rw /err /inc /cgi /map);
    return ($text, \%htaccess);
}

# Directives that change the fields that decisions read.
sub changes {
    my ($late) = @_;
    return join '', map { "RequestHeader $_\n" } grep { chance(0.25) }
        map { my $change = $_; $late ? $change : "$change early" } 'unset Origin', 'set Origin https://a.example', 'set Sec-Fetch-Site same-origin', 'unset Upgrade';
}

sub write_documents {
    my ($dir, $htaccess) = @_;
    my %all = (%file, %other);
    for my $path (keys %all) {
        my ($in) = "$dir$path" =~ m{(.*)/};
        File::Path::make_path($in);
        Httpd::spew("$dir$path", $all{$path});
        chmod 0755, "$dir$path" if $path =~ /cgi\z/;
    }
    File::Path::make_path("$dir/$_") for qw(fall rw);
    Httpd::spew("$dir/users", '');
    Httpd::spew("$dir$_/.htaccess", $htaccess->{$_}) for keys %$htaccess;
}

# Two servers with the same virtual hosts; one of them without any policy.
my (%reference, %pages_of, %text_of);
my ($text, $plain_text) = ('', '');
for my $host (map { "h$_.example" } 1 .. $hosts) {
    my $dir = "$site/$host";
    $credentials = chance(0.5);
    my ($policy, $htaccess) = made($dir);
    my ($page403, $page404) = (one_of(sort keys %page), one_of(sort keys %page));
    my $rules = changes(0) . "<Directory \"$dir\">\n" . (chance(0.5) ? changes(1) : '') . "</Directory>\n";
    my $own = $topology =~ s/\@page403\@/$page403/r =~ s/\@page404\@/$page404/r;
    my $virtual = sub { "<VirtualHost *:\@port\@>\nServerName $host\nDocumentRoot \"$_[0]\"\n" . ($own =~ s/\@dir\@/$_[0]/gr) . "$_[1]</VirtualHost>\n" };
    write_documents($dir, $htaccess);
    $text .= $virtual->($dir, "$policy$rules");
    $plain_text .= $virtual->("$site/plain", '');
    $pages_of{$host} = { 401 => $page{'e404.txt'}, 403 => $page{$page403}, 404 => $page{$page404}, 410 => $page{'e404.txt'}, 503 => $page{'run.cgi'} };
    $text_of{$host} = join '', $policy, $rules, map { "# $_/.htaccess\n$htaccess->{$_}" } sort keys %$htaccess;
    $reference{$host} = Reference->new("<VirtualHost *>\nServerName $host\n$policy</VirtualHost>\n", root => $dir, htaccess => $htaccess);
}
write_documents("$site/plain", {});
my $head = "Listen 127.0.0.1:\@port\@\nProtocols h2c http/1.1\n@{[ Httpd::has_h2() ? 'H2WebSockets on' : '' ]}\nMaxKeepAliveRequests 0\nKeepAliveTimeout 100\n";
my @how = (modules => ['actions'], expected => qr/Warning: |contradictory-policy|lines of contradictory policies/);
my $httpd = Httpd->start(name => 'journeys', text => "$head$text", @how);
my $plain = Httpd->start(name => 'journeys-plain', text => "$head$plain_text", @how);

# --- random requests

sub request {
    my ($host, $port, $path) = @_;
    my @fields;
    push @fields, [ Origin => one_of(('https://a.example') x 3, ('https://b.example') x 2, 'https://x.c.example', 'https://evil.example', 'https://evil.example', 'null') ]
        if chance(0.92);
    push @fields, [ 'Sec-Fetch-Site' => one_of(qw(same-origin cross-site)) ] if chance(0.1);
    my %request = (host => $host, port => $port, authority => "$host:$port", path => $path, method => one_of(qw(GET GET GET POST OPTIONS)));
    if ($request{method} eq 'OPTIONS') {
        push @fields, [ 'Access-Control-Request-Method' => one_of(qw(GET PUT POST TRACE X-OTHER)) ];
        push @fields, [ 'Access-Control-Request-Headers' => one_of('content-type', 'authorization', 'content-type,x-other') ] if chance(0.5);
    }
    push @fields, [ Upgrade => 'websocket' ], [ Connection => 'Upgrade' ] if $request{method} eq 'GET' && chance(0.3);
    $request{body} = 'x' if chance($request{method} eq 'POST' ? 0.7 : 0.1);
    $request{headers} = \@fields;
    return \%request;
}

# The files and scripts that a response shows, "-" for an include that was refused.
sub shown {
    my ($body) = @_;
    return [ grep { defined } $body =~ /I am (\S+)|\[an (error) occurred/g ];
}

sub seen {
    my ($answer) = @_;
    return { status => $answer->{status}, fields => $answer->cors_fields, runs => [ map { $_ eq 'error' ? '-' : $_ } @{ shown($answer->{body} // '') } ] };
}

my %plain_seen;
my $plain_client = Client->new($plain->{port}{port});
sub without {
    my ($request) = @_;
    my $key = join ' ', map { $request->{$_} // '' } qw(host path method body);
    return $plain_seen{$key} //= seen($plain_client->request({ %$request, headers => [] }));
}

sub route {
    my ($request, $journey) = @_;
    my (undef, $steps, $status, $judged) = @$journey;
    return (steps => $steps, pages => $pages_of{ $request->{host} }, includes => \%includes, $status ? (error => { status => $status, judged => $judged }) : ());
}

# The expected response. Nothing if httpd without a policy takes another way.
sub wanted {
    my ($request, $journey) = @_;
    my %journey = route($request, $journey);
    my $want = $reference{ $request->{host} }->arrive($request, \%journey);
    return { %$want, same => 1 } if $want->{answered};
    my $alone = without($request);
    my $as_alone = Reference->new('')->arrive($request, \%journey);
    my $marks = sub { [ map { /\A-/ ? '-' : /\.cgi/ ? s/(\.cgi).*/$1/r : $_ } @{ $_[0]{runs} } ] };
    return if "@{ $alone->{runs} }" ne "@{ $marks->($as_alone) }" || $alone->{status} != ($as_alone->{status} // 200);
    my %fields = %{ $want->{fields} };
    # a refusal keeps the Vary of negotiation
    $fields{vary} = join ', ', grep { defined } $alone->{fields}{vary}, $fields{vary};
    return { narrowed => $want->{narrowed}, status => $want->{status} // $alone->{status}, fields => \%fields, runs => $marks->($want),
        same => ($want->{status} // 200) == ($as_alone->{status} // 200) && "@{ $want->{runs} }" eq "@{ $as_alone->{runs} }" };
}

sub line_of {
    my ($answer) = @_;
    my %fields = %{ $answer->{fields} };
    # the other names in Vary of an error document are not known here
    $fields{vary} = join ',', sort grep { $answer->{same} || /origin/ } split /\s*,\s*/, lc($fields{vary} // '');
    $fields{'access-control-expose-headers'} = join ',', sort split /\s*,\s*/, lc $fields{'access-control-expose-headers'}
        if defined $fields{'access-control-expose-headers'};
    return join '; ', $answer->{status}, (map { "$_: $fields{$_}" } grep { length $fields{$_} } sort keys %fields), "runs @{ $answer->{runs} }";
}

# --- the comparison

my $client = Client->new($httpd->{port}{port});
my (%count, %by_kind, @wrong);
my $compare = sub {
    my ($journey, $request, $got, $want, $over) = @_;
    $got->{same} = $want->{same};
    $count{exchanges}++;
    $count{ !$want->{same} ? 'refused' : $want->{fields}{'access-control-allow-origin'} ? 'granted' : 'bare' }++;
    $count{narrowed}++ if $want->{narrowed};
    $count{by_served}++ if !$want->{answered} && $want->{fields}{'access-control-allow-methods'};
    $by_kind{ $journey->[0] }{ !$want->{same} ? 'refused' : 'let' }++;
    push @wrong, [ $journey, $request, line_of($got), line_of($want), $over ] if line_of($got) ne line_of($want);
};
while (($count{exchanges} // 0) < $exchanges) {
    my $host = one_of(sort keys %reference);
    my $journey = one_of(@journeys);
    my $request = request($host, $httpd->{port}{port}, $journey->[1][0]{path});
    my $want = wanted($request, $journey);
    if (!$want) { $count{ $request->{method} eq 'OPTIONS' ? 'options_skipped' : 'skipped' }{ $journey->[0] }++; next }
    $count{answered}++ if $want->{answered};
    $compare->($journey, $request, seen($client->request($request)), $want, 'HTTP/1.1');
}
# A handshake over HTTP/2, by a virtual host of a server; returns the status.
sub connect_to {
    my ($server, $request) = @_;
    my $port = $server->{port}{port};
    my ($status) = split ' ', extended_connect($port, 0, $request->{path}, Reference::field($request, 'Origin'), "$request->{host}:$port");
    return $status;
}

if (Httpd::has_h2()) {
    my %connected;
    for my $i (1 .. $exchanges / 10) {
        my $journey = $journeys[ $i % @journeys ];
        my $request = request(one_of(sort keys %reference), $httpd->{port}{port}, $journey->[1][0]{path});
        my @origin = grep { $_->[0] eq 'Origin' } @{ $request->{headers} };
        $request = { %$request, method => 'GET', body => undef, headers => [ @origin, [ Upgrade => 'websocket' ] ] };
        my %route = route($request, $journey);
        my $status = $reference{ $request->{host} }->arrive($request, \%route)->{status};
        my $refused = ($status // 200) != (Reference->new('')->arrive($request, \%route)->{status} // 200);
        my $alone = $connected{"$request->{host} $request->{path}"} //= connect_to($plain, $request);
        $compare->($journey, $request, { status => connect_to($httpd, $request), fields => {}, runs => [] },
            { status => $refused ? $status : $alone, fields => {}, runs => [], same => !$refused }, 'extended CONNECT');
        $count{connected}{ $refused ? 'refused' : $alone }++;
    }
    for my $i (1 .. $exchanges / 20) {
        my $journey = $journeys[ $i % @journeys ];
        my $request = request(one_of(sort keys %reference), $httpd->{port}{port}, $journey->[1][0]{path});
        next if Reference::field($request, 'Upgrade');
        my $want = wanted($request, $journey) or next;
        my $response = send_request([ h2c => $request->{port} ], $request->{method} => $request->{path}, host => $request->{authority},
            defined $request->{body} ? (body => $request->{body}) : (), map { (lc $_->[0] => $_->[1]) } @{ $request->{headers} });
        $compare->($journey, $request, { status => $response->status, fields => $response->cors_fields, runs => $want->{runs} }, $want, 'HTTP/2');
    }
}
note(join ', ', map { "$_ " . ($count{$_} // 0) } qw(exchanges granted bare refused narrowed by_served));
is(scalar @wrong, 0, "seed $seed: all $count{exchanges} responses are those of the reference") or do {
    my %kinds;
    for (@wrong) {
        my ($journey, $request, $got, $want, $over) = @$_;
        next if $kinds{ $journey->[0] }++ || keys %kinds > 5;
        diag("$over, $journey->[0]: $request->{method} $request->{path}, ", join(', ', map { "$_->[0]: $_->[1]" } @{ $request->{headers} }), defined $request->{body} ? ', a body' : '');
        diag("got  $got\nwant $want");
        diag($text_of{ $request->{host} }) if keys %kinds <= 2;
    }
    diag("$_: $kinds{$_} differ") for sort keys %kinds;
};
for my $kind (map { $_->[0] } @journeys) {
    my ($refused, $let) = map { $by_kind{$kind}{$_} // 0 } qw(refused let);
    # a short run may have none of a kind
    ok($let && ($refused || $let < 150), "$kind: some are refused and some are not");
}
cmp_ok($count{$_} // 0, '>', $exchanges / 15, "enough responses are $_") for qw(granted bare refused);
cmp_ok($count{answered} // 0, '>', $exchanges / 50, 'many preflights are answered by their URL');
note(join ', ', map { "$_ $count{connected}{$_}" } sort keys %{ $count{connected} // {} });
cmp_ok($count{by_served} // 0, '>', 0, 'some preflights get the lists of a policy that only the served resource has');
cmp_ok($count{narrowed} // 0, '>', $exchanges / 300, 'the served resource often denies what the requested URL allows');
is(join(', ', sort keys %{ $count{skipped} // {} }), '', 'httpd without a policy takes every way');
done_testing();
