# Licensed under the Apache License, Version 2.0; see LICENSE.
# httpd accepts every configuration of README.md, docs/why.md, docs/limits.md,
# docs/protect.md, docs/fleet.md and docs/test-policy.md, and docs/sample.conf with each of its commented lines in force.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_check config_starts);
use Httpd ();

my @blocks;
for my $page (qw(why limits protect fleet test-policy README)) {
    my $file = $page eq 'README' ? "$ENV{CORS_WORK}/README.md" : "$ENV{CORS_WORK}/docs/$page.md";
    my $text = Httpd::slurp($file);
    my $number = 0;
    while ($text =~ /^```apache\n(.*?)^```$/gms) {
        push @blocks, [ "$page, configuration " . ++$number, $1 ];
    }
}
# The sample file, as it is and with each of its commented lines in force.
my $sample = Httpd::slurp("$ENV{CORS_WORK}/docs/sample.conf");
push @blocks, [ 'the sample file', $sample ];
# A line that uses a name needs the line that defines it.
sub with_line { my ($line) = @_; return $line =~ /^CorsAllowOriginsFrom / ? $sample =~ s/^( *)#(?=CorsOriginSource |\Q$line\E$)/$1/mgr : $sample =~ s/^( *)#(?=\Q$line\E$)/$1/mr }
push @blocks, map { [ "the sample file with $_", with_line($_) ] } $sample =~ /^ *#(Cors.*)$/mg;
my %sampled = map { $_ => 1 } $sample =~ /^ *#?(Cors\w+) /mg;
my @directives = Httpd::slurp("$ENV{CORS_WORK}/mod_cors_policy.c") =~ /DIRECTIVE\(\w+, "(?!Cors(?:Explain|Compare)")(\w+)"/g; # these are for the command line

# the mistake of docs/test-policy.md
my $test_policy = Httpd::slurp("$ENV{CORS_WORK}/docs/test-policy.md");
my ($wrong) = $test_policy =~ /^```apache\n(.*?)^```$/ms;
$wrong =~ s/^    CorsAllowCredentials On\n/    CorsAllowOrigins *\n/m;

plan tests => @blocks + 3;
like(config_check($wrong)->{errors}, qr/'allow https:\/\/app\.example\.com PUT .*\Q[expect-failed]\E$/m, 'the mistake of docs/test-policy.md is found');
is_deeply([ sort keys %sampled ], [ sort @directives ], 'the sample file has every directive and no other');
cmp_ok(scalar @blocks, '>=', 23, 'the pages show configurations');
for (@blocks) {
    my ($name, $text) = @$_;
    # a file that exists here
    $text =~ s{/etc/httpd/users}{$ENV{CORS_WORK}/t/conf/users}g;
    $text =~ s{conf/partners\.origins}{$ENV{CORS_WORK}/t/conf/partners.origins}g;
    $text =~ s{conf/customers\.origins|/var/lib/cors-origins/customers\.origins}{$ENV{CORS_WORK}/t/conf/partners.origins}g;
    # the second module, and a program
    my $load = qq{LoadModule cors_sources_module "$ENV{CORS_WORK}/mod_cors_sources.so"\n};
    $text =~ s{^LoadModule cors_sources_module .*\n}{}mg;
    $text =~ s{/usr/local/bin/watch-origins|/usr/bin/cors-origins-\w+}{/bin/true}g;
    config_starts($name, $text =~ /^ *CorsOriginSource \w+ +"?(?:prg|dbd):/m ? "$load$text" : $text);
}
