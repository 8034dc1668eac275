# Licensed under the Apache License, Version 2.0; see LICENSE.
# Sails itself, and httpd with the policy that cors-policy-import makes of its configuration.
# Three apps of tools/cors-policy-import/t/sails are lifted unchanged, and once more without
# CORS settings behind httpd with the imported policy. A browser (t/lib/Fetch.pm) sends the
# same requests to both, and must reach the same result. Where Sails differs from its
# documentation, the documentation decides, and a table below has the sentence.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(send_bytes);
use Httpd ();
use JSON::PP ();
use Reach qw(exchanges verified);
use Sails qw(browser_result);

my $work = $ENV{CORS_WORK};
my @near = ('https://app.example.evil', 'https://notapp.example', 'https://app.example:8080', 'http://app.example', 'null');
my @documented = ('http://example.com', 'https://api.example.com', 'http://blog.example.com:1337', 'https://foo.com:8888');

# Each app with the origins that send requests, and the requests: path => methods.
my %app = (
    '11-app-per-route' => {
        origins => [ 'https://app.example', 'http://app.example:8080', @near, 'https://one.example', @documented[ 0, 3 ],
            (map { "https://$_.example" } qw(edit read write old older)), 'http://foobar.com', 'https://owlhoot.com' ],
        paths => {
            '/plain' => [qw(GET)], '/on' => [qw(GET POST PUT DELETE PATCH)], '/ON/' => [qw(GET PUT)], '/on/more' => [qw(GET)],
            '/put' => [qw(GET PUT)], '/off' => [qw(GET)], '/one' => [qw(GET)], '/two' => [qw(GET)], '/videos' => [qw(GET HEAD PUT DELETE)],
            '/public' => [qw(GET HEAD)], '/user/7' => [qw(GET PATCH DELETE)], '/user/7/8' => [qw(GET PATCH)],
            '/files/a/b' => [qw(GET PUT DELETE)], '/files' => [qw(GET)], '/old' => [qw(GET POST DELETE)],
            '/anybody' => [qw(GET PUT)], '/listed' => [qw(GET)], '/foo/bar' => [qw(GET)], '/missing' => [qw(GET PUT)],
        },
    },
    '12-app-all-routes' => {
        origins => [ @documented, 'http://example.com.evil', 'https://example.com', 'http://blog.example.com', 'http://foo.com:8888',
            'https://video.example', 'https://one.example', 'null' ],
        paths => { '/' => [qw(GET PUT DELETE)], '/signup' => [qw(GET POST PUT)], '/videos' => [qw(GET PUT)], '/on' => [qw(GET PATCH)],
            '/one' => [qw(GET)], '/missing' => [qw(GET DELETE)] },
    },
    '13-app-everybody' => {
        origins => [ 'https://app.example', 'http://localhost:3000', 'null' ],
        paths => { '/' => [qw(GET PUT DELETE)], '/private' => [qw(GET)], '/missing' => [qw(GET PUT)] },
    },
);
# Header fields that a page may send with a request, by name.
my %header = ('content-type' => 'application/json', map { $_ => '1' } qw(x-token x-file x-old));
sub headers_for { return ('', 'content-type', 'x-token', $_[0] =~ m{\A/files/a} ? 'x-file' : (), $_[0] eq '/old' ? 'x-old' : ()) }

