# Licensed under the Apache License, Version 2.0; see LICENSE.
# CorsExpect: what httpd -t says about each expectation, which sections apply to its URL, what
# it cannot decide, and what a start and a graceful restart do.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use JSON::PP ();
use Client qw(cors_response);
use CorsTest qw(config_check);
use Httpd ();

my $docs = Apache::Test::vars('t_logs'); # the document root of config_check()
my $app = 'https://app.example';
my $on = "CorsPolicy On\nCorsAllowOrigins $app\n";

# The results of httpd -t for expectations: "holds", "fails: DETAIL" or "undecided: DETAIL".
sub results {
    my ($conf, @expectations) = @_;
    my $check = config_check($conf . join('', map { "CorsExpect $_\n" } @expectations), '-D DUMP_CORS_EXPECT_JSON');
    my $printed = eval { JSON::PP->new->utf8->decode($check->{printed}) } or return "no JSON: $check->{errors}";
    my @results = map { $_->{result} . (defined $_->{detail} ? ": $_->{detail}" : '') } @{ $printed->{expectations} };
    s/\Q$check->{file}\E:(\d+)/'conf:' . ($1 - $check->{before})/ge for @results;
    return @results;
}

Httpd::spew("$docs/expected.origins", "https://file.example\nhttps://*.files.example\n");

Httpd::spew("$docs/shops.origins", "https://app.red.example red.example\nhttps://app.blue.example blue.example\n!https://banned.example\n");

