# Licensed under the Apache License, Version 2.0; see LICENSE.
# Sections that are valid by themselves and contradict each other: httpd -t names both
# lines. Every pair of levels is tested, each beside the nearest configuration that starts.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_fails config_starts);

# The id of the contradiction, the outer line, the inner line, and a line that corrects it,
# added to the inner section.
my @pairs = (
    [ 'any-origin-with-credentials', "CorsAllowCredentials On", "CorsAllowOrigins *", "CorsAllowCredentials Off" ],
    [ 'any-origin-with-credentials', "CorsAllowOrigins *", "CorsAllowCredentials On", "CorsAllowAnyOriginWithCredentialsUnsafe On" ],
    [ 'regex-with-credentials', "CorsAllowCredentials On", "CorsAllowOriginsMatch .*", "CorsAllowAnyOriginWithCredentialsUnsafe On" ],
    [ 'regex-with-credentials', "CorsAllowOriginsMatch .*", "CorsAllowCredentials On", "CorsAllowOrigins https://a.example" ],
    [ 'expose-all-with-credentials', "CorsAllowCredentials On", "CorsExposeHeaders *", "CorsAllowCredentials Off" ],
    [ 'expose-all-with-credentials', "CorsExposeHeaders *", "CorsAllowCredentials On", "CorsExposeHeaders ETag" ],
    [ 'expose-all-edited', "CorsExposeHeaders *", "CorsExposeHeaders -ETag", "CorsExposeHeaders X-Request-Id" ],
    [ 'suffix-with-credentials', "CorsAllowOrigins https://*.github.io", "CorsAllowCredentials On", "CorsAllowPublicSuffixUnsafe On" ],
    [ 'suffix-with-credentials', "CorsAllowCredentials On", "CorsAllowOrigins https://*.co.uk", "CorsAllowOrigins" ],
    [ 'extensions-with-credentials', "CorsAllowOrigins moz-extension://*", "CorsAllowCredentials On", "CorsAllowAnyOriginWithCredentialsUnsafe On" ],
    [ 'null-without-flag', "CorsAllowNullOriginUnsafe Off", "CorsAllowOrigins null", "CorsAllowNullOriginUnsafe On" ],
    [ 'null-without-flag', "CorsAllowOrigins null\nCorsAllowNullOriginUnsafe On", "CorsAllowNullOriginUnsafe Off", "CorsAllowOrigins https://a.example" ],
);

my $html = Apache::Test::vars('documentroot');
# Two levels: the text before, between and after the lines of each.
my @levels = (
    [ 'server and virtual host', "", "<VirtualHost *:1>\n", "</VirtualHost>\n" ],
    [ 'server and Location', "", "<Location /a>\n", "</Location>\n" ],
    [ 'server and Directory', "", "<Directory $html>\n", "</Directory>\n" ],
    [ 'server and Files', "", "<Files x>\n", "</Files>\n" ],
    [ 'Location and one below it', "<Location />\n", "</Location>\n<Location /a>\n", "</Location>\n" ],
    [ 'two Locations of the same path', "<Location /a/b>\n", "</Location>\n<Location /a/b>\n", "</Location>\n" ],
    [ 'Location in a virtual host, below one of the server', "<Location /a>\n", "</Location>\n<VirtualHost *:1>\n<Location /a/b>\n", "</Location>\n</VirtualHost>\n" ],
    [ 'Location of the server, below one of a virtual host', "<Location /a/b>\n", "</Location>\n<VirtualHost *:1>\n<Location /a>\n", "</Location>\n</VirtualHost>\n" ],
    [ 'Directory and one below it', "<Directory $html>\n", "</Directory>\n<Directory $html/a/b>\n", "</Directory>\n" ],
    [ 'server and Proxy', "", "<Proxy \"http://127.0.0.1:1/*\">\n", "</Proxy>\n" ],
    [ 'Proxy and If', "<ProxyMatch ^http>\n", "<If true>\n", "</If>\n</ProxyMatch>\n" ],
    [ 'server and If', "", "<If true>\n", "</If>\n" ],
    [ 'server and Location in a virtual host', "", "<VirtualHost *:1>\n<LocationMatch ^/a>\n", "</LocationMatch>\n</VirtualHost>\n" ],
    [ 'virtual host and Location', "<VirtualHost *:1>\n", "<Location /a>\n", "</Location>\n</VirtualHost>\n" ],
    [ 'virtual host and Directory', "<VirtualHost *:1>\n", "<DirectoryMatch ^/a>\n", "</DirectoryMatch>\n</VirtualHost>\n" ],
    [ 'virtual host and If', "<VirtualHost *:1>\n", "<If true>\n", "</If>\n</VirtualHost>\n" ],
    [ 'Location and If', "<Location /a>\n", "<If true>\n", "</If>\n</Location>\n" ],
    [ 'Directory and Files', "<Directory $html>\n", "<FilesMatch x>\n", "</FilesMatch>\n</Directory>\n" ],
    [ 'Directory and If', "<Directory $html>\n", "<If true>\n", "</If>\n</Directory>\n" ],
    [ 'Files and If', "<Files x>\n", "<If true>\n", "</If>\n</Files>\n" ],
    [ 'virtual host and If in Location', "<VirtualHost *:1>\n", "<Location /a>\n<If true>\n", "</If>\n</Location>\n</VirtualHost>\n" ],
    [ 'If in Directory and If in that If', "<Directory $html>\n<If true>\n", "<If false>\n", "</If>\n</If>\n</Directory>\n" ],
    [ 'server and <Limit> in Location', "", "<Location /a>\n<Limit PUT>\n", "</Limit>\n</Location>\n" ],
    [ 'Location and its own <LimitExcept>', "<Location /a>\n", "<LimitExcept GET>\n", "</LimitExcept>\n</Location>\n" ],
);

