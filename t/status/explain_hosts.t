# Licensed under the Apache License, Version 2.0; see LICENSE.
# The virtual host of an explained URL: on the command line and on the status page it is the
# one that receives the request, also where TLS ends in front of httpd.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(send_request);
use CorsTest qw(config_check);
use Httpd ();
use JSON::PP ();

# The line of each host is found by its ServerName; each allows an origin of its own.
my $hosts = <<'CONF';
<VirtualHost 127.0.0.1:@port@>
    ServerName www.example.com
    CorsPolicy On
    CorsAllowOrigins https://www-app.example
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName https://cdn.example.com
    <Location "/assets">
        CorsPolicy On
        CorsAllowOrigins *
        CorsAllowMethods GET HEAD
    </Location>
    <Location "/api">
        CorsPolicy On
        CorsAllowOrigins https://cdn-app.example
        CorsAllowCredentials On
        CorsRejectDisallowed On
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName plain.example.com
    ServerAlias *.plain.example.com
    CorsPolicy On
    CorsAllowOrigins https://plain-app.example
    <Location "/kept">
        CorsBackendHeaders Keep
    </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:@other@>
    ServerName twice.example.com
    CorsPolicy On
    CorsAllowOrigins https://first.example
</VirtualHost>
<VirtualHost 127.0.0.1:@port@>
    ServerName https://twice.example.com
    CorsPolicy On
    CorsAllowOrigins https://second.example
</VirtualHost>
<VirtualHost 127.0.0.1:@other@>
    ServerName third.example.com
    CorsPolicy On
    CorsAllowOrigins https://third.example
</VirtualHost>
<VirtualHost _default_:@default@>
    ServerName default.example.com
    CorsPolicy On
    CorsAllowOrigins https://default-app.example
</VirtualHost>
<VirtualHost [::1]:@default@>
    ServerName six.example.com
    CorsPolicy On
    CorsAllowOrigins https://six-app.example
</VirtualHost>
CONF
my $httpd = Httpd->start(name => 'explain_hosts', ports => [qw(port other default)], text => <<'CONF' . $hosts);
Listen 127.0.0.1:@port@
Listen 127.0.0.1:@other@
Listen 127.0.0.1:@default@
<Location "/cors-policy">
    SetHandler cors-policy
</Location>
CONF
my %port = %{ $httpd->{port} };
(my $conf = $hosts) =~ s/\@(\w+)\@/$port{$1}/g;

# [URL, the ServerName that answers, an origin that it allows, the note]
my $default = 'No virtual host for this port has the name nosuch.example.com';
my $none = 'No virtual host has the name nosuch.example.com';
my $proxy = 'No virtual host of this name has port 443, so a proxy in front of httpd must have it';
my @cases = (
    [ 'https://cdn.example.com/api/x', 'cdn.example.com', 'https://cdn-app.example', $proxy ],
    [ "http://cdn.example.com:$port{port}/api/x", 'cdn.example.com', 'https://cdn-app.example' ],
    [ 'https://cdn.example.com/assets/x', 'cdn.example.com', 'https://any.example', $proxy ],
    [ 'https://plain.example.com/x', 'plain.example.com', 'https://plain-app.example', $proxy ],
    [ 'https://a.plain.example.com/x', 'plain.example.com', 'https://plain-app.example', $proxy ],
    [ 'https://CDN.example.com/api/x', 'cdn.example.com', 'https://cdn-app.example', $proxy ],
    [ 'https://twice.example.com/x', 'twice.example.com', 'https://second.example', $proxy ],
    [ "http://twice.example.com:$port{other}/x", 'twice.example.com', 'https://first.example' ],
    [ "http://twice.example.com:$port{port}/x", 'twice.example.com', 'https://second.example' ],
    [ "http://third.example.com:$port{port}/x", 'www.example.com', 'https://www-app.example',
      "No virtual host for this port has the name third.example.com; httpd uses the first one for port $port{port}" ],
    [ "http://nosuch.example.com:$port{port}/x", 'www.example.com', 'https://www-app.example', "$default; httpd uses the first one for port $port{port}" ],
    [ "http://nosuch.example.com:$port{other}/x", 'twice.example.com', 'https://first.example', "$default; httpd uses the first one for port $port{other}" ],
    [ "http://127.0.0.1:$port{port}/x", 'www.example.com', 'https://www-app.example' ],
    [ "http://127.0.0.1:$port{default}/x", 'default.example.com', 'https://default-app.example' ],
    [ "http://[::1]:$port{default}/x", 'six.example.com', 'https://six-app.example' ],
    [ 'https://six.example.com/x', 'six.example.com', 'https://six-app.example', $proxy ],
);
my $unknown = "$none, and httpd does not listen on port 443; give the port on which httpd receives the request, as in http://nosuch.example.com:8080/.";
my $json = JSON::PP->new->utf8;