# A configuration, and the result of each expectation.
my @cases = (
    [ $on,
      "allow $app GET /", 'holds',
      "deny $app GET /", "fails: $app is allowed: origin-allowed, by CorsAllowOrigins conf:2",
      "allow $app PUT /x headers=content-type", 'holds',
      "allow $app GET /x headers=x-token", "fails: $app is denied: header-not-allowed, by CorsAllowHeaders (default). To allow it, write CorsAllowHeaders +x-token next to CorsPolicy conf:1.",
      "allow $app GET /x credentials", qr/\Afails: \Q$app\E is denied by the browser: origin-allowed, by CorsAllowOrigins conf:2\. /,
      'deny https://app.example.evil GET /', 'holds',
      'deny null GET /', 'holds',
      'deny any-other DELETE / headers=content-type,x-token credentials', 'holds',
      'allow any-other GET /', 'fails: https://any-other.example is denied: origin-not-allowed, by CorsAllowOrigins conf:2' ],
    [ '', "deny $app GET /", 'holds', "allow $app GET /", qr/\Afails: \Q$app\E is denied: /, "allow $app GET / websocket", 'holds' ],
    [ "CorsPolicy On\nCorsAllowOrigins *\n", 'deny any-other GET /', 'fails: https://any-other.example is allowed: any-origin-allowed, by CorsAllowOrigins conf:2',
      'allow null GET /', 'holds', 'deny any-other GET / credentials', 'holds' ],
    [ "CorsPolicy On\nCorsAllowOriginsMatch https://[a-z]+\\.example\\.[a-z]+\n", 'deny any-other GET /',
      qr{\Afails: https://\S+ is allowed: origin-allowed, by CorsAllowOriginsMatch conf:2\z} ],
    [ "CorsPolicy On\nCorsAllowOriginsMatch https://(?!x)[a-z]+\\.example\\.com\n", 'deny any-other GET /',
      'undecided: the regular expression https://(?!x)[a-z]+\.example\.com, which may match any origin' ],
    # names below a public suffix, which anyone can register
    ( map { [ "CorsPolicy On\nCorsAllowOriginsMatch $_\n", 'deny any-other GET /', qr{\Afails: https://[a-z.]+ is allowed: origin-allowed, by CorsAllowOriginsMatch conf:2\z} ] }
          'https://[a-z]{3}\.com', 'https://[a-z]+(\.example)?\.com', 'https://[a-z]+\.github\.io' ),
    [ "CorsPolicy On\nCorsAllowOrigins moz-extension://*\n", 'deny any-other GET /', 'holds', 'allow moz-extension://some-id GET /', 'holds' ],
    [ "CorsPolicy On\nCorsAllowOriginsFile $docs/expected.origins\n", 'allow https://file.example GET /', 'holds',
      'allow https://a.files.example GET /', 'holds', 'deny any-other GET /', 'holds' ],
    [ "${on}CorsProtect On\n", "deny $app POST / credentials", 'holds',
      "allow https://other.example POST / credentials", 'fails: https://other.example is refused: cross-site-request, by CorsProtect conf:3' ],

    # tenants, as far as the URL gives them
    ( map { my ($canonical, $key, @expected) = @$_;
          my @expectations = ('allow https://app.red.example GET http://red.example/api', 'allow https://app.red.example GET http://Red.example.:1/api',
              'deny https://app.red.example GET http://blue.example/api', 'deny https://banned.example GET http://red.example/api',
              'deny any-other GET http://red.example/api', 'allow https://app.red.example GET /api', 'allow https://app.red.example PUT http://red.example/api');
          [ "CorsOriginSource shops file:$docs/shops.origins\n$canonical\n<Location /api>\nCorsPolicy On\nCorsProtect On\nCorsAllowOriginsFrom shops \"$key\"\n</Location>\n",
            map { $expectations[$_] => $expected[$_ > $#expected ? -1 : $_] } 0 .. $#expectations ] }
          [ '', '%{SERVER_NAME}', ('holds') x 5, 'undecided: a list that depends on the tenant of the request', 'holds' ],
          [ 'UseCanonicalName Off', 'shop-%{server_name}', qr/\Afails/, qr/\Afails/, 'holds', 'holds', 'holds', 'undecided: a list that depends on the tenant of the request', qr/\Afails/ ],
          [ 'UseCanonicalName On', '%{SERVER_NAME}', qr/\Afails/, qr/\Afails/, 'holds', 'holds', 'holds', 'undecided: a list that depends on the tenant of the request', qr/\Afails/ ],
          [ 'UseCanonicalName On', 'red.example', 'holds', 'holds', qr/\Afails/, 'holds', 'holds', 'undecided: a list that depends on the tenant of the request', 'holds' ],
          map { [ @$_, 'undecided: a list that depends on the tenant of the request' ] }
              [ 'UseCanonicalName DNS', '%{SERVER_NAME}' ], [ "<Location /x>\nUseCanonicalName On\n</Location>", '%{SERVER_NAME}' ],
              [ '', '%{HTTP:X-Tenant}' ], [ '', '%{tolower:%{SERVER_NAME}}' ] ),

    # sections
    [ "$on<Location /off>\nCorsPolicy Off\n</Location>\n<LocationMatch ^/old/>\nCorsPolicy Off\n</LocationMatch>\n",
      "allow $app GET /", 'holds', "deny $app GET /off/x", 'holds', "deny $app GET /old/x", 'holds', "allow $app GET /older", 'holds' ],
    [ "$on<Location />\n<Limit PUT>\nCorsPolicy Off\n</Limit>\n</Location>\n", "deny $app PUT /", 'holds', "allow $app GET /", 'holds' ],
    [ "$on<Directory $docs/d>\nCorsPolicy Off\n</Directory>\n<Files *.json>\nCorsPolicy Off\n</Files>\n",
      "deny $app GET /d/x", 'holds', "deny $app GET /x.json", 'holds', "allow $app GET /x", 'holds' ],
    [ "$on<If true>\nCorsPolicy Off\n</If>\n<Location /x>\nCorsPolicy On\n</Location>\n", "deny $app GET /x", 'holds' ],
    [ "$on<If false>\nCorsPolicy Off\n</If>\n", "allow $app GET /x", 'holds' ],
    [ "<VirtualHost *:1>\nServerName one.example\n$on</VirtualHost>\n<VirtualHost *:1>\nServerName two.example\n</VirtualHost>\n",
      "allow $app GET http://one.example:1/", 'holds', "deny $app GET http://two.example:1/", 'holds', "deny $app GET /", 'holds' ],
    [ "<VirtualHost *:1>\nServerName one.example\n</VirtualHost>\n<VirtualHost *:1>\nServerName two.example\n$on</VirtualHost>\n",
      "allow $app GET http://two.example.:1/", 'holds' ],
    [ "<VirtualHost *:1>\nServerName one.example\n${on}CorsExpect allow $app GET /\n</VirtualHost>\n", "deny $app GET /", 'holds', 'holds' ],
    [ "<VirtualHost *:1>\nServerName https://own.example\n$on</VirtualHost>\n", 'allow https://own.example GET https://own.example/', 'holds' ],

    # sections as httpd compares them: a path without // and .., a directory above the file, a
    # file before PATH_INFO
    [ "CorsPolicy On\n<Location /api/x>\nCorsAllowOrigins *\n</Location>\n",
      map { ("deny any-other GET $_", 'fails: https://any-other.example is allowed: any-origin-allowed, by CorsAllowOrigins conf:3') }
          '/api//x', '/b/../api/x', '/b/%2e%2e/api/x', '/./api/x', '/%61pi/x' ],
    [ "CorsPolicy On\n<Location /v/*>\nCorsAllowOrigins *\n</Location>\n",
      'deny any-other GET /v/.x', 'fails: https://any-other.example is allowed: any-origin-allowed, by CorsAllowOrigins conf:3', 'deny any-other GET /v/x/y', 'holds' ],
    ( map { [ "CorsPolicy On\n<Directory \"$_\">\nCorsAllowOrigins *\n</Directory>\n",
        'deny any-other GET /d/x/y', 'fails: https://any-other.example is allowed: any-origin-allowed, by CorsAllowOrigins conf:3', 'deny any-other GET /e', 'holds' ] }
          "$docs/d*", "$docs/d/", "$docs//d", "$docs/c/../d", "$docs/*/x" ),
    [ "CorsPolicy On\n<Directory $docs/d/>\nCorsAllowOrigins *\n</Directory>\n",
      'deny any-other GET /d', 'fails: https://any-other.example is allowed: any-origin-allowed, by CorsAllowOrigins conf:3' ],
    [ "DocumentRoot $docs/\nCorsPolicy On\n<Directory $docs/d>\nCorsAllowOrigins *\n</Directory>\n",
      'deny any-other GET /d/x', 'fails: https://any-other.example is allowed: any-origin-allowed, by CorsAllowOrigins conf:4' ],
    [ "CorsPolicy On\n<Files expected.origins>\nCorsAllowOrigins *\n</Files>\n<Files x>\nCorsPolicy Off\n</Files>\n",
      'deny any-other GET /expected.origins/x', 'fails: https://any-other.example is allowed: any-origin-allowed, by CorsAllowOrigins conf:3',
      'deny any-other GET /unknown/expected.origins', 'fails: https://any-other.example is allowed: any-origin-allowed, by CorsAllowOrigins conf:3' ],
    # a <Proxy> section comes before a <Location>, and an <If> in an <If> after all others
    [ "<Proxy *>\n$on</Proxy>\n<Location /api>\nCorsAllowOrigins *\n</Location>\n",
      'deny any-other GET /api', 'undecided: <Proxy *> conf:1, which only a request decides' ],
    [ "CorsPolicy On\n<If true>\n<If true>\nCorsAllowOrigins *\n</If>\n</If>\n<If true>\nCorsAllowOrigins $app\n</If>\n"
          . "<Location /x>\n<If true>\nCorsAllowOrigins None\n</If>\n</Location>\n",
      map { ("deny any-other GET $_", 'fails: https://any-other.example is allowed: any-origin-allowed, by CorsAllowOrigins conf:4') } '/', '/x' ],

    # what a request decides
    [ "$on<If \"%{HTTP:X} == 'y'\">\nCorsPolicy Off\n</If>\n", "allow $app GET /", q{undecided: <If "%{HTTP:X} == 'y'"> conf:3, which only a request decides},
      'deny any-other GET /', 'holds' ],
    [ $on . join('', map { "<If \"%{HTTP:X} == '$_'\">\nCorsPolicy Off\n</If>\n" } 1 .. 5), 'deny any-other GET /',
      q{undecided: <If "%{HTTP:X} == '1'"> conf:3, which only a request decides} ],
    [ "$on<Directory $docs/h>\nAllowOverride FileInfo\n</Directory>\n", "allow $app GET /h/x", 'undecided: a .htaccess file, which AllowOverride permits', "allow $app GET /x", 'holds' ],
    [ "$on<Directory $docs/a>\nCorsPolicy Off\n</Directory>\nAlias /b $docs/a\n", "allow $app GET /b/x", 'undecided: Alias conf:6, which may map the URL to another file',
      "allow $app GET /c/x", 'holds', "deny $app GET /a/x", 'holds' ],
    [ "${on}Alias /b $docs/a\n<Location /x>\nCorsPolicy Off\n</Location>\n", "allow $app GET /b/x", 'holds' ],
    # ... because the file or the URL may be another one
    [ "Alias /b $docs/h\n<Directory $docs/h>\nAllowOverride FileInfo\n</Directory>\n", 'deny any-other GET /b/x', 'undecided: Alias conf:1, which may map the URL to another file',
      'deny any-other GET /x', 'holds' ],
    [ "${on}RewriteEngine On\nRewriteRule ^/a\$ /b [PT]\n<Location /b>\nCorsAllowOrigins *\n</Location>\n",
      'deny any-other GET /a', 'undecided: RewriteRule conf:4, which may map the URL to another file' ],
    [ "${on}RewriteEngine On\nRewriteRule ^/a\$ - [E=x:y]\n<Location /b>\nCorsAllowOrigins *\n</Location>\n", 'deny any-other GET /a', 'holds' ],
    [ $on, 'deny any-other GET /a%2Fb', 'undecided: an encoded character of the URL, such as %2F, which httpd may not decode' ],
    # ... because no CorsPolicy is set for the URL, and another resource may be served for it
    ( map { [ "<$_>\nCorsPolicy On\nCorsAllowOrigins *\n</$_>\n" =~ s{</(\w+) .*>}{</$1>}r,
        'deny any-other GET /d/', 'undecided: the index of the directory, to which other sections apply', 'deny any-other GET /d/x', 'holds' ] }
          'Files index.html', 'Location /d/index.html', "Directory $docs/d/index.html" ),
    [ "DirectoryIndex a.html /b/c.html\n<Location /b>\nCorsPolicy On\nCorsAllowOrigins *\n</Location>\n",
      'deny any-other GET /d/', 'undecided: DirectoryIndex conf:1, which may serve another resource' ],
    [ "${on}<Files index.html>\nCorsAllowOrigins *\n</Files>\n", 'deny any-other GET /d/', 'holds' ],
    [ "<Directory $docs/d>\nOptions MultiViews\n</Directory>\n<Files x.html>\nCorsPolicy On\nCorsAllowOrigins *\n</Files>\n",
      'deny any-other GET /d/x', 'undecided: Options conf:2, which may serve another resource', 'deny any-other GET /x', 'holds' ],
    [ "FallbackResource /x\n<Location /x>\nCorsPolicy On\nCorsAllowOrigins *\n</Location>\n",
      'deny any-other GET /d', 'undecided: FallbackResource conf:1, which may serve another resource', "allow $app GET /d", qr/\Afails: / ],
    [ "FallbackResource disabled\n<Location /x>\nCorsPolicy On\nCorsAllowOrigins *\n</Location>\n", 'deny any-other GET /d', 'holds' ],
    [ "CorsPolicy Off\n<Location /x>\nHeader always set Access-Control-Allow-Origin *\n</Location>\n",
      "deny $app GET /x", 'undecided: Header conf:3, which sets Access-Control-Allow-Origin', "deny $app GET /y", 'holds', "deny $app GET /x websocket", qr/\Afails: / ],
    [ "${on}Header always set Access-Control-Allow-Origin *\n", 'deny any-other GET /', 'holds' ],
    [ "Header always unset access-control-allow-origin\n", 'deny any-other GET /', 'holds' ],
    [ "${on}CorsBackendHeaders Keep\n", 'deny any-other GET /', q{undecided: the backend's own CORS headers, which CorsBackendHeaders keeps} ],
);
my @errors = (
    [ "Allow $app GET /", q{'Allow': an expectation begins with allow or deny [expect-verdict]} ],
    [ '', q{'': an expectation begins with allow or deny [expect-verdict]} ],
    [ 'deny * GET /', q{'*': an expectation is about one origin, null or any-other; write any-other [expect-origin]} ],
    [ 'deny moz-extension://* GET /', q{'moz-extension://*': an expectation is about one origin, null or any-other [expect-origin]} ],
    [ 'deny https://*.example GET /', q{'https://*.example': an expectation is about one origin, null or any-other [expect-origin]} ],
    [ 'deny !https://a.example GET /', q{'!https://a.example': an expectation is about one origin, null or any-other [expect-origin]} ],
    [ "deny $app/ GET /", qq{'$app/': an origin has no path, not even a slash at its end; write $app [origin-path]} ],
    [ "deny $app patch /", q{'patch': methods are case-sensitive: patch and PATCH are different methods; write PATCH [method-case]} ],
    [ "deny $app TRACE /", q{'TRACE': browsers never send this method for a script [method-forbidden]} ],
    [ "deny $app G<T /", q{'G<T': not a method: a method is one token [method-token]} ],
    [ "deny $app GET api", q{'api': neither a path such as /api/items nor an absolute URL [expect-url]} ],
    [ "deny $app GET //host", q{'//host': neither a path such as /api/items nor an absolute URL [expect-url]} ],
    [ "deny $app GET", q{'': an argument is missing [argument-missing]} ],
    [ "deny $app GET / cookies", q{'cookies': only headers=NAME[,NAME]..., credentials and websocket may follow the URL [expect-option]} ],
    [ "deny $app GET / headers=", q{'headers=': only headers=NAME[,NAME]..., credentials and websocket may follow the URL [expect-option]} ],
    [ "deny $app GET / headers=a:b", q{'a:b': not a header name: a name is one token, without colon or value [header-token]} ],
);

plan tests => 0 + @cases + @errors + 15;
for my $case (@cases) {
    my ($conf, @pairs) = @$case;
    my (@expectations, @wanted);
    while (@pairs) {
        push @expectations, shift @pairs if $pairs[0] !~ /\Aholds/;
        push @wanted, shift @pairs;
    }
    my @got = results($conf, @expectations);
    my @wrong = grep { !defined $got[$_] || (ref $wanted[$_] ? $got[$_] !~ $wanted[$_] : $got[$_] ne $wanted[$_]) } 0 .. $#wanted;
    ok(!@wrong && @got == @wanted, "expectations: @expectations") or diag("$conf\n", map { "$_\n" } @got);
}
for my $case (@errors) {
    my ($arguments, $message) = @$case;
    my $check = config_check("${on}CorsExpect $arguments\n");
    like($check->{errors}, qr/^CorsExpect: \Q$message\E$/m, "an error: CorsExpect $arguments");
}

# the terminal: errors and warnings with their line, and the status
my $check = config_check("${on}CorsExpect allow $app GET /\nCorsExpect deny any-other PUT /\n");
is_deeply([ @$check{qw(code printed errors)} ], [ 0, '', "Syntax OK\n" ], 'expectations that hold are silent');
$check = config_check("${on}CorsExpect deny $app GET /\nCorsExpect allow https://b.example GET /\n");
my $line = $check->{before} + 3;
is($check->{code}, 1, 'an expectation that fails is an error');
like($check->{errors}, qr/CorsExpect \Q$check->{file}\E:$line: 'deny $app GET \/': the policy does not do what is expected \($app is allowed: origin-allowed, by CorsAllowOrigins \Q$check->{file}\E:\d+\) \Q[expect-failed]\E$/m,
    'the message of a failed expectation has the line, the origin, the reason and the directive that decided');
like($check->{errors}, qr/'allow https:\/\/b\.example GET \/': the policy does not do what is expected .*To allow it, add https:\/\/b\.example to CorsAllowOrigins/, 'all failed expectations are reported together, with the advice');
$check = config_check("$on<If \"%{HTTP:X} == 'y'\">\nCorsPolicy Off\n</If>\nCorsExpect allow $app GET /\n");
is($check->{code}, 0, 'an undecided expectation is not an error');
like($check->{errors}, qr/^(?:.*: )?Warning: CorsExpect \S+: 'allow $app GET \/': start-up cannot decide whether the policy does what is expected \(<If .* which only a request decides\) \Q[expect-undecided]\E$/m, 'an undecided expectation is a warning');
$check = config_check("$on<Location />\nCorsExpect allow $app GET /\n</Location>\n");
like($check->{errors}, qr/CorsExpect not allowed (?:here|in <Location> context)|CorsExpect cannot occur within/, 'a section cannot have the directive');
$check = config_check($on, "-c 'CorsExpect deny $app GET http://localhost/'");
is($check->{code}, 1, 'the command line can have an expectation');

# TAP
my $hash = "$on<If \"%{HTTP:X} == '#'\">\nCorsPolicy Off\n</If>\n";
$check = config_check("${hash}CorsExpect allow $app GET /\nCorsExpect deny any-other GET /\nCorsExpect deny any-other GET /a#b\\c\nCorsExpect allow null GET /\n", '-D DUMP_CORS_EXPECT');
$check->{printed} =~ s/\Q$check->{file}\E:(\d+)/'conf:' . ($1 - $check->{before})/ge;
is($check->{printed}, <<"TAP", 'TAP: # and \\ are escaped, an undecided expectation is a TODO');
TAP version 13
1..4
not ok 1 - allow $app GET / (CorsExpect conf:6) # TODO undecided: <If "%{HTTP:X} == '#'"> conf:3, which only a request decides
ok 2 - deny any-other GET / (CorsExpect conf:7)
ok 3 - deny any-other GET /a\\#b\\\\c (CorsExpect conf:8)
not ok 4 - allow null GET / (CorsExpect conf:9)
# null is denied: origin-not-allowed, by CorsAllowOrigins conf:2. Sandboxed frames and files send the origin null, and anyone can make one. Give the page an origin of its own.
TAP

# a start: an error ends it, a warning is in the log once
my $failing = eval { Httpd->start(name => 'expect_bad', text => "Listen 127.0.0.1:\@port\@\n${on}CorsExpect deny $app GET /\n") };
ok(!$failing, 'httpd does not start if an expectation fails');

# a frame is loaded as soon as it is complete
sub deploy { return Httpd::spew("$docs/changing.origins", "begin $_[0]\n$_[1]\nend 1 $_[0]\n") }
deploy(1, $app);
my $httpd = Httpd->start(name => 'expect', expected => qr/Warning: CorsExpect|the policy does not do what is expected/, text => <<"CONF");
Listen 127.0.0.1:\@port\@
CorsPolicy On
CorsAllowOriginsFile $docs/changing.origins
CorsAllowOriginsFileReload 200ms
CorsExpect allow $app GET /
<Location /sometimes>
    <If "%{HTTP:X} == 'y'">
        CorsPolicy Off
    </If>
</Location>
CorsExpect allow $app PUT /sometimes
CONF
my $log = sub { scalar(() = Httpd::slurp($httpd->log_file) =~ /$_[0]/g) };
is($log->('\[expect-undecided\]'), 1, 'each undecided expectation is in the log once');
is_deeply(cors_response([ h1 => $httpd->{port}{port} ], GET => '/none', origin => $app), { status => 404, vary => 'Origin', 'access-control-allow-origin' => $app },
    'the server does what is expected');
deploy(2, 'https://other.example');
my $mark = $httpd->log_mark;
$httpd->graceful;
is_deeply(cors_response([ h1 => $httpd->{port}{port} ], GET => '/none', origin => $app), { status => 404, vary => 'Origin' }, 'a graceful restart takes the changed list');
like($httpd->log_since($mark), qr/CorsExpect \S+: 'allow $app GET \/': the policy does not do what is expected \($app is denied: .*\[expect-failed\]/, 'a graceful restart logs an expectation that fails');
ok($httpd->is_running, 'the server continues after an expectation failed at a graceful restart');
$httpd->stop;
