# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::HttpdVerify;

# httpd for --verify: which lines apply to one request, by its path. Httpd.pm decides for a
# section which others apply together with it; this file takes a path, chooses the sections
# and merges them as httpd does, and HttpdRun.pm runs the lines. A section that depends on
# more than the path, such as a <Directory> without a DocumentRoot, is evaluated both as
# applying and as not applying, each with rows of its own.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Classes qw(assume);
use CorsImport::HttpdRun qw(run_lines);
use CorsImport::Policy qw(unique %attribute);
use CorsImport::Verify qw(verify_place container_applies sample_paths);
our @EXPORT_OK = qw(verify_httpd);

# More of them would have too many combinations.
my $containers_max = 3;

# Directives that map a URL to something else than the file below DocumentRoot.
my $is_mapping = qr/\A(?:Proxy\w+|<Proxy|(?:Script)?Alias(?:Match)?|WSGIScriptAlias(?:Match)?|Virtual\w+Root|FallbackResource|Action|JkMount|SetHandler|UserDir|Use)\b/i;

sub is_mapped { my ($line) = @_; return $line->{text} =~ $is_mapping || $line->{text} =~ /\ARewriteRule\s+(?:"[^"]*"|\S+)\s+(?!"?-"?(?:\s|\z))/i }

# Add the servers of a file to the table. $around has the containers that are decided when
# httpd starts, as they are around the sections @found.
sub verify_httpd {
    my ($self, $around, $lines, $places, @found) = @_;
    my @hosts = sort { $a <=> $b } unique(map { $_->{host} } grep { grep { $_->{name} eq 'header' && $attribute{ lc $_->{header} } } @{ $_->{lines} } } @$places);
    my $is_htaccess = $self->{file} =~ m{(?:\A|/)\.htaccess\z};
    for my $host (@hosts) {
        my @own = sort { $a->{order} cmp $b->{order} } grep { !$_->{host} || $_->{host} == $host } @$places;
        my ($server) = map { $_->{names}{$host} // $_->{host_text} } grep { $host && $_->{host} == $host } @own;
        my %is = (server => $server, has_files => !grep({ is_mapped($_) } @$lines), root => $self->{document_root}{$host} // $self->{document_root}{0},
            sections => [ grep { !$_->{place}{host} || $_->{place}{host} == $host } @found ]);
        my @containers = unique(map { @{ $_->{chain} } } @own);
        for my $decided (ways(\%is, @containers)) {
            my $place = { %is, decided => { %$decided, map { $_ => 1 } @$around } };
            verify_place(%$place, base => join("\n", $self->{file}, $host, @$around), where => [ @$around, grep { $decided->{$_} } @containers ],
                paths => [ paths_of($place, @own) ], run => sub { run_request($place, \@own, $is_htaccess, @_) });
        }
    }
    return;
}

# What is taken to apply: the containers that depend on more than a path, each applying or
# not. A <Directory> does not apply without the one that it is in, nor together with one
# elsewhere.
sub ways {
    my ($is, @containers) = @_;
    local $CorsImport::Verify::reason;
    my @open = grep { my $text = $_; !grep { defined container_applies({ %$is, decided => {} }, $text, $_, 'null') } '/x', '/x/y.z' } @containers;
    return {} if !@open || @open > $containers_max;
    my @ways = ({});
    for my $text (@open) { @ways = map { ({ %$_, $text => 0 }, { %$_, $text => 1 }) } @ways }
    return grep { is_possible($_, @open) } @ways;
}

sub is_possible {
    my ($way, @containers) = @_;
    my @directories = map { /\A<Directory\s+"?(\/[^"*?\[~>]*?)\/*"?>\z/i ? [ "$1/", $way->{$_} ] : () } @containers;
    for my $inner (grep { $_->[1] } @directories) {
        for my $other (grep { $_ != $inner } @directories) {
            return 0 if !$other->[1] && index($inner->[0], $other->[0]) == 0;
            return 0 if $other->[1] && index($inner->[0], $other->[0]) && index($other->[0], $inner->[0]);
        }
    }
    return 1;
}

# The paths that the containers and the conditions of a server name.
sub paths_of {
    my ($place, @own) = @_;
    my @paths = map { container_paths($place, $_) } unique(map { @{ $_->{chain} } } @own);
    for my $line (map { @{ $_->{lines} } } @own) {
        push @paths, sample_paths($line->{args}[1]) if $line->{name} =~ /\Asetenvif(?:nocase)?\z/ && lc $line->{args}[0] eq 'request_uri';
        push @paths, map { sample_paths($_) } map { /%\{REQUEST_URI\}\s*[=!]~\s*m?([\/#|!,])(.+?)\1/ ? $2 : () } map { $_->[1] } @{ $line->{if} };
    }
    return unique(grep { m{\A/.} } @paths);
}

sub container_paths {
    my ($place, $container) = @_;
    my ($kind, $tilde, $text) = $container =~ /\A<(\w+)\s+(~\s+)?"?(.*?)"?\s*>\z/s or return;
    $kind = lc $kind;
    return sample_paths($text, $kind =~ /\Afiles/ ? 1 : 0) if $tilde && $kind =~ /\A(?:location|files)\z/ || $kind =~ /\A(?:location|files)match\z/;
    return $text =~ /[*?\[]/ ? () : $kind eq 'location' ? $text : $kind eq 'files' ? "/$text" : $kind eq 'directory' && $place->{has_files} && defined $place->{root} && $text =~ m{\A\Q$place->{root}\E(/.*?)/*\z} ? "$1/" : ();
}

# The lines that apply to a request, in httpd's order. What an <If> has comes last. Of rewrite
# rules, a virtual host does not have those of the server, and of other sections the last
# one that has any counts.
sub lines_for {
    my (@places) = @_;
    my (@lines, @late);
    my ($last) = reverse grep { @{ $_->{chain} } && grep { $_->{name} eq 'rewriterule' } @{ $_->{lines} } } @places;
    my $host = grep { $_->{host} } @places;
    for my $place (@places) {
        my $is_if = grep { /\A<If\b/i } @{ $place->{chain} };
        my $has_rules = @{ $place->{chain} } ? $last && $place == $last : $place->{host} || !$host;
        push @{ $is_if || @{ $_->{if} } ? \@late : \@lines }, $_ for grep { $_->{name} ne 'rewriterule' || $has_rules } @{ $place->{lines} };
    }
    return (@lines, sort { $a->{at} <=> $b->{at} } @late);
}

sub run_request {
    my ($place, $own, $is_htaccess, $path, $request) = @_;
    # the URL of a directory is not known
    $request->{url} = $path if !$is_htaccess;
    my @applying;
    for my $at (@$own) {
        my $is = 1;
        for my $container (@{ $at->{chain} }) { $is &&= container_applies($place, $container, $path, $request->{origin}{text}) // assume($request, $container) }
        push @applying, $at if $is;
    }
    return run_lines($request, lines_for(@applying));
}

1;