# Regular expressions that match origins of any owner, that cannot be decided, and that match
# names below a public suffix.
my @public = (
    'https://example\.com.*', 'https?://localhost.*', 'http://10\..+', 'https?://.*:3000', 'https?://.*:\d+',
    'https://app.example.com', 'https://(www|app).example\.com', 'https://.*example\.(com|org)',
    'https://.*example\.com(:[0-9]{1,5})?', 'https://.*example\.com|https://www\.example\.org',
    'https://.*exampl[e]\.com', 'https://.*\bexample\.com', 'https://(www\.)?example\.[a-z]+', 'https?://[\d.]+',
    'chrome-extension://.*',
);
my @undecided = (
    [ 'https://(?!evil).*\.example\.com', 'https://*.example.com !https://evil.example.com !https://*.evil.example.com' ],
    [ 'https://(?!evil\.)[a-z]+\.example\.com', 'https://*.example.com !https://evil.example.com !https://*.evil.example.com' ],
    [ 'https://.*(?<!old)\.example\.com', 'https://*.example.com !https://old.example.com !https://*.old.example.com' ],
    [ 'https://([a-z])\1\.example\.com', 'https://*.example.com' ],
    [ '^(?!.*evil)https://.*\.example\.com$' ],
);
my @below = ('https://.*\.(de|fr)', 'https://[a-z]{3,8}\.com', 'https://app-[a-z0-9]+\.herokuapp\.com',
    'https://.*\.amazonaws\.com', 'https://pr-\d+--me\.netlify\.app');
