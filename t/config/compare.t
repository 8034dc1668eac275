# Licensed under the Apache License, Version 2.0; see LICENSE.
# CorsCompare: what httpd -t prints about a dump of another configuration, its exit status,
# which sections and servers it compares, and what it does with a file that is not a dump.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use JSON::PP ();
use JSON::Validator ();
use CorsTest qw(config_check);
use Httpd ();

my $dir = Apache::Test::vars('t_logs');
my $a = 'https://a.example';
my $b = 'https://b.example';
my $on = "CorsPolicy On\nCorsAllowOrigins $a\n";
my $default = 'GET HEAD POST PUT PATCH DELETE';
my $number = 0;

# The file with the dump of a configuration.
sub dump_of {
    my ($conf) = @_;
    my $check = config_check($conf, '-D DUMP_CORS_JSON');
    die "no dump: $check->{errors}" if $check->{code} != 0;
    my $file = "$dir/compare-" . $number++ . '.json';
    Httpd::spew($file, $check->{printed});
    return ($file, $check);
}

# Compare two configurations. Lines of the one now are now:N, of the old one old:N.
sub compare {
    my ($old, $now, @options) = @_;
    my ($file, $dumped) = dump_of($old);
    my $check = config_check($now, "-c 'CorsCompare $file'", @options);
    unlink $file;
    $check->{printed} =~ s/\Q$dumped->{file}\E:(\d+)/'old:' . ($1 - $dumped->{before})/ge;
    $check->{printed} =~ s/\Q$check->{file}\E:(\d+)/'now:' . ($1 - $check->{before})/ge;
    return $check;
}

