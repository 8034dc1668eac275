# Licensed under the Apache License, Version 2.0; see LICENSE.
# .htaccess: changes take effect at once, and a hostile file affects only its own directory.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use File::Path ();
use Test::More;
use Client qw(cors_response preflight_vary);
use Httpd ();
use Tools qw(allowed);

my $app = 'https://app.example';
my $other = 'https://other.example';
my $evil = 'https://app.example.evil';
my $site = "$ENV{CORS_WORK}/t/site";
for my $dir (qw(quiet change none list nonfatal hostile broken files limit),
    'deep' . '/d' x 40) {
    File::Path::make_path("$site/$dir");
    Httpd::spew("$site/$dir/a.txt", "a plain file\n");
}
my $httpd = Httpd->start(name => 'htaccess', conf => 'htaccess.conf', expected => qr/contradictory-policy/,
    vars => { site => $site });
my $via = [ h1 => $httpd->{port}{port} ];
my %vary = (vary => 'Origin');
my $nothing = { status => 200, %vary };
my $unharmed = [ '/quiet/a.txt', allowed($app) ];

sub write_htaccess { return Httpd::spew("$site/$_[0]/.htaccess", $_[1]) }
sub get { my ($path, $origin, %more) = @_;
    return cors_response($via, GET => $path, origin => $origin, %more) }
sub preflight { my ($path, $origin, $method) = @_;
    return cors_response($via, OPTIONS => $path, origin => $origin, acrm => $method) }
sub lists { return { preflight_vary(), 'access-control-allow-origin' => $_[0],
    'access-control-allow-methods' => $_[1] // 'GET, HEAD, PUT, PATCH, POST, DELETE',
    'access-control-allow-headers' => 'content-type' } }

# changes
is_deeply(get('/change/a.txt', $app), allowed($app), 'without .htaccess the policy of the server applies');
write_htaccess(change => "CorsAllowOrigins $other\n");
is_deeply(get('/change/a.txt', $other), allowed($other), 'a new .htaccess applies to the next request');
is_deeply(get('/change/a.txt', $app), $nothing, 'the list of a new .htaccess replaces that of the server');
is_deeply(preflight('/change/a.txt', $other, 'PUT'), { status => 204, %{ lists($other) } }, 'the list of a new .htaccess applies to preflights');
is_deeply(preflight('/change/a.txt', $app, 'PUT'), { status => 403, preflight_vary() },
    'a preflight of an origin that a new .htaccess does not list is refused');
write_htaccess(change => "CorsAllowOrigins +$other\nCorsAllowMethods -PUT\n");
is_deeply(get('/change/a.txt', $_), allowed($_), "an edit in .htaccess allows $_") for $app, $other;
is_deeply(preflight('/change/a.txt', $app, 'PUT'),
    { status => 204, %{ lists($app, 'GET, HEAD, PATCH, POST, DELETE') } }, 'an edit in .htaccess removes a method');
write_htaccess(change => "CorsPolicy Off\n");
is_deeply(get('/change/a.txt', $app), { status => 200 }, 'CorsPolicy Off in .htaccess sends no CORS headers');
write_htaccess(change => "CorsPolicy ReportOnly\n");
is_deeply(get('/change/a.txt', $app), { status => 200 }, 'CorsPolicy ReportOnly in .htaccess sends no CORS headers');
write_htaccess(change => "CorsRejectDisallowed On\n");
is_deeply(get('/change/a.txt', $evil), { status => 403, %vary }, 'CorsRejectDisallowed in .htaccess applies to the next request');
is_deeply(get('/change/a.txt', $app), allowed($app), 'CorsRejectDisallowed in .htaccess does not reject an origin that the server lists');
unlink "$site/change/.htaccess" or die $!;
is_deeply(get('/change/a.txt', $evil), $nothing, 'a removed .htaccess no longer applies');
write_htaccess(files => "<Files a.txt>\nCorsAllowOrigins $other\n</Files>\n");
is_deeply(get('/files/a.txt', $other), allowed($other), '<Files> in .htaccess applies');
is_deeply(get('/files/', $other), { status => 403, %vary }, '<Files> in .htaccess does not apply to other files');
write_htaccess(limit => "<Limit PUT>\nCorsAllowOrigins $other\n</Limit>\n");
is_deeply(preflight('/limit/a.txt', $other, 'PUT'), { status => 204, %{ lists($other) } }, '<Limit> in .htaccess applies');
is_deeply(preflight('/limit/a.txt', $other, 'POST'), { status => 403, preflight_vary() }, '<Limit> in .htaccess does not apply to other methods');

# AllowOverride and AllowOverrideList
write_htaccess(none => "CorsAllowOrigins $other\n");
is_deeply(get('/none/a.txt', $other), $nothing, 'AllowOverride None reads no .htaccess');
write_htaccess(list => "CorsAllowOrigins $other\n");
is_deeply(get('/list/a.txt', $other), allowed($other), 'AllowOverrideList can name one directive');
write_htaccess(list => "CorsAllowCredentials On\n");
is_deeply(get('/list/a.txt', $app), { status => 500, 'access-control-allow-origin' => $app, %vary },
    'a directive that AllowOverrideList does not name is a 500, which the page can read');

write_htaccess(list => "CorsAllowOriginsFile $site/list/a.txt\n");
my $list_mark = $httpd->log_mark;
is_deeply(get('/list/a.txt', $app), { status => 500, 'access-control-allow-origin' => $app, %vary },
    'CorsAllowOriginsFile is a 500 in .htaccess, also where AllowOverrideList names it');