# Further configurations: whether httpd -t fails, the name, the lines that it names, a part
# of its message, the configuration.
my @more = (
    [ 1, 'a contradiction within one section', [ 2, 3 ], '[any-origin-with-credentials]',
      "CorsPolicy On\nCorsAllowOrigins *\nCorsAllowCredentials On\n" ],
    [ 1, 'ReportOnly is checked like On', [ 2, 3 ], '[any-origin-with-credentials]',
      "CorsPolicy ReportOnly\nCorsAllowOrigins *\nCorsAllowCredentials On\n" ],
    [ 1, 'a public suffix that CorsProtect trusts', [ 1, 3 ], '[protect-suffix]',
      "CorsProtect On\n<Location /a>\nCorsProtectAllowOrigins https://*.github.io\n</Location>\n" ],
    [ 0, 'a public suffix that CorsProtect trusts with its flag', [], '',
      "CorsProtect On\nCorsProtectAllowOrigins https://*.github.io\nCorsAllowPublicSuffixUnsafe On\n" ],
    [ 0, 'a name below a public suffix that CorsProtect trusts', [], '',
      "CorsProtect On\nCorsProtectAllowOrigins https://*.me.github.io\n" ],
    [ 1, 'all extensions that CorsProtect trusts', [ 1, 2 ], '[protect-extensions]', "CorsProtect On\nCorsProtectAllowOrigins moz-extension://*\n" ],
    [ 0, 'all extensions that CorsProtect trusts with the flag', [], '',
      "CorsProtect On\nCorsProtectAllowOrigins moz-extension://*\nCorsAllowAnyOriginWithCredentialsUnsafe On\n" ],
    [ 1, 'null that CorsProtect trusts', 2, '[null-without-flag]', "CorsProtect ReportOnly\nCorsProtectAllowOrigins null\n" ],
    [ 0, 'null that CorsProtect trusts with its flag', [], '',
      "CorsProtect On\nCorsProtectAllowOrigins null\nCorsAllowNullOriginUnsafe On\n" ],
    [ 0, 'a policy that is Off is not checked', [], '', "CorsPolicy Off\nCorsAllowOrigins *\nCorsAllowCredentials On\n" ],
    [ 1, 'the WebSocket list does not depend on CorsPolicy', 1, "'null': ", "CorsWebSocketAllowOrigins null\n" ],
    [ 0, 'null with its flag in the WebSocket list', [], '', "CorsWebSocketAllowOrigins null\nCorsAllowNullOriginUnsafe On\n" ],
    [ 1, 'an added origin is checked too', [ 3, 5 ], "'https://*.github.io': ",
      "CorsPolicy On\nCorsAllowOrigins https://a.example\nCorsAllowCredentials On\n<Location /x>\nCorsAllowOrigins +https://*.github.io\n</Location>\n" ],
    [ 0, 'an exclusion of a public suffix is not a contradiction', [], '',
      "CorsPolicy On\nCorsAllowOrigins https://a.example !https://*.github.io\nCorsAllowCredentials On\n" ],
    [ 1, 'a regular expression on a public suffix', [ 2, 3 ], '[suffix-with-credentials]',
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://.*\\.github\\.io(:\\d+)?\$\"\nCorsAllowCredentials On\n" ],
    [ 0, 'a regular expression on a public suffix with its flag', [], '',
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://.*\\.github\\.io\"\nCorsAllowCredentials On\nCorsAllowPublicSuffixUnsafe On\n" ],
    [ 0, 'a regular expression below a public suffix', [], '',
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://.*\\.me\\.github\\.io\"\nCorsAllowCredentials On\n" ],
    [ 1, 'a regular expression that any https site matches', [ 2, 3 ], '(https://strangerzq.com); write CorsAllowCredentials Off [regex-with-credentials]',
      "CorsPolicy On\nCorsAllowOriginsMatch \"https?://.*\"\nCorsAllowCredentials On\n" ],
    [ 1, 'a regular expression without a dot before its domain', [ 2, 3 ], '(https://strangerzqexample.com); write CorsAllowOrigins https://example.com https://*.example.com [regex-with-credentials]',
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://.*example\\.com\"\nCorsAllowCredentials On\n" ],
    [ 1, 'a regular expression with an unescaped dot', [ 2, 3 ], '(https://appxexample.com); write CorsAllowOrigins https://app.example.com [regex-with-credentials]',
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://app.example\\.com\"\nCorsAllowCredentials On\n" ],
    [ 0, 'a regular expression with its dots escaped', [], '',
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://(.*\\.)?example\\.com\"\nCorsAllowCredentials On\n" ],
    [ 0, 'a domain whose top-level label is not in the list', [], '',
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://.*\\.corp\\.internal\"\nCorsAllowCredentials On\n" ],
    [ 1, 'a last label that the list does not know is a public suffix', [ 2, 3 ], "'https://*.internal': ",
      "CorsPolicy On\nCorsAllowOrigins https://*.internal\nCorsAllowCredentials On\n" ],
    [ 1, 'a wildcard above a public suffix', [ 2, 3 ], '(https://strangerzq.', 
      "CorsPolicy On\nCorsAllowOrigins https://*.amazonaws.com\nCorsAllowCredentials On\n" ],
    [ 0, 'a wildcard beside the public suffixes below a domain', [], '',
      "CorsPolicy On\nCorsAllowOrigins https://*.mine.amazonaws.com\nCorsAllowCredentials On\n" ],
    [ 0, 'two origins in parentheses', [], '',
      "CorsPolicy On\nCorsAllowOriginsMatch \"^(https://a\\.example\\.com|https://b\\.example\\.org)\$\"\nCorsAllowCredentials On\n" ],
    # origins that anyone can have are errors, and each Unsafe directive permits one kind
    (map { [ 1, "with credentials: $_", [ 2, 3 ], '[regex-with-credentials]',
        "CorsPolicy On\nCorsAllowOriginsMatch \"$_\"\nCorsAllowCredentials On\nCorsAllowPublicSuffixUnsafe On\n" ] } @public),
    (map { [ 1, "with credentials: $_", [ 2, 3 ], '[suffix-with-credentials]',
        "CorsPolicy On\nCorsAllowOriginsMatch \"$_\"\nCorsAllowCredentials On\nCorsAllowAnyOriginWithCredentialsUnsafe On\n" ] } @below),
    # a regular expression that cannot be decided is an error too; its suggestion is accepted
    (map { [ 1, "with credentials: $_->[0]", [ 2, 3 ], $_->[1] ? "); write CorsAllowOrigins $_->[1] [undecided-with-credentials]" : ' user (look-ahead at byte 2); write CorsAllowCredentials Off [undecided-with-credentials]',
        "CorsPolicy On\nCorsAllowOriginsMatch \"$_->[0]\"\nCorsAllowCredentials On\nCorsAllowPublicSuffixUnsafe On\n" ] } @undecided),
    (map { [ 0, "with credentials: $_->[1]", [], '', "CorsPolicy On\nCorsAllowOrigins $_->[1]\nCorsAllowCredentials On\n" ] } grep { $_->[1] } @undecided),
    [ 0, 'all of these regular expressions with both Unsafe directives', [], '', "CorsPolicy On\nCorsAllowOriginsMatch "
      . join(' ', map { "\"$_\"" } @public, @below, map { $_->[0] } @undecided)
      . "\nCorsAllowCredentials On\nCorsAllowAnyOriginWithCredentialsUnsafe On\nCorsAllowPublicSuffixUnsafe On\n" ],
    [ 1, 'a regular expression that cannot be decided, with a suggestion', [ 2, 3 ],
      '(look-ahead at byte 9; https://strangerzqexample.com); write CorsAllowOrigins https://*.example.com !https://evil.example.com '
      . '!https://*.evil.example.com [regex-with-credentials]',
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://(?!evil).*|https://.*\\.example\\.com\"\nCorsAllowCredentials On\n" ],
    [ 1, 'a regular expression with two findings: CorsAllowPublicSuffixUnsafe permits only one', [ 2, 3 ], '[regex-with-credentials]',
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://.*\\.github\\.io|https://.*example\\.com\"\nCorsAllowCredentials On\nCorsAllowPublicSuffixUnsafe On\n" ],
    [ 1, 'a regular expression with two findings: CorsAllowAnyOriginWithCredentialsUnsafe permits only one', [ 2, 3 ], '[suffix-with-credentials]',
      "CorsPolicy On\nCorsAllowOriginsMatch \"https://.*\\.github\\.io|https://.*example\\.com\"\nCorsAllowCredentials On\nCorsAllowAnyOriginWithCredentialsUnsafe On\n" ],
    [ 1, 'if a list has several lines, the line of the rejected entry is named', [ 3, 4 ], "'https://*.github.io': ",
      "CorsPolicy On\nCorsAllowOrigins https://a.example\nCorsAllowOrigins https://*.github.io\nCorsAllowCredentials On\n" ],
    [ 1, 'a Directory written before the one above it', [ 4, 10 ], '[any-origin-with-credentials]',
      "CorsPolicy On\n<Directory $html/a>\nCorsAllowCredentials Off\nCorsAllowOrigins *\n</Directory>\n<Directory $html>\nCorsMaxAge 1m\n</Directory>\n<Directory $html/a/b>\nCorsAllowCredentials On\n</Directory>\n" ],
    [ 0, 'a Directory that corrects a Directory above it, which is written later', [], '',
      "CorsPolicy On\n<Directory $html/a>\nCorsAllowCredentials Off\nCorsAllowOrigins *\n</Directory>\n<Directory $html>\nCorsAllowCredentials On\n</Directory>\n" ],
    [ 1, 'three Locations of one path', [ 2, 8 ], '[any-origin-with-credentials]',
      "<Location /a>\nCorsAllowCredentials On\n</Location>\n<Location /a>\nCorsPolicy On\n</Location>\n<Location /a>\nCorsAllowOrigins *\n</Location>\n" ],
    [ 0, 'a Location of one virtual host and one of another', [], '',
      "CorsPolicy On\n<VirtualHost *:1>\n<Location /a>\nCorsAllowCredentials On\n</Location>\n</VirtualHost>\n<VirtualHost *:2>\n<Location /a/b>\nCorsAllowOrigins *\n</Location>\n</VirtualHost>\n" ],
    [ 0, 'Locations side by side', [], '',
      "CorsPolicy On\n<Location /a>\nCorsAllowCredentials On\n</Location>\n<Location /ab>\nCorsAllowOrigins *\n</Location>\n" ],
    [ 0, 'a Location and a LocationMatch that may be for other paths', [], '',
      "CorsPolicy On\n<Location /a>\nCorsAllowCredentials On\n</Location>\n<LocationMatch /a>\nCorsAllowOrigins *\n</LocationMatch>\n" ],
    [ 0, 'a name below a public suffix has an owner', [], '',
      "CorsPolicy On\nCorsAllowOrigins https://*.me.github.io\nCorsAllowCredentials On\n" ],
    [ 1, 'a virtual host with a contradiction beside one without', [ 2, 8 ], '[any-origin-with-credentials]',
      "CorsPolicy On\nCorsAllowCredentials On\nCorsAllowOrigins https://a.example\n<VirtualHost *:1>\nCorsAllowOrigins https://b.example\n</VirtualHost>\n<VirtualHost *:2>\nCorsAllowOrigins *\n</VirtualHost>\n" ],
);

plan tests => 2 * @pairs * @levels + @more + 3;
for my $pair (@pairs) {
    my ($id, $outer, $inner, $correction) = @$pair;
    for my $level (@levels) {
        my ($name, $before, $between, $behind) = @$level;
        my $top = "CorsPolicy On\n";
        my $first = () = "$top$before" =~ /\n/g;
        my $second = () = "$top$before$outer\n$between" =~ /\n/g;
        # a second line would add to the list: the correction replaces it
        my $mended = $correction eq 'CorsAllowOrigins' ? "CorsAllowOrigins https://a.example"
            : $inner =~ /\A(\S+) / && $correction =~ /\A\Q$1\E / ? $correction
            : "$inner\n$correction";

        config_fails("$id, $name", "$top$before$outer\n$between$inner\n$behind",
            [ $first + 1, $second + 1 ], "[$id]", ' with Cors');
        config_starts("$id corrected, $name", "$top$before$outer\n$between$mended\n$behind");
    }
}
for my $case (@more) {
    my ($fails, $name, $lines, $sentence, $conf) = @$case;
    $fails ? config_fails($name, $conf, $lines, $sentence) : config_starts($name, $conf);
}

# All contradictions are reported, each once.
my $all = config_fails('all contradictions at once',
    "CorsPolicy On\nCorsAllowCredentials On\nCorsAllowOrigins https://*.github.io null\nCorsExposeHeaders *\n"
    . join('', map { "<Location /$_>\nCorsMaxAge $_\n</Location>\n" } 1 .. 9),
    [ 2, 3, 4 ], '[suffix-with-credentials]', '[null-without-flag]', '[expose-all-with-credentials]');
my $both = config_fails('each dangerous entry of a list', "CorsPolicy On\nCorsAllowCredentials On\n"
    . "CorsAllowOrigins https://*.github.io https://*.co.uk\nCorsAllowOriginsMatch https://.*\n", [ 3, 4 ],
    "'https://*.github.io': ", "'https://*.co.uk': ", "'https://.*': ");
my @reported = $all->{errors} =~ /\[(?:suffix|null|expose)[a-z-]+\]$/mg;
is(scalar @reported, 3, 'sections that inherit a mistake do not repeat it');
