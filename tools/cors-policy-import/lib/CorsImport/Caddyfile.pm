# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Caddyfile;

# The syntax of a Caddyfile: directives with their words, lines and blocks. Snippets
# and imported files replace the import, with its arguments. It knows no
# directive but import.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Policy qw(report slurp);
our @EXPORT_OK = qw(parse_caddyfile);

# The tokens of a text: [text, line, whether it was quoted]; a line end is a token
# without text.
sub tokens {
    my ($text) = @_;
    my @tokens;
    my $line = 1;
    while ($text =~ /\G(?:(\n)|([^\S\n]+|\\\r?\n)|(#[^\n]*)|"((?:[^"\\]|\\.)*)"|`([^`]*)`|<<(\w+)\n(.*?)\n[^\S\n]*\6(?=\s|\z)|(\S+))/gcs) {
        my ($end, $blank, $remark, $double, $raw, $mark, $long, $word) = ($1, $2, $3, $4, $5, $6, $7, $8);
        my $at = $line;
        $line += () = $& =~ /\n/g;
        if (defined $end) { push @tokens, [ undef, $at ] }
        elsif (defined $double) { push @tokens, [ $double =~ s/\\"/"/gr, $at, 1 ] }
        elsif (defined $raw || defined $long) { push @tokens, [ $raw // $long, $at, 1 ] }
        elsif (defined $word) { push @tokens, [ $word, $at, 0 ] }
    }
    return @tokens;
}

# The directives of a file: words, line, from, block.
sub parse_tokens {
    my ($file, @tokens) = @_;
    my $at = 0;
    my $block;
    $block = sub {
        my (@all, $item);
        while ($at < @tokens) {
            my ($word, $line, $is_quoted) = @{ $tokens[ $at++ ] };
            if (!defined $word) { $item = undef if !$item || @{ $item->{words} } == 0 || $item->{words}[-1] !~ /,\z/ || $item->{depth}; next }
            last if $word eq '}' && !$is_quoted;
            if ($word eq '{' && !$is_quoted) {
                if (!$item) { $item = { words => [], line => $line, file => $file }; push @all, $item }
                $item->{block} = $block->();
                $item = undef;
                next;
            }
            if (!$item) { $item = { words => [], line => $line, file => $file }; push @all, $item }
            push @{ $item->{words} }, $word;
        }
        return \@all;
    };
    my $all = $block->();
    # a brace that closes nothing ends nothing
    push @$all, @{ $block->() } while $at < @tokens;
    return $all;
}

# The directives of a file, with what import names in its place.
sub parse_caddyfile {
    my ($file) = @_;
    my $all = parse_tokens($file, tokens(slurp($file)));
    my %snippet = map { $_->{words}[0] =~ /\A\((.*)\)\z/ ? ($1 => $_->{block}) : () } grep { $_->{block} && @{ $_->{words} } == 1 } @$all;
    return expanded(\%snippet, 0, grep { !($_->{block} && @{ $_->{words} } == 1 && $_->{words}[0] =~ /\A\(.*\)\z/) } @$all);
}

sub expanded {
    my ($snippet, $depth, @items) = @_;
    my @all;
    for my $item (@items) {
        my ($name, $what, @args) = @{ $item->{words} };
        if (($name // '') eq 'import' && defined $what) {
            if ($depth > 8) { report("$item->{file}:$item->{line}: import $what includes itself", 1); next }
            push @all, map { with_arguments($_, @args) } expanded($snippet, $depth + 1, imported($snippet, $item, $what));
        }
        else { push @all, { %$item, $item->{block} ? (block => [ expanded($snippet, $depth, @{ $item->{block} }) ]) : () } }
    }
    return @all;
}

# What import names: a snippet, or files.
sub imported {
    my ($snippet, $item, $what) = @_;
    return @{ $snippet->{$what} } if $snippet->{$what};
    my ($dir) = $item->{file} =~ m{\A(.*)/};
    my @files = grep { -f } glob(($what =~ m{\A/} ? $what : ($dir // '.') . "/$what") =~ s/([ \\{}~'"])/\\$1/gr);
    report("$item->{file}:$item->{line}: import $what does not exist", $what !~ /[*?\[]/) if !@files;
    return map { @{ parse_tokens($_, tokens(slurp($_))) } } @files;
}

# A directive with the arguments of import in its words.
sub with_arguments {
    my ($item, @args) = @_;
    my $words = sub {
        return map {
            if (/\A\{args\[:\]\}\z/) { @args }
            else { (s/\{args(?:\.|\[)(\d+)\]?\}/$args[$1] \/\/ ''/ger) }
        } @_;
    };
    return { %$item, words => [ $words->(@{ $item->{words} }) ], $item->{block} ? (block => [ map { with_arguments($_, @args) } @{ $item->{block} } ]) : () };
}

1;