# The differences: the sentence of the documentation, and the requests: app, methods, path,
# origins, credentials, headers; the browser's results with Sails and with httpd.
my @either = qw(omit include);
my $video = 'https://video.example';
my @differences = (
    [ 'a route with cors: false is exempted from CORS' => (
        [ '11-app-per-route', ['GET'], '/off', [ 'https://app.example', 'http://app.example:8080' ], \@either, [qw(content-type x-token)],
            'sent, not read', 'not sent' ],
        [ '12-app-all-routes', [ 'POST' ], '/signup', \@documented, ['omit'], [''], 'read 200', 'sent, not read' ],
        [ '12-app-all-routes', [ 'POST' ], '/signup', \@documented, ['omit'], ['content-type'], 'read 200', 'not sent' ],
        [ '12-app-all-routes', [ 'PUT' ], '/signup', \@documented, ['omit'], [ '', 'content-type' ], 'read 200', 'not sent' ],
        [ '13-app-everybody', ['GET'], '/private', 'all', ['omit'], [''], 'read 200', 'sent, not read' ],
        [ '13-app-everybody', ['GET'], '/private', 'all', ['omit'], ['content-type'], 'read 200', 'not sent' ],
    ) ],
    [ 'a dictionary or a string for a route overrides the settings of allRoutes' => (
        (map { my $path = $_; (
            [ '12-app-all-routes', ['GET'], $path, \@documented, ['omit'], [''], 'read 200', 'sent, not read' ],
            [ '12-app-all-routes', ['GET'], $path, \@documented, ['omit'], ['content-type'], 'read 200', 'not sent' ],
        ) } qw(/one /videos)),
        [ '12-app-all-routes', ['GET'], '/one', ['https://one.example'], ['omit'], ['content-type'], 'not sent', 'read 200' ],
        [ '12-app-all-routes', ['GET'], '/videos', [$video], \@either, ['content-type'], 'not sent', 'read 200 with X-Total' ],
        [ '12-app-all-routes', ['PUT'], '/videos', \@documented, ['omit'], [ '', 'content-type' ], 'read 200', 'not sent' ],
        [ '12-app-all-routes', ['PUT'], '/videos', [$video], \@either, [ '', 'content-type' ], 'not sent', 'read 200' ],
    ) ],
    [ 'HEAD need not be listed, and a route for GET answers it' => (
        [ '11-app-per-route', ['HEAD'], '/public', 'all', ['omit'], [qw(content-type x-token)], 'not sent', 'read 200 with X-Total' ],
        [ '11-app-per-route', ['HEAD'], '/videos', \@documented, ['omit'], [qw(content-type x-token)], 'not sent', 'read 200 with X-Total' ],
    ) ],
);
# With CorsPolicy Off, the app's own headers are sent.
my %is_off = map { $_ => 1 } ('11-app-per-route GET /off', '12-app-all-routes POST /signup', '12-app-all-routes PUT /signup', '13-app-everybody GET /private');
# Handshakes: origin (undef: none), status of Sails and of httpd.
my @sockets = (
    [ 'https://app.example', 101, 101 ], [ 'https://staging.example:8443', 101, 101 ],
    map { [ $_, 400, 403 ] } 'https://staging.example', 'http://app.example', 'https://app.example.evil', 'https://evil.example', 'null', undef,
);

my $routes = 0;
$routes += @$_ for map { values %{ $_->{paths} } } values %app;
plan tests => 2 * $routes + @differences + @sockets + keys(%app) + 5;

# --- the servers

my %port;
for my $name (keys %app) { $port{$name}{$_} = Httpd::free_port() for qw(sails plain) }
my $sails = Sails->lift(map { my $name = $_; map { [ "$work/tools/cors-policy-import/t/sails/$name", $port{$name}{ $_ eq 'cors' ? 'sails' : 'plain' }, $_ ] } qw(cors plain) } sort keys %app);

