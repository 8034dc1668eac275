# Licensed under the Apache License, Version 2.0; see LICENSE.
# Every configuration that docs/why.md and docs/limits.md show is one that httpd
# takes: the recipes, so that they are fair, and what is recommended instead.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_starts);
use Httpd ();

my @blocks;
for my $page (qw(why limits README)) {
    my $file = $page eq 'README' ? "$ENV{CORS_WORK}/README.md" : "$ENV{CORS_WORK}/docs/$page.md";
    my $text = Httpd::slurp($file);
    my $number = 0;
    while ($text =~ /^```apache\n(.*?)^```$/gms) {
        push @blocks, [ "$page, configuration " . ++$number, $1 ];
    }
}
plan tests => @blocks + 1;
cmp_ok(scalar @blocks, '>=', 23, 'the pages show configurations');
for (@blocks) {
    my ($name, $text) = @$_;
    # a file that exists here
    $text =~ s{/etc/httpd/users}{$ENV{CORS_WORK}/t/conf/users}g;
    config_starts($name, $text);
}
