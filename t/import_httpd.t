# Licensed under the Apache License, Version 2.0; see LICENSE.
# What build/cors-import makes of recipes for httpd lets nobody do what browsers
# did not let them do before: each recipe runs as it stands, beside what becomes
# of it, in front of the same application, and a browser asks both the same.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Httpd ();
use Reach qw(further exchanges);

my $work = $ENV{CORS_WORK};
my $inputs = "$work/t/import/httpd";
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
    19-nothing.conf 22-hosts.conf 25-hostile.conf);
# Where no Location of the recipe is; what is about files runs without the application.
my %also = ('27-inherited.conf' => ['/x'], '28-unconditional.conf' => ['/x'], '29-if.conf' => [qw(/x /x.woff /old/x.woff)], '30-order.conf' => [qw(/x)],
    '32-perhaps.conf' => [qw(/x /x.json /api/x.json /methods/x.json /credentials/x.json /all/x.json /some/x.json)], '33-tables.conf' => ['/x'], '34-later.conf' => ['/x']);
my %of_files = map { $_ => 1 } qw(29-if.conf 32-perhaps.conf);
my @recipes = grep { !$apart{$_} } map { m{([^/]+)\z} } sort glob "$inputs/*.conf";
my @origins = ('null', 'https://evil.example', 'https://a.example.evil', 'https://nota.example', 'http://a.example', 'https://a.example:444',
    (map { "https://$_.example" } qw(a b two three four five evil-x good-x)), (map { "https://$_" } qw(app.example.com example.com www.example.com
    m.example.com x.example.com notexample.com one.preview.example.com one.two.preview.example.com)), 'http://example.com', 'http://example.com:8080',
    'https://stagingxexample.com', 'https://example.com.evil');

my $text = '';
my %known;
for my $recipe (@recipes) {
    my $printed = `$work/build/cors-import $inputs/$recipe 2>/dev/null`;
    die "cors-import $recipe: $?\n" if $?;
    # the hosts of a recipe are two of the test
    my $before = Httpd::slurp("$inputs/$recipe") =~ s/^<\/?VirtualHost.*\n|^\s*(?:ServerName|Include).*\n//gmr;
    for ([ before => $before ], [ here => $printed ]) {
        my ($kind, $conf) = @$_;
        my $port = $known{$recipe}{$kind} = "$kind$recipe" =~ tr/.-//dr;
        # as it was, the application answers OPTIONS as any other request
        $text .= "Listen 127.0.0.1:\@$port\@\n<VirtualHost 127.0.0.1:\@$port\@>\n" . ($of_files{$recipe} ? '' : "ProxyPass / http://127.0.0.1:$backend/\n") . "$conf\n</VirtualHost>\n";
    }
}
my $httpd = Httpd->start(name => 'import-httpd', text => $text, ports => [ map { values %$_ } values %known ], modules => [qw(headers setenvif rewrite)],
    expected => qr/Warning: /);

plan tests => 2 * @recipes + 1;
for my $recipe (@recipes) {
    my @paths = (Httpd::slurp("$inputs/$recipe") =~ /<Location "([^"]+)">/g, @{ $also{$recipe} // [] });
    my ($more, $same, $all) = further(@{ $httpd->{port} }{ @{ $known{$recipe} }{qw(before here)} }, @paths ? \@paths : ['/x'], \@origins, ($wider{$recipe} // [])->[1]);
    is_deeply($more, [], "$recipe: nobody gets further than before" . ($wider{$recipe} ? ", but for what is told: $wider{$recipe}[0]" : ''));
    cmp_ok($same, '>', $all / 2, "$recipe: most requests get as far as before ($same of $all)");
}
cmp_ok(exchanges(), '>', 1000, exchanges() . ' exchanges');
