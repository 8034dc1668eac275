# Licensed under the Apache License, Version 2.0; see LICENSE.
# Which origin is the server's own, by virtual host, protocol and proxy:
# CorsRejectDisallowed never rejects a form of a page of the server itself, and rejects
# the form of any other page.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response protocols);
use Httpd ();
use Tools qw(allowed);

my $httpd = Httpd->start(
    name => 'hosts', conf => 'hosts.conf', ports => [qw(plain tls inner front)],
    modules => [qw(ssl socache_shmcb remoteip)]);
my %port = %{ $httpd->{port} };
my %vary = (vary => 'Origin');
my $own = { status => 200, %vary };
my $rejected = { status => 403, %vary };

# A form, by the page that sends it: protocol, Host, Origin, and the response.
sub check_origin {
    my ($name, $via, $host, $origin, $expected, %more) = @_;
    my $path = delete $more{path} // '/plain.txt';
    is_deeply(cors_response($via, GET => $path, host => $host, origin => $origin, %more),
        $expected, $name);
}

for (protocols('h1', Httpd::has_h2() ? 'h2c' : ())) {
    my ($protocol, $called) = @$_;
    my $via = [ $protocol, $port{plain} ];
    my $p = $port{plain};
    check_origin("$called: the site's own page", $via, "one.example:$p", "http://one.example:$p", $own);
    check_origin("$called: a page of an alias of the virtual host", $via, "www.one.example:$p", "http://www.one.example:$p", $own);
    check_origin("$called: a page of a name that no virtual host has", $via, "other.example:$p", "http://other.example:$p", $rejected);
    check_origin("$called: a page of the server's address", $via, "127.0.0.1:$p", "http://127.0.0.1:$p", $own);
    check_origin("$called: a page of the server's IPv6 address", $via, "[::1]:$p", "http://[::1]:$p", $own);
    check_origin("$called: a Host without a port has port 80", $via, 'one.example', 'http://one.example', $own);
    check_origin("$called: port 80 in Host is the default port, which Origin omits", $via, 'one.example:80', 'http://one.example', $own);
    check_origin("$called: Host is compared without regard to case", $via, "ONE.example:$p", "http://one.example:$p", $own);
    check_origin("$called: a page of the alias is another origin than the name", $via, "one.example:$p", "http://www.one.example:$p", $rejected);
    check_origin("$called: a page of another port", $via, "one.example:$p", "http://one.example:1", $rejected);
    check_origin("$called: a page over TLS", $via, "one.example:$p", "https://one.example:$p", $rejected);
    check_origin("$called: a page of another virtual host", $via, "one.example:$p", "http://two.example:$p", $rejected);
    check_origin("$called: the list of the virtual host named by Host applies", $via, "two.example:$p", 'https://two-app.example',
        allowed('https://two-app.example'));
    check_origin("$called: the list of the first virtual host does not apply to the second", $via, "two.example:$p", 'https://app.example', $rejected);
    check_origin("$called: the first virtual host has its own list", $via, "one.example:$p", 'https://app.example', allowed('https://app.example'));
    check_origin("$called: the list of the second virtual host does not apply to the first", $via, "one.example:$p", 'https://two-app.example', $rejected);
    check_origin("$called: ReportOnly does not reject another origin", $via, "report.example:$p", 'https://evil.example', { status => 200 });
    check_origin("$called: null is never the server's own origin", $via, "one.example:$p", 'null', $rejected);
}

for (protocols('h1s', Httpd::has_h2() ? 'h2' : ())) {
    my ($protocol, $called) = @$_;
    my $via = [ $protocol, $port{tls} ];
    my $p = $port{tls};
    check_origin("$called: the site's own page", $via, "one.example:$p", "https://one.example:$p", $own);
    check_origin("$called: a Host without a port has port 443", $via, 'one.example', 'https://one.example', $own);
    check_origin("$called: a page of the same host over http", $via, "one.example:$p", "http://one.example:$p", $rejected);
    check_origin("$called: a page of another virtual host", $via, "one.example:$p", "https://two.example:$p", $rejected);
    check_origin("$called: the list of the virtual host named by SNI applies", $via, "two.example:$p",
        'https://two-app.example', allowed('https://two-app.example'));
    check_origin("$called: the list of the first virtual host does not apply to the second", $via, "two.example:$p", 'https://app.example', $rejected);
}

