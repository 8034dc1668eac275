# Licensed under the Apache License, Version 2.0; see LICENSE.
# CorsProtect in a real browser: Chromium sends requests of pages of the same origin, the same
# site, other sites and opaque origins, in every way in which a page can. What reaches the
# application must be what the manual promises to the owner of the site. That is derived here
# from who had a part in a request, and not from what the browser sent: no Sec-Fetch-* field is
# read. Then each request, as it was logged, must have the verdict of t/lib/Reference.pm, which
# reads the fields and knows nothing of pages. Run by make browser. protect_firefox.t runs it in
# Firefox: where that is not like Chromium, %differences has the reason.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use JSON::PP ();
use Time::HiRes ();
use Authority ();
use Httpd ();
use Reference ();

my $work = $ENV{CORS_WORK};
# chromium, or firefox: protect_firefox.t
my $browser = $ENV{CORS_BROWSER} // 'chromium';
my $here = "$work/t/browser/$browser";
mkdir $here or die "$here: $!\n";
my $keys = "$here/keys";
my $json = JSON::PP->new->canonical;

# --- servers: the names, and a section for each rule

# app is the server that is attacked; api is of the same site, shop is a friend of another site
my %name = (app => 'app.example.com', api => 'api.example.com', evil => 'evil.test', shop => 'idp.example', local => 'localhost', loop => '127.0.0.1');
my %rule = (
    off => '',
    on => 'CorsProtect On',
    embed => "CorsProtect On\nCorsProtectEmbedding On",
    report => "CorsProtect ReportOnly\nCorsProtectEmbedding On",
    trust => "CorsProtect On\nCorsProtectEmbedding On\nCorsProtectAllowOrigins https://idp.example:\@tls\@",
    star => "CorsProtect On\nCorsPolicy On\nCorsAllowOrigins *",
    cred => "CorsProtect On\nCorsPolicy On\nCorsAllowOrigins http://api.example.com:\@http\@ https://api.example.com:\@tls\@\nCorsAllowCredentials On",
);
my @workers = qw(pass getonly rebuild);
# programs that know nothing of CorsProtect, each in a part of the site
my @programs = ('cgi', grep { -x '/usr/bin/php-cgi' } 'php');
my $sections = join '', map { "<LocationMatch \"^(?:/(?:" . join('|', @workers, @programs) . "))?/$_/\">\n$rule{$_}\n</LocationMatch>\n" } sort keys %rule;

my @logged = qw(Origin Sec-Fetch-Site Sec-Fetch-Mode Sec-Fetch-Dest Referer Cookie Content-Type Authorization Upgrade Access-Control-Request-Method);
my $format = join '\t', qw(%{local}p %q %m %{Host}i %U %>s %{protect-verdict}^co %{protect-reason}^co), map { "%{$_}i" } @logged;
my $text = <<"CONF";
Listen 127.0.0.1:\@http\@
Listen 127.0.0.1:\@tls\@
Listen 127.0.0.1:\@alt\@
Listen 127.0.0.1:\@front\@
LogFormat "$format" pages
AliasMatch "^/(?:pass/|getonly/|rebuild/)?(page|norefer|samerefer)\\.html" "$here/\$1.html"
<Directory "$here">
    Require all granted
</Directory>
<Files "norefer.html">
    Header set Referrer-Policy no-referrer
</Files>
<Files "samerefer.html">
    Header set Referrer-Policy same-origin