# Name, old and new configuration, status, and the lines without the commands for CorsExplain.
my @cases = (
    [ 'the same configuration', $on, $on, 0, 'CorsCompare: no difference' ],
    [ 'a comment, an order and a redundant entry', "CorsPolicy On\nCorsAllowOrigins https://*.w.example $a\n",
      "# moved\nCorsPolicy On\nCorsAllowOrigins $a https://x.w.example https://*.w.example\n", 0, 'CorsCompare: no difference' ],
    [ 'one more origin', $on, "CorsPolicy On\nCorsAllowOrigins $a \\\n$b\nCorsAllowOrigins https://c.example\n", 3,
      "newly allowed: $b on server localhost, $default (CorsAllowOrigins now:3; before: CorsAllowOrigins old:2)",
      "newly allowed: https://c.example on server localhost, $default (CorsAllowOrigins now:4; before: CorsAllowOrigins old:2)" ],
    [ 'one origin less', "CorsPolicy On\nCorsAllowOrigins $a $b\n", $on, 0,
      "no longer allowed: $b on server localhost, $default (CorsAllowOrigins now:2; before: CorsAllowOrigins old:2)" ],
    [ 'credentials come before an origin, and both before what is not wider',
      "$on<Location /api>\nCorsAllowOrigins $a\nCorsMaxAge 5\n</Location>\n",
      "CorsPolicy On\n<Location /api>\nCorsAllowOrigins $a $b\nCorsAllowCredentials On\nCorsMaxAge 6\n</Location>\n<Location /new>\nCorsAllowOrigins $b\n</Location>\n", 3,
      "newly allowed: $b on <Location /api> of localhost, $default, with credentials (CorsAllowOrigins now:3; before: CorsAllowOrigins old:4)",
      "newly allowed: $a on <Location /api> of localhost, $default, with credentials (CorsAllowCredentials now:4; before: CorsAllowCredentials (default))",
      "newly allowed: $b on <Location /new> of localhost, $default (CorsAllowOrigins now:8; before: CorsAllowOrigins old:2)",
      "no longer allowed: $a on server localhost, $default (CorsAllowOrigins (default); before: CorsAllowOrigins old:2)",
      "no longer allowed: $a on <Location /new> of localhost, $default (CorsAllowOrigins now:8; before: CorsAllowOrigins old:2)",
      'changed: CorsMaxAge 6, before 5 on <Location /api> of localhost, all methods (CorsMaxAge now:5; before: CorsMaxAge old:5)' ],
    [ 'a section inside another one has its settings', "$on<Location /x>\nCorsAllowMethods GET\n</Location>\n<Location /x/y>\nCorsMaxAge 1\n</Location>\n",
      "$on<Location /x>\nCorsAllowMethods GET PURGE\n</Location>\n<Location \"/x/y\">\nCorsMaxAge 1\n</Location>\n", 3,
      "newly allowed: $a on <Location /x> of localhost and 1 other section, PURGE (CorsAllowOrigins now:2; before: CorsAllowMethods old:4)" ],
    [ 'a section that is gone has the policy of the one above it', "$on<Location /x>\nCorsAllowOrigins $b\n</Location>\n<Location /x/y>\nCorsPolicy Off\n</Location>\n",
      "$on<Location /x>\nCorsAllowOrigins $b\n</Location>\n", 3,
      "newly allowed: $b on <Location /x/y> of localhost, $default (CorsAllowOrigins now:4; before: CorsPolicy old:7)" ],
    [ 'a <Limit>', "$on<Location /x>\nCorsMaxAge 1\n</Location>\n", "$on<Location /x>\nCorsMaxAge 1\n<Limit PUT>\nCorsAllowHeaders +x-a\n</Limit>\n</Location>\n", 3,
      "newly allowed: $a on <Location /x> of localhost, PUT, with the header x-a (CorsAllowHeaders now:6; before: CorsAllowHeaders (default))" ],
    [ 'virtual hosts by name and port', "<VirtualHost *:1>\nServerName one.example\n$on</VirtualHost>\n<VirtualHost *:1>\nServerName two.example\n$on</VirtualHost>\n",
      "<VirtualHost *:1>\nServerName two.example\n$on</VirtualHost>\n<VirtualHost *:1>\nServerName one.example\nCorsPolicy On\nCorsAllowOrigins $a $b\n</VirtualHost>\n", 3,
      "newly allowed: $b on server one.example (*:1), $default (CorsAllowOrigins now:9; before: CorsAllowOrigins old:4)" ],
    [ 'a virtual host that begins to have directives', "$on<Location /x>\nCorsAllowOrigins $b\n</Location>\n<VirtualHost *:1>\nServerName one.example\n</VirtualHost>\n",
      "$on<Location /x>\nCorsAllowOrigins $b\n</Location>\n<VirtualHost *:1>\nServerName one.example\nCorsMaxAge 9\n</VirtualHost>\n", 0,
      'changed: CorsMaxAge 9, before None on server one.example (*:1) and 1 other section, all methods (CorsMaxAge now:8; before: CorsMaxAge (default))' ],
    [ 'WebSockets', "CorsWebSocketAllowOrigins Self $a\n", "CorsWebSocketAllowOrigins Self $a $b\n", 3,
      "newly allowed: $b on server localhost, WebSocket (CorsWebSocketAllowOrigins now:1; before: CorsWebSocketAllowOrigins old:1)" ],
    [ 'headers that pages may read', $on, "${on}CorsExposeHeaders x-a x-b\n", 3,
      "newly allowed: $a on server localhost, $default, reading x-a, x-b (CorsExposeHeaders now:3; before: CorsExposeHeaders (default))" ],
    [ 'less protection', "CorsProtect On\n", "CorsProtect ReportOnly\n", 3,
      'newly allowed: https://any-other.example on server localhost, WebSocket (CorsProtect now:1; before: CorsProtect old:1)',
      'weaker: CorsProtect ReportOnly, before On on server localhost, all methods (CorsProtect now:1; before: CorsProtect old:1)' ],
    [ 'an origin that reads with credentials is one that CorsProtect trusts', "CorsProtect On\nCorsAllowCredentials On\n$on", "CorsProtect On\nCorsAllowCredentials On\nCorsPolicy On\nCorsAllowOrigins $a $b\n", 3,
      "newly allowed: $b on server localhost, $default, with credentials (CorsAllowOrigins now:4; before: CorsAllowOrigins old:4)",
      "newly allowed: $b on server localhost, WebSocket (CorsAllowOrigins now:4; before: CorsProtect old:1)",
      "newly allowed: $b on server localhost, all methods except GET HEAD, past CorsProtect (CorsAllowOrigins now:4; before: CorsProtect old:1)" ],
    [ 'an origin that may measure', "${on}CorsTimingAllowOrigin Policy\n", "CorsPolicy On\nCorsAllowOrigins $a $b\nCorsTimingAllowOrigin Policy\n", 3,
      "newly allowed: $b on server localhost, $default (CorsAllowOrigins now:2; before: CorsAllowOrigins old:2)",
      "weaker: CorsTimingAllowOrigin $a, $b, before $a on server localhost, all methods (CorsTimingAllowOrigin now:3; before: CorsTimingAllowOrigin old:3)" ],
    [ 'any origin may measure', "${on}CorsTimingAllowOrigin Policy\n", "CorsPolicy On\nCorsAllowOrigins *\nCorsTimingAllowOrigin Policy\n", 3,
      "newly allowed: https://any-other.example on server localhost, $default (CorsAllowOrigins now:2; before: CorsAllowOrigins old:2)",
      "weaker: CorsTimingAllowOrigin *, before $a on server localhost, all methods (CorsTimingAllowOrigin now:3; before: CorsTimingAllowOrigin old:3)" ],
    [ 'the same, the other way round', "CorsPolicy On\nCorsAllowOrigins *\nCorsTimingAllowOrigin Policy\n", "${on}CorsTimingAllowOrigin Policy\n", 0,
      "no longer allowed: https://any-other.example on server localhost, $default (CorsAllowOrigins now:2; before: CorsAllowOrigins old:2)",
      "changed: CorsTimingAllowOrigin $a, before * on server localhost, all methods (CorsTimingAllowOrigin now:3; before: CorsTimingAllowOrigin old:3)" ],
    [ 'a refusal that is gone with its policy', "${on}CorsRejectDisallowed On\n", "CorsPolicy Off\nCorsAllowOrigins $a\nCorsRejectDisallowed On\n", 3,
      'weaker: CorsRejectDisallowed Off, before On on server localhost, all methods (CorsPolicy now:1; before: CorsRejectDisallowed old:3)',
      'undecided: CorsPolicy Off, before On on server localhost, all methods: CORS headers of the handler are not removed (CorsPolicy now:1; before: CorsPolicy old:1)',
      "no longer allowed: $a on server localhost, $default (CorsPolicy now:1; before: CorsAllowOrigins old:2)" ],
    [ 'two sections that change places', "$on<LocationMatch x>\nCorsAllowOrigins $b\n</LocationMatch>\n<Location /y>\nCorsAllowOrigins $a\n</Location>\n<Files z>\nCorsAllowOrigins $a\n</Files>\n",
      "$on<Files z>\nCorsAllowOrigins $a\n</Files>\n<Location /y>\nCorsAllowOrigins $a\n</Location>\n<LocationMatch x>\nCorsAllowOrigins $b\n</LocationMatch>\n", 4,
      'undecided: the policy on <LocationMatch x> of localhost, all methods: the order of sections that may apply to the same request' ],
    [ 'a regular expression', "CorsPolicy On\nCorsAllowOriginsMatch https://r[0-8]\\.example\n", "CorsPolicy On\nCorsAllowOriginsMatch https://r\\d\\.example\n", 3,
      "newly allowed: https://r9.example on server localhost, $default (CorsAllowOriginsMatch now:2; before: CorsAllowOriginsMatch old:2)" ],
    [ 'a regular expression that is not regular', "CorsPolicy On\nCorsAllowOriginsMatch https://(?!x)[a-z]+\\.r\\.example\n", "CorsPolicy On\nCorsAllowOriginsMatch https://(?!y)[a-z]+\\.r\\.example\n", 4,
      "undecided: the origins on server localhost, $default: regular expression https://(?!y)[a-z]+\\.r\\.example: look-ahead" ],
    [ 'the same one', "CorsPolicy On\nCorsAllowOriginsMatch https://(?!x)[a-z]+\\.r\\.example\n", "CorsPolicy On\nCorsAllowOriginsMatch https://(?!x)[a-z]+\\.r\\.example\n", 0,
      'CorsCompare: no difference' ],
    [ 'a setting that has an effect only with another section', "CorsPolicy On\n<Location /x>\nCorsMaxAge 1\n</Location>\n<Files x>\nCorsAllowOrigins $a\n</Files>\n",
      "CorsPolicy On\n<Location /x>\nCorsMaxAge 1\nCorsAllowCredentials On\n</Location>\n<Files x>\nCorsAllowOrigins $a\n</Files>\n", 4,
      'undecided: a change of CorsAllowCredentials on <Location /x> of localhost, all methods: other sections that apply to the same request (CorsAllowCredentials now:4; before: CorsAllowCredentials (default))' ],
);
for my $case (@cases) {
    my ($name, $old, $now, $status, @lines) = @$case;
    my $check = compare($old, $now);
    is_deeply([ $check->{code}, grep { !/^    httpd -t -c / } split /\n/, $check->{printed} ], [ $status, @lines ], $name)
        or diag($check->{errors});
}