# behind a proxy that ends TLS: requests sent directly and through the proxy
my $inner = [ h1 => $port{inner} ];
my $front = [ h1s => $port{front} ];
my %proto = ('x-forwarded-proto' => 'https');
check_origin('a server that does not know of TLS in front treats its own page as another origin', $front, 'unaware.example',
    'https://unaware.example', $rejected, path => '/keeps/plain.txt');
check_origin('Sec-Fetch-Site: same-origin is trusted behind TLS in front', $front, 'unaware.example',
    'https://unaware.example', $own, path => '/keeps/plain.txt', 'sec-fetch-site' => 'same-origin');
check_origin('Sec-Fetch-Site: same-site does not make a page the server\'s own', $front, 'unaware.example',
    'https://unaware.example', $rejected, path => '/keeps/plain.txt', 'sec-fetch-site' => 'same-site');
check_origin('X-Forwarded-Proto alone is not trusted', $inner, 'unaware.example',
    'https://unaware.example', $rejected, %proto);

check_origin('https in ServerName: TLS ends at the proxy', $front, 'scheme.example',
    'https://scheme.example', $own, path => '/keeps/plain.txt');
check_origin('with https in ServerName a page over http is another origin', $front, 'scheme.example',
    'http://scheme.example', $rejected, path => '/keeps/plain.txt');
check_origin('with https in ServerName a page of another host is another origin', $front, 'scheme.example',
    'https://scheme.example.evil', $rejected, path => '/keeps/plain.txt');

check_origin('UseCanonicalName On: ServerName counts where a proxy changes Host', $front, 'canonical.example',
    'https://canonical.example', $own, path => '/changes/plain.txt');
check_origin('UseCanonicalName On: the name in Host is the server\'s own as well', $inner, 'internal.example',
    'https://internal.example', $own);
check_origin('UseCanonicalName On: another name is another origin', $front, 'canonical.example',
    'https://other.example', $rejected, path => '/changes/plain.txt');
check_origin('UseCanonicalName On: another scheme is another origin', $front, 'canonical.example',
    'http://canonical.example', $rejected, path => '/changes/plain.txt');
check_origin('a port in ServerName is part of the server\'s own origin', $front, 'port.example:8443',
    'https://port.example:8443', $own, path => '/changes-port/plain.txt');
check_origin('a port in ServerName: the default port is another origin', $front, 'port.example:8443',
    'https://port.example', $rejected, path => '/changes-port/plain.txt');
check_origin('without UseCanonicalName a name in ServerName alone is not the server\'s own', $inner, 'www.scheme.example',
    'https://canonical.example', $rejected);

check_origin('HTTPS=on, set for a trusted proxy: TLS ends at the proxy', $front, 'trusting.example',
    'https://trusting.example', $own, path => '/keeps/plain.txt');
check_origin('HTTPS=on, set for a trusted proxy: a page over http is another origin', $front, 'trusting.example',
    'http://trusting.example', $rejected, path => '/keeps/plain.txt');
check_origin('a trusted proxy without X-Forwarded-Proto: the request is over http', $inner, 'trusting.example',
    'http://trusting.example', $own);
check_origin('X-Forwarded-Proto of a proxy that is not trusted is ignored', $front, 'suspicious.example',
    'https://suspicious.example', $rejected, path => '/keeps/plain.txt');
check_origin('behind a proxy that is not trusted the request is over http', $front, 'suspicious.example',
    'http://suspicious.example', $own, path => '/keeps/plain.txt');
check_origin('mod_remoteip changes the address, not the scheme', $inner, 'suspicious.example',
    'https://suspicious.example', $rejected, %proto, 'x-forwarded-for' => '192.0.2.1');

done_testing();
