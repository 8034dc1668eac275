# Licensed under the Apache License, Version 2.0; see LICENSE.
# A real browser: Chromium sends the requests of pages. What it sends, and what the page
# receives, must be what the Fetch Standard (t/lib/Fetch.pm) requires for the responses
# that the manual specifies (t/lib/Reference.pm). Run by make browser.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use File::Find ();
use JSON::PP ();
use Time::HiRes ();
use Authority ();
use Fetch ();
use Httpd ();
use Reference ();

my $work = $ENV{CORS_WORK};
my $here = "$work/t/browser";
my $keys = "$here/keys-$$";
my $json = JSON::PP->new->canonical;

# --- names, and a font

# All names are of one site, so that no cookie is a third-party cookie.
my @hosts = ('localhost', map { "$_.site.localhost" } qw(a b api other));

sub a_font {
    my $font;
    File::Find::find({ no_chdir => 1, wanted => sub { $font //= $_ if /\.ttf\z/i && -r } }, grep { -d } '/usr/share/fonts', '/usr/local/share/fonts', '/Library/Fonts', '/System/Library/Fonts');
    return $font // die "there is no TrueType font here; make deps\n";
}

# --- policies, by their path

my $both = 'http://a.site.localhost:@http@ https://a.site.localhost:@tls@';
my %policy = (
    open => 'CorsAllowOrigins *',
    openall => "CorsAllowOrigins *\nCorsAllowMethods *\nCorsAllowHeaders *\nCorsExposeHeaders *\nCorsMaxAge 600",
    openauth => "CorsAllowOrigins *\nCorsAllowHeaders * Authorization\nCorsExposeHeaders X-C",
    list => "CorsAllowOrigins $both\nCorsAllowHeaders content-type x-a\nCorsExposeHeaders X-C\nCorsMaxAge 600",
    cred => "CorsAllowOrigins $both\nCorsAllowHeaders content-type x-a authorization\nCorsExposeHeaders X-C ETag\nCorsAllowCredentials On\nCorsMaxAge 10m",
    wild => "CorsAllowOrigins *\nCorsAllowAnyOriginWithCredentialsUnsafe On\nCorsAllowCredentials On\nCorsAllowMethods *\nCorsAllowHeaders * Authorization\nCorsExposeHeaders X-D",
    pattern => "CorsAllowOrigins http://*.localhost:* https://*.localhost:* !http://b.site.localhost:\@http\@\nCorsAllowMethods *\nCorsAllowHeaders *\nCorsExposeHeaders *",
    regex => 'CorsAllowOriginsMatch "https?://[a-m]\.site\.localhost:[0-9]+"',
    null => "CorsAllowNullOriginUnsafe On\nCorsAllowOrigins null\nCorsAllowCredentials On",
    off => "CorsPolicy Off\nCorsAllowOrigins *",
    report => "CorsPolicy ReportOnly\nCorsAllowOrigins *",
    nobody => 'CorsAllowOrigins None',
    soft => "CorsAllowOrigins $both\nCorsPreflightStatus 200 204\nCorsAllowMethods PUT\nCorsAllowHeaders x-a",
    reject => "CorsAllowOrigins http://a.site.localhost:\@http\@\nCorsRejectDisallowed On",
    limit => "CorsAllowOrigins *\n<Limit PUT PATCH>\nCorsAllowOrigins $both\nCorsAllowCredentials On\n</Limit>\n<Limit DELETE>\nCorsPolicy Off\n</Limit>",
    continue => "CorsAllowOrigins $both\nCorsPreflight Continue\nCorsAllowHeaders content-type x-b\nCorsMaxAge 0",
    edits => "CorsAllowOrigins *\nCorsAllowMethods *\n<If \"true\">\nCorsAllowOrigins -http://a.site.localhost:\@http\@\nCorsAllowMethods -PATCH\nCorsAllowHeaders +x-b\n</If>",
    age0 => "CorsAllowOrigins *\nCorsMaxAge 0\nCorsAllowHeaders x-a x-b",
    age2 => "CorsAllowOrigins *\nCorsMaxAge 2\nCorsAllowHeaders x-a x-b",
    age600 => "CorsAllowOrigins $both\nCorsAllowCredentials On\nCorsMaxAge 10m\nCorsAllowHeaders x-a",
    agenone => "CorsAllowOrigins *",
    socket => "CorsAllowOrigins *\nCorsWebSocketAllowOrigins $both",
    socketnot => "CorsWebSocketAllowOrigins https://*.localhost:* !https://a.site.localhost:\@tls\@",
    socketall => 'CorsWebSocketAllowOrigins *',
    socketnull => "CorsAllowNullOriginUnsafe On\nCorsWebSocketAllowOrigins null",
);
my @usual = qw(open openall openauth list cred wild pattern regex null off report nobody soft reject limit continue edits);

my $sections = join '', map {
    my $on = $policy{$_} =~ /^CorsPolicy/m ? '' : "CorsPolicy On\n";
    "<Location \"/$_\">\n$on$policy{$_}\n</Location>\n"
} sort keys %policy;
# a request is logged when its response has been sent; the first field is when it came
my $format = join '\t', '%{begin:usec}t', qw(%q %H %m %{Host}i %U %>s), map { "%{$_}i" } qw(Origin Cookie Access-Control-Request-Method Access-Control-Request-Headers);
my $text = <<"CONF";
Listen 127.0.0.1:\@http\@
Listen 127.0.0.1:\@alt\@
Listen 127.0.0.1:\@tls\@
Listen 127.0.0.1:\@tls1\@
LogFormat "$format" pages
Alias "/page.html" "$here/page.html"
Alias "/favicon.ico" "$here/page.html"
<Directory "$here">
    Require all granted
</Directory>
KeepAliveTimeout 60
H2WebSockets on
CONF
for my $host (@hosts) {
    for my $port (qw(http alt tls tls1)) {
        my $tls = $port =~ /tls/ ? "SSLEngine on\nSSLCertificateFile $keys/browser.pem\nSSLCertificateKeyFile $keys/browser-key.pem\n" : '';
        my $protocols = $port eq 'tls' ? 'h2 http/1.1' : 'http/1.1';
        $text .= "<VirtualHost 127.0.0.1:\@$port\@>\nServerName $host\nProtocols $protocols\n$tls"
            . "CustomLog \"\@dir\@/pages.log\" pages\nProxyPass /page.html !\nProxyPass /favicon.ico !\n"
            . "ProxyPass / http://127.0.0.1:\@backend\@/ upgrade=websocket\n$sections</VirtualHost>\n";
    }
}
Httpd::spew("$here/page.html", "<!DOCTYPE html><title>page</title><body>\n");
my $authority = Authority::certificate($keys, @hosts);
my $backend = Httpd::free_port();
$ENV{CORS_FONT} = a_font();
Httpd::start_helper('../browser/backend.pl', $backend);
my $httpd = Httpd->start(name => 'browser', text => $text, ports => [qw(http alt tls tls1)], vars => { backend => $backend },
    modules => [qw(ssl socache_shmcb)], expected => qr/Warning: /);
my %port = %{ $httpd->{port} };
my ($reference) = map { Reference->new($_) } $text =~ s/\@(http|alt|tls1?)\@/$port{$1}/gr;

# --- what is expected

sub query_of { my ($url) = @_; return map { split /=/, $_, 2 } split /[&]/, $url =~ s/\A[^?]*\??//r }
sub unescaped { my ($text) = @_; $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge; return $text }

# The response to a request that the manual specifies.
sub promised {
    my ($sent, $upgrade) = @_;
    my ($scheme, $host, $port, $path) = $sent->{url} =~ m{\A(\w+)://(?:[^/@]*@)?([^:/]+):(\d+)(/[^?]*)} or die "no address: $sent->{url}\n";
    my %query = query_of($sent->{url});
    my $options = $sent->{method} eq 'OPTIONS';
    my $status = $upgrade ? 101 : $options ? 200 : $query{status} // 200;
    my $answer = $reference->answer({ scheme => $scheme =~ s/\Aws/http/r, host => $host, port => $port,
        authority => "$host:$port", path => $path,
        method => $sent->{method}, headers => $sent->{headers} }, { status => $status, fields => {} });
    my %fields = %{ $answer->{fields} };
    return { status => $answer->{status}, headers => [
        (map { defined $fields{$_} ? [ $_, $fields{$_} ] : () } sort keys %fields),
        defined $query{to} && !$options ? [ Location => unescaped($query{to}) ] : (),
        map { [ $_, 'there' ] } qw(etag x-c x-d content-type),
    ] };
}

sub address { my ($scheme, $host, $port, $path) = @_; return "$scheme://$host:$port{$port}$path" }

# The log line of a request. A browser sends no cookies with the requests of a frame that has
# the origin null. Cookies are not compared over http, because they are for https only.
sub in_log {
    my ($sent, $origin) = @_;
    my ($scheme, $authority, $path) = $sent->{url} =~ m{\A(\w+)://(?:[^/@]*@)?([^/]+)(/[^?]*)};
    my $get = sub { Fetch::header_of($sent->{headers}, $_[0]) // '-' };
    return join ' ', $sent->{method}, "$scheme://$authority$path", map({ $get->($_) } 'Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers'),
        $scheme ne 'https' ? 'any' : $sent->{with} && $origin ne 'null' ? 'cookie' : 'no-cookie';
}

# How a request of an element is made: mode and credentials.
sub terms {
    my ($step) = @_;
    my $by = $step->{by};
    my $cross = $step->{crossorigin};
    return (mode => $step->{mode}, credentials => $step->{credentials}) if $by eq 'fetch';
    return (mode => 'cors', credentials => $step->{credentials}) if $by eq 'xhr' || $by eq 'events';
    return (mode => 'cors', credentials => 'same-origin') if $by eq 'font' || $by eq 'import';
    return (mode => $step->{content} eq 'text/plain' ? 'no-cors' : 'cors', credentials => 'include') if $by eq 'beacon';
    return (mode => 'cors', credentials => ($cross // '') eq 'use-credentials' ? 'include' : 'same-origin') if defined $cross || $by eq 'module';
    return (mode => 'no-cors', credentials => 'include');
}

sub expect {
    my ($origin, @steps) = @_;
    my ($cache, $now, @results, @sent) = ({}, 0);
    for my $step (@steps) {
        $now += $step->{wait} // 0;
        if ($step->{by} eq 'socket') {
            my $sent = { method => 'GET', url => $step->{url}, headers => [ [ Origin => $origin ], [ Upgrade => 'websocket' ] ], with => 1 };
            my $answer = promised($sent, 1);
            push @results, { type => $answer->{status} == 101 ? 'loaded' : 'error' };
            push @sent, "socket $answer->{status}";
            next;
        }
        my $method = $step->{by} eq 'beacon' ? 'POST' : $step->{method} // 'GET';
        my @headers = (@{ $step->{headers} // [] }, $step->{content} ? [ 'content-type', $step->{content} ] : ());
        my $verdict = Fetch::fetch({ url => $step->{url}, method => $method, headers => \@headers, origin => $origin,
            redirect => $step->{redirect} // 'follow', terms($step) }, \&promised, $cache, $now);
        push @sent, map { in_log($_, $origin) } @{ $verdict->{sent} };
        if ($step->{by} eq 'beacon') { push @results, { type => 'queued' } }
        elsif ($step->{by} ne 'fetch') {
            my $status = $verdict->{response}{status} // 0;
            my $good = $step->{by} eq 'xhr' || $step->{by} eq 'image' || ($status >= 200 && $status < 300);
            push @results, { type => $verdict->{type} ne 'error' && $good ? 'loaded' : 'error' };
        }
        elsif ($verdict->{type} eq 'error') { push @results, { type => 'error' } }
        else {
            my @names = ('etag', 'x-c', 'x-d', 'content-type');
            @names = $verdict->{type} =~ /opaque/ ? ()
                : $verdict->{type} eq 'cors' ? Fetch::exposed_names({ terms($step) }->{credentials}, $verdict->{response}{headers}, @names) : @names;
            push @results, { type => $verdict->{type}, status => 0 + $verdict->{status}, seen => \@names };
        }
    }
    return (\@results, \@sent);
}

# --- the cases

my @places;
my %case;
my $next = 0;

# A case of a page: steps that run one after the other. %id% in an address stands for the
# id of the case.
sub add {
    my ($place, $name, @steps) = @_;
    my $id = 'c' . $next++;
    for my $step (@steps) {
        $step->{url} .= ($step->{url} =~ /\?/ ? '&' : '?') . "id=$id";
        $step->{url} =~ s/%id%/$id/g;
        $step->{redirect} //= 'follow';
        $step->{headers} //= [];
        $step->{method} //= 'GET';
    }
    my ($results, $sent) = expect($place->{origin}, @steps);
    $case{$id} = { name => "$place->{name}: $name", results => $results, sent => $sent, steps => \@steps, origin => $place->{origin} };
    push @{ $place->{cases} }, { id => $id, steps => \@steps };
}

sub place {
    my ($name, $origin, $page, %more) = @_;
    push @places, my $place = { name => $name, origin => $origin, page => $page, cases => [], %more };
    return $place;
}
sub page_of { my (@origin) = @_; my $origin = address(@origin, ''); return place("a page of $origin[0]://$origin[1]", $origin, "$origin/page.html") }
sub fetching { my ($url, %more) = @_; return { by => 'fetch', url => $url, mode => 'cors', credentials => 'same-origin', %more } }
sub named { my (%step) = @_; return join ' ', $step{method} // 'GET', $step{mode} // 'cors', $step{credentials} // 'same-origin', map { $_->[0] } @{ $step{headers} // [] } }

my %kinds = (
    fetches => [
        { credentials => 'omit' }, { credentials => 'include' },
        { method => 'POST', body => 'x', headers => [ [ 'content-type', 'text/plain' ] ], credentials => 'include' },
        { method => 'POST', body => '{}', headers => [ [ 'content-type', 'application/json' ] ] },
        { method => 'PUT', body => 'x', headers => [ [ 'content-type', 'text/plain' ] ], credentials => 'include' },
        { method => 'DELETE', headers => [ [ 'x-a', '1' ] ] },
        { method => 'PATCH', credentials => 'include' },
        { headers => [ [ 'authorization', 'Basic YTpi' ] ] },
        { method => 'HEAD', headers => [ [ 'x-b', '1' ], [ 'x-a', '2' ] ], credentials => 'include' },
        { mode => 'no-cors' }, { mode => 'no-cors', method => 'POST', body => 'x', headers => [ [ 'content-type', 'text/plain' ] ], credentials => 'include' },
        { mode => 'same-origin' },
    ],
);

sub usual {
    my ($place, $scheme, $port, @policies) = @_;
    for my $policy (@policies) {
        add($place, "/$policy by " . named(%$_), fetching(address($scheme, 'api.site.localhost', $port, "/$policy"), %$_)) for @{ $kinds{fetches} };
    }
}

sub redirect {
    my ($from, $to, $status) = @_;
    my $url = ($to =~ /\?/ ? "$to&" : "$to?") . 'id=%id%';
    $url =~ s/([^A-Za-z0-9%._-])/sprintf '%%%02X', ord $1/ge;
    return "$from?status=$status&to=$url";
}

my $http = page_of('http', 'a.site.localhost', 'http');
my $https = page_of('https', 'a.site.localhost', 'tls');
my $stranger = page_of('http', 'b.site.localhost', 'http');
my $name = page_of('http', 'localhost', 'alt');
my $frame = place('a sandboxed frame', 'null', address('https', 'a.site.localhost', 'tls', '/page.html'),
    frame => '<iframe sandbox="allow-scripts" srcdoc="<p>frame</p>"></iframe>');
my $data = place('a data: document', 'null', address('https', 'a.site.localhost', 'tls', '/page.html'),
    frame => '<iframe src="data:text/html,<p>data</p>"></iframe>');

usual($http, 'http', 'http', @usual);
usual($https, 'https', 'tls', @usual);
usual($stranger, 'http', 'http', qw(pattern list regex edits reject));
usual($name, 'http', 'http', qw(open list pattern));
usual($_, 'https', 'tls', qw(open openall cred wild null pattern)) for $frame, $data;

# statuses, readable or not
for my $status (201, 202, 206, 400, 401, 403, 404, 405, 409, 410, 418, 429, 500, 502, 503) {
    for my $policy (qw(cred nobody)) {
        add($https, "/$policy answers $status", fetching(address('https', 'api.site.localhost', 'tls', "/$policy") . "?status=$status", credentials => 'include'));
    }
}

# redirects
my $api = address('https', 'api.site.localhost', 'tls', '');
my $other = address('https', 'other.site.localhost', 'tls', '');
my $own = address('https', 'a.site.localhost', 'tls', '');
for my $status (301, 302, 303, 307, 308) {
    add($https, "$status to the same origin", fetching(redirect("$api/cred", "$api/cred", $status), credentials => 'include'));
    add($https, "$status to another origin that allows this page and not null", fetching(redirect("$api/cred", "$other/cred", $status), credentials => 'include'));
    add($https, "$status to another origin that allows everybody", fetching(redirect("$api/list", "$other/open", $status)));
    add($https, "$status of a POST", fetching(redirect("$api/list", "$other/open", $status), method => 'POST', body => 'x', headers => [ [ 'content-type', 'text/plain' ] ]));
    add($https, "$status of a PUT", fetching(redirect("$api/list", "$other/openall", $status), method => 'PUT'));
}
for ([ 'from a policy that does not allow', "$api/nobody", "$api/open" ], [ 'to a policy that does not allow', "$api/open", "$api/nobody" ],
    [ 'from the page\'s own origin', "$own/off", "$api/list" ], [ 'back to the page\'s own origin', "$api/list", "$own/off" ],
    [ 'back to the page\'s own origin, which allows null', "$api/list", "$own/open" ],
    [ 'to an address with a user name', "$api/open", 'https://user@other.site.localhost:' . $port{tls} . '/open' ],
    [ 'to an origin that allows null', "$api/cred", "$other/null" ]) {
    my ($what, $from, $to) = @$_;
    for my $credentials (qw(same-origin include)) {
        add($https, "302 $what, $credentials", fetching(redirect($from, $to, 302), credentials => $credentials));
        add($https, "307 $what, with a header, $credentials", fetching(redirect($from, $to, 307), credentials => $credentials, headers => [ [ 'x-a', '1' ] ]));
    }
}
for my $how (qw(error manual)) {
    add($https, "a redirect, redirect mode $how", fetching(redirect("$api/open", "$api/open", 302), redirect => $how));
}
add($https, 'a redirect out of mode same-origin', fetching(redirect("$own/off", "$api/open", 302), mode => 'same-origin'));
add($https, 'a redirect in mode no-cors', fetching(redirect("$api/nobody", "$other/nobody", 302), mode => 'no-cors'));
add($https, 'no redirect out of mode same-origin', fetching("$own/off", mode => 'same-origin'));
add($https, "the page's own origin, $_", fetching("$own/nobody", method => $_, credentials => 'same-origin', headers => [ [ 'x-b', '1' ] ])) for qw(GET PUT PATCH);
add($https, 'a request of the page itself is not rejected', fetching("$own/reject", method => 'POST', body => 'x'));
add($https, 'a redirect loses Authorization on the way to another origin',
    fetching(redirect("$api/cred", "$other/open", 307), headers => [ [ 'authorization', 'Basic YTpi' ] ]));

# elements and other ways to send a request
for my $policy (qw(open cred list wild nobody off null)) {
    my $url = "$api/$policy";
    for ([ script => 'js' ], [ module => 'js' ], [ image => 'png' ], [ style => 'css' ]) {
        my ($by, $as) = @$_;
        add($https, "/$policy by $by, crossorigin " . ($_ // 'not set'), { by => $by, url => "$url?as=$as", crossorigin => $_ })
            for $by eq 'module' ? () : undef, 'anonymous', 'use-credentials';
    }
    for my $place ($https, $frame) {
        add($place, "/$policy by import()", { by => 'import', url => "$url?as=js" });
        add($place, "/$policy by a font", { by => 'font', url => "$url?as=font" });
        add($place, "/$policy by EventSource, $_", { by => 'events', url => "$url?as=events", credentials => $_ }) for qw(same-origin include);
    }
    add($https, "/$policy by XMLHttpRequest, $_->[0], $_->[1]", { by => 'xhr', url => $url, method => $_->[0], credentials => $_->[1], headers => $_->[2] })
        for [ GET => 'same-origin', [] ], [ GET => 'include', [] ], [ PUT => 'include', [] ], [ POST => 'same-origin', [ [ 'x-a', '1' ] ] ];
    add($https, "/$policy by sendBeacon of $_", { by => 'beacon', url => $url, content => $_ }) for 'text/plain', 'application/json';
}
$https->{linger} = 1500;

# the preflight cache: one address, requested again
my $put = sub { my ($policy, %more) = @_; return fetching("$api/$policy", method => 'PUT', %more) };
for (qw(age0 age2 age600 agenone list)) {
    add($https, "/$_ twice", $put->($_), $put->($_));
    add($https, "/$_ twice, with another header the second time", $put->($_), $put->($_, headers => [ [ 'x-a', '1' ] ]));
    add($https, "/$_ twice, with another method the second time", $put->($_), $put->($_, method => 'DELETE'));
}
add($https, '/age2, again after three seconds', $put->('age2'), $put->('age2', wait => 3));
add($https, '/agenone, again after six seconds', $put->('agenone'), $put->('agenone', wait => 6));
add($https, '/agenone, again after two seconds', $put->('agenone'), $put->('agenone', wait => 2));
add($https, '/age600, again after six seconds', $put->('age600'), $put->('age600', wait => 6));
add($https, '/age600, first without credentials and then with', $put->('age600'), $put->('age600', credentials => 'include'));
add($https, '/age600, first with credentials and then without', $put->('age600', credentials => 'include'), $put->('age600'));
add($https, '/nobody twice: a refusal is not cached', $put->('nobody'), $put->('nobody'));
add($https, '/list, a refused header is requested again', $put->('list', headers => [ [ 'x-b', '1' ] ]), $put->('list', headers => [ [ 'x-b', '1' ] ]));

# WebSocket
for my $policy (qw(socket socketnot socketall socketnull open)) {
    add($http, "/$policy by WebSocket over HTTP/1.1", { by => 'socket', url => address('ws', 'api.site.localhost', 'http', "/$policy") });
    add($stranger, "/$policy by WebSocket over HTTP/1.1", { by => 'socket', url => address('ws', 'api.site.localhost', 'http', "/$policy") });
    for my $place ($https, $frame, $data) {
        add($place, "/$policy by WebSocket over TLS", { by => 'socket', url => address('wss', 'api.site.localhost', 'tls1', "/$policy") });
        add($place, "/$policy by WebSocket over HTTP/2", { by => 'socket', url => address('wss', 'api.site.localhost', 'tls', "/$policy") });
    }
}

# The messages of docs/console.md, each with a request that provokes it. In the
# message, NAME, METHOD and X are those of the request.
my $at_backend = 'allow-origin=%2A&preflight';
my @console = (
    [ q{No 'Access-Control-Allow-Origin' header is present on the requested resource.},
        fetching("$api/nobody"), fetching("$api/nobody", method => 'PUT'), { by => 'font', url => "$api/nobody?as=font" } ],
    [ q{The 'Access-Control-Allow-Origin' header has a value 'X' that is not equal to the supplied origin.},
        fetching("$api/off?allow-origin=https://else.example") ],
    [ q{The 'Access-Control-Allow-Origin' header contains multiple values 'X', but only one is allowed.},
        fetching("$api/off?allow-origin=*%7C*") ],
    [ q{The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.},
        fetching("$api/openall", credentials => 'include') ],
    [ q{The value of the 'Access-Control-Allow-Credentials' header in the response is '' which must be 'true' when the request's credentials mode is 'include'.},
        fetching("$api/list", credentials => 'include') ],
    [ q{Method METHOD is not allowed by Access-Control-Allow-Methods in preflight response.},
        fetching("$api/soft", method => 'PATCH') ],
    [ q{Request header field NAME is not allowed by Access-Control-Allow-Headers in preflight response.},
        fetching("$api/list", headers => [ [ 'x-a', '1' ], [ 'x-b', '1' ] ]),
        fetching("$api/openall", headers => [ [ 'authorization', 'Basic YTpi' ], [ 'x-a', '1' ] ]) ],
    [ q{It does not have HTTP ok status.}, fetching("$api/off?$at_backend=403", method => 'PUT') ],
    [ q{Redirect is not allowed for a preflight request.}, fetching("$api/off?$at_backend=302&to=%2Fopen", method => 'PUT') ],
    [ q{Redirect location '' contains a username and password, which is disallowed for cross-origin requests.},
        fetching(redirect("$api/open", 'https://user@other.site.localhost:' . $port{tls} . '/open', 302)) ],
    [ q{Error during WebSocket handshake: Unexpected response code: 403},
        { by => 'socket', url => address('wss', 'api.site.localhost', 'tls1', '/socketnull') } ],
);
my %console;
for my $row (@console) {
    my ($message, @steps) = @$row;
    for my $step (@steps) {
        add($https, "what the console reports: $message", $step);
        $console{ $https->{cases}[-1]{id} } = $message;
    }
}

# --- run the cases and compare

chdir $here or die "$here: $!\n";
Httpd::spew("$here/cases.json", $json->encode({ places => \@places, authority => $authority,
    cookies => [ map { { name => 'c', value => '1', domain => $_, path => '/', secure => JSON::PP::true, sameSite => 'None' } } @hosts ] }));
my $started = Time::HiRes::time();
my $said = `timeout 240 node drive.mjs cases.json results.json 2>&1`;
die "the browser does not run: $said\n" if $?;
note(sprintf '%d cases, %.0f s in the browser', scalar keys %case, Time::HiRes::time() - $started);
my $done = $json->decode(Httpd::slurp("$here/results.json"));

my (%log, %protocol);
for (sort { ($a =~ /(\d+)/)[0] <=> ($b =~ /(\d+)/)[0] } split /\n/, Httpd::slurp("$httpd->{dir}/pages.log")) {
    my (undef, $query, $protocol, $method, $host, $path, $status, $origin, $cookie, $announced, $names) = split /\t/;
    my ($id) = $query =~ /\bid=(c\d+)/ or next;
    my ($at) = $host =~ /:(\d+)\z/;
    my $scheme = $at == $port{tls} || $at == $port{tls1} ? 'https' : 'http';
    $protocol{$id} = $protocol;
    push @{ $log{$id} }, $path =~ m{\A/socket} || $case{$id}{steps}[0]{by} eq 'socket' ? "socket $status"
        : join ' ', $method, "$scheme://$host$path", $origin, $announced, $names, $scheme eq 'https' ? $cookie ne '-' ? 'cookie' : 'no-cookie' : 'any';
}

plan tests => scalar(keys %case) + scalar(keys %console) + 3;
my %by_protocol;
for my $id (sort { substr($a, 1) <=> substr($b, 1) } keys %case) {
    my $case = $case{$id};
    my $got = $done->{results}{$id};
    my @messages = map { $_->{message} // () } @$got;
    delete $_->{message} for @$got;
    my $same = $json->encode($got) eq $json->encode($case->{results});
    my $sent = join("\n", @{ $log{$id} // [] }) eq join("\n", @{ $case->{sent} });
    $by_protocol{ $protocol{$id} // '' }++ if $case->{steps}[0]{by} eq 'socket';
    ok($same && $sent, $case->{name}) or do {
        diag($json->encode($_)) for @{ $case->{steps} };
        diag('the page:  ', $json->encode($got), "\nexpected:  ", $json->encode($case->{results})) if !$same;
        diag(join "\n  ", 'sent:', @{ $log{$id} // [] }) if !$sent;
        diag(join "\n  ", 'expected:', @{ $case->{sent} }) if !$sent;
        diag("the page was told: $_") for @messages;
        diag("the console: $_") for grep { /\bid=$id\b/ } @{ $done->{said} };
    };
}
for my $id (sort keys %console) {
    my $message = quotemeta($console{$id}) =~ s/\b(?:METHOD|NAME)\b/[\\w-]+/gr =~ s/(?<=\\')X(?=\\')/[^']+/gr;
    like(join("\n", grep { /\bid=$id\b/ } @{ $done->{said} }), qr/$message/, "the console reports: $console{$id}");
}
my ($section) = Httpd::slurp("$work/docs/console.md") =~ /^## Chromium.*?\n(.*?)^## /ms;
is_deeply([ $section =~ /^\| `(.*?)` \|/mg ], [ map { $_->[0] } @console ], 'docs/console.md has exactly the messages that are tested');
cmp_ok(scalar keys %case, '>=', 300, 'there are at least three hundred combinations');
cmp_ok($by_protocol{'HTTP/2.0'} // 0, '>=', 5, 'WebSockets were opened over HTTP/2 too') or diag($json->encode(\%by_protocol));
