# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Nginx;

# Reads configurations of nginx by running them: set, if, map and return as nginx
# orders them, for one request at a time, whose origin may be a mark (Classes.pm).
# What add_header and more_set_headers then send is the response. It finds servers
# and locations, and decides in which order their sections stand; nginx takes the
# one location that fits best, httpd merges all that fit.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Assemble qw(policies);
use CorsImport::Classes qw(CAPTURED PART is_marked assume matches origin_value same try_all unknown_value);
use CorsImport::Policy qw(section note unique %attribute $with_every_status apart slurp @sections report);
use CorsImport::Regex qw(quoted quotemeta_path);
our @EXPORT_OK = qw(import_nginx);

# The blocks of a file: a list of lines, each with its words, where it stands and
# the block that it opens. What it includes stands in its place; names are read
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
            elsif ($word eq '{') { $all[-1]{block} = $block->() if @all; @words = () }
            else { last }
        }
        return \@all;
    };
    return $block->();
}

sub nginx_included {
    my ($item, $dir, @above) = @_;
    my $name = $item->{words}[1];
    my $say = sub { report("$item->{file}:$item->{line}: include $name $_[0]") };
    my @files = glob(($name =~ m{\A/} ? $name : "$dir/$name") =~ s/([ \\{}~'"])/\\$1/gr);
    if (!grep { -f } @files) { $say->('is not there') if $name !~ /[*?\[]/ && $name ne 'mime.types'; return }
    my @all;
    for my $file (grep { -f } @files) {
        if (@above > 8 || grep { $_ eq $file } @above) { $say->('goes in circles'); next }
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
    return $request->{captures}{$name} // '' if $name =~ /\A\d\z/;
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
    my (@regexes, @hosts);
    for my $entry (@entries) {
        my ($key, $to) = @{ $entry->{words} };
        if ($key eq 'hostnames' && !defined $to) { $is_by_host = 1 }
        elsif ($key eq 'volatile' && !defined $to) { }
        elsif ($key eq 'default') { $default = $to // '' }
        elsif ($key =~ /\A~(\*?)(.*)\z/s) { push @regexes, [ $2, $1, $to // '' ] }
        elsif ($is_by_host && $key =~ /\A(\*?)\.(.+)\z/) { push @hosts, [ '^https?://.*\.' . quotemeta_path($2) . '$', 1, $to // '' ] }
        elsif (same($request, $value, $key =~ s/\A\\//r, 1)) { return interpolated($self, $request, $to // '') }
    }
    for (@hosts, @regexes) {
        return interpolated($self, $request, $_->[2]) if matches($request, $value, @$_[ 0, 1 ]);
    }
    return interpolated($self, $request, $default);
}

# Whether nginx takes a value for true: it is neither empty nor 0.
sub is_true {
    my ($request, $value, $text) = @_;
    return 1 if $value =~ /[\x01\x04]/;
    my $known = $value =~ s/\x02[^\x02]*\x02|[\x03\x05]//gr;
    return $known ne '' && $known ne '0' if !is_marked($value) || $known !~ /\A0?\z/;
    return assume($request, $text);
}

sub condition_of { my ($item) = @_; my (undef, @words) = @{ $item->{words} }; return join(' ', @words) =~ s/\A\(\s*|\s*\)\z//gr }

sub holds {
    my ($self, $request, $item) = @_;
    my $text = condition_of($item);
    my $named = "$item->{line}: if ($text)";
    return is_true($request, value_of($self, $request, $1), $named) if $text =~ /\A\$\{?(\w+)\}?\z/;
    my ($left, $not, $operator, $right) = $text =~ /\A(\S+)\s+(!?)(~\*?|=)\s+(.*)\z/s or return assume($request, $named);
    my $value = interpolated($self, $request, $left);
    my $is = unknown_left($value) ? assume($request, $named)
        : $operator eq '=' ? same($request, $value, interpolated($self, $request, $right)) : matches($request, $value, $right, $operator eq '~*');
    $request->{seen}{methods}{$_} = 1 for $left =~ /request_method/ ? grep { $_ ne 'OPTIONS' } $right =~ /([A-Z]{3,})/g : ();
    return $not ? !$is : $is;
}
sub unknown_left { return $_[0] =~ /\A\x02[^\x02]*\x02\z/ }

# Runs the lines of a block that decide: returns whether it goes on.
sub run {
    my ($self, $request, $block) = @_;
    for my $item (@$block) {
        my ($name, @args) = @{ $item->{words} };
        if ($name eq 'set' && @args == 2) { $request->{variables}{ $args[0] =~ s/\A\$//r } = interpolated($self, $request, $args[1]) }
        elsif ($name eq 'return') {
            $request->{status} = ($args[0] // '') =~ /\A([1-5]\d\d)\z/ ? $1 : 302;
            return 0;
        }
        elsif ($name eq 'break') { return 0 }
        elsif ($name eq 'if' && $item->{block} && holds($self, $request, $item)) {
            $request->{block} = $item->{block};
            return 0 if !run($self, $request, $item->{block});
        }
    }
    return 1;
}

# What is sent to a request in the innermost of some blocks.
sub respond {
    my ($self, $request, @chain) = @_;
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
        note($section, 'there are more conditions than can be tried here; CorsAllowOrigins None allows nobody');
        return $section;
    }
    my @items = sort { $a->{file} cmp $b->{file} || $a->{line} <=> $b->{line} } values %{ $tried->{seen}{lines} };
    my @at = unique(map { ($_->{file} eq $self->{file} ? '' : "$_->{file}:") . $_->{line} } @items);
    return policies(sub {
        my $section = { from => "$items[0]{file}:$items[0]{line}", where => [], attr => {}, notes => [] };
        note($section, $note) if defined $note;
        note($section, 'in place of line' . (@at > 1 ? 's ' : ' ') . join ', ', @at);
        note($section, 'the block that answers OPTIONS goes: preflights are answered by the policy') if $tried->{seen}{answers};
        note($section, $with_every_status) if $tried->{seen}{without_always};
        for my $item (grep { $_->{words}[0] =~ /_hide_header\z/ && ($_->{words}[1] // '') =~ /\AAccess-Control-/i } map { @$_ } @chain) {
            note($section, "'@{ $item->{words} }' of line $item->{line} goes: the policy replaces every header about CORS that a backend sends");
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
    report("$item->{file}:$item->{line}: the location $path is left out: it cannot be read here");
    return;
}

# Puts sections out; what is excluded from everybody stands in one within.
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
    note($section, 'nothing about CORS was sent here, and nginx takes one location, httpd all that fit');
    return $section;
}

# The locations of a block, with their policies: all of them are the server's.
sub locations {
    my ($self, $note, $server, @chain) = @_;
    my @all;
    for my $item (@{ $chain[-1] }) {
        my ($name, @args) = @{ $item->{words} };
        next if !$item->{block} || $name ne 'location';
        @{ $self->{is_location} }{ $item->{block} } = (1);
        $self->{server_block}{ $item->{block} } = $server;
        my $at = container($item, @args) or next;
        if ($at->{rank} < 0) {
            report("$item->{file}:$item->{line}: the location $args[0] is left out: it has no path; its headers belong where requests come from") if grep { is_cors_item($_) } all_items($item->{block});
            next;
        }
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
        # what is for some methods alone stands on what is for all
        put(@policies ? \@policies : [ off($at->{item}, $note) ], $at->{where});
        push @said, $at;
    }
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
        put_server($self, @servers > 1 ? 'goes into the virtual host of ' . ($names // 'no name') : undef, $server, $around);
    }
    put_server($self, undef, $tree) if !@servers;
    apart(@sections[ $before .. $#sections ]);
    return scalar @sections > $before;
}

1;
