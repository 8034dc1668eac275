# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Haproxy;

# Reads configurations of HAProxy by running their rules for one request at a time:
# the http-request rules of a frontend, the choice of a backend, its rules, and what
# http-response, http-after-response and rspadd then send; lua.cors is done as
# haproxy-lua-cors does it. Paths that path_beg names are places of their own; a
# condition on anything else than the origin, the method and those is tried both ways.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Classes qw(is_marked assume matches origin_value same unknown_value);
use CorsImport::Places qw(put_places places_by_path);
use CorsImport::Policy qw(report slurp unique %attribute);
use CorsImport::Regex qw(ending quotemeta_path);
our @EXPORT_OK = qw(import_haproxy);

# --- lines

sub haproxy_words {
    my ($text) = @_;
    my @words;
    while ($text =~ /\G\s*((?:[^\s"'\\#]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)/gc) {
        my $word = $1;
        # a backslash before another character stays
        $word =~ s/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\([\\ #'"])/defined $1 ? $1 =~ s{\\(["\\\$])}{$1}gr : $2 \/\/ $3/ge;
        push @words, $word;
    }
    return @words;
}

# The proxies of a file: kind, name, line, and rules, each with its words and line.
sub parse {
    my ($file) = @_;
    my (@all, $defaults, $current);
    my $number = 0;
    for my $line (split /\n/, slurp($file)) {
        $number++;
        my ($name, @args) = haproxy_words($line) or next;
        if ($name =~ /\A(?:global|defaults|frontend|backend|listen|peers|resolvers|userlist|mailers|cache|program|ring|http-errors|fcgi-app)\z/) {
            $current = { kind => $name, name => $args[0] // '', line => $number, rules => [], acls => {}, captures => [], uses => [] };
            if ($name eq 'defaults') { $defaults = $current }
            elsif ($name =~ /\A(?:frontend|backend|listen)\z/) {
                push @all, $current;
                if ($defaults) { push @{ $current->{rules} }, @{ $defaults->{rules} }; $current->{default} = $defaults->{default} }
            }
            next;
        }
        put_line($file, $current, { line => $number, from => "$file:$number", name => $name, args => \@args }) if $current;
    }
    return @all;
}

sub put_line {
    my ($file, $proxy, $rule) = @_;
    my ($name, @args) = ($rule->{name}, @{ $rule->{args} });
    if ($name eq 'acl') { push @{ $proxy->{acls}{ shift @args } }, { args => \@args, line => $rule->{line} } if @args }
    elsif ($name eq 'default_backend') { $proxy->{default} = $args[0] }
    elsif ($name eq 'use_backend') { push @{ $proxy->{uses} }, { %$rule, condition_of(@args[ 1 .. $#args ]) , to => $args[0] } }
    elsif ($name eq 'capture' && "@args[0, 1]" eq 'request header') { push @{ $proxy->{captures} }, "req.hdr($args[2])" }
    elsif ($name eq 'http-request' && $args[0] eq 'capture') { push @{ $proxy->{captures} }, $args[1] }
    elsif ($name =~ /\Ahttp-(?:request|response|after-response)\z/ || $name =~ /\Arspi?add\z/) { push @{ $proxy->{rules} }, { %$rule, condition_of(@args) } }
    elsif (grep { /access-control-|lua\.cors/i } @args) { report("$rule->{from}: $name is not read here", 1) if $name !~ /\A(?:lua-load|http-check|option)/ }
}

# Words before if or unless, and the condition: a list of alternatives, each a list of
# [not, name] or [not, test].
sub condition_of {
    my (@words) = @_;
    my ($at) = grep { $words[$_] =~ /\A(?:if|unless)\z/ } 0 .. $#words;
    return (args => \@words) if !defined $at;
    my @rest = @words[ $at + 1 .. $#words ];
    my @or = ([]);
    while (@rest) {
        my $word = shift @rest;
        my $not = $word =~ s/\A!// ? 1 : 0;
        if ($word eq '' && @rest) { $word = shift @rest; $not = 1 }
        if ($word =~ /\A(?:\|\||or)\z/) { push @or, [] }
        elsif ($word eq '{') {
            my @test;
            push @test, shift @rest while @rest && $rest[0] ne '}';
            shift @rest;
            push @{ $or[-1] }, [ $not, \@test ];
        }
        else { push @{ $or[-1] }, [ $not, $word ] }
    }
    return (args => [ @words[ 0 .. $at - 1 ] ], or => \@or, unless => $words[$at] eq 'unless');
}

# --- one request

# The value of a fetch with its converters.
sub value_of {
    my ($state, $fetch) = @_;
    my ($name, $argument, @converters) = $fetch =~ /\A([\w.-]+)(?:\(([^()]*)\))?(?:,(.*))?\z/ or return unknown_value($fetch);
    return unknown_value($fetch) if ($converters[0] // '') =~ /[^\w,()-]/ || ($converters[0] // '') !~ /\A(?:lower)?\z/;
    my $request = $state->{request};
    if ($name =~ /\A(?:req\.|req\.f)?f?hdr\z|\Areq\.(?:f?hdr|hdrs)\z/) {
        my $header = lc($argument // '') =~ s/,.*//r;
        return origin_value($request) if $header eq 'origin';
        return $request->{kind} eq 'preflight' ? unknown_value($header) : '' if $header =~ /\Aaccess-control-request-/;
        return unknown_value("the header $header");
    }
    return defined $state->{captures}[$argument] ? value_of($state, $state->{captures}[$argument]) : unknown_value($fetch) if $name eq 'capture.req.hdr' && ($argument // '') =~ /\A\d+\z/;
    return $state->{variables}{ $argument // '' } // '' if $name eq 'var';
    return $argument // '' if $name eq 'str';
    return $request->{method} if $name eq 'method' || $name eq 'capture.req.method';
    return unknown_value($fetch);
}

sub formatted {
    my ($state, $text) = @_;
    return $text =~ s/%%|%(?:\{[^}]*\})?\[([^\]]*)\]|%\w+/defined $1 ? value_of($state, $1) : $& eq '%%' ? '%' : unknown_value($&)/ger;
}

# Whether a request passes a test: words as of acl.
sub passes {
    my ($state, $words, $line) = @_;
    my ($fetch, @rest) = @$words;
    my $request = $state->{request};
    my $text = "line $line: " . join ' ', @$words;
    my ($nocase, $how) = (0, undef);
    while (@rest && $rest[0] =~ /\A-(\w|-)/) {
        my $flag = shift @rest;
        if ($flag eq '-i') { $nocase = 1 }
        elsif ($flag eq '-m') { $how = shift @rest }
        elsif ($flag eq '--') { last }
        else { return assume($request, $text) }
    }
    return 1 if $fetch =~ /\A(?:always_true|TRUE|HTTP)\z/;
    return 0 if $fetch =~ /\A(?:always_false|FALSE)\z/;
    if ($fetch =~ /\A((?:req\.)?f?hdr|path|url|base|capture\.req\.hdr)_(beg|end|reg|sub|dom|dir|len)(\(.*\))?\z/) { $how = $2; $fetch = $1 . ($3 // '') }
    return path_passes($state, $how // 'str', $nocase, $text, @rest) if $fetch =~ /\Apath(?:,.*)?\z/;
    return scalar @{ $state->{sent}{ $attribute{ lc $1 } } // [] } || keeps($request) if ($how // '') eq 'found' && $fetch =~ /\Ares\.f?hdr\((.*)\)\z/ && $attribute{ lc $1 };
    my $value = value_of($state, $fetch);
    if ($fetch eq 'method') { $request->{seen}{methods}{$_} = 1 for grep { /\A[A-Z]+\z/ && $_ ne 'OPTIONS' } @rest }
    return $value ne '' if ($how // '') eq 'found' && !($value =~ /\x02/);
    return assume($request, $text) if $value =~ /\x02/ || ($how // 'str') !~ /\A(?:str|beg|end|reg|sub)\z/;
    return value_passes($request, $value, $how // 'str', $nocase, @rest);
}

# If a response keeps a header that it already has, the backend's is kept.
sub keeps { my ($request) = @_; $request->{seen}{keep} = 1; return 0 }

sub value_passes {
    my ($request, $value, $how, $nocase, @patterns) = @_;
    my $is = 0;
    for my $pattern (@patterns) {
        my $quoted = quotemeta_path($pattern);
        my $regex = $how eq 'reg' ? $pattern : $how eq 'beg' ? "^$quoted" : $how eq 'end' ? ending($pattern) : $quoted;
        $is = 1 if $how eq 'str' ? same($request, $value, $pattern, $nocase) : matches($request, $value, $regex, $nocase);
    }
    return $is;
}

# A path is known as the place's: what it begins with.
sub path_passes {
    my ($state, $how, $nocase, $text, @patterns) = @_;
    return assume($state->{request}, $text) if $how !~ /\A(?:beg|str)\z/ || $nocase;
    for my $pattern (@patterns) {
        return 1 if $how eq 'beg' ? index($state->{at}{path}, $pattern) == 0 : $state->{at}{kind} eq 'exact' && $state->{at}{path} eq $pattern;
    }
    return 0;
}

sub holds {
    my ($state, $rule) = @_;
    return 1 if !$rule->{or};
    my $is = 0;
    for my $all (@{ $rule->{or} }) {
        my $every = 1;
        for (@$all) {
            my ($not, $what) = @$_;
            my $one = ref $what ? passes($state, $what, $rule->{line}) : named($state, $what, $rule->{line});
            $every = 0 if $not ? $one : !$one;
        }
        $is = 1 if $every;
    }
    return $rule->{unless} ? !$is : $is;
}

# An acl by its name: any of its lines.
sub named {
    my ($state, $name, $line) = @_;
    my @tests = @{ $state->{proxy}{acls}{$name} // [] };
    if (!@tests) {
        return $state->{request}{method} eq $1 || $1 eq 'GET' && $state->{request}{method} eq 'HEAD' ? 1 : 0 if $name =~ /\AMETH_(\w+)\z/;
        return 1 if $name =~ /\A(?:TRUE|HTTP|HTTP_1\.[01])\z/;
        return assume($state->{request}, "line $line: $name");
    }
    my $is = 0;
    for my $test (@tests) { $is = 1 if passes($state, $test->{args}, $test->{line}) }
    return $is;
}

# --- rules

sub put_header {
    my ($state, $rule, $action, $name, $value) = @_;
    my $attribute = $attribute{ lc $name };
    $state->{request}{seen}{vary} = 1 if lc $name eq 'vary' && ($value // '') =~ /origin/i;
    return if !$attribute;
    $state->{request}{seen}{lines}{ $rule->{from} } = $rule->{line};
    my $sent = $state->{sent};
    if ($action eq 'del') { delete $sent->{$attribute} }
    elsif ($action eq 'set') { $sent->{$attribute} = [$value] }
    elsif ($action eq 'add') { push @{ $sent->{$attribute} }, $value }
    else { $sent->{$attribute} = [ unknown_value("line $rule->{line}") ] }
}

# What http-request return sends.
sub run_return {
    my ($state, $rule, @args) = @_;
    $state->{status} = 200;
    while (@args) {
        my $word = shift @args;
        if ($word eq 'status') { $state->{status} = shift @args }
        elsif ($word eq 'hdr') { my ($name, $value) = splice @args, 0, 2; put_header($state, $rule, 'add', $name, formatted($state, $value // '')) }
    }
    return 0;
}

# Runs the rules of a request; returns whether it continues.
sub run_request {
    my ($state, $proxy) = @_;
    $state->{proxy} = $proxy;
    push @{ $state->{captures} }, @{ $proxy->{captures} };
    for my $rule (grep { $_->{name} eq 'http-request' } @{ $proxy->{rules} }) {
        next if !holds($state, $rule);
        my ($action, @args) = @{ $rule->{args} };
        if ($action =~ /\Aset-var(?:-fmt)?\(([\w.]+)/) { $state->{variables}{$1} = $action =~ /fmt/ ? formatted($state, $args[0] // '') : value_of($state, $args[0] // '') }
        elsif ($action =~ /\Aunset-var\(([\w.]+)/) { delete $state->{variables}{$1} }
        elsif ($action eq 'return') { return run_return($state, $rule, @args) }
        elsif ($action =~ /\A(?:deny|tarpit|reject|redirect|auth)\z/) {
            next if $action eq 'auth';
            $state->{status} = ("@args" =~ /(?:deny_status|status|code)\s+(\d+)/)[0] // ($action eq 'redirect' ? 302 : 403);
            run_return($state, $rule, @args) if $action eq 'deny' && grep { $_ eq 'hdr' } @args;
            return 0;
        }
        elsif ($action eq 'use-service') { $state->{status} = 200; return 0 }
        elsif ($action eq 'lua.cors') { return 0 if !run_lua_request($state, $rule, @args) }
        elsif ($action eq 'allow') { last }
    }
    return 1;
}

my $lua_entry = qr{\A(?:([a-z]+:)?//)?(\.?)([\w.-]+?)(?::(\d+|\*))?\z}i;

# What lua.cors allows: * or the origin.
sub lua_origin {
    my ($state, $list) = @_;
    my $request = $state->{request};
    my $origin = origin_value($request);
    my @all = split /,/, $list;
    return '*' if grep { $_ eq '*' } @all;
    my $found;
    for my $entry (map { s/\s+//gr } @all) {
        my ($scheme, $dot, $host, $port) = $entry =~ $lua_entry or next;
        my $is = defined $scheme && !$dot && ($port // '') ne '*' ? same($request, $origin, $entry)
            : matches($request, $origin, '^' . ($scheme // 'https?:') . '//' . ($dot ? '(.+\.)' : '') . quotemeta_path($host) . (defined $port ? ':' . ($port eq '*' ? '[0-9]+' : $port) : '') . '$', 0);
        $found = $origin if $is;
    }
    return $found;
}

# Whether the request continues after http-request lua.cors.
sub run_lua_request {
    my ($state, $rule, $methods, $origins, $headers) = @_;
    return 1 if !defined $origins;
    $state->{lua} = $origins;
    $state->{request}{seen}{lines}{ $rule->{from} } = $rule->{line};
    $state->{request}{seen}{lua} = $rule->{line};
    return 1 if $state->{request}{method} ne 'OPTIONS';
    my $origin = lua_origin($state, $origins);
    $state->{status} = 204;
    my %value = (methods => $methods, headers => $headers // '', age => 600, origin => $origin);
    defined $value{$_} and $state->{sent}{$_} = [ $value{$_} ] for keys %value;
    return 0;
}

sub run_lua_response {
    my ($state, $rule, $methods, $origins) = @_;
    # the first version had its lists here
    my $list = $origins // $state->{lua} // return;
    $state->{request}{seen}{lua} = $rule->{line};
    $state->{request}{seen}{lines}{ $rule->{from} } = $rule->{line};
    my $origin = lua_origin($state, $list) // return;
    $state->{sent}{origin} = [$origin];
    $state->{sent}{methods} = [$methods] if defined $origins && $state->{request}{method} eq 'OPTIONS';
}

# Runs the rules of a response.
sub run_response {
    my ($state, $proxy, $kind) = @_;
    $state->{proxy} = $proxy;
    for my $rule (grep { $_->{name} =~ $kind } @{ $proxy->{rules} }) {
        next if !holds($state, $rule);
        my ($action, @args) = @{ $rule->{args} };
        if ($rule->{name} =~ /\Arsp/) { put_header($state, $rule, 'add', $1, $2) if $action =~ /\A([\w-]+):\s*(.*)\z/; next }
        if ($action =~ /\A(set|add|del|replace)-(?:header|value)\z/) { put_header($state, $rule, $1, $args[0] // '', $1 eq 'del' ? undef : formatted($state, $args[1] // '')) }
        elsif ($action =~ /\Aset-var(?:-fmt)?\(([\w.]+)/) { $state->{variables}{$1} = $action =~ /fmt/ ? formatted($state, $args[0] // '') : value_of($state, $args[0] // '') }
        elsif ($action eq 'lua.cors') { run_lua_response($state, $rule, @args) }
        elsif ($action =~ /\A(?:deny|return|allow)\z/) { $state->{status} = $action eq 'deny' ? 502 : $state->{status}; last }
    }
}

sub respond {
    my ($self, $frontend, $at, $request) = @_;
    my $state = { request => $request, at => $at, sent => {}, captures => [], variables => {} };
    my $goes_on = run_request($state, $frontend);
    my $backend;
    if ($goes_on && $frontend->{kind} ne 'backend') {
        my $to = $frontend->{default};
        for my $use (@{ $frontend->{uses} }) { if (holds($state, $use)) { $to = $use->{to}; last } }
        $backend = $self->{backends}{ $to // '' };
        $goes_on = run_request($state, $backend) if $backend;
    }
    my @proxies = ($backend // (), $frontend);
    if ($goes_on) { run_response($state, $_, qr/\A(?:http-response|rspi?add)\z/) for @proxies }
    run_response($state, $_, qr/\Ahttp-after-response\z/) for @proxies;
    return { sent => $state->{sent}, status => $state->{status} };
}

# --- places

# The paths that tests of these proxies name: [kind, path].
sub paths_of {
    my (@proxies) = @_;
    my @tests = map { my $proxy = $_; (map { $_->{args} } map { @$_ } values %{ $proxy->{acls} }), map { ref $_->[1] ? $_->[1] : () } map { @$_ } map { @{ $_->{or} // [] } } @{ $proxy->{rules} }, @{ $proxy->{uses} } } @proxies;
    my @paths;
    for my $test (@tests) {
        my ($fetch, @rest) = @$test;
        my $kind = $fetch eq 'path_beg' || $fetch eq 'path' && "@rest" =~ /\A-m beg / ? 'begins' : $fetch eq 'path' && $rest[0] !~ /\A-/ ? 'exact' : next;
        push @paths, map { [ $kind, $_ ] } grep { m{\A/} } @rest;
    }
    return @paths;
}

# The rules of a proxy that are about CORS.
sub cors_rules { my ($proxy) = @_; return grep { grep { /access-control-|\Alua\.cors/i } @{ $_->{args} } } @{ $proxy->{rules} } }

# The entries of lists of lua.cors that are not read.
sub unread_of_lua {
    my (@proxies) = @_;
    my @lists = map { $_->{args}[2] // () } grep { ($_->{args}[0] // '') eq 'lua.cors' } map { @{ $_->{rules} } } @proxies;
    return unique(grep { length && $_ ne '*' && !/$lua_entry/ } map { s/\s+//gr } map { split /,/ } @lists);
}

sub import_haproxy {
    my ($file) = @_;
    my @proxies = parse($file);
    my $self = { backends => { map { $_->{name} => $_ } grep { $_->{kind} ne 'frontend' } @proxies } };
    my @fronts = grep { $_->{kind} ne 'backend' } @proxies;
    my %is_used = map { $_ => 1 } map { ($_->{default} // (), map { $_->{to} } @{ $_->{uses} }) } @fronts;
    push @fronts, grep { $_->{kind} eq 'backend' && !$is_used{ $_->{name} } } @proxies;
    my $reach = sub { my ($front) = @_; return ($front, map { $self->{backends}{$_} // () } unique(grep { defined } $front->{default}, map { $_->{to} } @{ $front->{uses} })) };
    @fronts = grep { grep { cors_rules($_) } $reach->($_) } @fronts;
    for my $rule (map { @{ $_->{rules} } } map { $reach->($_) } @fronts) {
        report("$rule->{from}: the service $rule->{args}[1] is not read here, so preflights that it answers fail", 1) if ($rule->{args}[0] // '') eq 'use-service';
    }
    my $is_put = 0;
    for my $front (@fronts) {
        my @all = $reach->($front);
        my ($first) = map { $_->{from} } sort { $a->{line} <=> $b->{line} } map { cors_rules($_) } @all;
        my @notes = @fronts > 1 ? "belongs in the virtual host of the $front->{kind} $front->{name}" : ();
        my $uses_lua = grep { grep { $_ eq 'lua.cors' } @{ $_->{args} } } map { @{ $_->{rules} } } @all;
        push @notes, 'lua.cors accepts any scheme for a host without one; here it is http and https' if $uses_lua;
        push @notes, map { "'$_' is omitted from the list of lua.cors: it is not a host or an origin" } unread_of_lua(@all);
        $is_put = 1 if put_places(map { my $at = $_; +{ %$at, from => $first, notes => [@notes], server => @fronts > 1 ? $front->{name} : undef,
            respond => sub { respond($self, $front, $at, $_[0]) }, respond_at => sub { respond($self, $front, { kind => 'exact', path => $_[0] }, $_[1]) } } } places_by_path(paths_of(@all)));
    }
    return $is_put;
}

1;
