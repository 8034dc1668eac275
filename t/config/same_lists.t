# Licensed under the Apache License, Version 2.0; see LICENSE.
# Sections whose lists have the same text share them. What each section allows, and the
# sources of its settings, must not change. The same configuration is read twice: with equal
# lines, and with spaces that make each line different.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_check);

my @origins = qw(https://one.example https://two.example);
my @sections = (
    [ 'a list that another line adds to' => "CorsAllowOrigins @origins", 'CorsAllowOrigins https://a.example https://b.example' ],
    [ 'the same line alone' => "CorsAllowOrigins @origins" ],
    [ 'the same line followed by an exclusion' => "CorsAllowOrigins @origins", 'CorsAllowOrigins !https://one.example https://c.example' ],
    [ 'the same line followed by a regular expression' => "CorsAllowOrigins @origins", 'CorsAllowOriginsMatch ^https://x[0-9]\.example$ ^https://y[0-9]\.example$' ],
    [ 'the same line after a regular expression' => 'CorsAllowOriginsMatch ^https://x[0-9]\.example$ ^https://y[0-9]\.example$', "CorsAllowOrigins @origins" ],
    [ 'the same line twice' => "CorsAllowOrigins @origins", "CorsAllowOrigins @origins" ],
    [ 'an edit' => 'CorsAllowOrigins +https://d.example -https://e.example' ],
    [ 'the same edit, and more' => 'CorsAllowOrigins +https://d.example -https://e.example', 'CorsAllowOrigins +https://f.example -https://g.example' ],
    [ 'the same edit alone' => 'CorsAllowOrigins +https://d.example -https://e.example' ],
    [ 'handshakes' => "CorsWebSocketAllowOrigins @origins", "CorsAllowOrigins @origins" ],
    [ 'a repeated entry' => 'CorsAllowOrigins https://h.example https://h.example' ],
    [ 'the same repeated entry, and more' => 'CorsAllowOrigins https://h.example https://h.example', 'CorsAllowOrigins https://h.example https://i.example' ],
    [ 'names that another line adds to' => 'CorsAllowHeaders X-A X-B', 'CorsAllowHeaders X-C X-D' ],
    [ 'the same names' => 'CorsAllowHeaders X-A X-B' ],
    [ 'the same names for other lists' => 'CorsExposeHeaders X-A X-B', 'CorsAllowMethods GET PUT' ],
    [ 'the same names in a Limit' => '<Limit PUT DELETE>', 'CorsAllowHeaders X-A X-B', '</Limit>', 'CorsAllowHeaders X-A X-B' ],
    [ 'an edit of names' => 'CorsAllowHeaders +X-E -X-F' ],
    [ 'the same edit of names, and more' => 'CorsAllowHeaders +X-E -X-F', 'CorsAllowHeaders +X-G -X-H' ],
);

# What a reading prints, without the name of its file.
sub dump_of {
    my ($option, $spaces) = @_;
    my $line = 0;
    my $conf = "CorsPolicy On\n";
    for (@sections) {
        my ($name, @lines) = @$_;
        my $path = $name =~ s/\W+/-/gr;
        for (@lines) { $line++; s/ (?=\S+\z)/' ' x (1 + $spaces * $line)/e }
        $conf .= join "\n", "<Location /$path>", @lines, "</Location>\n";
    }
    my $check = config_check($conf, '-D', $option);
    return map { s/\Q$check->{file}\E/FILE/gr } @$check{qw(printed errors)};
}

plan tests => 2 * 2 + 1;

for my $option (qw(DUMP_CORS DUMP_CORS_JSON)) {
    my ($printed, $errors) = dump_of($option, 0);
    my ($printed_alone, $errors_alone) = dump_of($option, 1);

    is($printed, $printed_alone, "$option is the same whether lists are shared or not");
    is($errors, $errors_alone, 'the warnings are the same whether lists are shared or not');
    like($errors, qr/https:\/\/h\.example.*CorsAllowOrigins FILE:\d+/, 'a warning about two equal entries has the line of the first') if $option eq 'DUMP_CORS';
}