</Files>
ScriptAliasMatch "^/(cgi|php)/" "$here/run.\$1"
SetEnvIf Request_URI "^/php/" REDIRECT_STATUS=200
KeepAliveTimeout 60
H2WebSockets on
CONF
for my $host (values %name) {
    # front terminates TLS and passes plain http on
    for my $port (qw(http tls alt front)) {
        my $tls = $port eq 'http' ? '' : "SSLEngine on\nSSLCertificateFile $keys/browser.pem\nSSLCertificateKeyFile $keys/browser-key.pem\n";
        my $protocols = $port eq 'tls' ? 'h2 http/1.1' : 'http/1.1';
        $text .= "<VirtualHost 127.0.0.1:\@$port\@>\nServerName $host\nProtocols $protocols\n${tls}ProxyPassMatch \"/(?:page|norefer|samerefer)\\.html\$\" !\nProxyPassMatch \"^/(?:cgi|php)/\" !\n";
        $text .= $port eq 'front' ? "ProxyPreserveHost On\nProxyPass / http://127.0.0.1:\@http\@/ upgrade=websocket\n"
            # the backend may close an idle connection just when the proxy uses it again
            : "CustomLog \"\@dir\@/pages.log\" pages\nProxyPass / http://127.0.0.1:\@backend\@/ upgrade=websocket disablereuse=on\n$sections";
        $text .= "</VirtualHost>\n";
    }
}
Httpd::spew("$here/$_.html", "<!DOCTYPE html><title>page</title><body>\n") for qw(page norefer samerefer);
my $reached = "$work/t/logs/reached_from_$browser";
Httpd::spew("$here/run.cgi", "#!/bin/sh\ncat >/dev/null\nid=\${QUERY_STRING#*id=}\necho \"\${id%%&*} \$REQUEST_METHOD\" >>'$reached'\nprintf 'Content-Type: text/html\\n\\nA script\\n'\n");
Httpd::spew("$here/run.php", "#!/usr/bin/php-cgi\n<?php file_put_contents('$reached', \"{\$_REQUEST['id']} {\$_SERVER['REQUEST_METHOD']}\\n\", FILE_APPEND); ?>A page\n");
chmod 0755, "$here/run.cgi", "$here/run.php";
my $authority = Authority::certificate($keys, values %name);
my $backend = Httpd::free_port();
Httpd::spew($reached, '');
Httpd::start_helper('../browser/recorder.pl', $backend, CORS_REACHED => $reached);
my $httpd = Httpd->start(name => "protect-$browser", text => $text, ports => [qw(http tls alt front)], vars => { backend => $backend },
    modules => [qw(ssl socache_shmcb)], expected => qr/Warning: /);
my %port = %{ $httpd->{port} };

# --- addresses

sub address { my ($scheme, $who, $port) = @_; return { scheme => $scheme, who => $who, port => $port, origin => "$scheme://$name{$who}:$port{$port}" } }
my $target = address('https', 'app', 'tls');
my $plain = address('http', 'app', 'http');
my $front = address('https', 'app', 'front');

# The site of an address: scheme and registrable domain. An address literal is one of its own.
sub site { my ($at) = @_; my $host = $name{ $at->{who} }; return "$at->{scheme}://" . ($host =~ /\A[\d.]+\z/ ? $host : join '.', grep { defined } (split /\./, $host)[-2, -1]) }
# Whether a browser sends Fetch Metadata to an address.
sub is_trustworthy { my ($at) = @_; return $at->{scheme} eq 'https' || $at->{who} =~ /\Alo/ }

# --- pages

