# Licensed under the Apache License, Version 2.0; see LICENSE.
# How log formats, expressions, other modules and, with CorsSetEnv On, programs read a
# decision.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Test::More;
use Client qw(cors_response send_request);
use Httpd ();

my $app = 'https://app.example';
my $site = "$ENV{CORS_WORK}/t/run/variables-site-$$";
mkdir "$ENV{CORS_WORK}/t/run";
mkdir $site or die "$site: $!\n";
Httpd::spew("$site/$_->[0]", $_->[1]) for [ 'a.txt', "text\n" ],
    [ 'page.shtml', qq{<!--#echo encoding="none" var="CORS_VERDICT" --> <!--#include virtual="/served/a.txt" -->} ],
    [ 'env.cgi', "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nenv | grep '^\\(REDIRECT_\\)*CORS_' | sort\n" ];
chmod 0755, "$site/env.cgi" or die $!;
mkdir "$site/$_" or die $! for qw(served index);
Httpd::spew("$site/served/a.txt", "served\n");
mkdir "$site/rw";
Httpd::spew("$site/index/index.cgi", Httpd::slurp("$site/env.cgi"));
chmod 0755, "$site/index/index.cgi" or die $!;

# a module that puts what it reads into a field
my $reader = "$site/mod_reader.so";
my @flags = split ' ', `apr-1-config --includes --cppflags`;
system('cc', qw(-Wall -Wextra -Werror), '-shared', '-fPIC', @flags, '-I', Httpd::include_dir(), map({ ('-I', $_) } Httpd::include_dir(), "$ENV{CORS_WORK}/include"), '-o', $reader, "$ENV{CORS_WORK}/t/request/mod_reader.c") == 0
    or die "t/request/mod_reader.c does not compile\n";

my $httpd = Httpd->start(name => 'variables', vars => { site => $site }, text => <<'CONF');
LoadModule reader_module "@site@/mod_reader.so"
Listen 127.0.0.1:@port@
DocumentRoot "@site@"
<Directory "@site@">
    Require all granted
    Options ExecCGI Includes
    AddHandler cgi-script .cgi
    AddOutputFilter INCLUDES .shtml
    AddType text/html .shtml
    DirectoryIndex index.cgi
</Directory>
AliasMatch "^/(?:off|trial|guarded|set/trial|set/off|set/protect|set/try|set|socket)(/.*)$" "@site@$1"
LogFormat "%U [%{verdict}^co] [%{reason}^co] [%{origin}^co] [%{directive}^co] [%{CORS_VERDICT}e]" reading
CustomLog "@dir@/reading_log" reading
LogFormat "%U" path
CustomLog "@dir@/denied_log" path "expr=%{CORS_VERDICT} =~ /denied$/"
CustomLog "@dir@/decided_log" path "expr=-n %{CORS_VERDICT}"
CorsPolicy On
CorsAllowOrigins https://app.example
Header always set X-Why "expr=%{CORS_VERDICT} %{cors_reason} %{CORS_ORIGIN}"
<Location "/off">
    CorsPolicy Off
</Location>
<Location "/trial">
    CorsPolicy ReportOnly
</Location>
<Location "/guarded">
    <RequireAny>
        Require expr "%{CORS_VERDICT} == 'allowed'"
        Require expr "%{CORS_VERDICT} == 'preflight-allowed'"
    </RequireAny>
</Location>
<Location "/set">
    CorsSetEnv On
    Header always set X-Env "%{CORS_VERDICT}e %{CORS_DIRECTIVE}e"
    Header always set X-Listed "yes" env=CORS_ORIGIN
</Location>
<Location "/set/trial">
    CorsPolicy ReportOnly
</Location>
<Location "/set/off">
    CorsPolicy Off
</Location>
<Location "/set/protect">
    CorsPolicy Off
    CorsProtect On
    Header always set X-Protect "%{CORS_PROTECT_REASON}e"
</Location>
<Location "/set/try">
    CorsPolicy Off
    CorsProtect ReportOnly
</Location>
<Directory "@site@/rw">
    Options +FollowSymLinks
    RewriteEngine On
    RewriteRule ^run$ /set/protect/env.cgi [L]
</Directory>
<Location "/set/page.shtml">
    CorsSetEnv On
</Location>
<Directory "@site@/served">
    CorsAllowOrigins https://other.example
    CorsSetEnv On
</Directory>
<Location "/socket">
    CorsPolicy Off
    CorsWebSocketAllowOrigins https://app.example
</Location>
CONF
my $conf = "$httpd->{dir}/httpd.conf";
my %line;
{
    my @lines = split /\n/, Httpd::slurp($conf);
    for my $i (0 .. $#lines) {
        $line{$1} //= $i + 1 if $lines[$i] =~ /^\s*(CorsAllowOrigins \S+|CorsWebSocketAllowOrigins)/;
    }
}
my $listed = "CorsAllowOrigins $conf:$line{'CorsAllowOrigins https://app.example'}";

sub lines_of {
    my ($name, $mark) = @_;
    # a log is written after the response
    for (1 .. 100) {
        my $text = substr Httpd::slurp("$httpd->{dir}/$name"), $mark // 0;
        return $text if length $text;
        select undef, undef, undef, 0.05;
    }
    return '';
}

sub mark { return -s "$httpd->{dir}/$_[0]" // 0 }

# Send a request; compare its log line, and the field that an expression sets.
sub check_readers {
    my ($name, $via, $method, $path, $expected, $why, %send) = @_;
    my $mark = mark('reading_log');
    my $response = send_request($via, $method => $path, %send);
    is(lines_of('reading_log', $mark), "$path $expected\n", "$name: the log");
    is($response->field('x-why'), $why, "$name: an expression");
    my ($verdict, $reason, $origin, $directive) = map { $_ eq '-' ? 'none' : $_ =~ s/\\"/"/gr } $expected =~ /\[(.*?)\]/g;
    is($response->field('x-reader'), "$verdict $reason $origin $directive; none", "$name: another module");
    return;
}

my $via = [ h1 => $httpd->{port}{port} ];
my %preflight = (origin => $app, acrm => 'PUT');

check_readers('no Origin', $via, GET => '/a.txt', '[not-cors] [no-origin] [-] [-] [-]', 'not-cors no-origin ');
check_readers('allowed', $via, GET => '/a.txt', "[allowed] [origin-allowed] [$app] [$listed] [-]", "allowed origin-allowed $app", origin => $app);
check_readers('not allowed', $via, GET => '/a.txt', "[denied] [origin-not-allowed] [https://no.example] [$listed] [-]",
    'denied origin-not-allowed https://no.example', origin => 'https://no.example');
check_readers('malformed', $via, GET => '/a.txt', "[denied] [malformed-origin] [-] [$listed] [-]", 'denied malformed-origin ', origin => 'x "y');
check_readers('a preflight', $via, OPTIONS => '/a.txt', "[preflight-denied] [method-not-allowed] [$app] [CorsAllowMethods (default)] [-]",
    "preflight-denied method-not-allowed $app", %preflight, acrm => 'PURGE');
check_readers('Off', $via, GET => '/off/a.txt', '[-] [-] [-] [-] [-]', '', origin => $app);
check_readers('ReportOnly', $via, GET => '/trial/a.txt', "[denied] [origin-not-allowed] [https://no.example] [$listed] [-]",
    'denied origin-not-allowed https://no.example', origin => 'https://no.example');
check_readers('an error document', $via, GET => '/missing', "[allowed] [origin-allowed] [$app] [$listed] [-]", "allowed origin-allowed $app", origin => $app);
check_readers('a policy of the served file', $via, GET => '/served/a.txt',
    "[allowed] [origin-allowed] [https://other.example] [CorsAllowOrigins $conf:$line{'CorsAllowOrigins https://other.example'}] [allowed]",
    'allowed origin-allowed https://other.example', origin => 'https://other.example');
check_readers('a handshake without CorsPolicy', $via, GET => '/socket/a.txt',
    "[websocket-denied] [origin-not-allowed] [https://no.example] [CorsWebSocketAllowOrigins $conf:$line{CorsWebSocketAllowOrigins}] [-]",
    'websocket-denied origin-not-allowed https://no.example', origin => 'https://no.example',
    upgrade => 'websocket', connection => 'Upgrade');
check_readers('a request without a handshake, where only handshakes have a policy', $via, GET => '/socket/a.txt', '[-] [-] [-] [-] [-]', '', origin => $app);

is(join(' ', sort split /\n/, lines_of('denied_log')), '/a.txt /a.txt /a.txt /socket/a.txt /trial/a.txt', 'a log can have only the denied requests');
unlike(lines_of('decided_log'), qr{^/off/}m, 'a log of decided requests omits those with CorsPolicy Off');

# --- Require expr
is_deeply(cors_response($via, GET => '/guarded/a.txt', origin => $app), { status => 200, vary => 'Origin', 'access-control-allow-origin' => $app }, 'Require expr reads allowed');
is_deeply(cors_response($via, GET => '/guarded/a.txt', origin => 'https://no.example'), { status => 403, vary => 'Origin' }, 'Require expr reads denied');

# --- the environment
my $body = sub {
    my ($path, %send) = @_;
    return join '|', grep { length } split /\r?\n/, send_request($via, GET => $path, %send)->body;
};
is($body->('/env.cgi', origin => $app), '', 'without CorsSetEnv a program has no variable');
is($body->('/set/env.cgi', origin => $app), "CORS_DIRECTIVE=$listed|CORS_ORIGIN=$app|CORS_REASON=origin-allowed|CORS_VERDICT=allowed",
    'with CorsSetEnv On a program has four variables');
is($body->('/set/env.cgi'), 'CORS_REASON=no-origin|CORS_VERDICT=not-cors', 'a program has two variables for a request without Origin');
is($body->('/set/trial/env.cgi', origin => 'https://no.example'),
    "CORS_DIRECTIVE=$listed|CORS_ORIGIN=https://no.example|CORS_REASON=origin-not-allowed|CORS_VERDICT=denied", 'a program has the variables with ReportOnly');
is($body->('/set/off/env.cgi', origin => $app), '', 'a program has no variable with CorsPolicy Off');
is($body->('/set/index/', origin => $app),
    "CORS_DIRECTIVE=$listed|CORS_ORIGIN=$app|CORS_REASON=origin-allowed|CORS_VERDICT=allowed", 'the index of a directory has the variables');
is($body->('/set/page.shtml', origin => $app), 'allowed served', 'SSI reads CORS_VERDICT');
is($body->('/page.shtml', origin => $app), '(none) served', 'SSI has no CORS_VERDICT without CorsSetEnv');

my $own = "http://localhost:$httpd->{port}{port}";
my $post = sub { my ($path, %send) = @_; return join '|', grep { length } split /\r?\n/, send_request($via, POST => $path, body => 'x', %send)->body };
my $protect = sub { my ($title) = @_; my ($number) = grep { (split /\n/, Httpd::slurp($conf))[ $_ - 1 ] eq "    $title" } 1 .. (() = Httpd::slurp($conf) =~ /\n/g); return "CorsProtect $conf:$number" };
my $passed = 'CORS_PROTECT_DIRECTIVE=' . $protect->('CorsProtect On') . '|CORS_PROTECT_REASON=own-origin|CORS_PROTECT_VERDICT=passed';
is($post->('/set/protect/env.cgi', origin => $own), $passed, 'a program has three variables of CorsProtect');
is($post->('/set/protect/rw/run', origin => $own), join('|', $passed, map { "REDIRECT_$_" } split /\|/, $passed), 'a program behind an internal redirect has them');
is($post->('/set/protect/index/', origin => $own), $passed, 'the index of a directory has them');
is($body->('/set/protect/env.cgi', origin => $own), '', 'a program has no variable for a GET, which is not checked');
is($post->('/set/try/env.cgi', origin => 'https://no.example'),
    'CORS_PROTECT_DIRECTIVE=' . $protect->('CorsProtect ReportOnly') . '|CORS_PROTECT_REASON=cross-site-request|CORS_PROTECT_VERDICT=refused', 'a program sees what ReportOnly would refuse');
is(send_request($via, POST => '/set/protect/env.cgi', body => 'x', origin => 'https://no.example')->field('x-protect'), 'cross-site-request', 'mod_headers reads the variables of a refusal');

my $set = send_request($via, GET => '/set/a.txt', origin => $app);
is($set->field('x-env') . ' ' . $set->field('x-listed'), "allowed $listed yes", 'mod_headers reads the variables, also as conditions');
$set = send_request($via, GET => '/set/a.txt');
is($set->field('x-env') . ($set->field('x-listed') // ''), 'not-cors (null)', 'mod_headers reads the variables of a request without Origin');

done_testing();
