# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Caddy;

# Reads Caddyfiles by running a site's directives for one request at a time, in the
# order in which Caddy sorts them: header, map, handle, handle_path, route and respond,
# behind their matchers. So a header without a matcher comes after those with one, and
# wins. Paths that matchers name are places of their own; a matcher that cannot be read
# is tried both ways.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Caddyfile qw(parse_caddyfile);
use CorsImport::Classes qw(assume matches origin_value same unknown_value);
use CorsImport::Places qw(put_places places_by_path);
use CorsImport::Policy qw(report %attribute);
use CorsImport::Regex qw(ending quotemeta_path);
our @EXPORT_OK = qw(import_caddy);

# The relevant directives in Caddy's order.
my @order = qw(map vars header redir rewrite handle handle_path route abort error respond reverse_proxy php_fastcgi file_server);
my %rank = map { $order[$_] => $_ } 0 .. $#order;
my %is_last = map { $_ => 1 } qw(redir abort error respond reverse_proxy php_fastcgi file_server);

# --- matchers

# The matcher of a directive, and the words behind it.
sub matcher_and_words {
    my ($site, $item) = @_;
    my ($name, @words) = @{ $item->{words} };
    return (undef, @words) if !@words || $words[0] !~ m{\A(?:\*|/|@)};
    my $word = shift @words;
    return (undef, @words) if $word eq '*';
    return ({ path => $word }, @words) if $word =~ m{\A/};
    return ({ name => $word, tests => $site->{matchers}{$word} }, @words);
}

# Whether a request of a place passes a matcher.
sub passes {
    my ($state, $matcher) = @_;
    return 1 if !$matcher;
    return path_passes($state, $matcher->{path}) if defined $matcher->{path};
    return assume($state->{request}, "the matcher $matcher->{name}") if !$matcher->{tests};
    return all_pass($state, @{ $matcher->{tests} });
}