my %box = (
    sandbox => '<iframe sandbox="allow-scripts allow-forms allow-popups" srcdoc="<p>frame</p>"></iframe>',
    data => '<iframe src="data:text/html,<p>data</p>"></iframe>',
);
my @places;
# A page: its address, then box (it is an opaque frame in such a page), policy (its referrer
# policy), worker (the page is controlled by this worker).
sub page {
    my ($at, %more) = @_;
    my $file = { 'no-referrer' => 'norefer', 'same-origin' => 'samerefer' }->{ $more{policy} // '' } // 'page';
    my $name = ($more{box} ? "a $more{box} frame in " : '') . 'a page of ' . ($at->{origin} =~ s/:$port{tls}\z|:$port{http}\z//r)
        . ($more{policy} ? " with Referrer-Policy $more{policy}" : '') . ($more{worker} ? " with the worker $more{worker}" : '');
    push @places, my $page = { %more, at => $at, name => $name, page => $at->{origin} . ($more{worker} ? "/$more{worker}" : '') . "/$file.html",
        $more{box} ? (frame => $box{ $more{box} }) : (), steps => [] };
    return $page;
}

# --- ways to send a request

# goes: window, frame, no-cors, cors, same-origin or socket; form: a referrer policy hides
# Origin; preflight: a CORS request that needs one
my @ways = (
    (map { { name => "a form, $_", by => 'form', method => 'POST', enctype => $_, goes => 'window', form => 1 } }
        'application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'),
    { name => 'a form in a frame', by => 'form in frame', method => 'POST', goes => 'frame', form => 1 },
    { name => 'a form with GET', by => 'form', method => 'GET', goes => 'window', form => 1 },
    (map { { name => $_, by => $_, goes => 'window' } } qw(link open location refresh)),
    (map { { name => $_, by => $_, goes => 'frame' } } qw(iframe object embed)),
    { name => 'img', by => 'img', goes => 'no-cors', as => 'png' },
    { name => 'script', by => 'script', goes => 'no-cors', as => 'js' },
    { name => 'style sheet', by => 'style', goes => 'no-cors', as => 'css' },
    { name => 'video', by => 'video', goes => 'no-cors', as => 'png' },
    { name => 'img crossorigin', by => 'img', goes => 'cors', as => 'png', attributes => { crossorigin => 'anonymous' } },
    { name => 'module script', by => 'script', goes => 'cors', as => 'js', attributes => { type => 'module' } },
    { name => 'beacon', by => 'beacon', method => 'POST', goes => 'no-cors' },
    { name => 'beacon of JSON', by => 'beacon', method => 'POST', goes => 'cors', content => 'application/json', preflight => 1, credentials => 'include' },
    { name => 'ping', by => 'ping', method => 'POST', goes => 'no-cors' },
    { name => 'EventSource', by => 'events', goes => 'cors', as => 'events' },
    { name => 'XHR GET', by => 'xhr', goes => 'cors' },
    { name => 'XHR POST', by => 'xhr', method => 'POST', goes => 'cors', body => 'x' },
    { name => 'XHR POST with credentials', by => 'xhr', method => 'POST', goes => 'cors', body => 'x', credentials => 'include' },
    (map { my ($mode, $method, $credentials, %more) = @$_;
        { name => "fetch $method, $mode, $credentials" . ($more{headers} ? ', JSON' : ''), by => 'fetch', mode => $mode, method => $method, goes => $mode,
          credentials => $credentials, $method eq 'GET' || $method eq 'DELETE' ? () : (body => 'x'), %more } }
        [qw(cors GET omit)], [qw(cors GET include)], [qw(cors POST omit)], [qw(cors POST include)],
        [ qw(cors POST omit), headers => { 'Content-Type' => 'application/json' }, preflight => 1 ],
        [ qw(cors PUT omit), preflight => 1 ], [ qw(cors DELETE include), preflight => 1 ],
        [qw(no-cors GET include)], [qw(no-cors POST include)], [qw(no-cors POST omit)],
        [qw(same-origin GET include)], [qw(same-origin POST include)], [qw(same-origin PUT include)],
        [ qw(same-origin POST include), headers => { 'Content-Type' => 'application/json' } ]),
    { name => 'WebSocket', by => 'socket', goes => 'socket' },
);
my %way = map { $_->{name} => $_ } @ways;
sub is_safe { my ($way) = @_; return ($way->{method} // 'GET') eq 'GET' && $way->{goes} ne 'socket' }
# those that can change something, with one of the three kinds of forms
my @unsafe = grep { !is_safe($_) && $_->{name} !~ /urlencoded|multipart/ } @ways;
my @without = grep { ($_->{credentials} // 'omit') eq 'omit' } @unsafe;
# the others, and one of each kind that can change something
my @embeds = grep { is_safe($_) && $_->{by} !~ /\A(?:open|location|refresh)\z/ || $_->{name} =~ /\A(?:a form, text|a form in|beacon\z)/ } @ways;
my @navigations = @way{ 'a form, text/plain', 'a form in a frame', 'link', 'iframe' };
my @few = @way{ 'a form, application/x-www-form-urlencoded', 'a form in a frame', 'link', 'iframe', 'object', 'img', 'style sheet', 'beacon',
    'fetch POST, no-cors, include', 'fetch GET, no-cors, include', 'fetch POST, cors, omit', 'WebSocket' };

# --- where browsers are not alike

my %differences = (
    # With the Referrer-Policy of its page, a form does not name its origin. Firefox also hides
    # the origin of these requests, as the Fetch Standard says; Chromium does not. A ping names
    # its origin in both.
    hides_origin => { firefox => [ 'beacon', 'fetch POST, no-cors, include', 'fetch POST, no-cors, omit', 'fetch POST, same-origin, include',
        'fetch POST, same-origin, include, JSON', 'fetch PUT, same-origin, include' ] },
    # If the worker of the site passes a form on, Firefox sends it as a request of the site. The
    # form of the site is refused too if its page hides the origin: nothing tells it from the
    # form of a page of another site that does the same. The fetch looks like these two. A fetch
    # of JSON or with PUT does not, because a form cannot send it.
    looks_relayed => { firefox => [ 'a form, text/plain by way of pass', 'fetch POST, same-origin, include' ] },
    # The reason for which a form of another origin is refused then.
    passed_on => { chromium => 'cross-site-request', firefox => 'relayed-by-worker' },
    # A page that answers a form of another origin and reloads itself sends it again. Chromium
    # sends it as a request of the site, Firefox as what it was.
    sent_again => { chromium => 'same-origin-request', firefox => 'cross-site-request' },
);
my ($hides_origin, $looks_relayed) = map { my $ways = $differences{$_}{$browser} // []; +{ map { $_ => 1 } @$ways } } qw(hides_origin looks_relayed);

# --- what the owner of the site is promised

# How the addresses that a request passes are related to its page, at worst.
sub relation {
    my ($page, @way) = @_;
    return 'cross-site' if $page->{box};
    my $worst = 'same-origin';
    for (@way) {
        next if $_->{origin} eq $page->{at}{origin};
        return 'cross-site' if site($_) ne site($page->{at});
        $worst = 'same-site';
    }
    return $worst;
}

# The origin that a request names: of its page, unless the page or a redirect hides it.
sub named_origin {
    my ($page, $way, @way) = @_;
    return 'null' if $page->{box};
    my $own = $page->{at}{origin};
    return 'null' if ($way->{form} || $hides_origin->{ $way->{name} }) && $page->{policy} && ($page->{policy} eq 'no-referrer' || grep { $_->{origin} ne $own } @way);
    # a redirect from one foreign origin to another taints the request
    for (1 .. $#way) { return 'null' if $way[ $_ - 1 ]{origin} ne $own && $way[$_]{origin} ne $way[ $_ - 1 ]{origin} }
    return $own;
}

# Whether an owner who trusts no origin but those of a rule wants a request refused.
sub is_refused {
    my ($case, $relation, $origin, $method) = @_;
    my ($way, $rule) = @$case{qw(way rule)};
    my $at = $case->{addresses}[-1];
    my $unsafe = $method ne 'GET' || $way->{goes} eq 'socket';
    my $trusted = $unsafe && is_listed($rule, $origin);
    return 0 if $rule =~ /\A(?:off|report)\z/ || $trusted;
    # the site's own worker makes any navigation below it a request of the site; it does not
    # control a window of a sandboxed frame, whose origin is opaque, and no frame in another site
    my $part = $case->{part} // '';
    my $own = $relation eq 'same-origin'
        || ($part eq 'rebuild' && !$case->{page}{box} && $way->{goes} =~ ($relation eq 'same-site' ? qr/\A(?:window|frame)\z/ : qr/\Awindow\z/));
    if ($unsafe) {
        return 1 if $own && $origin eq 'null' && ($looks_relayed->{ $way->{name} } || $looks_relayed->{"$way->{name} by way of $part"});
        # over http, a form of the site that hides its origin looks like that of any other page
        return $origin eq 'null' && !is_trustworthy($at) ? 1 : 0 if $own;
        # what CORS lets any page send
        return !($rule eq 'star' && $way->{goes} eq 'cors' && ($way->{credentials} // 'omit') eq 'omit');
    }
    return 0 if $rule !~ /\A(?:embed|trust)\z/ || $own;
    return $relation eq 'cross-site' && is_trustworthy($at) && $way->{goes} =~ /\A(?:frame|no-cors|same-origin)\z/ ? 1 : 0;
}

sub is_listed {
    my ($rule, $origin) = @_;
    return $origin eq "https://idp.example:$port{tls}" if $rule eq 'trust';
    return $rule eq 'cred' && scalar grep { $origin eq $_ } "http://api.example.com:$port{http}", "https://api.example.com:$port{tls}";
}

# The methods of the requests that reach the application.
sub promised {
    my ($case) = @_;
    my ($page, $way, $rule) = @$case{qw(page way rule)};
    my @addresses = @{ $case->{addresses} };
    my $relation = relation($page, @addresses);
    my $method = $case->{turns} ? 'GET' : $way->{method} // 'GET';
    my $origin = named_origin($page, $way, @addresses);

    # the browser itself asks, and does not send what CORS does not allow
    return [] if $way->{goes} eq 'same-origin' && $relation ne 'same-origin';
    if ($way->{preflight} && $relation ne 'same-origin') {
        return ['OPTIONS'] if $rule !~ /\A(?:star|cred)\z/;
        return [] if $rule eq 'star' ? ($way->{credentials} // 'omit') eq 'include' : !is_listed($rule, $origin);
    }
    return [ is_refused($case, $relation, $origin, $method) ? () : ($method) x ($case->{times} // 1) ];
}

# --- the cases

my (%case, $next);
sub escaped { return $_[0] =~ s/([^A-Za-z0-9._-])/sprintf '%%%02X', ord $1/ger }
sub short { return $_[0] =~ s/:(?:$port{tls}|$port{http})\b//r }

# A case: page, way and rule; addresses: those that redirect, then the one that is attacked;
# status: of the redirects; part: of the site, which a service worker controls or another
# program answers; as: the document; times: how often the request is sent.
sub add {
    my ($page, $way, $rule, %more) = @_;
    my $id = 'r' . ++$next;
    my $case = $case{$id} = { page => $page, way => $way, rule => $rule, addresses => [$target], %more };
    my @addresses = @{ $case->{addresses} };
    my $at = pop @addresses;
    my $part = $case->{part} ? "/$case->{part}" : '';
    my $as = $case->{as} // $way->{as};
    my $url = "$at->{origin}$part/$rule/x?id=$id" . ($as ? "&as=$as" : '');
    $url = "$_->{origin}/hop?status=$case->{status}&to=" . escaped($url) for reverse @addresses;
    $url =~ s/\Ahttp/ws/ if $way->{goes} eq 'socket';
    $case->{turns} = 1 if @addresses && $case->{status} < 307 && ($way->{method} // 'GET') eq 'POST';
    push @{ $page->{steps} }, { method => 'GET', %$way, id => $id, url => $url, $way->{goes} eq 'window' ? (opens => 1) : () };
    delete @{ $page->{steps}[-1] }{qw(name goes form preflight as)};
    $case->{name} = join ', ', $page->{name}, $way->{name}, map({ 'by way of ' . short($_->{origin}) . " ($case->{status})" } @addresses),
        'to ' . short($at->{origin}) . "$part/$rule" . ($more{as} ? " ($more{as})" : '');
    return $id;
}
sub add_all { my ($page, $ways, $rules, %more) = @_; for my $rule (@$rules) { add($page, $_, $rule, %more) for @$ways } return }

# the windows of an opaque frame cannot be written to, and a link within it replaces it
my @opaque_ways = grep { $_->{by} !~ /\A(?:refresh|location|ping)\z/ } @ways;
my @opaque_unsafe = grep { $_->{by} ne 'ping' } @unsafe;

# https: pages of the site, of its siblings, of others, and opaque ones
my %https = map { $_ => page(address('https', $_, 'tls')) } qw(app api evil shop);
my $other_port = page(address('https', 'app', 'alt'));
my %http = map { $_ => page(address('http', $_, 'http')) } qw(app api evil local loop);
my @boxes = (page(address('https', 'evil', 'tls'), box => 'sandbox'), page(address('https', 'app', 'tls'), box => 'sandbox'), page(address('https', 'evil', 'tls'), box => 'data'));
my @most = do { my %seen; grep { !$seen{ $_->{name} }++ } @unsafe, @embeds };
for my $page (@https{qw(app api evil)}) {
    add_all($page, \@ways, ['on']);
    add_all($page, \@embeds, ['embed']);
}
add_all($_, \@most, ['embed']) for $other_port, @http{qw(app evil)};
add_all($_, \@few, ['report']) for @https{qw(app api evil)}, $http{evil};
for my $page (@boxes) {
    add_all($page, $page == $boxes[0] ? \@opaque_ways : \@few, ['on']);
    add_all($page, $page == $boxes[0] ? \@embeds : \@few, ['embed']);
}
add_all($boxes[0], \@few, [qw(report trust)]);
add_all($boxes[0], [ grep { $_->{by} ne 'ping' } @without ], [qw(star cred)]);
add_all($https{shop}, \@most, ['trust']);
add_all($https{shop}, \@few, ['on']);
add_all($https{app}, \@unsafe, [qw(star cred)]);
add_all($https{api}, \@unsafe, [qw(star cred)]);
add_all($https{evil}, \@without, ['star']);
add_all($https{evil}, \@unsafe, [qw(cred trust)]);
add_all($http{api}, \@unsafe, ['cred']);

# referrer policies
for my $policy (qw(no-referrer same-origin)) {
    my %page = map { $_ => page(address('https', $_, 'tls'), policy => $policy) } qw(app api shop);
    add_all($page{app}, \@unsafe, ['on']);
    add_all($page{api}, \@unsafe, ['cred']);
    add_all($page{shop}, \@unsafe, ['trust']);
    add_all(page(address('http', 'app', 'http'), policy => $policy), \@unsafe, ['on'], addresses => [$plain]);
}

# http: no Sec-Fetch-*
add_all($_, \@most, ['embed'], addresses => [$plain]) for @http{qw(app evil)};
add_all($http{api}, \@unsafe, ['on'], addresses => [$plain]);
add_all($_, \@opaque_unsafe, ['on'], addresses => [$plain]) for page(address('http', 'evil', 'http'), box => 'sandbox'), page(address('http', 'app', 'http'), box => 'sandbox');
add_all($http{api}, \@unsafe, ['cred'], addresses => [$plain]);

# localhost and 127.0.0.1 are two sites
my ($local, $loop) = map { address('http', $_, 'http') } qw(local loop);
for ([ $http{local}, $local ], [ $http{loop}, $loop ], [ $http{local}, $loop ], [ $http{loop}, $local ], [ $http{evil}, $local ]) {
    my ($page, $at) = @$_;
    add_all($page, \@few, ['embed'], addresses => [$at]);
}

# a proxy terminates TLS
my $behind = page($front);
add_all($behind, \@unsafe, ['on'], addresses => [$front]);
add_all($behind, \@few, ['embed'], addresses => [$front]);
add_all($_, \@few, ['embed'], addresses => [$front]) for @https{qw(app evil)}, $http{evil};
# http://app and https://app have other ports here; a page of the same name over http
add_all($http{app}, \@unsafe, ['on'], addresses => [$front]);

# redirects
my %at = map { $_ => address('https', $_, 'tls') } qw(app api evil shop);
for ([ 'app', 'app' ], [ 'app', 'api' ], [ 'app', 'evil' ], [ 'app', 'app', 'evil' ], [ 'evil', 'app' ], [ 'evil', 'api' ], [ 'api', 'app' ], [ 'api', 'evil' ], [ 'shop', 'app' ], [ 'shop', 'evil' ]) {
    my ($from, @via) = @$_;
    for my $status (302, 307, @via == 1 && $from ne 'shop' && $via[0] eq 'app' ? (303, 308) : ()) {
        add_all($https{$from}, [ @way{ 'a form, text/plain', 'link', 'iframe', 'fetch POST, no-cors, include', 'fetch POST, cors, include', 'img' } ],
            [ $from eq 'shop' ? 'trust' : $status =~ /303|308/ ? 'on' : 'embed' ], addresses => [ @at{@via}, $target ], status => $status);
    }
}
for ([ 'app', 'evil' ], [ 'evil', 'app' ]) {
    my ($from, $via) = @$_;
    add_all($http{$from}, \@navigations, ['on'], addresses => [ address('http', $via, 'http'), $plain ], status => $_) for 302, 307;
}
# a site that moves to https
add_all($http{app}, \@navigations, ['on'], addresses => [ $plain, $target ], status => 308);

# service workers of the site
my @by_worker = (@navigations, @way{ 'a form with GET', 'img', 'fetch POST, no-cors, include', 'fetch GET, no-cors, include' });
my @hidden = map { page(address('https', $_->[0], 'tls'), policy => $_->[1]) } [qw(app no-referrer)], [qw(evil no-referrer)], [qw(evil same-origin)];
for my $worker (@workers) {
    add_all($_, \@by_worker, [qw(on embed)], part => $worker) for @https{qw(app api evil)};
    add_all($_, [ $way{'a form, text/plain'}, $way{link} ], [qw(on embed)], part => $worker) for $boxes[0], @hidden;
    add($https{$_}, $way{'a form, text/plain'}, 'on', part => $worker, addresses => [ $at{evil}, $target ], status => 307) for qw(api evil);
    add_all(page(address('https', 'app', 'tls'), worker => $worker), \@few, ['embed'], part => $worker);
}

# programs behind httpd, with the directive and without it
for my $program (@programs) {
    add_all($_, [ @navigations, @way{ 'a form, application/x-www-form-urlencoded', 'a form, multipart/form-data', 'fetch POST, no-cors, include', 'fetch PUT, cors, omit' } ], [qw(off on)], part => $program)
        for @https{qw(app evil)};
}

# a forged log-in needs no cookie in the request: it makes the browser store the one in the response
my @login = map { my $page = $_; map { add($page, $way{'a form, application/x-www-form-urlencoded'}, $_, as => 'login') } qw(off on star cred report) } @https{qw(app api evil)}, $boxes[0];

# a page that reloads itself sends its form again, as a request of the site
add($https{shop}, $way{'a form, text/plain'}, 'trust', as => 'reload', times => 2);
add($https{evil}, $way{'a form, text/plain'}, 'report', as => 'reload', times => 2);
add($https{evil}, $way{'a form, text/plain'}, 'on', as => 'reload');
add($https{app}, $way{'a form, text/plain'}, 'on', as => 'reload', times => 2);

# --- run them

chdir $here or die "$here: $!\n";
Httpd::spew("$here/plan.json", $json->encode({ places => \@places, authority => $authority, names => [ values %name ],
    workers => [ map { { page => "$target->{origin}/$_/page.html", script => "/$_/sw.js" } } @workers ],
    cookies => [ map { { name => 'c', value => '1', domain => $_, path => '/', secure => JSON::PP::true, sameSite => 'None' } } @name{qw(app api)} ] }));
my $started = Time::HiRes::time();
my $said = `timeout 900 node ../protect.mjs $browser plan.json results.json 2>&1`;
die "the browser does not run: $said\n" if $?;
note(sprintf '%d cases, %.0f s in the browser', scalar keys %case, Time::HiRes::time() - $started);
my $done = $json->decode(Httpd::slurp("$here/results.json"));
is(join("\n", map { substr $_, 0, 200 } @{ $done->{problems} }), '', 'each step ran in the browser');

my %came;
for (split /\n/, Httpd::slurp($reached)) {
    my ($id, $method) = split / /;
    push @{ $came{$id} }, $method;
}
# a video is requested in parts
my %seen;
for my $id (sort { substr($a, 1) <=> substr($b, 1) } keys %case) {
    my $case = $case{$id};
    my $came = $came{$id} // [];
    $came = [ map { $seen{"$id$_"}++ ? () : $_ } @$came ] if $case->{way}{by} eq 'video';
    is("@$came", join(' ', @{ promised($case) }), $case->{name});
}
my %stored = map { $_->{name} => 1 } @{ $done->{cookies} };
for my $id (@login) {
    is($stored{"session-$id"} // 0, @{ promised($case{$id}) } ? 1 : 0, "$case{$id}{name}: the user is logged in to the account of the form, or is not");
}

# --- the second opinion on what the browser sent

my ($reference) = map { Reference->new($_) } $text =~ s/\@(http|tls|alt|front)\@/$port{$1}/gr;
my (%differs, $compared, %sent, %shown);
for (split /\n/, Httpd::slurp("$httpd->{dir}/pages.log")) {
    my ($at, $query, $method, $host, $path, $status, $verdict, $reason, @values) = split /\t/;
    my ($id) = $query =~ /\bid=(r\d+)/ or next;
    $sent{$id} = 1;
    next if $path !~ m{/(?:on|embed|report|trust|star|cred)/x\z};
    # httpd removes Upgrade before it logs a handshake
    next if $case{$id}{way}{goes} eq 'socket';
    push @{ $shown{$id} }, "$values[3] $reason";
    my $report = $path =~ m{/report/};
    my %request = (scheme => $at == $port{http} ? 'http' : 'https', host => $host =~ s/:\d+\z//r, authority => $host, path => $path, method => $method,
        headers => [ map { $values[$_] eq '-' ? () : [ $logged[$_], $values[$_] ] } 0 .. $#logged ]);
    my $is = $reference->policy(\%request, Reference::announced_method(\%request) // $method);
    $is->{CorsProtect} =~ s/ReportOnly/On/;
    my $refuses = Reference::protection($is, \%request, $reference->server(\%request)) ? 1 : 0;
    $compared++;
    next if $refuses == ($verdict eq 'refused' ? 1 : 0) && ($report || !$refuses || $status == 403);
    $differs{$id} = "$case{$id}{name}: $verdict $reason, $status; the reference " . ($refuses ? 'refuses' : 'passes') . "; @values";
}
is(join("\n", map { $differs{$_} } sort keys %differs), '', 'each request has the verdict of the second opinion');

# A request that was not sent is not a request that was refused.
my @unsent = grep { !$sent{$_} && ($case{$_}{way}{goes} ne 'same-origin' || relation($case{$_}{page}, @{ $case{$_}{addresses} }) eq 'same-origin') } sort keys %case;
is(join("\n", map { $case{$_}{name} } @unsent), '', 'each request reached a server, except those of mode same-origin to another origin');

# What cannot be seen from outside: that a worker of the site had a part in a form of another
# origin (its destination shows that), and as what a page that reloads itself sends its form.
my %handled = (pass => "empty $differences{passed_on}{$browser}", getonly => 'document cross-site-request', rebuild => 'empty same-origin-request');
my %expected = map { $_ => $handled{ $case{$_}{part} } }
    grep { exists $handled{ $case{$_}{part} // '' } && $case{$_}{way}{name} eq 'a form, text/plain' && !$case{$_}{page}{box} && $case{$_}{page}{at}{who} ne 'app' } keys %case;
cmp_ok(scalar keys %expected, '>=', 3 * 6, 'the workers of the site got forms of other origins, with and without a referrer policy');
my ($reloads) = grep { ($case{$_}{as} // '') eq 'reload' && $case{$_}{rule} eq 'report' } keys %case;
$expected{$reloads} = "document cross-site-request, document $differences{sent_again}{$browser}";
my %unlike = map { my $shown = join ', ', @{ $shown{$_} // [] }; $shown eq $expected{$_} ? () : ($_ => "$case{$_}{name}: $shown") } keys %expected;
is(join("\n", map { $unlike{$_} } sort keys %unlike), '', 'workers and reloads had the part in a form that is known of the browser');
cmp_ok($compared, '>=', keys(%case) / 2, 'most requests were compared');
cmp_ok(scalar keys %case, '>=', 1000, 'there are at least a thousand combinations');
done_testing();
