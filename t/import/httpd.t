# Licensed under the Apache License, Version 2.0; see LICENSE.
# The output of cors-policy-import for recipes of httpd never allows more than the recipe:
# each recipe runs unchanged beside its output, in front of the same application, and a
# browser sends the same requests to both.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Httpd ();
use Imported qw(imported);
use Drawn qw(drawn_httpd drawn_origins);
use JSON::PP ();
use Reach qw(further exchanges remarks verified);

my $work = $ENV{CORS_WORK};
my $inputs = "$work/tools/cors-policy-import/t/httpd";
my $backend = Httpd::free_port();
Httpd::start_helper('../browser/backend.pl', $backend);

# Recipes that cannot run in front of an application, such as those for files or two hosts.
my %apart = map { $_ => 1 } qw(03-fonts.conf 04-setenvif.conf 09-rewrite-options.conf 10-rewritecond-origin.conf 13-null.conf
    19-nothing.conf 22-hosts.conf 25-hostile.conf 35-unknown.conf 45-macro.conf);
# Paths outside the Location sections of a recipe; recipes for files run without the application.
my %also = ('27-inherited.conf' => ['/x'], '28-unconditional.conf' => ['/x'], '29-if.conf' => [qw(/x /x.woff /old/x.woff)], '30-order.conf' => [qw(/x)],
    '32-perhaps.conf' => [qw(/x /x.json /api/x.json /methods/x.json /credentials/x.json /all/x.json /some/x.json)], '33-tables.conf' => ['/x'], '34-later.conf' => ['/x'],
    '42-written.conf' => ['/macro'], '46-taken.conf' => [qw(/x.json /index.json /private.json)]);
my %of_files = map { $_ => 1 } qw(29-if.conf 32-perhaps.conf 46-taken.conf);
my @recipes = grep { !$apart{$_} } map { m{([^/]+)\z} } sort glob "$inputs/*.conf";
my @origins = ('null', 'https://evil.example', 'https://a.example.evil', 'https://nota.example', 'http://a.example', 'https://a.example:444',
    (map { "https://$_.example" } qw(a b two three four five evil-x good-x)), (map { "https://$_" } qw(app.example.com example.com www.example.com
    m.example.com x.example.com notexample.com one.preview.example.com one.two.preview.example.com)), 'http://example.com', 'http://example.com:8080',
    'https://stagingxexample.com', 'https://example.com.evil');