# The tests of a set: those of one field are alternatives, the others all have to hold.
sub all_pass {
    my ($state, @tests) = @_;
    my (%is, @keys);
    for my $test (@tests) {
        my ($name, @words) = @{ $test->{words} };
        my $key = $name =~ /\Aheader(?:_regexp)?\z/ ? lc "$name " . ($name eq 'header' ? $words[0] // '' : $test->{line}) : $name =~ /\A(?:path|method|host)\z/ ? $name : "$name $test->{line} @words";
        push @keys, $key if !exists $is{$key};
        $is{$key} = 1 if test_passes($state, $test);
        $is{$key} //= 0;
    }
    return !grep { !$is{$_} } @keys;
}

sub test_passes {
    my ($state, $test) = @_;
    my ($name, @words) = @{ $test->{words} };
    my $request = $state->{request};
    my $text = "line $test->{line}: @{ $test->{words} }";
    if ($name eq 'not') {
        return !all_pass($state, $test->{block} ? @{ $test->{block} } : { words => \@words, line => $test->{line} });
    }
    if ($name eq 'header') { return header_passes($state, $text, @words) }
    if ($name eq 'header_regexp') {
        my ($group, $field, $regex) = @words > 2 ? @words : (undef, @words);
        return assume($request, $text) if lc($field // '') ne 'origin' || !defined $regex;
        my $is = matches($request, origin_value($request), $regex, 0);
        if ($is) { $state->{groups}{ $group // '' } = { %{ $request->{captures} } } }
        return $is;
    }
    if ($name eq 'method') {
        $request->{seen}{methods}{$_} = 1 for grep { /\A[A-Z]+\z/ && $_ ne 'OPTIONS' } @words;
        return scalar grep { uc $_ eq $request->{method} } @words;
    }
    if ($name eq 'path') { return scalar grep { path_passes($state, $_) } @words }
    if ($name eq 'expression') { return expression_passes($state, $text, join ' ', @words) }
    return assume($request, $text);
}

sub header_passes {
    my ($state, $text, $field, $value) = @_;
    my $request = $state->{request};
    $field = lc($field // '');
    return $request->{kind} eq 'preflight' ? 1 : 0 if $field =~ /\A!?access-control-request-(?:method)\z/ && ($value // '*') eq '*';
    return assume($request, $text) if $field !~ /\A!?origin\z/ || ($value // '*') =~ /[{}]/;
    return 0 if $field =~ /\A!/;
    my $origin = origin_value($request);
    return 1 if !defined $value || $value eq '*';
    return same($request, $origin, $value) if $value !~ /\A\*|\*\z/;
    my ($starts, $ends) = ($value !~ s/\A\*//, $value !~ s/\*\z//);
    return matches($request, $origin, $ends && !$starts ? ending($value) : ($starts ? '^' : '') . quotemeta_path($value) . ($ends ? '$' : ''), 0);
}

# A few forms of CEL; the others are tried both ways.
sub expression_passes {
    my ($state, $text, $cel) = @_;
    my $request = $state->{request};
    my $field = qr/\{(?:http\.request\.header|header)\.origin\}/i;
    my $is = 0;
    for my $one (split /\s*\|\|\s*/, $cel =~ s/\A\s*`?|`?\s*\z//gr) {
        if ($one =~ /\A\(?\s*$field\s*==\s*(["'])([^"']*)\1\s*\)?\z/) { $is = 1 if same($request, origin_value($request), $2) }
        elsif ($one =~ /\A\(?\s*$field\s+in\s+\[([^\]]*)\]\s*\)?\z/) { for my $origin ($1 =~ /["']([^"']*)["']/g) { $is = 1 if same($request, origin_value($request), $origin) } }
        elsif ($one =~ /\A\(?\s*$field\.matches\(\s*r?(["'])(.*)\1\s*\)\s*\)?\z/) { $is = 1 if matches($request, origin_value($request), $2, 0) }
        elsif ($one =~ /\A\(?\s*$field\.(startsWith|endsWith)\(\s*(["'])(.*)\2\s*\)\s*\)?\z/) { $is = 1 if matches($request, origin_value($request), $1 eq 'startsWith' ? '^' . quotemeta_path($3) : ending($3), 0) }
        elsif ($one =~ /\A\(?\s*\{(?:http\.request\.)?method\}\s*==\s*["'](\w+)["']\s*\)?\z/) { $request->{seen}{methods}{$1} = 1 if $1 ne 'OPTIONS'; $is = 1 if $request->{method} eq $1 }
        else { return assume($request, $text) }
    }
    return $is;
}

# A pattern as a place: [kind, path]; undef for another form.
sub place_of_pattern {
    my ($pattern) = @_;
    return [ begins => $1 ] if $pattern =~ m!\A(/[^*?\[{]*)\*\z!;
    return [ exact => $pattern ] if $pattern =~ m!\A/[^*?\[{]*\z!;
    return;
}

sub path_passes {
    my ($state, $pattern) = @_;
    return 1 if $pattern =~ m{\A/?\*\z};
    my $place = place_of_pattern($pattern) // return assume($state->{request}, "the path $pattern");
    my ($kind, $path) = @$place;
    return $kind eq 'begins' ? index($state->{at}{path}, $path) == 0 : $state->{at}{kind} eq 'exact' && $state->{at}{path} eq $path;
}

# --- one request

sub formatted {
    my ($state, $text) = @_;
    return $text =~ s/\{([^{}\s]+)\}/placeholder($state, $1)/ger;
}

sub placeholder {
    my ($state, $name) = @_;
    my $request = $state->{request};
    if (my ($field) = $name =~ /\A(?:http\.request\.header\.|header\.|>)(.+)\z/i) {
        return origin_value($request) if lc $field eq 'origin';
        return $request->{kind} eq 'preflight' ? unknown_value(lc $field) : '' if $field =~ /\Aaccess-control-request-/i;
    }
    if ($name =~ /\A(?:http\.regexp|re)\.(?:([\w-]+)\.)?(\w+)\z/) {
        my $groups = $state->{groups}{ $1 // '' };
        return $groups->{$2} // '' if $groups;
    }
    return $state->{variables}{$name} if exists $state->{variables}{$name};
    return unknown_value($name);
}

# What one map gives its variables.
sub run_map {
    my ($state, $item, $source, @names) = @_;
    my $request = $state->{request};
    my $value = formatted($state, $source // '');
    my ($default, @found);
    for my $entry (@{ $item->{block} // [] }) {
        my ($key, @to) = @{ $entry->{words} };
        if ($key eq 'default') { $default = \@to; next }
        next if @found;
        my $is = $key =~ /\A~(.*)\z/s ? matches($request, $value, $1, 0) : $value =~ /\x02/ ? assume($request, "line $entry->{line}: $key") : same($request, $value, $key);
        next if !$is;
        my $captures = $request->{captures};
        @found = map { s/\$\{?(\w+)\}?/$captures->{$1} \/\/ ''/ger } @to if $key =~ /\A~/;
        @found = @to if $key !~ /\A~/;
    }
    @found = @$default if !@found && $default;
    for my $at (0 .. $#names) {
        my $to = $found[$at] // '';
        $state->{variables}{ $names[$at] =~ s/\A\{(.*)\}\z/$1/r } = $to eq '-' ? '' : formatted($state, $to);
    }
}

# The operations of a header directive: [action, field, value, position].
sub operations {
    my ($item, @words) = @_;
    my @lines = $item->{block} ? map { [ $_, @{ $_->{words} } ] } @{ $item->{block} } : [ $item, @words ];
    my (@all, $is_deferred);
    for (@lines) {
        my ($at, $field, @values) = @$_;
        next if !defined $field;
        if ($field eq 'defer') { $is_deferred = 1; next }
        my ($sign, $name) = $field =~ /\A([+\-?>]?)(.*)\z/s;
        $name =~ s/:\z//;
        $is_deferred = 1 if $sign =~ /[-?>]/ || @values > 1;
        push @all, [ @values > 1 ? 'replace' : $sign eq '+' ? 'add' : $sign eq '-' ? 'delete' : $sign eq '?' ? 'default' : 'set', $name, $values[0], $at ];
    }
    return ($is_deferred, @all);
}

sub run_operation {
    my ($state, $operation) = @_;
    my ($action, $name, $text, $at) = @$operation;
    my $request = $state->{request};
    my $value = formatted($state, $text // '');
    $request->{seen}{vary} = 1 if lc $name eq 'vary' && $value =~ /origin/i;
    my @attributes = $name =~ /\*/ ? grep { my $header = $_; my $glob = join '.*', map { quotemeta } split /\*/, lc $name, -1; $header =~ /\A$glob\z/ } keys %attribute : grep { $attribute{$_} } lc $name;
    for my $attribute (map { $attribute{$_} } @attributes) {
        my $sent = $state->{sent};
        $request->{seen}{lines}{"$at->{file}:$at->{line}"} = $at->{line};
        if ($action eq 'delete') { delete $sent->{$attribute} }
        elsif ($action eq 'add') { push @{ $sent->{$attribute} }, $value if length $value }
        elsif ($action eq 'replace') { $sent->{$attribute} = [ unknown_value("line $at->{line}") ] if $sent->{$attribute} }
        elsif ($action eq 'default') { $request->{seen}{keep} = 1; $sent->{$attribute} = [$value] if !$sent->{$attribute} }
        elsif (length $value) { $sent->{$attribute} = [$value] }
        else { delete $sent->{$attribute} }
    }
}

# Directives as Caddy sorts them: one kind after the other, and of each the longest
# path first, those without a matcher last.
sub sorted {
    my ($site, @items) = @_;
    my %key;
    for my $item (@items) {
        my ($matcher) = matcher_and_words($site, $item);
        my @paths = !$matcher ? () : defined $matcher->{path} ? $matcher->{path} : map { my (undef, @own) = @{ $_->{words} }; @own } grep { $_->{words}[0] eq 'path' } @{ $matcher->{tests} // [] };
        $key{$item} = [ $matcher ? 0 : 1, @paths == 1 ? length $paths[0] =~ s/\*\z//r : 0, @paths == 1 && $paths[0] =~ /\*\z/ ? 1 : 0 ];
    }
    return map { $_->[1] } sort {
        my ($left, $right) = ($key{ $a->[1] }, $key{ $b->[1] });
        $rank{ $a->[1]{words}[0] } <=> $rank{ $b->[1]{words}[0] } || ($left->[1] && $right->[1] ? $right->[1] <=> $left->[1] || $left->[2] <=> $right->[2] : $left->[0] <=> $right->[0]) || $a->[0] <=> $b->[0]
    } map { [ $_, $items[$_] ] } 0 .. $#items;
}

# Runs a block; returns whether the request continues after it.
sub run_block {
    my ($state, $site, $block, $is_as_written) = @_;
    my $inner = with_matchers($site, $block);
    my @items = grep { @{ $_->{words} } && defined $rank{ $_->{words}[0] } } @$block;
    @items = sorted($inner, @items) if !$is_as_written;
    my $is_handled = 0;
    for my $item (@items) {
        my $name = $item->{words}[0];
        my ($matcher, @words) = $name eq 'map' ? (undef, @{ $item->{words} }[ 1 .. $#{ $item->{words} } ]) : matcher_and_words($inner, $item);
        next if $name =~ /\Ahandle/ && $is_handled || !passes($state, $matcher);
        if ($name eq 'map') { run_map($state, $item, @words) }
        elsif ($name eq 'header') {
            my ($is_deferred, @operations) = operations($item, @words);
            if ($is_deferred) { unshift @{ $state->{deferred} }, @operations }
            else { run_operation($state, $_) for @operations }
        }
        elsif ($name =~ /\A(?:handle|handle_path|route)\z/) {
            $is_handled = 1 if $name ne 'route';
            return 0 if !run_block($state, $inner, $item->{block} // [], $name eq 'route');
        }
        elsif ($is_last{$name}) { run_last($state, $item, $name, @words); return 0 }
    }
    return 1;
}

# A directive that answers.
sub run_last {
    my ($state, $item, $name, @words) = @_;
    my ($code) = grep { /\A[1-5]\d\d\z/ } reverse @words;
    $state->{status} = $name eq 'respond' ? $code // 200 : $name eq 'redir' ? 302 : $name eq 'error' ? $code // 500 : $name eq 'abort' ? 500 : undef;
    return if $name ne 'reverse_proxy';
    for my $line (grep { $_->{words}[0] eq 'header_down' } @{ $item->{block} // [] }) {
        my (undef, @operations) = operations({ %$line, block => undef }, @{ $line->{words} }[ 1 .. $#{ $line->{words} } ]);
        run_operation($state, $_) for @operations;
    }
}

# A site with the matchers of a block.
sub with_matchers {
    my ($site, $block) = @_;
    my %matchers = %{ $site->{matchers} };
    for my $item (grep { ($_->{words}[0] // '') =~ /\A\@/ } @$block) {
        my ($name, @words) = @{ $item->{words} };
        $matchers{$name} = @words ? [ { words => $words[0] =~ /\A(?:\{|`)|[=&|]/ && $words[0] !~ /\A[a-z_]+\z/ ? [ 'expression', @words ] : \@words, line => $item->{line}, block => $item->{block} } ] : $item->{block} // [];
    }
    return { %$site, matchers => \%matchers };
}

sub respond {
    my ($site, $at, $request) = @_;
    my $state = { request => $request, at => $at, sent => {}, deferred => [], groups => {}, variables => {} };
    run_block($state, { matchers => {} }, $site->{block}, 0);
    run_operation($state, $_) for @{ $state->{deferred} };
    return { sent => $state->{sent}, status => $state->{status} };
}

# --- sites

sub all_items { my ($block) = @_; return map { ($_, $_->{block} ? all_items($_->{block}) : ()) } @$block }

# The directives about CORS that are run here.
sub cors_items { my ($block) = @_; return grep { grep { /\A[+\-?>]?access-control-/i } @{ $_->{words} } } all_items($block) }

sub paths_of {
    my ($block) = @_;
    my @words = map { my ($name, @rest) = @{ $_->{words} }; ($name // '') =~ /\A\@/ && ($rest[0] // '') eq 'path' ? @rest[ 1 .. $#rest ] : ($name // '') eq 'path' ? @rest : grep { m{\A/} } $rest[0] // () } all_items($block);
    return map { place_of_pattern($_) // () } @words;
}

sub import_caddy {
    my ($file) = @_;
    my @items = parse_caddyfile($file);
    shift @items if @items && !@{ $items[0]{words} } && $items[0]{block};
    my @sites = grep { $_->{block} } @items;
    # one site may have no braces
    @sites = { words => $items[0]{words}, line => $items[0]{line}, block => [ @items[ 1 .. $#items ] ] } if @items > 1 && !$items[0]{block};
    @sites = { words => [], line => 1, block => [@items] } if @items && (grep { defined $rank{ $_->{words}[0] // '' } } @items) && defined $rank{ $items[0]{words}[0] // '' };
    for my $item (map { all_items([$_]) } @items) {
        my $name = $item->{words}[0] // '';
        report("$item->{file}:$item->{line}: the directive cors of a plugin is not read here", 1) if $name eq 'cors';
    }
    my @about = grep { cors_items($_->{block}) } @sites;
    my $is_put = scalar grep { ($_->{words}[0] // '') eq 'cors' } map { all_items([$_]) } @items;
    for my $site (@about) {
        my ($first) = map { "$_->{file}:$_->{line}" } cors_items($site->{block});
        my $names = join ' ', @{ $site->{words} };
        my @notes = $names =~ /\A:\d+\z|\A\z/ && @about == 1 ? () : 'belongs in the virtual host of ' . (length $names ? $names : 'no name');
        $is_put = 1 if put_places(map { my $at = $_; +{ %$at, from => $first, notes => [@notes], server => @about > 1 ? $names : undef,
            respond => sub { respond($site, $at, $_[0]) }, respond_at => sub { respond($site, { kind => 'exact', path => $_[0] }, $_[1]) } } } places_by_path(paths_of($site->{block})));
    }
    return $is_put;
}

1;
