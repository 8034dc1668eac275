# Licensed under the Apache License, Version 2.0; see LICENSE.
# What cors-policy-import makes of recipes for httpd lets nobody do what browsers
# did not let them do before: each recipe runs as it stands, beside what becomes
# of it, in front of the same application, and a browser asks both the same.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Httpd ();
use Reach qw(further exchanges);

my $work = $ENV{CORS_WORK};
my $inputs = "$work/tools/cors-policy-import/t/httpd";
my $backend = Httpd::free_port();
Httpd::helper('../browser/backend.pl', $backend);

# What is wider, as the report says: by recipe, what it is, and which origins.
my %wider = (
    '02-one-origin.conf' => [ 'an origin with a slash at its end becomes one', qr{\Ahttps://app\.example\.com\z} ],
    '12-list.conf' => [ 'a list in one header becomes a list', qr{\Ahttps://[ab]\.example\z} ],
    '14-twice.conf' => [ 'the header twice becomes a list', qr{\Ahttps://[ab]\.example\z} ],
    '15-backend.conf' => [ 'an echo of headers that was empty becomes *', qr{\Ahttps://a\.example\z} ],
    '33-tables.conf' => [ 'the header with always and without becomes the one of the section', qr{\Ahttps://b\.example\z} ],
    '21-expr.conf' => [ 'a variable that was empty becomes the origin that was meant', qr{\Ahttps://(?:www|m)\.example\.com\z} ],
);
# Recipes for files, or for two hosts, are not for an application; some are none.
my %apart = map { $_ => 1 } qw(03-fonts.conf 04-setenvif.conf 09-rewrite-options.conf 10-rewritecond-origin.conf 13-null.conf
    19-nothing.conf 22-hosts.conf 25-hostile.conf 35-unknown.conf);
# Where no Location of the recipe is; what is about files runs without the application.
my %also = ('27-inherited.conf' => ['/x'], '28-unconditional.conf' => ['/x'], '29-if.conf' => [qw(/x /x.woff /old/x.woff)], '30-order.conf' => [qw(/x)],
    '32-perhaps.conf' => [qw(/x /x.json /api/x.json /methods/x.json /credentials/x.json /all/x.json /some/x.json)], '33-tables.conf' => ['/x'], '34-later.conf' => ['/x']);
my %of_files = map { $_ => 1 } qw(29-if.conf 32-perhaps.conf);
my @recipes = grep { !$apart{$_} } map { m{([^/]+)\z} } sort glob "$inputs/*.conf";
my @origins = ('null', 'https://evil.example', 'https://a.example.evil', 'https://nota.example', 'http://a.example', 'https://a.example:444',
    (map { "https://$_.example" } qw(a b two three four five evil-x good-x)), (map { "https://$_" } qw(app.example.com example.com www.example.com
    m.example.com x.example.com notexample.com one.preview.example.com one.two.preview.example.com)), 'http://example.com', 'http://example.com:8080',
    'https://stagingxexample.com', 'https://example.com.evil');

# Sections that meet, drawn by chance: the same ones each time but with CORS_SEED.
srand($ENV{CORS_SEED} // 12);
my $any = sub { return $_[ rand @_ ] };
my $when = sub { return $any->(' env=A', ' env=B', '') };
my @kinds = (
    (sub { 'set Access-Control-Allow-Origin ' . $any->('https://a.example', 'https://b.example', '*') }) x 2,
    (sub { 'set Access-Control-Allow-Origin ' . $any->('%{A}e env=A', '%{B}e env=B', '%{A}e', '* env=B', 'expr=%{req:Origin}') }) x 2,
    sub { 'set Access-Control-Allow-Credentials ' . $any->('true', 'true', 'false') . $when->() },
    sub { 'unset Access-Control-Allow-' . $any->(qw(Origin Credentials Methods)) . $any->('', '', ' env=!A') },
    sub { $any->(qw(set append merge)) . ' Access-Control-Allow-Methods ' . $any->('"GET, PUT"', 'PUT', 'GET') . $when->() },
    sub { 'set Access-Control-Expose-Headers ' . $any->('ETag', 'X-Total', '*') . $when->() },
    sub { 'set Access-Control-Allow-Headers ' . $any->('X-Other', '"Content-Type, X-Other"') . $when->() },
);
my $some = sub { return map { 'Header always ' . $any->(@kinds)->() . "\n" } 1 .. 1 + rand 3 };
my $variable = sub { return rand() < 0.5 ? 'SetEnvIf Origin "^https://' . $any->('a', 'b', '(a|b)') . '\.example$" ' . $any->('A', 'B') . "=\$0\n" : () };
my $if = sub {
    return '<If "%{HTTP:Origin} ' . $any->("== 'https://a.example'", "in {'https://a.example','https://b.example'}", '=~ m#^https://(b|two)\.example$#') . "\">\n",
        'Header always set Access-Control-Allow-Origin ' . $any->('expr=%{req:Origin}', 'https://a.example', '*') . "\n", $some->(), "</If>\n";
};
my $drawn = sub {
    my @parts = rand() < 0.5 ? [ $variable->(), $some->() ] : ();
    for my $open ('Location "/"', 'Location "/a"', 'Location "/a/b"', 'LocationMatch "x$"', 'FilesMatch "\.json$"') {
        next if rand() < 0.5;
        push @parts, [ "<$open>\n", $variable->(), $some->(), rand() < 0.25 ? $if->() : (), '</' . $open =~ s/ .*//r . ">\n" ];
    }
    push @parts, [ $if->() ] if rand() < 0.4;
    my %order = map { $_ => rand } @parts;
    return join '', map { @$_ } sort { $order{$a} <=> $order{$b} } @parts;
};
my %drawn = map { ("drawn-$_" => $drawn->()) } 1 .. 24;
# the ports go on being any
srand;

my $text = '';
my %known;
for my $recipe (@recipes, sort keys %drawn) {
    Httpd::spew($recipe, $drawn{$recipe}) if $drawn{$recipe};
    my $from = $drawn{$recipe} ? $recipe : "$inputs/$recipe";
    my $printed = `$work/tools/cors-policy-import/bin/cors-policy-import --from httpd $from 2>/dev/null`;
    die "cors-import $recipe: $?\n" if $?;
    # the hosts of a recipe are two of the test
    my $before = Httpd::slurp($from) =~ s/^<\/?VirtualHost.*\n|^\s*(?:ServerName|Include).*\n//gmr;
    for ([ before => $before ], [ here => $printed ]) {
        my ($kind, $conf) = @$_;
        my $port = $known{$recipe}{$kind} = "$kind$recipe" =~ tr/.-//dr;
        # as it was, the application answers OPTIONS as any other request
        $text .= "Listen 127.0.0.1:\@$port\@\n<VirtualHost 127.0.0.1:\@$port\@>\n" . ($of_files{$recipe} || $drawn{$recipe} ? '' : "ProxyPass / http://127.0.0.1:$backend/\n") . "$conf\n</VirtualHost>\n";
    }
}
my $httpd = Httpd->start(name => 'import-httpd', text => $text, ports => [ map { values %$_ } values %known ], modules => [qw(headers setenvif rewrite)],
    expected => qr/Warning: /);

plan tests => 2 * @recipes + keys(%drawn) + 2;
for my $recipe (@recipes) {
    my @paths = (Httpd::slurp("$inputs/$recipe") =~ /<Location "([^"]+)">/g, @{ $also{$recipe} // [] });
    my ($more, $same, $all) = further(@{ $httpd->{port} }{ @{ $known{$recipe} }{qw(before here)} }, @paths ? \@paths : ['/x'], \@origins, ($wider{$recipe} // [])->[1]);
    is_deeply($more, [], "$recipe: nobody gets further than before" . ($wider{$recipe} ? ", but for what is told: $wider{$recipe}[0]" : ''));
    cmp_ok($same, '>', $all / 2, "$recipe: most requests get as far as before ($same of $all)");
}
my ($as_far, $asked) = (0, 0);
for my $recipe (sort keys %drawn) {
    my ($more, $same, $all) = further(@{ $httpd->{port} }{ @{ $known{$recipe} }{qw(before here)} }, [qw(/o /a/y /a/b/y /ax /a/y.json /a/bx /y.json)],
        [ map { "https://$_.example" } qw(a b two evil) ]);
    is_deeply($more, [], "$recipe: nobody gets further than before") or diag($drawn{$recipe});
    $as_far += $same;
    $asked += $all;
}
cmp_ok($as_far, '>', 0.9 * $asked, "of what was drawn, most requests get as far as before ($as_far of $asked)");
cmp_ok(exchanges(), '>', 1000, exchanges() . ' exchanges');