# Random recipes: the same ones each time unless CORS_SEED is set, and as many as
# CORS_DRAWN has. Sections for files need some files.
my $count = $ENV{CORS_DRAWN} // 40;
srand($ENV{CORS_SEED} // 12);
my %drawn = map { ("drawn-$_" => drawn_httpd()) } 1 .. $count;
my @paths = qw(/o /a/y /a/b/y /ax /a/y.json /other/x);
my $root = "$work/t/run/drawn";
mkdir $_ for "$work/t/run", $root, "$root/a", "$root/a/b", "$root/other";
Httpd::spew("$root$_", "text\n") for @paths;
# and those of recipes
my $files = "$work/t/run/recipes";
for my $path (map { @{ $also{$_} } } sort keys %of_files) {
    mkdir "$files$_" for '', $path =~ m{\A((?:/[^/]+)+)/} ? map { substr $path, 0, $_ } grep { $_ && substr($path, $_, 1) eq '/' } 0 .. length $path : ();
    Httpd::spew("$files$path", "text\n");
}
# the ports stay random
srand;

my $text = '';
my (%known, %said, %table);
for my $recipe (@recipes) {
    my $printed = `$work/tools/cors-policy-import/bin/cors-policy-import --from httpd $inputs/$recipe 2>import-httpd-said`;
    die "cors-policy-import $recipe: $?\n" if $? >> 8 > 1;
    $table{$recipe} = JSON::PP->new->decode(scalar `$work/tools/cors-policy-import/bin/cors-policy-import --verify --json --from httpd $inputs/$recipe 2>import-httpd-verified`);
    # the test has hosts of its own
    my $before = Httpd::slurp("$inputs/$recipe") =~ s/^<\/?VirtualHost.*\n|^\s*(?:ServerName|Include).*\n//gmr;
    # and one application for all recipes
    $before =~ s{http://127\.0\.0\.1:3000/}{http://127.0.0.1:$backend/app/}g;
    for ([ before => $before ], [ here => $printed ]) {
        my ($kind, $conf) = @$_;
        my $port = $known{$recipe}{$kind} = "$kind$recipe" =~ tr/.-//dr;
        # in the original, the application answers OPTIONS like any other request
        $text .= "Listen 127.0.0.1:\@$port\@\n<VirtualHost 127.0.0.1:\@$port\@>\n" . ($of_files{$recipe} ? "DocumentRoot $files\n" : "ProxyPass / http://127.0.0.1:$backend/\n") . "$conf\n</VirtualHost>\n";
    }
    $said{$recipe} = Httpd::slurp('import-httpd-said');
}
$text .= "Listen 127.0.0.1:\@drawn\@\n<Directory $files>\nRequire all granted\n</Directory>\n<Directory $root>\nRequire all granted\n</Directory>\n";
for my $recipe (sort keys %drawn) {
    Httpd::spew($recipe, $drawn{$recipe});
    (my $printed, $said{$recipe}, $table{$recipe}) = imported(httpd => $recipe);
    $text .= "<VirtualHost 127.0.0.1:\@drawn\@>\nServerName $_->[0]-$recipe.example\nDocumentRoot $root\n$_->[1]\n</VirtualHost>\n" for [ before => $drawn{$recipe} ], [ here => $printed ];
}
my $httpd = Httpd->start(name => 'import-httpd', text => $text, ports => [ 'drawn', map { values %$_ } values %known ], modules => [qw(headers setenvif rewrite env macro)],
    expected => qr/Warning: /);

plan tests => 4 * @recipes + 3 * keys(%drawn) + 3;
my $rows = 0;
for my $recipe (@recipes) {
    my @here = (Httpd::slurp("$inputs/$recipe") =~ m{<Location "(/[^"]*)">}g, @{ $also{$recipe} // [] });
    my ($more, $same, $all, $less) = further(@{ $httpd->{port} }{ @{ $known{$recipe} }{qw(before here)} }, @here ? \@here : ['/x'], \@origins);
    is_deeply($more, [], "$recipe: no request gets further than before");
    ok(!@$less || remarks($said{$recipe}), "$recipe: a narrower result has a remark") or diag(join "\n", @$less);
    cmp_ok($same, '>', $all / 2, "$recipe: most requests get as far as before ($same of $all)");
    rows_are_true($recipe, @{ $httpd->{port} }{ @{ $known{$recipe} }{qw(before here)} }, $of_files{$recipe} ? (paths => $also{$recipe}, methods => '\AGET') : ());
}
# Whether containers that are decided at the start are in force here; no others are in a row.
sub are_in_force { return !grep { !/\A<If(?:Define|Module) !|\A<IfVersion >= 2\.4/ } @_ }
# What --verify says before and after is what the recipe and the policy do.
sub rows_are_true {
    my ($recipe, @where) = @_;
    my ($wrong, $right) = verified($table{$recipe}, @where, where => \&are_in_force);
    is_deeply($wrong, [], "$recipe: each row of --verify is what httpd does with the recipe and with the policy") or diag(scalar(@$wrong), " wrong, $right right");
    $rows += $right;
}
my ($as_far, $asked) = (0, 0);
for my $recipe (sort keys %drawn) {
    my ($more, $same, $all, $less) = further((map { [ $httpd->{port}{drawn}, "$_-$recipe.example" ] } qw(before here)), \@paths, [ drawn_origins() ]);
    is_deeply($more, [], "$recipe: no request gets further than before") or diag($drawn{$recipe});
    ok(!@$less || remarks($said{$recipe}), "$recipe: a narrower result has a remark") or diag(join "\n", $drawn{$recipe}, @$less);
    rows_are_true($recipe, (map { [ $httpd->{port}{drawn}, "$_-$recipe.example" ] } qw(before here)), paths => \@paths, methods => '\AGET');
    $as_far += $same;
    $asked += $all;
}
cmp_ok($as_far, '>', 0.9 * $asked, "of what was drawn, most requests get as far as before ($as_far of $asked)");
cmp_ok($rows, '>', 1000, "$rows rows of --verify are true before and after");
cmp_ok(exchanges(), '>', 1000, exchanges() . ' exchanges');
