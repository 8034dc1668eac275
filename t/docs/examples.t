# Licensed under the Apache License, Version 2.0; see LICENSE.
# httpd accepts every configuration of README.md, docs/why.md, docs/limits.md and
# docs/protect.md, and docs/sample.conf with each of its commented lines in force.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_starts);
use Httpd ();

my @blocks;
for my $page (qw(why limits protect README)) {
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
push @blocks, map { [ "the sample file with $_", $sample =~ s/^( *)#(?=\Q$_\E$)/$1/mr ] } $sample =~ /^ *#(Cors.*)$/mg;
my %sampled = map { $_ => 1 } $sample =~ /^ *#?(Cors\w+) /mg;
my @directives = Httpd::slurp("$ENV{CORS_WORK}/mod_cors_policy.c") =~ /(?<!COMMAND_)DIRECTIVE\(\w+, "(\w+)"/g; # CorsExplain is for the command line

plan tests => @blocks + 2;
is_deeply([ sort keys %sampled ], [ sort @directives ], 'the sample file has every directive and no other');
cmp_ok(scalar @blocks, '>=', 23, 'the pages show configurations');
for (@blocks) {
    my ($name, $text) = @$_;
    # a file that exists here
    $text =~ s{/etc/httpd/users}{$ENV{CORS_WORK}/t/conf/users}g;
    $text =~ s{conf/partners\.origins}{$ENV{CORS_WORK}/t/conf/partners.origins}g;
    config_starts($name, $text);
}
