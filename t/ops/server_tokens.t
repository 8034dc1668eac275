# Licensed under the Apache License, Version 2.0; see LICENSE.
# With ServerTokens Full, the Server header has the name and version of the module, if there
# is a directive of the module.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(send_request);
use Httpd ();

my $policy = "CorsPolicy On\nCorsAllowOrigins https://app.example\n";
my $section = "<Location \"/api\">\n$policy</Location>\n";
my $header = Httpd::slurp("$ENV{CORS_WORK}/include/mod_cors_policy.h");
my ($version) = $header =~ /^#define CORS_POLICY_VERSION "(.*)"$/m;
my @cases = (
    [ 'with ServerTokens Full, Server names the module and its version', "ServerTokens Full\n$policy", 1 ],
    [ 'without ServerTokens, Server names the module and its version', $policy, 1 ],
    [ 'with a directive in a section, Server names the module', "ServerTokens Full\n$section", 1 ],
    [ 'without a directive, Server does not name the module', "ServerTokens Full\n", 0 ],
    map { [ "with ServerTokens $_, Server does not name the module", "ServerTokens $_\n$policy", 0 ] } qw(OS Minimal Minor Major Prod),
);
plan tests => @cases + 2;

# The Server header of a response.
sub server_of {
    my ($httpd) = @_;
    return send_request([ h1 => $httpd->{port}{port} ], GET => '/')->field('server') // '';
}

my $number = 0;
my $first;
for (@cases) {
    my ($name, $text, $there) = @$_;
    my $httpd = Httpd->start(name => 'tokens-' . $number++, text => "Listen 127.0.0.1:\@port\@\n$text");
    my $server = server_of($httpd);
    is(scalar(() = $server =~ m{(?<!\S)mod_cors_policy/\Q$version\E(?!\S)}g), $there, "$name ($server)");
    if (!$first++) {
        ok($httpd->graceful, 'a server that names the module restarts gracefully');
        is(server_of($httpd), $server, 'Server names the module once after a restart');
    }
}