# --- a list in a file

my $list = "$dir/compare.origins";
my $from_file = "CorsPolicy On\nCorsAllowOriginsFile $list\n";
Httpd::spew($list, "$a # the application\n\n!https://x.w.example\nhttps://*.w.example\n");
my ($dumped) = dump_of($from_file);
my $same = config_check($from_file, "-c 'CorsCompare $dumped'");
is($same->{printed}, "CorsCompare: no difference\n", 'a file whose lines are the same');
Httpd::spew($list, "https://*.w.example\n$a\n$b\n");
my $longer = config_check($from_file, "-c 'CorsCompare $dumped'");
is($longer->{code}, 3, 'a file with more origins is wider');
is_deeply([ sort map { /^newly allowed: (\S+) on / ? $1 : () } split /\n/, $longer->{printed} ], [ $b, 'https://x.w.example' ],
    'a new line and an exclusion that is gone');

# a named list; without a key, only its lines without a tenant count
my $named = "CorsOriginSource apps file:$list\nCorsPolicy On\nCorsAllowOriginsFrom apps\n";
Httpd::spew($list, "$a\nhttps://t.example one\n");
($dumped) = dump_of($named);
Httpd::spew($list, "$a\n$b\nhttps://t.example one\nhttps://u.example one\n");
$longer = config_check($named, "-c 'CorsCompare $dumped'");
is($longer->{code}, 3, 'a named list with more origins is wider');
is_deeply([ map { /^newly allowed: (\S+) on / ? $1 : () } split /\n/, $longer->{printed} ], [$b], 'the new line without a tenant');
my $keyed = $named =~ s/^(CorsAllowOriginsFrom apps)$/$1 "%{SERVER_NAME}"/mr;
($dumped) = dump_of($keyed);
my $unknown = config_check($keyed, "-c 'CorsCompare $dumped'");
is($unknown->{code}, 4, 'what a list has for a tenant is undecided');
like($unknown->{printed}, qr/\Aundecided: [^\n]*\n\z/, 'the only finding');

