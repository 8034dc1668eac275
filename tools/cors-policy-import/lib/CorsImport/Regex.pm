# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Regex;

# Regular expressions on origins: what a policy makes of them. An expression is
# written out as patterns where its language is small, kept as an expression where
# unknown origins cannot match it, and otherwise omitted with a remark. It is never run on
# anything but itself; the trick is expand(), which lists what an expression can
# match with marks for the runs in it.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Policy qw(note sent_origin unique);
our @EXPORT_OK = qw(ending quoted quoted_origin expand expression quotemeta_path strip_anchors whole_groups searching openness);

# backslashes in it and inserts variables; undef if it is invalid.
sub quoted {
    my ($regex) = @_;
    return if $regex =~ /[^\x20-\x7e]/ || $regex =~ /\(\?\??\{/;
    # a delimiter that JavaScript and nginx escape needs no escape here
    return if !eval { no warnings; qr/$regex/; 1 };
    (my $word = $regex) =~ s/(\\.)|(["\$])/my $pair = $1 \/\/ $2;
        $pair eq '\\"' || $pair eq '"' ? '\x22' : $pair eq '\\\\' ? '\x5c' : $pair/ge;
    $word =~ s{\\?\$(?=\{)}{\\x24}g;
    return qq("$word");
}

# An expression on origins as such an argument. The check of the module reads a slash
# behind the first :// for a path, so those of further schemes are written by
# number.
sub quoted_origin {
    my ($regex) = @_;
    my $number = 0;
    return quoted($regex =~ s{:(\\?/\\?/)}{$number++ ? ':\x2f\x2f' : ":$1"}ger);
}

# What an expression without repetition can match, as a list; undef if there are
# too many. \x01 stands for "any labels", \x02 for "any port", \x03 for a dot
# that was not escaped, \x04 for a digit, \x05 for a character of a label, \x07
# for one label.
sub expand {
    my ($text) = @_;
    my $at = 0;
    my ($alternatives, $sequence);
    my @tokens = $text =~ /\G(\\.|\(\?:|\[\^?[^\]]*\]|[+*?]|\{\d*,?\d*\}|.)/gs;
    my $join = sub { my ($left, $right) = @_; return [ map { my $l = $_; map { "$l$_" } @$right } @$left ] };
    $alternatives = sub {
        my @all = @{ $sequence->() // return };
        while ($at < @tokens && $tokens[$at] eq '|') {
            $at++;
            push @all, @{ $sequence->() // return };
        }
        return @all <= 64 ? \@all : undef;
    };
    $sequence = sub {
        my $so_far = [''];
        while ($at < @tokens && $tokens[$at] ne '|' && $tokens[$at] ne ')') {
            my $token = $tokens[ $at++ ];
            my $item;
            if ($token eq '(' || $token eq '(?:') {
                $item = $alternatives->() // return;
                return if $at >= @tokens || $tokens[ $at++ ] ne ')';
            }
            elsif ($token =~ /\A\\([^a-zA-Z0-9])\z/) { $item = [$1] }
            elsif ($token eq '.' || $token =~ /\A\[\^[\\\/:]+\]\z/ && ($tokens[$at] // '') =~ /\A[*+]/) { $item = ["\x03"] }
            elsif ($token =~ /\A[A-Za-z0-9:\/_-]\z/) { $item = [$token] }
            elsif ($token eq '\\d' || $token eq '[0-9]') { $item = ["\x04"] }
            elsif ($token =~ /\A\[(?=.*a-z)(?=.*0-9)(?=.*-\]|\[-|.*\\-)[a-z0-9A-Z_\\-]+\]\z/) { $item = ["\x05"] }
            else { return }
            my $many = $at < @tokens ? $tokens[$at] : '';
            if ($many eq '?') { $at++; $item = [ '', @$item ] }
            elsif ($many =~ /\A[+*{]/) {
                $at++;
                $at++ if $at < @tokens && $tokens[$at] eq '?';
                my $one = @$item == 1 ? $item->[0] : "\x06";
                if ($one eq "\x03") { $item = ["\x01"] }
                elsif ($one eq "\x05" && $many =~ /\A[+]/) { $item = ["\x07"] }
                elsif ($one eq "\x07.") { $item = [ $many =~ /\A[+]/ ? () : '', "\x01." ] }
                elsif ($one eq "\x04") { $item = ["\x02"] }
                elsif ($one =~ /\A\x01\.\z/) { $item = [ '', $one ] }
                else { return }
            }
            $so_far = $join->($so_far, $item);
            return if @$so_far > 64;
        }
        return $so_far;
    };
    my $all = $alternatives->();
    return $at == @tokens ? $all : undef;
}

# The index of the parenthesis that closes the one at the start of a text.
sub closing {
    my ($text) = @_;
    my $depth = 0;
    while ($text =~ /\G(?:\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|([()])|.)/gcs) {
        next if !defined $1;
        $depth += $1 eq '(' ? 1 : -1;
        return pos($text) - 1 if !$depth;
    }
    return -1;
}

# The alternatives of an expression that no parentheses are around.
sub alternatives {
    my ($text) = @_;
    my @all = ('');
    my $depth = 0;
    while ($text =~ /\G(\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.)/gcs) {
        my $token = $1;
        $depth += $token eq '(' ? 1 : $token eq ')' ? -1 : 0;
        if ($token eq '|' && !$depth) { push @all, '' }
        else { $all[-1] .= $token }
    }
    return @all;
}

# An expression without parentheses around the whole of it.
sub unwrapped {
    my ($text) = @_;
    while ($text =~ /\A\((?!\?(?!:|P?<\w|'))/ && closing($text) == length($text) - 1) {
        $text =~ s/\A\((?:\?(?::|P?<\w+>|'\w+'))?//;
        chop $text;
    }
    return $text;
}

# An expression without its anchors; whether it must match from the start, and
# to the end.
sub strip_anchors {
    my ($regex) = @_;
    my ($begins, $ends) = (1, 1);
    my @all;
    for my $one (alternatives(unwrapped($regex))) {
        my $inner = unwrapped($one);
        my $starts = $inner =~ s/\A\^//;
        my $stops = $inner =~ s/(?<!\\)\$\z//;
        $inner = unwrapped($inner);
        $starts = 1 if $inner =~ s/\A\.\*(?=https?\??:)//;
        $stops = 0 if $inner =~ s/\.\*\z//;
        $begins &&= $starts;
        $ends &&= $stops;
        push @all, $inner;
    }
    return (join('|', @all), $begins, $ends);
}

# The groups of an expression, by number and name: those that are all of what it
# matches where that is the whole origin, and all.
sub whole_groups {
    my ($regex) = @_;
    my (%whole, @all);
    my ($number, $rest) = (0, $regex);
    push @all, 0;
    $whole{0} = 1 if $regex =~ /\A[(?:]*(?:\^|\.\*|https?\??:)/;
    while ($regex =~ /\G(?:\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?!\?(?!P?<\w|'))(?:\?(?:P?<|')(\w+)[>'])?|.)/gcs) {
        push @all, $1 // () if $& =~ /\A\(/;
        push @all, ++$number if $& =~ /\A\(/;
    }
    $number = 0;
    while ($whole{0}) {
        $rest =~ s/\A\^//;
        $rest =~ s/(?<!\\)\$\z//;
        last if $rest !~ /\A\((?!\?(?!:|P?<\w|'))/ || closing($rest) != length($rest) - 1;
        $rest =~ s/\A\((?:\?(:|P?<(\w+)>|'(\w+)'))?//;
        my ($kind, $name) = ($1 // '', $2 // $3);
        chop $rest;
        next if $kind eq ':';
        $whole{ ++$number } = 1;
        $whole{$name} = 1 if defined $name;
    }
    return (\%whole, \@all);
}

my @strangers = qw(stranger.invalid a.b.strangerzq.net x1-y.example.org:8443);

# Whether origins that anyone can register match, and whether all do except null.
sub openness {
    my ($regex, $nocase) = @_;
    my $compiled = eval { no warnings; $nocase ? qr/$regex/i : qr/$regex/ } // return (0, 0);
    my @schemes = grep { my $scheme = $_; !grep { "$scheme://$_" !~ $compiled } @strangers } qw(http https app moz-extension);
    return (scalar @schemes, @schemes == 4);
}

# The expression that matches the whole of each text in which another is found.
sub searching {
    my ($regex, $nocase) = @_;
    my ($inner, $begins, $ends) = strip_anchors($regex);
    my $full = alternatives($inner) > 1 ? ".*(?:$regex).*" : ($begins ? '' : '.*') . $inner . ($ends ? '' : '.*');
    return $nocase ? "(?i)$full" : $full;
}

# The entry for all ids of a scheme, such as moz-extension://*; undef: the expression is
# another one.
sub all_ids {
    my ($regex) = @_;
    my ($scheme) = $regex =~ m{\A\^((?:chrome|moz|ms-browser|safari|safari-web)-extension)://(?:\.[*+]\$?)?\z} or return;
    return "$scheme://*";
}

# Put a regular expression into the section: as patterns, as an expression, or
# not at all if that would let any website act as a user. captured: it was
# compared with what the expression matched, not with the origin.
sub expression {
    my ($section, $regex, %more) = @_;
    my $attr = $section->{attr};
    if (defined(my $entry = all_ids($regex))) {
        push @{ $attr->{origins} }, $entry;
        $attr->{open} = 'many';
        return;
    }
    my ($is_open, $is_any) = openness($regex, $more{nocase});
    if ($is_open) {
        my $quoted = quoted_origin($is_any ? '.+' : searching($regex, $more{nocase}));
        if (defined $quoted) { push @{ $attr->{match} }, $quoted; $attr->{open} = $is_any ? 'any' : 'many'; return }
    }
    my ($inner, $begins, $ends) = strip_anchors($regex);
    note($section, "'$regex' was not anchored at its start, so it matched any origin that contains it; here the whole origin must match") if !$begins;
    note($section, "'$regex' was not anchored at its end, so it matched any origin that begins this way; here " . ($more{captured} ? 'the whole origin must match' : 'only a port may follow')) if $begins && !$ends;
    note($section, "'$regex' ignored case; browsers send origins in lower case") if $more{nocase};
    $inner = lc $inner if $more{nocase} && $inner !~ /\\[A-Z]/;
    my $patterns = written_out($section, $regex, $inner, $begins, !$ends && !$more{captured});
    if ($patterns) { push @{ $attr->{origins} }, @$patterns; return }
    if ($begins && is_bounded($inner) && defined(my $quoted = quoted_origin($inner))) { push @{ $attr->{match} }, $quoted; return }
    note($section, "'$regex' is omitted: it matches names that anyone can register, or cannot be read here; list the origins");
}

# What an expression without anchors can match, as patterns; undef if no patterns
# are equivalent.
sub written_out {
    my ($section, $regex, $inner, $begins, $is_open_ended) = @_;
    my @words = @{ expand($inner) // return };
    my %is = map { $_ => 1 } @words;
    my (@patterns, @remarks);
    for my $word (@words) {
        if ($word !~ m{://}) {
            if ($word eq 'null') { push @remarks, "matches 'null', which is omitted: any sandboxed frame can send it"; next }
            # an anchor at the start leaves no place for a scheme
            if ($begins && $word !~ /\A[\x01\x03]/) { push @remarks, 'has an entry without a scheme, which never matched an origin; it is omitted'; next }
            $word = "https://$word";
            push @remarks, 'has no scheme; it is read as https';
        }
        push @remarks, 'has an unescaped dot, which matched any character; here it is a dot' if $word =~ tr/\x03/./;
        # a pattern with every port covers the one without
        if ($word =~ s/:\x02\z//) { return if !$is_open_ended && !$is{$word} && !$is{ $word =~ s{\Ahttps://}{}r }; $word .= ':*' }
        $word .= ':*' if $is_open_ended && $word !~ /:(?:\d+|\*)\z/;
        if ($word =~ s{://\x01(?=[a-z0-9-]+\.)}{://*.}) {
            push @patterns, $word =~ s/\*\.//r;
            push @remarks, "matched any name with this ending, which anyone can register; here it is the domain and its subdomains";
        }
        push @remarks, 'is written with *, which matches one or more whole labels' if $word =~ s{://\x01\.}{://*.};
        return if $word =~ /[\x01-\x07]/ || $word =~ m{://\*\.[^.]*\z};
        push @patterns, $word;
    }
    note($section, "'$regex' $_") for unique(@remarks);
    %is = map { $_ => 1 } @patterns;
    return [ map { sent_origin($section, $_) // () } grep { /:\*\z/ || !$is{"$_:*"} } unique(@patterns) ];
}

# Whether each run of an expression ends at a dot or a colon, so that it can stay
# one.
sub is_bounded {
    my ($inner) = @_;
    (my $left = $inner) =~ s/\\[.\/:-]/_/g;
    $left =~ s/\[[^\]]*\](?:[+]|\{\d+(?:,\d+)?\})(?=_|-)|:?\\d(?:[+*]|\{\d+(?:,\d*)?\})|\[0-9\](?:[+*]|\{\d+(?:,\d*)?\})//g;
    return $left =~ m{\Ahttps?\??:[_/]+} && $left !~ /[.*+\[{]|\\[wWDsS]/;
}

# The expression for texts that end with another one.
sub ending { my ($text) = @_; return ($text =~ /\A\./ ? '^.*' : '') . quotemeta_path($text) . '$' }

sub quotemeta_path {
    my ($text) = @_;
    $text =~ s/([\\.^\$|()\[\]{}*+?])/\\$1/g;
    $text =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ge;
    return $text;
}


1;
