# Licensed under the Apache License, Version 2.0; see LICENSE.
# Which origin is the server's own: CorsRejectDisallowed never refuses the form of
# a page of the same site, and refuses that of any other.
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

sub from {
    my ($name, $via, $host, $origin, $expected, %more) = @_;
    my $path = delete $more{path} // '/plain.txt';
    is_deeply(cors_response($via, GET => $path, host => $host, origin => $origin, %more),
        $expected, $name);
}

for (protocols('h1', Httpd::has_h2() ? 'h2c' : ())) {
    my ($protocol, $called) = @$_;
    my $via = [ $protocol, $port{plain} ];
    my $p = $port{plain};
    from("$called: the site's own page", $via, "one.example:$p", "http://one.example:$p", $own);
    from("$called: by an alias", $via, "www.one.example:$p", "http://www.one.example:$p", $own);
    from("$called: a name that no virtual host has is not the server's", $via, "other.example:$p", "http://other.example:$p", $rejected);
    from("$called: by an address", $via, "127.0.0.1:$p", "http://127.0.0.1:$p", $own);
    from("$called: by an IPv6 address", $via, "[::1]:$p", "http://[::1]:$p", $own);
    from("$called: without a port, which is 80", $via, 'one.example', 'http://one.example', $own);
    from("$called: 80 in Host is no port in Origin", $via, 'one.example:80', 'http://one.example', $own);
    from("$called: capitals in Host", $via, "ONE.example:$p", "http://one.example:$p", $own);
    from("$called: a page of the alias is another origin", $via, "one.example:$p", "http://www.one.example:$p", $rejected);
    from("$called: a page of another port", $via, "one.example:$p", "http://one.example:1", $rejected);
    from("$called: a page over TLS", $via, "one.example:$p", "https://one.example:$p", $rejected);
    from("$called: a page of another virtual host", $via, "one.example:$p", "http://two.example:$p", $rejected);
    from("$called: the list is that of the named virtual host", $via, "two.example:$p", 'https://two-app.example',
        allowed('https://two-app.example'));
    from("$called: and not that of the first", $via, "two.example:$p", 'https://app.example', $rejected);
    from("$called: which has its own", $via, "one.example:$p", 'https://app.example', allowed('https://app.example'));
    from("$called: which is not that of the second", $via, "one.example:$p", 'https://two-app.example', $rejected);
    from("$called: ReportOnly rejects nobody", $via, "report.example:$p", 'https://evil.example', { status => 200 });
    from("$called: null is no server's own", $via, "one.example:$p", 'null', $rejected);
}

for (protocols('h1s', Httpd::has_h2() ? 'h2' : ())) {
    my ($protocol, $called) = @$_;
    my $via = [ $protocol, $port{tls} ];
    my $p = $port{tls};
    from("$called: the site's own page", $via, "one.example:$p", "https://one.example:$p", $own);
    from("$called: without a port, which is 443", $via, 'one.example', 'https://one.example', $own);
    from("$called: a page in clear", $via, "one.example:$p", "http://one.example:$p", $rejected);
    from("$called: a page of another virtual host", $via, "one.example:$p", "https://two.example:$p", $rejected);
    from("$called: the list is that of the virtual host named by SNI", $via, "two.example:$p",
        'https://two-app.example', allowed('https://two-app.example'));
    from("$called: and not that of the first", $via, "two.example:$p", 'https://app.example', $rejected);
}

# behind a proxy that ends TLS, asked directly and through it
my $inner = [ h1 => $port{inner} ];
my $front = [ h1s => $port{front} ];
my %proto = ('x-forwarded-proto' => 'https');
from('a server that knows nothing of TLS in front takes its page for another', $front, 'unaware.example',
    'https://unaware.example', $rejected, path => '/keeps/plain.txt');
from('but a browser that says same-origin is believed', $front, 'unaware.example',
    'https://unaware.example', $own, path => '/keeps/plain.txt', 'sec-fetch-site' => 'same-origin');
from('and one that says same-site is, too', $front, 'unaware.example',
    'https://unaware.example', $rejected, path => '/keeps/plain.txt', 'sec-fetch-site' => 'same-site');
from('X-Forwarded-Proto alone is not believed', $inner, 'unaware.example',
    'https://unaware.example', $rejected, %proto);

from('a scheme in ServerName says that TLS ends in front', $front, 'scheme.example',
    'https://scheme.example', $own, path => '/keeps/plain.txt');
from('so a page in clear is another origin', $front, 'scheme.example',
    'http://scheme.example', $rejected, path => '/keeps/plain.txt');
from('and a page of another host stays one', $front, 'scheme.example',
    'https://scheme.example.evil', $rejected, path => '/keeps/plain.txt');

from('UseCanonicalName On says the name where a proxy changes Host', $front, 'canonical.example',
    'https://canonical.example', $own, path => '/changes/plain.txt');
from('the name in Host is the server\'s own as well', $inner, 'internal.example',
    'https://internal.example', $own);
from('no other name is', $front, 'canonical.example',
    'https://other.example', $rejected, path => '/changes/plain.txt');
from('no other scheme is', $front, 'canonical.example',
    'http://canonical.example', $rejected, path => '/changes/plain.txt');
from('a port in ServerName counts', $front, 'port.example:8443',
    'https://port.example:8443', $own, path => '/changes-port/plain.txt');
from('no other port does', $front, 'port.example:8443',
    'https://port.example', $rejected, path => '/changes-port/plain.txt');
from('without UseCanonicalName the name in ServerName is none', $inner, 'www.scheme.example',
    'https://canonical.example', $rejected);

from('HTTPS=on, set for a trusted proxy, says that TLS ends in front', $front, 'trusting.example',
    'https://trusting.example', $own, path => '/keeps/plain.txt');
from('so a page in clear is another origin then', $front, 'trusting.example',
    'http://trusting.example', $rejected, path => '/keeps/plain.txt');
from('without X-Forwarded-Proto it is a request in clear', $inner, 'trusting.example',
    'http://trusting.example', $own);
from('where it is not trusted, X-Forwarded-Proto says nothing', $front, 'suspicious.example',
    'https://suspicious.example', $rejected, path => '/keeps/plain.txt');
from('where it is not trusted, the request is one in clear', $front, 'suspicious.example',
    'http://suspicious.example', $own, path => '/keeps/plain.txt');
from('mod_remoteip changes the address, not the scheme', $inner, 'suspicious.example',
    'https://suspicious.example', $rejected, %proto, 'x-forwarded-for' => '192.0.2.1');

done_testing();