# --- the other formats

my $explained = compare($on, "${on}CorsAllowCredentials On\n<Location /x>\nCorsAllowMethods PURGE\n</Location>\n");
like($explained->{printed}, qr{^    httpd -t -c 'CorsExplain GET http://localhost/ from \Q$a\E and cookies'$}m, 'a witness is a request for CorsExplain');
my ($request) = $explained->{printed} =~ /-c '(CorsExplain PURGE [^']*)'/;
is($request, "CorsExplain PURGE http://localhost/x from $a and cookies", 'the request is one of its section and its methods');
like(config_check("${on}CorsAllowCredentials On\n<Location /x>\nCorsAllowMethods PURGE\n</Location>\n", "-c '$request'")->{printed},
    qr/^Allowed: the page may read the response/m, 'CorsExplain confirms it');

my $tap = compare($on, "CorsPolicy On\nCorsAllowOrigins $b\nCorsBackendHeaders Keep\n", '-D DUMP_CORS_COMPARE');
is($tap->{printed}, <<"TAP", 'TAP has a line for each difference');
TAP version 13
1..3
not ok 1 - newly allowed: $b on server localhost, $default (CorsAllowOrigins now:2; before: CorsAllowOrigins old:2)
not ok 2 - undecided: CorsBackendHeaders Keep, before Replace on server localhost, all methods: the CORS headers of the backend (CorsBackendHeaders now:3; before: CorsBackendHeaders (default)) # TODO undecided
ok 3 - no longer allowed: $a on server localhost, $default (CorsAllowOrigins now:2; before: CorsAllowOrigins old:2)
TAP
is(compare($on, $on, '-D DUMP_CORS_COMPARE')->{printed}, "TAP version 13\n1..1\nok 1 - no difference\n", 'TAP without a difference');

my $schema = JSON::Validator->new->schema(
    JSON::PP->new->decode(do { local (@ARGV, $/) = ("$ENV{CORS_WORK}/docs/compare.schema.json"); <> }));