# The virtual host's name, whether its line has the directive with that name, the notes, and
# whether the page may read the response.
sub host_of {
    my ($explained, $file, $text) = @_;
    my ($line) = ($explained->{server_where} // '') =~ /\A\Q$file\E:(\d+)\z/;
    my @lines = split /\n/, $text;
    return [ $explained->{server_name}, defined $line && $lines[ $line - 1 ] =~ /^<VirtualHost / && $lines[$line] =~ /\Q$explained->{server_name}\E$/ ? 1 : 0,
        $explained->{notes}, $explained->{readable} ? 1 : 0 ];
}

sub page_json {
    my ($url, $origin) = @_;
    s/([^A-Za-z0-9])/sprintf '%%%02x', ord $1/ge for $url, $origin;
    my $response = send_request([ h1 => $port{port} ], GET => "/cors-policy?format=json&explain&url=$url&origin=$origin", host => 'www.example.com');
    return $json->decode($response->body);
}

plan tests => 4 * @cases + 9;
for my $case (@cases) {
    my ($url, $name, $origin, @notes) = @$case;
    my $expected = [ $name, 1, \@notes, 1 ];
    my $check = config_check($conf, "-c 'CorsExplain GET $url from $origin as json'");
    is_deeply(host_of($json->decode($check->{printed}), $check->{file}, "\n" x $check->{before} . $conf), $expected, "$url on the command line, as JSON");
    my ($first, $note) = split /\n/, config_check($conf, "-c 'CorsExplain GET $url from $origin'")->{printed};
    is_deeply([ $first =~ /\AVirtual host: (\S+) \(\S+:\d+\)\z/, $note ],
        [ $name, @notes ? "  $notes[0]." : 'Sections that apply, outermost first:' ], "$url on the command line, as text");
    my $file = "$httpd->{dir}/httpd.conf";
    is_deeply(host_of(page_json($url, $origin), $file, Httpd::slurp($file)), $expected, "$url on the status page");
    is(page_json($url, 'https://no-app.example')->{readable} ? 1 : 0, $url =~ /assets/ ? 1 : 0, "$url: another origin is not allowed by the policy of another virtual host");
}
like(page_json("http://plain.example.com:$port{port}/kept", 'https://no-app.example')->{notes}[0], qr/\ACorsBackendHeaders \S+:\d+ \(Keep\): where /,
    'the status page says that the backend can change the answer');
is(page_json('https://nosuch.example.com/x', 'https://www-app.example')->{problem}, $unknown, 'a URL of no virtual host has no answer on the status page');
my $check = config_check($conf, "-c 'CorsExplain GET https://nosuch.example.com/x from https://www-app.example'");
is_deeply([ @$check{qw(code printed)} ], [ 1, "CorsExplain: $unknown\n" ], 'a URL of no virtual host is an error on the command line');

my $alone = "CorsPolicy On\nCorsAllowOrigins https://app.example\n";
like(config_check($alone, "-c 'CorsExplain GET https://any.example/ from https://app.example'")->{printed},
    qr/\AServer: localhost \(outside all virtual hosts\)\nSections that apply/, 'without virtual hosts every name is a name of the server');
my $one = "<VirtualHost *:80>\nServerName one.example\n$alone</VirtualHost>\n";
like(config_check($one, "-c 'CorsExplain GET https://any.example/ from https://app.example'")->{printed},
    qr/\AVirtual host: one\.example .*\n  No virtual host has the name any\.example, and httpd does not listen on port 443; this is the only virtual host\.\n/,
    'a name that the only virtual host does not have is reported');
like(config_check("$one<VirtualHost *:81>\nServerName two.example\n</VirtualHost>\n", "-c 'CorsExplain GET http://any.example:1/ from https://app.example'")->{printed},
    qr/\AServer: localhost .*\n  No virtual host for this port has the name any\.example; httpd uses the server outside all virtual hosts\.\n/,
    'a port that only the server itself has belongs to it');
like(config_check("<Directory />\nAllowOverride FileInfo\n</Directory>\n$alone", "-c 'CorsExplain GET https://any.example/ from https://app.example'")->{printed},
    qr/^  No \.htaccess file is read here, and AllowOverride permits CORS directives in one; the status page reads them\.$/m,
    'a .htaccess file that is not read is reported');
my $two = config_check($alone, map { "-c 'CorsExplain GET https://any.example/ from https://$_.example'" } qw(app other));
is_deeply([ $two->{printed} =~ /^(Allowed|Denied)/mg ], [qw(Allowed Denied)], 'CorsExplain can be repeated');
like(config_check("CorsExplain GET https://any.example/ from https://app.example\n$alone", '-D DUMP_VHOSTS')->{errors},
    qr/CorsExplain: it is for the command line only; remove it, and run httpd -t -c 'CorsExplain METHOD URL from ORIGIN'/,
    'CorsExplain in a configuration that httpd starts with is an error');
