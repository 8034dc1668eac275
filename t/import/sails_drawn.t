# Licensed under the Apache License, Version 2.0; see LICENSE.
# Random Sails apps, and httpd with the policies that cors-policy-import makes of them. A
# browser (t/lib/Fetch.pm) sends the same requests to both, and must reach the same result.
# These apps use only settings for which Sails does what it documents. Others have any
# settings: for them, what --verify says of the app is compared with the app.
#
#   CORS_SAILS=4    the number of apps of each sort
#   CORS_SEED=71    the seed; .ci/nightly takes the time
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use File::Path ();
use Test::More;
use Httpd ();
use JSON::PP ();
use Reach qw(exchanges verified);
use Sails qw(browser_result);
use Tools qw(chance one_of some_of);

my $apps = $ENV{CORS_SAILS} || 4;
my $seed = $ENV{CORS_SEED} || 71;
srand $seed;
diag("CORS_SEED=$seed");

my @listed = ('https://a.example', 'http://b.example:8080', 'https://c.example');
my @origins = (@listed, 'https://a.example.evil', 'https://a.example:8443', 'null');
my @paths = qw(/a /b /c/d /);
my @methods = qw(GET POST PUT PATCH DELETE);
my %value = ('content-type' => 'application/json', 'x-token' => '1', '' => undef);

sub quoted { my ($text) = @_; return "'$text'" }

# Settings as they are written in an app.
sub settings {
    my @lines;
    if (chance(0.3)) {
        push @lines, q{allowOrigins: '*'}, chance(0.3) ? ('allowCredentials: true', 'allowAnyOriginWithCredentialsUnsafe: true') : 'allowCredentials: false';
    }
    else {
        push @lines, 'allowOrigins: [' . join(', ', map { quoted($_) } some_of(0.5, @listed)) . ']', chance(0.5) ? 'allowCredentials: ' . one_of(qw(true false)) : ();
    }
    push @lines, 'allowRequestHeaders: ' . quoted(one_of('content-type', 'content-type,x-token', 'x-token')) if chance(0.5);
    push @lines, 'allowRequestMethods: ' . quoted(one_of('GET,PUT', 'PUT,DELETE', 'GET, HEAD, POST, PATCH', 'DELETE')) if chance(0.5);
    push @lines, 'allowResponseHeaders: ' . quoted(one_of('x-total', 'x-total,x-user')) if chance(0.5);
    return join ', ', @lines;
}

sub route {
    my ($address, $all, $is_any) = @_;
    # settings of a route beside allRoutes: see t/import/sails.t
    my $cors = $all && !$is_any || chance(0.3) ? '' : $is_any && chance(0.2) ? ', cors: false' : chance(0.2) ? ', cors: true' : chance(0.2) ? ', cors: ' . quoted(one_of(@listed)) : ', cors: { ' . settings() . ' }';
    return "    '$address': { action: 'show'$cors },\n";
}

sub write_app {
    my ($dir, $is_any) = @_;
    my $all = chance(0.4);
    my $routes = '';
    for my $path (@paths) {
        my @addresses = chance(0.3) ? $path : map { "$_ $path" } some_of(0.5, @methods);
        @addresses = ($is_any && chance(0.3) ? $path : (), map { "$_ $path" } some_of(0.5, @methods, 'ALL', 'OPTIONS')) if $is_any;
        $routes .= route($_, $all, $is_any) for @addresses;
    }
    $routes .= route($_, $all, 1) for $is_any ? some_of(0.5, 'GET /c/:id', '/*', 'PUT /c/*', '/user/:id/:more?', 'r|^/b|', 'POST /C/D/') : ();
    my $security = 'allRoutes: ' . ($all ? 'true' : 'false') . ', ' . settings();
    File::Path::make_path("$dir/config", "$dir/api/controllers");
    Httpd::spew("$dir/config/security.js", "module.exports.security = { cors: { $security } };\n");
    Httpd::spew("$dir/config/routes.js", "module.exports.routes = {\n$routes};\n");
    Httpd::spew("$dir/api/controllers/show.js", "module.exports = (req, res) => res.set('X-Total', '2').set('X-User', 'one').send('shown\\n');\n");
    return "$security\n$routes";
}

my $work = $ENV{CORS_WORK};
my @app = map { { name => "app$_", dir => "$work/t/sails-apps/app$_", map { ($_ => Httpd::free_port()) } qw(cors plain) } } 1 .. $apps;
my @any = map { { name => "any$_", dir => "$work/t/sails-apps/any$_", cors => Httpd::free_port() } } 1 .. $apps;
$_->{text} = write_app($_->{dir}, 1) for @any;
my $text = '';
for my $app (@app) {
    $app->{text} = write_app($app->{dir});
    my $printed = `$work/tools/cors-policy-import/bin/cors-policy-import $app->{dir} 2>/dev/null`;
    die "cors-policy-import $app->{dir}: $?\n$app->{text}" if $?;
    $text .= "Listen 127.0.0.1:\@$app->{name}\@\n<VirtualHost 127.0.0.1:\@$app->{name}\@>\n"
        . "ProxyPass / http://127.0.0.1:$app->{plain}/\n$printed</VirtualHost>\n";
}
my $sails = Sails->lift(map { my $app = $_; map { [ $app->{dir}, $app->{$_}, $_ ] } grep { $app->{$_} } qw(cors plain) } @app, @any);
my $httpd = Httpd->start(name => 'sails-drawn', text => $text, ports => [ map { $_->{name} } @app ], expected => qr/Warning: /);

my %count;
for my $app (@app) {
    my @wrong;
    for my $path (@paths, '/missing') { for my $method (@methods) { for my $origin (@origins) { for my $credentials (qw(omit include)) { for my $header (sort keys %value) {
        my $case = { path => $path, method => $method, origin => $origin, credentials => $credentials,
            headers => [ $header ? [ $header, $value{$header} ] : () ] };
        my ($there, $here) = map { browser_result($_, $case) } $app->{cors}, $httpd->{port}{ $app->{name} };
        $count{ $there =~ s/ .*//r }++;
        push @wrong, "$method $path, $origin, $credentials, $header: Sails: $there; httpd: $here" if $there ne $here;
    } } } } }
    is(scalar @wrong, 0, "$app->{name} is for a browser what it is from Sails") or diag(join "\n", @wrong[ 0 .. ($#wrong > 7 ? 7 : $#wrong) ], $app->{text});
}
my $rows = 0;
for my $app (@any, @app) {
    my $table = JSON::PP->new->decode(scalar `$work/tools/cors-policy-import/bin/cors-policy-import --verify --json $app->{dir} 2>/dev/null`);
    my ($wrong, $right) = verified($table, $app->{cors}, $httpd->{port}{ $app->{name} }, every => 7, errors => 1, $app->{plain} ? () : (side => 'before'));
    is(scalar @$wrong, 0, "$app->{name}: each row of --verify is what Sails does") or diag(join("\n", @$wrong[ 0 .. ($#$wrong > 7 ? 7 : $#$wrong) ], $app->{text}));
    $rows += $right;
}
cmp_ok($rows, '>', 40 * $apps, "$rows rows of --verify are true");
note(join ', ', map { "$_ $count{$_}" } sort keys %count);
cmp_ok($count{$_} // 0, '>', 20 * $apps, "enough results are: $_") for 'read', 'not', 'sent,';
cmp_ok(exchanges(), '>', 1000 * $apps, exchanges() . ' exchanges');
ok($sails->end, 'Sails has ended');
done_testing();