my $json = compare("$on<Location /x>\nCorsMaxAge 1\n</Location>\n", "${on}CorsAllowHeaders +x-a\nCorsBackendHeaders Keep\n<Location /x>\nCorsMaxAge 2\n</Location>\n",
    '-D DUMP_CORS_COMPARE_JSON');
my $data = JSON::PP->new->utf8->decode($json->{printed});
is_deeply([ $schema->validate($data) ], [], 'the JSON is valid by its schema');
is_deeply($data->{differences}[0], {
    change => 'newly allowed', aspect => 'request', wider => JSON::PP::true, server_name => 'localhost', virtual_host => undef, section => undef, where => undef,
    also => [ { server_name => 'localhost', virtual_host => undef, section => '<Location /x>', where => 'now:5' } ],
    origin => $a, more_origins => JSON::PP::false, methods => [ split / /, $default ], except_methods => undef, credentials => JSON::PP::false,
    headers => ['x-a'], directive => undef, before => undef, now => undef, decided_by => 'CorsAllowHeaders now:3', decided_before => 'CorsAllowHeaders (default)',
    obstacle => undef, explain => "GET http://localhost/ from $a with x-a",
    text => "newly allowed: $a on server localhost and 1 other section, $default, with the header x-a (CorsAllowHeaders now:3; before: CorsAllowHeaders (default))",
}, 'a difference has exactly the members of the manual');
is_deeply([ map { $_->{change} } @{ $data->{differences} } ], [ 'newly allowed', 'undecided', 'changed' ], 'the worst difference is first');
my $none = compare($on, $on, '-D DUMP_CORS_COMPARE_JSON');
is_deeply(JSON::PP->new->utf8->decode($none->{printed}), { version => 1, differences => [] }, 'JSON without a difference');

# --- a file that is not a dump

my ($whole) = dump_of("$on<Location /x>\nCorsAllowOrigins +$b\n</Location>\n");
my $text = do { local (@ARGV, $/) = ($whole); <> };
my $broken = "$dir/broken.json";
sub rejected {
    my ($name, $id, $content) = @_;
    Httpd::spew($broken, $content);
    my $check = config_check($on, "-c 'CorsCompare $broken'");
    ok($check->{code} == 1 && $check->{printed} eq '' && $check->{errors} =~ /CorsCompare: '\Q$broken\E': .*\[$id\]$/m, "$name: $id")
        or diag("$check->{code} $check->{printed} $check->{errors}");
}
rejected('an empty file', 'compare-dump', '');
rejected('half a dump', 'compare-dump', substr $text, 0, length($text) / 2);
rejected('two dumps', 'compare-dump', $text . $text);
rejected('other JSON', 'compare-dump', '{"version": 1}');
rejected('a page of the status page', 'compare-version', '{"version": 1, "sections": []}');
rejected('a later version', 'compare-version', $text =~ s/("snapshot":\s*\{\s*"version":\s*)1/${1}2/r);
rejected('an origin that is not one', 'compare-dump', $text =~ s{https://b\.example}{https://b.example/}gr);
rejected('a number of no setting', 'compare-dump', $text =~ s/("CorsAllowOrigins":\s*\[)\s*\d+/${1}999/gr);
rejected('another attribute', 'compare-dump', $text =~ s/"attribute":\s*"CorsPolicy"/"attribute": "CorsNothing"/gr);
rejected('NUL in a text', 'compare-dump', $text =~ s/"CorsPolicy [^"]*"/"a\\u0000b"/gr);
rejected('deep JSON', 'compare-dump', '[' x 100000);
# a file that cannot be read
my $unreadable = 'compare-file';
my $missing = config_check($on, "-c 'CorsCompare $dir/none.json'");
like($missing->{errors}, qr/CorsCompare: '\Q$dir\E\/none\.json': the dump cannot be read \(No such file or directory\) \[$unreadable\]/, 'no file');
like(config_check($on, "-c 'CorsCompare $dir'")->{errors}, qr/\(it is not a regular file\) \[$unreadable\]/, 'a directory');
like(config_check($on, "-c CorsCompare")->{errors}, qr/the argument is one file/, 'no argument');
is(config_check($on, "-c 'CorsCompare $whole'")->{code}, 0, 'the whole dump is accepted');

BEGIN { plan tests => 54 }
