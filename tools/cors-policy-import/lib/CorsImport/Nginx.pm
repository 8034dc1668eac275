# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Nginx;

# Reads configurations of nginx by running them: set, if, map and return as nginx
# orders them, for one request at a time, whose origin may be a mark (Classes.pm).
# What add_header and more_set_headers then send is the response. It finds servers
# and locations, and decides the order of their sections; nginx takes the
# one location that fits best, httpd merges all that fit.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Assemble qw(policies);
use CorsImport::Classes qw(CAPTURED PART is_marked assume examples matches origin_value same try_all unknown_value);
use CorsImport::Policy qw(section note unique %attribute $with_every_status apart slurp @sections report);
use CorsImport::Regex qw(expand quoted quotemeta_path strip_anchors);
use CorsImport::Verify qw(verify_place sample_paths);
our @EXPORT_OK = qw(import_nginx);

# The blocks of a file: a list of lines, each with its words, its file and line and
# the block that it opens. Included files replace their line; names are read
# from the directory of the first file, as nginx does.
sub nginx_parse {
    my ($file, $dir, @above) = @_;
    my $text = slurp($file);
    my (@tokens, $line);
    $line = 1;
    while ($text =~ /\G(?:(\s+)|(#[^\n]*)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([{};])|((?:\$\{[^}]*\}|[^\s{};"'\\]|\\.)(?:\$\{[^}]*\}|\{\d*,?\d*\}|[^\s{};\\]|\\.)*))/gcs) {
        my ($blank, $remark, $double, $single, $mark, $word) = ($1, $2, $3, $4, $5, $6);
        push @tokens, [ $mark, $line, 1 ] if defined $mark;
        push @tokens, [ $double // $single // $word, $line, 0 ] if defined $double || defined $single || defined $word;
        $line += () = $& =~ /\n/g;
    }
    my $at = 0;
    my $block;
    $block = sub {
        my (@all, @words);
        while ($at < @tokens) {
            my ($word, $where, $mark) = @{ $tokens[ $at++ ] };
            if (!$mark) { push @words, $word; push @all, { line => $where, file => $file } if @words == 1; $all[-1]{words} = [@words]; next }
            if ($word eq ';') {
                push @all, nginx_included(pop @all, $dir, @above, $file) if @words == 2 && $words[0] eq 'include';
                @words = ();
            }
            elsif ($word eq '{' && @words && $words[0] =~ /_by_lua_block\z/) { $all[-1]{words} = [ @words, code_words(\@tokens, \$at) ]; @words = () }
            elsif ($word eq '{') { $all[-1]{block} = $block->() if @all; @words = () }
            else { last }
        }
        return \@all;
    };
    return $block->();
}

# The words of a block of Lua, up to the brace that closes it.
sub code_words {
    my ($tokens, $at) = @_;
    my ($depth, @words) = (1);
    while ($$at < @$tokens) {
        my ($word, undef, $mark) = @{ $tokens->[ $$at++ ] };
        $depth += $word eq '{' ? 1 : $word eq '}' ? -1 : 0 if $mark;
        last if !$depth;
        push @words, $word;
    }
    return @words;
}

# Files that nginx brings; none of them is about CORS.
my $is_of_nginx = qr{(?:\A|/)(?:mime\.types|(?:fastcgi|uwsgi|scgi|proxy)_params|fastcgi\.conf|koi-\w+|win-utf)\z};

sub nginx_included {
    my ($item, $dir, @above) = @_;
    my $name = $item->{words}[1];
    my @files = glob(($name =~ m{\A/} ? $name : "$dir/$name") =~ s/([ \\{}~'"])/\\$1/gr);
    if (!grep { -f } @files) {
        return if $name =~ /[*?\[]/ || $name =~ $is_of_nginx;
        report("$item->{file}:$item->{line}: include $name does not exist", 1);
        return $item;
    }
    my @all;
    for my $file (grep { -f } @files) {
        if (@above > 8 || grep { $_ eq $file } @above) { report("$item->{file}:$item->{line}: include $name includes itself"); next }
        push @all, @{ nginx_parse($file, $dir, @above) };
    }
    return @all;
}

# --- one request

# The text of a word, with the values of its variables.
sub interpolated {
    my ($self, $request, $text) = @_;
    return $text =~ s/\$(?:\{(\w+)\}|(\w+))/value_of($self, $request, $1 \/\/ $2)/ger;
}

sub value_of {
    my ($self, $request, $name) = @_;
    # the groups of a location are a part of the URL
    return $request->{captures}{$name} // ($request->{has_url_groups} ? unknown_value($name) : '') if $name =~ /\A\d\z/;
    return origin_value($request) if $name eq 'http_origin';
    return $request->{method} if $name eq 'request_method';
    return $request->{kind} eq 'preflight' ? unknown_value($name) : '' if $name =~ /\Ahttp_access_control_request_/;
    return $request->{variables}{$name} if defined $request->{variables}{$name};
    return mapped($self, $request, $name) if $self->{maps}{$name} && !$request->{within}{$name};
    return $request->{captures}{$name} if defined $request->{captures}{$name};
    return $self->{is_set}{$name} ? '' : unknown_value($name);
}

# The value that a map gives a variable.
sub mapped {
    my ($self, $request, $name) = @_;
    my ($source, @entries) = @{ $self->{maps}{$name} };
    local $request->{within}{$name} = 1;
    my $value = interpolated($self, $request, $source);
    my ($default, $is_by_host) = ('', 0);
    my (@regexes, @hosts, $missing);
    for my $entry (@entries) {
        my ($key, $to) = @{ $entry->{words} };
        if ($key eq 'hostnames' && !defined $to) { $is_by_host = 1 }
        elsif ($key eq 'volatile' && !defined $to) { }
        elsif ($key eq 'include') { $missing = $to // '' }
        elsif ($key eq 'default') { $default = $to // '' }
        elsif ($key =~ /\A~(\*?)(.*)\z/s) { push @regexes, [ $2, $1, $to // '' ] }
        elsif ($is_by_host && $key =~ /\A(\*?)\.(.+)\z/) { push @hosts, [ '^https?://.*\.' . quotemeta_path($2) . '$', 1, $to // '' ] }
        elsif (same($request, $value, $key =~ s/\A\\//r, 1)) { return interpolated($self, $request, $to // '') }
    }
    # a file that is missing can have an entry that takes precedence
    return unknown_value("the file $missing") if defined $missing;
    for (@hosts, @regexes) {
        return interpolated($self, $request, $_->[2]) if matches($request, $value, @$_[ 0, 1 ]);
    }
    return interpolated($self, $request, $default);
}

# Whether a value is true for nginx: it is neither empty nor 0.
sub is_true {
    my ($request, $value, $text) = @_;
    return 1 if $value =~ /[\x01\x04]/;
    my $known = $value =~ s/\x02[^\x02]*\x02|[\x03\x05]//gr;
    return $known ne '' && $known ne '0' if !is_marked($value) || $known !~ /\A0?\z/;
    return assume($request, $text);
}

sub condition_of { my ($item) = @_; my (undef, @words) = @{ $item->{words} }; return join(' ', @words) =~ s/\A\(\s*|\s*\)\z//gr }

sub named { my ($item) = @_; return "$item->{line}: if (" . condition_of($item) . ')' }

sub holds {
    my ($self, $request, $item) = @_;
    my $text = condition_of($item);
    my $named = named($item);
    return is_true($request, value_of($self, $request, $1), $named) if $text =~ /\A\$\{?(\w+)\}?\z/;
    my ($left, $not, $operator, $right) = $text =~ /\A(\S+)\s+(!?)(~\*?|=)\s+(.*)\z/s or return assume($request, $named);
    my $value = interpolated($self, $request, $left);
    my $is = unknown_left($value) ? assume($request, $named)
        : $operator eq '=' ? same($request, $value, interpolated($self, $request, $right)) : matches($request, $value, $right, $operator eq '~*');
    $request->{seen}{methods}{$_} = 1 for $left =~ /request_method/ ? grep { $_ ne 'OPTIONS' } $right =~ /([A-Z]{3,})/g : ();
    return $not ? !$is : $is;
}
sub unknown_left { return $_[0] =~ /\A\x02[^\x02]*\x02\z/ }

# Runs the lines of a block that decide: returns whether the next block is run. A
# rewrite behind a condition that is known, such as one on the origin, leaves the
# location.
sub run {
    my ($self, $request, $block, $is_known) = @_;
    for my $item (@$block) {
        my ($name, @args) = @{ $item->{words} };
        if ($name eq 'set' && @args == 2) { $request->{variables}{ $args[0] =~ s/\A\$//r } = interpolated($self, $request, $args[1]) }
        elsif ($name eq 'return') {
            $request->{status} = ($args[0] // '') =~ /\A([1-5]\d\d)\z/ ? $1 : 302;
            return 0;
        }
        elsif ($name eq 'break') { return 0 }
        elsif ($name eq 'rewrite' && $is_known && ($args[2] // '') ne 'break') {
            next if ($args[0] // '') !~ m{\A\^?/?\(?(?:\.\*)?\)?\$?\z} && !assume($request, "$item->{line}: rewrite $args[0]");
            $request->{status} = 302;
            return 0;
        }
        elsif ($name eq 'if' && $item->{block} && holds($self, $request, $item)) {
            $request->{block} = $item->{block};
            return 0 if !run($self, $request, $item->{block}, !$request->{seen}{unknown}{ named($item) });
        }
    }
    return 1;
}

# The response to a request in the innermost of some blocks.
sub respond {
    my ($self, $request, @chain) = @_;
    $request->{has_url_groups} = grep { ($self->{is_location}{$_} // '') eq 'regex' } @chain;
    my $goes_on = $self->{is_server}{ $chain[-1] } || run($self, $request, $self->{server_block}{ $chain[-1] } // []);
    @chain = grep { !$self->{is_location}{$_} } @chain if !$goes_on && defined $request->{status};
    run($self, $request, $chain[-1]) if !defined $request->{status};
    push @chain, $request->{block} if $request->{block};
    my %sent;
    for my $header (headers_of($request, @chain)) {
        my ($name, $text, $item, $is_replaced) = @$header;
        my $value = interpolated($self, $request, $text);
        my $attribute = $attribute{ lc $name };
        $request->{seen}{vary} = 1 if lc $name eq 'vary' && $value =~ /origin/i;
        next if !$attribute;
        $request->{seen}{lines}{"$item->{file}\n$item->{line}"} = $item;
        $request->{seen}{without_always} = 1 if $header->[4];
        $request->{seen}{answers} = 1 if $request->{kind} eq 'preflight' && defined $request->{status};
        $sent{$attribute} = [] if $is_replaced;
        next if $value eq '' || $value =~ /\A\x02http_access_control[^\x02]*\x02\z/ && $request->{kind} ne 'preflight';
        push @{ $sent{$attribute} }, $value;
    }
    return { sent => \%sent, status => $request->{status} };
}

# The headers of the innermost of some blocks: add_header of the nearest that has
# any, more_set_headers of all.
sub headers_of {
    my ($request, @chain) = @_;
    my ($nearest) = grep { grep { $_->{words}[0] eq 'add_header' } @$_ } reverse @chain;
    my @all = map { [ @{ $_->{words} }[ 1, 2 ], $_, 0, ($_->{words}[3] // '') ne 'always' ] } grep { $_->{words}[0] eq 'add_header' && @{ $_->{words} } >= 3 } @{ $nearest // [] };
    for my $item (grep { $_->{words}[0] =~ /\Amore_(?:set|clear)_headers\z/ } map { @$_ } @chain) {
        my ($directive, @args) = @{ $item->{words} };
        while (@args) {
            my $arg = shift @args;
            if ($arg =~ /\A-[st]\z/) { shift @args; assume($request, "$item->{line}: more_set_headers $arg") or last; next }
            my ($header, $text) = $arg =~ /\A([^:\s]+)\s*(?::\s*(.*))?\z/s or next;
            push @all, [ $header, $directive eq 'more_set_headers' ? $text // '' : '', $item, 1, 0 ];
        }
    }
    return @all;
}

# --- servers and locations

# The policies of the innermost of some blocks.
sub policies_of {
    my ($self, $note, @chain) = @_;
    my $tried = try_all(sub { return respond($self, $_[0], @chain) });
    if (!$tried) {
        return if !grep { is_cors_item($_) } map { all_items($_) } @chain;
        my $section = { from => "$self->{file}:" . ($chain[-1][0] // { line => 1 })->{line}, where => [], attr => { policy => 'On', nobody => 1 }, notes => [] };
        note($section, $note) if defined $note;
        note($section, 'there are too many conditions to evaluate; CorsAllowOrigins None allows no origin');
        return $section;
    }
    my @items = sort { $a->{file} cmp $b->{file} || $a->{line} <=> $b->{line} } values %{ $tried->{seen}{lines} };
    my @at = unique(map { ($_->{file} eq $self->{file} ? '' : "$_->{file}:") . $_->{line} } @items);
    return policies(sub {
        my $section = { from => "$items[0]{file}:$items[0]{line}", where => [], attr => {}, notes => [] };
        note($section, $note) if defined $note;
        note($section, 'replaces line' . (@at > 1 ? 's ' : ' ') . join ', ', @at);
        note($section, 'the block that answers OPTIONS is not needed: the policy answers preflights') if $tried->{seen}{answers};
        note($section, $with_every_status) if $tried->{seen}{without_always};
        for my $item (grep { $_->{words}[0] =~ /_hide_header\z/ && ($_->{words}[1] // '') =~ /\AAccess-Control-/i } map { @$_ } @chain) {
            note($section, "'@{ $item->{words} }' of line $item->{line} is not needed: the policy replaces all CORS headers of a backend");
        }
        return $section;
    }, $tried);
}

sub all_items { my ($block) = @_; return map { ($_, $_->{block} ? all_items($_->{block}) : ()) } @$block }
sub is_cors_item { my ($item) = @_; return grep { /access-control-/i } @{ $item->{words} } }

sub signature {
    my (@policies) = @_;
    return join "\n\n", map { my $section = $_; join "\n", map { my $value = $section->{attr}{$_}; "$_ " . (ref $value ? "@$value" : $value // '') } sort keys %{ $section->{attr} } } @policies;
}

# A place of requests: the container, how nginx ranks it.
sub container {
    my ($item, @args) = @_;
    my ($operator, $path) = @args > 1 ? @args : ('', $args[0] // '');
    ($operator, $path) = ($1, $2) if $operator eq '' && $path =~ /\A(~\*|\^~|=|~)(.+)\z/;
    return { rank => -1, item => $item } if $path =~ /\A@/;
    my $rank = $operator eq '=' ? 3 : $operator eq '^~' ? 2 : $operator =~ /\A~/ ? 1 : 0;
    return { rank => $rank, path => $path, item => $item, where => qq(<Location "$path">) } if $rank =~ /[02]/ && $path =~ m{\A[\w/.~-]*/\z};
    my $match = quoted($operator eq '=' ? '^' . quotemeta_path($path) . '$'
        : $operator eq '~' ? $path : $operator eq '~*' ? "(?i)$path" : '^' . quotemeta_path($path));
    return { rank => $rank, path => $path, item => $item, where => "<LocationMatch $match>" } if defined $match;
    report("$item->{file}:$item->{line}: the location $path is omitted: it cannot be read here", 1);
    return;
}

# Adds sections; exclusions from any origin get a section within.
sub put {
    my ($policies, @where) = @_;
    for my $section (@$policies) {
        $section->{where} = [@where];
        push @sections, $section;
        next if !$section->{excluded} || !$section->{attr}{everybody};
        my $again = section(from => $section->{from}, where => @where ? [@where] : ['<Location "/">'], limit => $section->{limit});
        $again->{attr}{edit} = $section->{excluded};
    }
}

sub off {
    my ($item, $note) = @_;
    my $section = { from => "$item->{file}:$item->{line}", where => [], attr => { policy => 'Off' }, notes => [] };
    note($section, $note) if defined $note;
    note($section, 'no CORS headers were sent here; nginx applies one location, httpd all sections that match');
    return $section;
}

# The locations of a block, with their policies: all of them are the server's.
sub locations {
    my ($self, $note, $server, @chain) = @_;
    my @all;
    for my $item (@{ $chain[-1] }) {
        my ($name, @args) = @{ $item->{words} };
        next if !$item->{block} || $name ne 'location';
        @{ $self->{is_location} }{ $item->{block} } = ($args[0] =~ /\A~\*?\z/ ? 'regex' : 1);
        $self->{server_block}{ $item->{block} } = $server;
        my $at = container($item, @args) or next;
        if ($at->{rank} < 0) {
            report("$item->{file}:$item->{line}: the location $args[0] is omitted: it has no path; put its headers where the requests come from", 1) if grep { is_cors_item($_) } all_items($item->{block});
            next;
        }
        $at->{chain} = [ @chain, $item->{block} ];
        $at->{policies} = [ policies_of($self, $note, @chain, $item->{block}) ];
        push @all, $at, locations($self, $note, $server, @chain, $item->{block});
    }
    return @all;
}

# Whether a place can be within another that ranks lower.
sub is_within {
    my ($inner, $outer) = @_;
    return 1 if $outer->{rank} == 1 || $inner->{rank} == 1;
    return index($inner->{path}, $outer->{path}) == 0;
}

# Puts a server out: its own policy, and each location where that differs.
sub put_server {
    my ($self, $note, $block, @around) = @_;
    my $first = @sections;
    $self->{is_server}{$block} = 1;
    my @own = policies_of($self, $note, @around, $block);
    my @locations = locations($self, $note, $block, @around, $block);
    my $number = 0;
    $_->{number} = $_->{rank} == 1 ? -$number++ : length $_->{path} for @locations;
    put(\@own) if @own;
    my $base = signature(@own);
    my @said;
    for my $at (sort { $a->{rank} <=> $b->{rank} || $a->{number} <=> $b->{number} } @locations) {
        my @policies = @{ $at->{policies} };
        next if signature(@policies) eq $base && !grep { is_within($at, $_) } @said;
        # a section for some methods is based on the one for all
        put(@policies ? \@policies : [ off($at->{item}, $note) ], $at->{where});
        push @said, $at;
    }
    my $name = defined $note ? $note =~ s/.* //r : undef;
    verify_place(server => $name, sections => [ @sections[ $first .. $#sections ] ], paths => [ map { example_path($_) } @locations ],
        run => sub { my ($path, $request) = @_; return respond_at($self, $path, $request, \@locations, @around, $block) });
}

# A path of a location; nothing if its expression has none that is plain.
sub example_path {
    my ($at) = @_;
    return $at->{path} if $at->{rank} != 1;
    my ($path) = grep { m{\A/[\w/.-]*\z} && $_ =~ location_regex($at) } map { ($_, "/x$_") } map { tr/\x01-\x07/a/r } map { @{ expand($_) // [] } } (strip_anchors($at->{path}))[0];
    return $path // ();
}

sub location_regex {
    my ($at) = @_;
    my $regex = $at->{path};
    return eval { no warnings; $at->{item}{words}[1] =~ /\A~\*/ ? qr/$regex/i : qr/$regex/ } // qr/(?!)/;
}

# The location that nginx chooses in a block for a path, and whether that is final: an exact
# one, or the longest prefix and what is chosen in it; unless that is final or ^~, the first
# expression and what is chosen in it.
sub choose_location {
    my ($locations, $block, $path) = @_;
    my @here = grep { $_->{chain}[-2] == $block } @$locations;
    my ($exact) = grep { $_->{rank} == 3 && $path eq $_->{path} } @here;
    return ($exact, 1) if $exact;
    my ($found) = sort { length $b->{path} <=> length $a->{path} } grep { $_->{rank} =~ /[02]/ && index($path, $_->{path}) == 0 } @here;
    my $is_preferred = $found && $found->{rank} == 2;
    if ($found) {
        my ($inner, $is_final) = choose_location($locations, $found->{chain}[-1], $path);
        return ($inner, 1) if $is_final;
        $found = $inner // $found;
    }
    my ($regex) = $is_preferred ? () : grep { $_->{rank} == 1 && $path =~ location_regex($_) } @here;
    return ($found, 0) if !$regex;
    my ($inner) = choose_location($locations, $regex->{chain}[-1], $path);
    return ($inner // $regex, 1);
}

# The response to a request for a path.
sub respond_at {
    my ($self, $path, $request, $locations, @chain) = @_;
    my ($at) = choose_location($locations, $chain[-1], $path);
    return respond($self, $request, $at ? @{ $at->{chain} } : @chain);
}

sub collect {
    my ($self, $block) = @_;
    for my $item (@$block) {
        my ($name, @args) = @{ $item->{words} };
        $self->{is_set}{$_} = 1 for map { /\(\?P?<(\w+)>/g } $name, @args;
        if ($name eq 'map' && @args == 2 && $item->{block}) { push @{ $self->{maps}{ $args[1] =~ s/\A\$//r } }, $args[0], grep { ref } @{ $item->{block} } }
        elsif ($name eq 'set' && @args == 2) { $self->{is_set}{ $args[0] =~ s/\A\$//r } = 1 }
        elsif (is_cors_item($item) && $name !~ /\A(?:add_header|more_(?:set|clear)_headers|\w+_hide_header|proxy_set_header|fastcgi_param|if|map|log_format)\z/ && $name !~ /access-control/i) {
            report("$item->{file}:$item->{line}: " . substr(join(' ', @{ $item->{words} }), 0, 80) . ' is not read here', 1);
        }
        collect($self, $item->{block}) if $item->{block};
    }
}

sub import_nginx {
    my ($file) = @_;
    my $tree = nginx_parse($file, $file =~ m{\A(.*)/} ? $1 : '.');
    my $self = { file => $file, maps => {}, is_set => {}, is_location => {}, server_block => {}, is_server => {} };
    collect($self, $tree);
    my $before = @sections;
    my @http = map { $_->{block} // () } grep { $_->{words}[0] eq 'http' } @$tree;
    my @servers = map { my $block = $_; map { [ $_->{block}, $block ] } grep { $_->{words}[0] eq 'server' && $_->{block} } @$block } $tree, @http;
    for (@servers) {
        my ($server, $around) = @$_;
        my ($names) = map { join ' ', @{ $_->{words} }[ 1 .. $#{ $_->{words} } ] } grep { $_->{words}[0] eq 'server_name' } @$server;
        put_server($self, @servers > 1 ? 'belongs in the virtual host of ' . ($names // 'no name') : undef, $server, $around);
    }
    put_server($self, undef, $tree) if !@servers;
    apart(@sections[ $before .. $#sections ]);
    return scalar @sections > $before;
}

1;