like($httpd->log_since($list_mark), qr/CorsAllowOriginsFile cannot occur within htaccess files/, 'the log says that CorsAllowOriginsFile is not for .htaccess');

# errors: a 500 below their directory, a line in the log, and no effect elsewhere
for (
    [ 'a path in an origin', "CorsAllowOrigins https://x.example/\n", qr{'https://x\.example/'.*:1\b} ],
    [ 'an unknown argument', "# first\nCorsPolicy Perhaps\n", qr{Perhaps.*:2\b} ],
    [ 'credentials for any origin', "CorsAllowCredentials On\nCorsAllowOrigins *\n", undef ],
    [ 'CorsProtect Off', "CorsProtect Off\n", qr{'Off': .* \Q[protect-local-off]\E.*:1\b} ],
    [ 'CorsProtectEmbedding Off', "CorsProtectEmbedding Off\n", qr{'Off': .* \Q[protect-local-off]\E.*:1\b} ],
    [ 'CorsProtectHost Off', "CorsProtectHost off\n", qr{'off': .* \Q[protect-local-off]\E.*:1\b} ],
    [ 'an origin that CorsProtect trusts', "CorsProtectAllowOrigins https://x.example !https://y.example *\n", qr{'https://x\.example': .* \Q[protect-local-origin]\E\. Also '!https://y\.example': .* Also '\*': .* \[protect-any-origin\].*:1\b} ],
    [ 'a regex that does not compile', "CorsAllowOriginsMatch \"https://(\"\n", qr{https://\(} ],
    [ 'a regex that takes exponential time', "CorsAllowOriginsMatch \"(a+)+\\.\"\nCorsPolicy Maybe\n", qr{Maybe} ],
    [ 'a section that does not end', "<Files a.txt>\nCorsPolicy On\n", qr{was not closed} ],
    [ 'bytes that are not text', "CorsAllowOrigins \x80\xff\x01\n", qr{CorsAllowOrigins} ],
    [ 'an entry of 100,000 letters', 'CorsAllowOrigins https://' . 'a' x 100_000 . "\n", qr{CorsAllowOrigins|too long}i ],
    [ '2,000 mistakes', "CorsAllowOrigins " . join(' ', map { "https://o$_.example/" } 1 .. 2000) . "\n", undef ],
) {
    my ($what, $text, $line) = @$_;
    my $mark = $httpd->log_mark;
    write_htaccess(broken => $text);
    my $got = get('/broken/a.txt', $app);
    if ($what eq 'credentials for any origin') {
        # httpd does not tell a module where a .htaccess file ends
        is_deeply($got, $nothing, "$what in .htaccess allow no origin");
        like($httpd->log_since($mark), qr/contradictory-policy/, "$what in .htaccess is in the log");
    }
    else {
        is_deeply($got, { status => 500, 'access-control-allow-origin' => $app, %vary },
            "$what in .htaccess is a 500 with the headers of the server's policy");
        like($httpd->log_since($mark), $line, "$what in .htaccess is logged with its line") if $line;
    }
    is_deeply(get($unharmed->[0], $app), $unharmed->[1], "$what in .htaccess does not affect another directory");
}
unlink "$site/broken/.htaccess";

# large lists; t/bench/BenchLinear.pm checks that their cost is linear
write_htaccess(hostile => join '', map { "CorsAllowOrigins https://o$_.example https://*.w$_.example\n" } 1 .. 10_000);
is_deeply(get('/hostile/a.txt', 'https://o9999.example'), allowed('https://o9999.example'),
    '10,000 origins and as many patterns in .htaccess work');
is_deeply(get('/hostile/a.txt', 'https://a.w1.example'), allowed('https://a.w1.example'), 'a pattern among 10,000 in .htaccess works');
is_deeply(get('/hostile/a.txt', 'https://o10001.example'), $nothing, '10,000 origins in .htaccess do not allow another one');
is_deeply(get($unharmed->[0], $app), $unharmed->[1], '10,000 origins in .htaccess do not affect another directory');

# deep nesting: every level adds an origin, and the deepest one also removes an origin
my $path = 'deep';
for my $level (1 .. 40) {
    $path .= '/d';
    write_htaccess($path => "CorsAllowOrigins +https://level$level.example\nCorsExposeHeaders +X-Level-$level\n");
}
write_htaccess($path => "CorsAllowOrigins -https://level7.example +https://level40.example\n");
my $expose = join ', ', map { "X-Level-$_" } 1 .. 39;
for ([ $app, 1 ], [ 'https://level1.example', 1 ], [ 'https://level40.example', 1 ],
     [ 'https://level7.example', 0 ], [ 'https://level41.example', 0 ]) {
    my ($origin, $ok) = @$_;
    is_deeply(get("/$path/a.txt", $origin), $ok
        ? { %{ allowed($origin) }, 'access-control-expose-headers' => $expose } : $nothing,
        "forty nested .htaccess files " . ($ok ? 'allow' : 'do not allow') . " $origin");
}
write_htaccess(nonfatal => "Require all denied\nCorsAllowOrigins $other\n");
is_deeply(get('/nonfatal/a.txt', $other), allowed($other),
    'Nonfatal=Override ignores a directive that is not permitted, and the policy applies');

done_testing();
