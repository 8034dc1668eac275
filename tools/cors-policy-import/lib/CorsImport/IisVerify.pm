# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::IisVerify;

# IIS for --verify: what a site sends to one origin, at a path. <cors> is evaluated as the CORS
# module documents it: the most specific origin that fits counts. <customHeaders> are sent with
# every response. Rules of the rewrite module are run by IisRewrite.pm, where they can be.
# What is not documented, such as any origin with credentials, is not evaluated.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::IisRewrite qw(run_rewrite);
use CorsImport::Policy qw(unique %attribute);
use CorsImport::Verify qw(verify_place);
our @EXPORT_OK = qw(verify_iis);

# The elements that apply to a path, the outer ones first.
sub elements_for {
    my ($path, @elements) = @_;
    my @own = grep { my $at = lc "/$_->{location}"; $at eq '/' || lc $path eq $at || index(lc $path, "$at/") == 0 } @elements;
    return map { $own[$_] } sort { length $own[$a]{location} <=> length $own[$b]{location} || $a <=> $b } 0 .. $#own;
}

# The collection that add, remove and clear make, and the last values of attributes.
sub merged {
    my (@elements) = @_;
    my (@all, %is);
    for my $element (@elements) {
        for my $operation (@{ $element->{says} }) {
            my ($verb, $key) = @$operation;
            @all = $verb eq 'clear' ? () : grep { lc $_->[1] ne lc $key } @all;
            push @all, $operation if $verb eq 'add';
        }
        for (qw(enabled fail)) { $is{$_} = $element->{$_} if defined $element->{$_} }
    }
    return (\@all, %is);
}

# How specific an entry is that fits an origin: an origin is more specific than a wildcard. 0
# if it does not fit, undef if its form is not documented.
sub fit {
    my ($entry, $origin) = map { lc } @_;
    return 1 if $entry eq '*';
    return $entry eq $origin ? 100_000 : 0 if $entry !~ /\*/;
    my ($scheme, $rest) = $entry =~ m{\A([a-z]+://)\*(\.[^*]+)\z} or return;
    return index($origin, $scheme) == 0 && length $origin > length "$scheme$rest" && substr($origin, -length $rest) eq $rest ? 1 + length $rest : 0;
}

# What <cors> sends, into $sent: the status, or a reason if it is not known.
sub put_cors {
    my ($sent, $origin, $is_preflight, @elements) = @_;
    my ($all, %is) = merged(@elements);
    return if !$is{enabled};
    my ($rule, $best) = (undef, 0);
    for my $one (map { $_->[2] } @$all) {
        my $fits = fit($one->{origin}, $origin) // return "the origin '$one->{origin}'";
        ($rule, $best) = ($one, $fits) if $fits > $best;
    }
    return $is{fail} ? 403 : undef if !$rule || !$rule->{allowed};
    return 'any origin with credentials' if $rule->{credentials} && $rule->{origin} eq '*';
    push @{ $sent->{origin} }, $rule->{origin} eq '*' ? '*' : $origin;
    push @{ $sent->{credentials} }, 'true' if $rule->{credentials};
    return if !$is_preflight;
    push @{ $sent->{methods} }, join ',', @{ $rule->{methods} } if $rule->{methods};
    push @{ $sent->{headers} }, $rule->{all} ? "\x02access_control_request_headers\x02" : join ',', @{ $rule->{headers} // [] };
    return 204;
}

sub run_site {
    my ($found, $can_rewrite, $path, $request) = @_;
    return 'a setting in another file' if $found->{is_elsewhere};
    return 'a rule of the rewrite module' if @{ $found->{rules} } && !$can_rewrite;
    my $is_preflight = $request->{kind} eq 'preflight';
    my %sent;
    my $status = put_cors(\%sent, $request->{origin}{text}, $is_preflight, elements_for($path, @{ $found->{cors} }));
    return $status if defined $status && $status !~ /\A\d+\z/;
    my ($headers) = merged(elements_for($path, @{ $found->{custom} }));
    for (@$headers) { my $attribute = $attribute{ lc $_->[1] } // next; push @{ $sent{$attribute} }, $_->[2] }
    $status = run_rewrite($found->{rewrite}, $request, \%sent) // $status if $can_rewrite && @{ $found->{rules} };
    return { sent => \%sent, status => $status };
}

# A function that adds a site to the table, with its sections: it takes what Iis.pm has
# collected, before Iis.pm changes that, and whether its rules can be run.
sub verify_iis {
    my ($found, $can_rewrite) = @_;
    my %copy = (%$found, map { my $name = $_; ($name => [ map { { %$_ } } @{ $found->{$name} } ]) } qw(cors custom rules));
    my @elements = (@{ $copy{cors} }, @{ $copy{custom} });
    return sub {
        my @sections = @_;
        return if !@{ $copy{cors} } && !@{ $copy{rules} } && !$copy{is_elsewhere} && !grep { $attribute{ lc $_->[1] } } map { @{ $_->{says} } } @{ $copy{custom} };
        my @origins = map { my $text = $_->[1]; $text =~ s{\A(\w+://)\*\.}{${1}any.}r } map { @{ $_->{says} } } @{ $copy{cors} };
        verify_place(sections => \@sections, origins => \@origins, paths => [ unique(map { length $_->{location} ? "/$_->{location}" : () } @elements) ],
            run => sub { run_site(\%copy, $can_rewrite, @_) });
    };
}

1;