my $text = '';
for my $name (sort keys %app) {
    my $printed = `$work/tools/cors-policy-import/bin/cors-policy-import $work/tools/cors-policy-import/t/sails/$name 2>/dev/null`;
    die "cors-import $name: $?\n" if $?;
    for my $kind (qw(plain sails)) {
        $text .= "Listen 127.0.0.1:\@$kind-$name\@\n<VirtualHost 127.0.0.1:\@$kind-$name\@>\n"
            . "ProxyPass / http://127.0.0.1:$port{$name}{$kind}/ upgrade=websocket\n$printed</VirtualHost>\n";
    }
}
my %known = map { my $name = $_; map { my $kind = $_; ("$kind-$name" => (($kind . $name) =~ tr/-//dr)) } qw(plain sails) } keys %app;
$text =~ s/\@([\w-]+)\@/\@$known{$1}\@/g;
my $httpd = Httpd->start(name => 'sails', text => $text, ports => [ sort values %known ], expected => qr/Warning: /);
for my $name (keys %app) {
    $port{$name}{here} = $httpd->{port}{ $known{"plain-$name"} };
    $port{$name}{before} = $httpd->{port}{ $known{"sails-$name"} };
}

# --- the browser

# each request of the table above: its position there, and the two results
my (%named, %told);
for my $at (0 .. $#differences) {
    my ($sentence, @rows) = @{ $differences[$at] };
    for my $row (@rows) {
        my ($name, $methods, $path, $origins, $credentials, $headers, @concluded) = @$row;
        for my $method (@$methods) { for my $origin (ref $origins ? @$origins : @{ $app{$name}{origins} }) { for my $with (@$credentials) { for my $header (@$headers) {
            $named{"$name $method $path $origin $with $header"} = [ $at, @concluded ] if grep { $_ eq $origin } @{ $app{$name}{origins} };
        } } } }
    }
}

for my $name (sort keys %app) {
    my $port = $port{$name};
    for my $path (sort keys %{ $app{$name}{paths} }) {
        for my $method (@{ $app{$name}{paths}{$path} }) {
            my (@wrong, @through);
            for my $origin (@{ $app{$name}{origins} }) { for my $credentials (@either) { for my $header (headers_for($path)) {
                my $case = { path => $path, method => $method, origin => $origin, credentials => $credentials,
                    headers => [ $header ? [ $header, $header{$header} ] : () ] };
                my $key = "$name $method $path $origin $credentials $header";
                my ($there, $here) = map { browser_result($port->{$_}, $case) } qw(sails here);
                my $told = $named{$key};
                if ($told) { push @{ $told{ $told->[0] } }, "$key: $there, $here" if "$there, $here" ne "$told->[1], $told->[2]" }
                elsif ($there ne $here) { push @wrong, "$key: $there, $here" }
                # the unchanged app behind the policy
                next if $credentials eq 'include' || $header !~ /\A(?:|content-type)\z/;
                my $before = browser_result($port->{before}, $case);
                push @through, "$key: $before" if $before ne ($is_off{"$name $method $path"} ? $there : $here);
            } } }
            is_deeply(\@wrong, [], "$name: $method $path is to a browser what it is from Sails, but for what is named");
            is_deeply(\@through, [], "$name: $method $path is so too where the app speaks of CORS itself" . ($is_off{"$name $method $path"} ? ', which Off lets through' : ''));
        }
    }
}
for my $at (0 .. $#differences) {
    is_deeply($told{$at} // [], [], "other than Sails, as documented: $differences[$at][0]");
}

my $handshakes = 0;
for (@sockets) {
    my ($origin, @status) = @$_;
    my @got = map {
        my ($path, $fields) = ('/socket.io/?EIO=4&transport=websocket&__sails_io_sdk_version=1.2.1', defined $origin ? "Origin: $origin\r\n" : '');
        $handshakes++;
        send_bytes($port{'11-app-per-route'}{$_}, "GET $path HTTP/1.1\r\nHost: localhost\r\n${fields}Connection: Upgrade\r\nUpgrade: websocket\r\n"
            . "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", single => 1) =~ m{\AHTTP/1\.1 (\d+)} ? $1 : 0;
    } qw(sails here);
    is_deeply(\@got, \@status, 'onlyAllowOrigins: a socket from ' . ($origin // 'nowhere') . ($status[0] == 101 ? ' opens' : ' does not open'));
}

my $exchanges = exchanges() + $handshakes;
my $page = Httpd::slurp("$work/tools/cors-policy-import/README.md");
is_deeply([ grep { index($page, "- $_") < 0 } map { $_->[0] } @differences ], [], 'the page names every difference');
cmp_ok(scalar keys %named, '<', $exchanges / 20, 'the differences are few');
cmp_ok($exchanges, '>=', 5000, "$exchanges exchanges");

# what --verify says before and after is what Sails does, and httpd with the policy
my $rows = 0;
for my $name (sort keys %app) {
    my $table = JSON::PP->new->decode(scalar `$work/tools/cors-policy-import/bin/cors-policy-import --verify --json $work/tools/cors-policy-import/t/sails/$name 2>/dev/null`);
    my ($wrong, $right) = verified($table, $port{$name}{sails}, $port{$name}{here}, every => 11, errors => 1);
    is_deeply($wrong, [], "$name: each row of --verify is what Sails and httpd do") or diag(scalar(@$wrong), " wrong, $right right");
    $rows += $right;
}
cmp_ok($rows, '>', 200, "$rows rows of --verify are true before and after");
ok($sails->end, 'Sails has ended');
