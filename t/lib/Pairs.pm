# Licensed under the Apache License, Version 2.0; see LICENSE.
package Pairs;

# Pairs of random configurations for CorsCompare, and what a page can do by each of them. A
# configuration is the text of a virtual host. The tests evaluate requests by the second
# opinion, or by servers.
use strict;
use warnings FATAL => 'all';

use CorsTest qw(config_check);
use Exporter 'import';
use Fetch ();
use File::Basename qw(basename);
use Httpd ();
use JSON::PP ();
use Reference ();
use Tools qw(chance one_of some_of);

our @EXPORT_OK = qw(draw_pairs differences page_of witness_of outcome asks_reference is_covered changes_as_reported words_of_pair show_page config_head write_lists);

my $root = "$ENV{CORS_WORK}/t/htdocs";
# the files of each test have their own names, because tests may run in parallel
my $test = basename($0, '.t');
my $files = Apache::Test::vars('t_logs') . "/pairs-$test";

# --- random policies

my @origins = ('https://a.example', 'https://b.example:8443', 'https://*.c.example', 'http://d.example:*', 'https://*.e.example:*',
    'capacitor://localhost', 'http://127.0.0.1', 'https://deep.c.example', 'https://*.x.c.example', 'https://x.e.example:7', 'https://*.e.example:9');
my @regexes = ('https://f[0-9]+\.example', 'https://f[0-8]+\.example', 'https://(a|g)\.example(:[0-9]+)?', '^https://h\.example$', '(?i)https://L\.example',
    'https://[a-z]+\.c\.example', 'https://(?!z)[a-z]+\.c\.example');
my @methods = qw(GET HEAD POST PUT PATCH DELETE PURGE PROPFIND X-Own);
my @headers = qw(content-type X-A X-B Authorization If-Match);
my @exposed = qw(ETag x-a X-B Content-Type Authorization);
# the lists in files
my @files = map { "$files-$_.origins" } 1 .. 4;
my @sources = map { "pairs-$_" } 3, 4;

sub list {
    my ($directive, $alone, @entries) = @_;
    return "$directive " . one_of(@$alone) if chance(0.15);
    my $edits = chance(0.35);
    my @chosen = map { $edits ? one_of('+', '+', '-') . $_ : $_ } some_of(0.35, @entries);
    return @chosen ? "$directive @chosen" : "$directive $alone->[-1]";
}

sub origins {
    my ($directive, @entries) = @_;
    my $text = list($directive, [ '*', 'None' ], @entries);
    $text .= ' !' . one_of('https://a.example', 'https://*.x.c.example', 'http://d.example:81', 'https://deep.c.example', 'https://*.e.example:7')
        if $text !~ /\s[+-]|\*$|None/ && chance(0.4);
    return $text;
}

my %line = (
    CorsPolicy => sub { 'CorsPolicy ' . one_of(qw(On On On On Off ReportOnly)) },
    CorsAllowOrigins => sub { origins('CorsAllowOrigins', @origins) },
    CorsAllowOriginsMatch => sub { my $mark = one_of('', '', '+', '-'); return 'CorsAllowOriginsMatch "' . $mark . one_of(@regexes) . '"' },
    CorsAllowMethods => sub { list('CorsAllowMethods', [ '*', 'GET' ], @methods) },
    CorsAllowHeaders => sub { list('CorsAllowHeaders', [ '*', 'None' ], @headers) },
    CorsAllowCredentials => sub { 'CorsAllowCredentials ' . one_of(qw(On Off)) },
    CorsAllowAnyOriginWithCredentialsUnsafe => sub { 'CorsAllowAnyOriginWithCredentialsUnsafe On' },
    CorsAllowNullOriginUnsafe => sub { "CorsAllowNullOriginUnsafe On\n" . one_of('CorsAllowOrigins null https://a.example', '') },
    CorsMaxAge => sub { 'CorsMaxAge ' . one_of(qw(0 77)) },
    CorsAllowOriginsFile => sub { 'CorsAllowOriginsFile ' . one_of(@files) },
    CorsAllowOriginsFrom => sub { 'CorsAllowOriginsFrom ' . one_of(@sources) },
    CorsExposeHeaders => sub { list('CorsExposeHeaders', [ '*', 'None' ], @exposed) },
    CorsRejectDisallowed => sub { 'CorsRejectDisallowed ' . one_of(qw(On Off)) },
    CorsPreflight => sub { 'CorsPreflight ' . one_of(qw(Answer Continue)) },
    CorsWebSocketAllowOrigins => sub { origins('CorsWebSocketAllowOrigins', 'Self', @origins) },
    CorsWebSocketRequireOrigin => sub { 'CorsWebSocketRequireOrigin ' . one_of(qw(On Off)) },
    CorsProtect => sub { 'CorsProtect ' . one_of('On', 'On', 'On Strict', 'ReportOnly', 'Off') },
    CorsProtectAllowOrigins => sub { origins('CorsProtectAllowOrigins', @origins) =~ s/ \*\z/ https:\/\/a.example/r },
    CorsProtectEmbedding => sub { 'CorsProtectEmbedding ' . one_of(qw(On Off)) },
    CorsTimingAllowOrigin => sub { 'CorsTimingAllowOrigin ' . one_of(qw(Policy Policy * Off)) },
    CorsResourcePolicy => sub { 'CorsResourcePolicy ' . one_of(qw(same-origin same-site cross-origin Off)) },
);
# Some directives fail together with others, so they are less frequent.
my %rarely = map { $_ => 1 } qw(CorsAllowOriginsFile CorsAllowOriginsFrom CorsAllowOriginsMatch CorsExposeHeaders CorsPreflight CorsResourcePolicy CorsMaxAge);

# Directives of a section. Those for one list of origins that cannot be together are not drawn
# together, because httpd stops at the first of them.
sub directives {
    my ($often) = @_;
    my @lines = map { chance($rarely{$_} ? $often / 2 : $often) ? split(/\n/, $line{$_}->()) : () } sort keys %line;
    my @lists = grep { /\ACorsAllowOrigins/ } @lines;
    return @lines if @lists < 2 || !grep { / (?:[+-]|"[+-]|\*$|None$)/ } @lists;
    return grep { !/\ACorsAllowOrigins/ || $_ eq $lists[0] } @lines;
}

sub limits {
    my ($often) = @_;
    return map { chance($often) ? ("<$_ " . join(' ', some_of(0.3, qw(GET PUT PATCH PURGE POST X-Own)), 'DELETE') . '>', directives(0.2), "</$_>") : () } qw(Limit LimitExcept);
}

sub section {
    my ($title) = @_;
    my ($name) = $title =~ /(\w+)/;
    return ("<$title>", directives(0.2), limits(0.1), $title =~ /Location/ || !chance(0.1) ? () : ('<If "true">', directives(0.2), '</If>'), "</$name>");
}

my @plain = ('Location "/videos"', 'Location "/videos"', 'Location "/deep"', 'Location "/deep/er"', 'Location "/"');
my @others = ('LocationMatch "m"', "Directory \"$root/directory\"", 'Files "one.txt"', 'LocationMatch "^/match$"', 'If "true"');

# The lines of a virtual host. Only a plain one has no sections other than <Location>.
sub host_lines {
    my ($is_plain) = @_;
    return ('CorsPolicy On', (map { chance(0.7) ? $line{CorsAllowOrigins}->() : () } 1), directives(0.15), limits(0.1),
        map { chance(0.3) ? section($_) : () } @plain, $is_plain ? () : @others);
}

# Where the block that begins in a line ends.
sub block_end {
    my ($lines, $from) = @_;
    my $depth = 0;
    for my $i ($from .. $#$lines) {
        $depth += $lines->[$i] =~ m{\A</} ? -1 : $lines->[$i] =~ /\A</ ? 1 : 0;
        return $i if !$depth;
    }
}

# The lines with a few changes: directives that are replaced, removed and added, and sections
# that are removed.
sub changed {
    my ($is_plain, @lines) = @_;
    my @now;
    for (my $i = 0; $i < @lines; $i++) {
        my $line = $lines[$i];
        if ($line =~ m{\A</?}) {
            if ($line !~ m{\A</} && chance(0.1)) { $i = block_end(\@lines, $i); next }
            push @now, $line;
            push @now, directives(0.05) if $line !~ m{\A</};
            next;
        }
        my ($directive) = $line =~ /(\w+)/;
        next if chance(0.1);
        push @now, chance(0.2) ? split(/\n/, $line{$directive}->()) : $line;
    }
    push @now, section(one_of(@plain, $is_plain ? () : @others)) if chance(0.2);
    # a section that changes its place
    my ($from) = grep { $now[$_] =~ /\A<(?!Limit|\/)/ } reverse 0 .. $#now;
    if (defined $from && chance(0.15)) {
        my @moved = splice @now, $from, block_end(\@now, $from) - $from + 1;
        my ($to) = grep { $now[$_] =~ /\A<(?!Limit|\/)/ } 0 .. $#now;
        splice @now, $to // 0, 0, @moved;
    }
    return @now;
}

sub host_text {
    my ($name, @lines) = @_;
    return join '', map { "$_\n" } '<VirtualHost 127.0.0.1:1>', "ServerName $name", @lines, '</VirtualHost>';
}

# --- lists in files

# The lines of each file, before and now.
my @lists;

sub draw_lists {
    @lists = ([], []);
    for my $i (0 .. $#files) {
        my @lines = some_of(0.3, @origins);
        push @lines, '!https://deep.c.example' if chance(0.3);
        $lists[0][$i] = \@lines;
        $lists[1][$i] = chance(0.4) ? \@lines : [ (grep { chance(0.8) } @lines), some_of(0.1, @origins) ];
    }
    return;
}

# Write the files of a side: 0 before, 1 now.
sub write_lists {
    my ($side) = @_;
    Httpd::spew($files[$_], map { "$_\n" } @{ $lists[$side][$_] }) for 0 .. $#files;
    return;
}

# What every configuration begins with.
sub config_head { return join '', "DocumentRoot \"$root\"\n", map { "CorsOriginSource $sources[$_] file:$files[ $_ + 2 ]\n" } 0 .. $#sources }

# A text for the second opinion, which reads no files: their lines are arguments.
sub without_files {
    my ($side, $text) = @_;
    my %lines = map { ($files[$_] => "@{ $lists[$side][$_] }", ($_ > 1 ? ($sources[ $_ - 2 ] => "@{ $lists[$side][$_] }") : ())) } 0 .. $#files;
    return $text =~ s/^CorsAllowOriginsF(?:ile|rom) (\S+)$/CorsAllowOrigins @{[ $lines{$1} || 'None' ]}/gmr;
}

# --- pairs

# The numbers of the hosts that httpd refuses.
sub refused {
    my @texts = @_;
    my $check = config_check(config_head() . join '', @texts);
    return if $check->{code} == 0;
    my ($line, %where, %bad) = ($check->{before} + (() = config_head() =~ /\n/g));
    for my $i (0 .. $#texts) { $where{ ++$line } = $i for 1 .. $texts[$i] =~ tr/\n// }
    while ($check->{errors} =~ /(?:line (\d+) of \Q$check->{file}\E|\Q$check->{file}\E:(\d+))/g) {
        $bad{ $where{ $1 // $2 } } = 1 if defined $where{ $1 // $2 };
    }
    die "httpd refuses no virtual host: $check->{errors}" if !%bad;
    return keys %bad;
}

# Pairs that start, each a hash: name, plain (it has only sections of <Location>), texts (old
# and new), and reference, the second opinion of each.
sub draw_pairs {
    my ($count) = @_;
    draw_lists();
    my @made = map {
        my $is_plain = chance(0.6);
        my @lines = host_lines($is_plain);
        my $name = "h$_.example";
        { name => $name, plain => $is_plain, texts => [ host_text($name, @lines), host_text($name, changed($is_plain, @lines)) ] };
    } 1 .. 5 * $count;
    for my $side (0, 1, 0, 1, 0, 1, 0, 1) {
        write_lists($side);
        while (my %bad = map { $_ => 1 } refused(map { $_->{texts}[$side] } @made)) {
            @made = map { $made[$_] } grep { !$bad{$_} } 0 .. $#made;
        }
    }
    die "hardly any pair made by chance starts\n" if @made < $count;
    @made = @made[ 0 .. $count - 1 ];
    # random pairs practically never allow the same, so add one that does
    push @made, reversed_pair(@made);
    for my $pair (@made) {
        $pair->{reference} = [ map { Reference->new(without_files($_, $pair->{texts}[$_]), root => $root) } 0, 1 ];
    }
    return @made;
}

# A pair that allows the same: only the order of the entries differs. The model has no list
# file, whose lines may change, and no CorsTimingAllowOrigin Policy, whose header keeps the
# order.
sub reversed_pair {
    my (@made) = @_;
    my ($model) = grep { $_->{plain} && $_->{texts}[0] !~ /CorsAllowOriginsF|CorsTimingAllowOrigin Policy/ } @made;
    my $old = $model->{texts}[0] =~ s/^ServerName .*/ServerName reversed.example/mr;
    my $now = $old =~ s/^(Cors(?:Allow|Expose|WebSocketAllow|ProtectAllow)(?:Origins|Methods|Headers)) (.*)/"$1 " . join ' ', reverse split ' ', $2/gmer;
    return { name => 'reversed.example', plain => 1, texts => [ $old, $now ] };
}

# What CorsCompare reports: its exit status, and for each host its differences with the title
# of a section.
sub differences {
    my (@made) = @_;
    write_lists(0);
    my $old = config_check(config_head() . join('', map { $_->{texts}[0] } @made), '-D DUMP_CORS_JSON');
    my $file = "$files-old.json";
    Httpd::spew($file, $old->{printed});
    write_lists(1);
    my $now = config_check(config_head() . join('', map { $_->{texts}[1] } @made), "-c 'CorsCompare $file'", '-D DUMP_CORS_COMPARE_JSON');
    my $json = eval { JSON::PP->new->utf8->decode($now->{printed}) } or die "no JSON: $now->{errors}";
    my %by_host;
    for my $difference (@{ $json->{differences} }) {
        push @{ $by_host{ $_->{server_name} } }, [ $difference, $_->{section} ] for $difference, @{ $difference->{also} };
    }
    return ($now->{code}, \%by_host);
}

# --- what pages do

# The kinds of what a page can do:
#   read       make a request, with a method, headers and perhaps credentials, and read it
#   header     read a header of the response
#   websocket  open a WebSocket
#   form       send a form with cookies, whether it can read the response or not
#   embed      embed the resource
#   script     send a request by itself, without Origin and Sec-Fetch-Site
#   time       see the timings of the resource
#   resource   embed it by its Cross-Origin-Resource-Policy
our @kinds = qw(read header websocket form embed script time resource);

my @paths = qw(/plain.txt /videos /deep /deep/er /match /directory/a /one.txt /directory/one.txt);
my @fixed = ('https://a.example', 'http://a.example', 'https://a.example:444', 'https://b.example:8443', 'https://b.example', 'https://x.c.example', 'https://y.x.c.example',
    'https://x.c.example:444', 'https://c.example', 'http://x.c.example', 'https://deep.c.example', 'https://z.deep.c.example', 'http://d.example', 'http://d.example:99',
    'http://d.example:81', 'https://d.example', 'http://e.d.example', 'https://x.e.example:7', 'https://y.e.example:7', 'https://x.e.example:9', 'https://x.e.example', 'https://e.example',
    'capacitor://localhost', 'http://127.0.0.1', 'https://f9.example', 'https://f8.example', 'https://f.example', 'https://g.example:1', 'https://h.example', 'https://l.example',
    'https://zz.c.example', 'https://evil.example', 'null');

sub near {
    my ($origin) = @_;
    return $origin if $origin eq 'null' || chance(0.4);
    return one_of("$origin.evil.example", "$origin:1", $origin =~ s{://}{://evil}r, $origin =~ s{://}{://x.}r, $origin =~ s/\Ahttps:/http:/r, $origin =~ s/:\d+\z//r);
}

# A random page of a kind. known: further origins.
sub page_of {
    my ($kind, @known) = @_;
    my $origin;
    do { $origin = near(one_of(@fixed, @known, @known)) } until $origin eq 'null' || Reference::origin_parts($origin);
    my %page = (kind => $kind, origin => $origin, path => one_of(@paths), method => 'GET', names => [], credentials => 0);
    if ($kind =~ /\A(?:read|header)\z/) {
        $page{method} = one_of(@methods, 'GET', 'GET', 'LOCK');
        $page{names} = [ chance(0.5) ? () : some_of(0.3, map { lc } @headers, 'x-none') ];
        $page{credentials} = chance(0.4) ? 1 : 0;
    }
    @page{qw(method names)} = ('GET', []) if $kind eq 'header';
    $page{header} = lc one_of(@exposed, 'x-none') if $kind eq 'header';
    $page{method} = 'POST' if $kind =~ /\A(?:form|script)\z/;
    return \%page;
}

# A request of a page of any kind but read and header.
sub request_of {
    my ($page, $authority) = @_;
    my $kind = $page->{kind};
    my @fields = ([ Host => $authority ], $kind =~ /\A(?:embed|script|time|resource)\z/ && !$page->{witness} ? () : [ Origin => $page->{origin} ]);
    push @fields, map { [ "Sec-Fetch-$_->[0]" => $_->[1] ] } [ Site => 'cross-site' ],
        [ Mode => $kind eq 'websocket' ? 'websocket' : $kind eq 'form' ? 'navigate' : 'no-cors' ], [ Dest => $kind eq 'websocket' ? 'empty' : $kind eq 'form' ? 'document' : 'image' ]
        if $kind ne 'script';
    push @fields, [ Cookie => 'id=1' ], [ 'Content-Type' => 'application/x-www-form-urlencoded' ] if $kind eq 'form';
    push @fields, [ Upgrade => 'websocket' ], [ Connection => 'Upgrade' ], [ 'Sec-WebSocket-Version' => 13 ], [ 'Sec-WebSocket-Key' => 'x3JJHMbDL1EzLkh9GBhXDw==' ] if $kind eq 'websocket';
    return { method => $page->{method}, path => $page->{path}, authority => $authority, headers => \@fields };
}

# What a page gets: whether it may do what it does; of kind resource, the policy. ask: called
# with a request (method, path, headers), returns status and headers.
sub outcome {
    my ($page, $authority, $ask) = @_;
    if ($page->{kind} =~ /\A(?:read|header)\z/) {
        my $fetched = Fetch::fetch({ url => "http://$authority$page->{path}", origin => $page->{origin}, method => $page->{method}, headers => [ map { [ $_ => 'application/x' ] } @{ $page->{names} } ],
            credentials => $page->{credentials} ? 'include' : 'omit', redirect => 'manual' }, sub {
                my ($sent) = @_;
                return $ask->({ %$sent, path => $page->{path}, authority => $authority, headers => [ [ Host => $authority ], @{ $sent->{headers} }, $sent->{with} ? [ Cookie => 'id=1' ] : (), [ 'Sec-Fetch-Site' => 'cross-site' ], [ 'Sec-Fetch-Mode' => 'cors' ] ] });
            });
        return 0 if $fetched->{type} ne 'cors';
        return 1 if $page->{kind} eq 'read';
        return scalar Fetch::exposed_names($page->{credentials} ? 'include' : 'omit', $fetched->{response}{headers}, $page->{header});
    }
    my $response = $ask->(request_of($page, $authority));
    return Fetch::header_of($response->{headers}, 'Cross-Origin-Resource-Policy') // 'Off' if $page->{kind} eq 'resource';
    if ($page->{kind} eq 'time') {
        my %timed = map { $_ => 1 } split /\s*,\s*/, Fetch::header_of($response->{headers}, 'Timing-Allow-Origin') // '';
        return $timed{'*'} || $timed{ $page->{origin} } ? 1 : 0;
    }
    return $response->{status} == 403 ? 0 : 1;
}

# What answers in place of a server: the second opinion.
sub asks_reference {
    my ($reference, $host) = @_;
    return sub {
        my ($request) = @_;
        my $answer = $reference->answer({ %$request, host => $host, port => 1, scheme => 'http' }, { status => 200, fields => {} });
        return { status => $answer->{status}, headers => [ map { [ $_ => $answer->{fields}{$_} ] } grep { defined $answer->{fields}{$_} } sort keys %{ $answer->{fields} } ] };
    };
}

sub show_page {
    my ($page) = @_;
    return "$page->{kind} $page->{origin} $page->{method} $page->{path} [@{ $page->{names} }]" . ($page->{credentials} ? ' with credentials' : '') . ($page->{header} ? " reading $page->{header}" : '');
}

# --- what a difference covers

# The title of each section of a pair, those of an inner one after the outer ones. A title
# that a text has several times is there as often.
sub titles_of {
    my ($pair) = @_;
    my %titles;
    for my $text (@{ $pair->{texts} }) {
        my (@open, %seen);
        for (split /\n/, $text) {
            if (m{\A</(\w+)>}) { pop @open if $1 !~ /\A(?:Limit|LimitExcept|VirtualHost)\z/ }
            elsif (/\A<(?!Limit|VirtualHost)/) { push @open, $_; $seen{"@open"}++ }
        }
        for (keys %seen) { $titles{$_} = $seen{$_} if $seen{$_} > ($titles{$_} // 0) }
    }
    return map { ($_) x $titles{$_} } sort keys %titles;
}

sub applies {
    my ($title, $path) = @_;
    return 1 if !defined $title;
    for (split /(?<=>) (?=<)/, $title) {
        return 0 if /\A<Location "(.*)">\z/ && $1 ne '/' && $path ne $1 && $path !~ m{\A\Q$1\E/};
        return 0 if /\A<LocationMatch "(.*)">/ && $path !~ /$1/;
        return 0 if /\A<Directory/ && $path !~ m{\A/directory/};
        return 0 if /\A<Files/ && $path !~ m{/one\.txt\z};
    }
    return 1;
}

# Whether the sections that apply to a path are those that CorsCompare compares together: all
# are plain, or there is one.
sub is_strict {
    my ($pair, $path) = @_;
    return 1 if $pair->{plain};
    my @applying = grep { applies($_, $path) } titles_of($pair);
    return @applying <= 1 || !grep { !/\A<Location "[^>]*">\z/ } @applying;
}

# All entries of the lists of a pair.
sub words_of_pair {
    my ($pair) = @_;
    my %words;
    for my $side (0, 1) {
        for (split /\n/, without_files($side, $pair->{texts}[$side])) {
            my ($directive, @words) = /\A(Cors(?:Allow|WebSocketAllow|ProtectAllow)Origins(?:Match)?) (.*)/ ? ($1, Reference::words_of($2)) : next;
            for my $word (map { s/\A[!+-]//r } @words) { $words{"$directive $word"} = { word => $word, regex => $directive =~ /Match/ ? 1 : 0 } }
        }
    }
    return [ values %words ];
}

# Whether an entry of a pair matches both origins. Where no list is in force, any origin is
# reached, so no entry has to match.
sub share_entry {
    my ($pair, $one, $other) = @_;
    return 1 if $one eq $other || $other =~ m{\Ahttps://any-other\b};
    my ($first, $second) = map { Reference::is_about($_) } $one, $other;
    $pair->{words} //= words_of_pair($pair);
    return scalar grep { $first->($_) && $second->($_) } @{ $pair->{words} };
}

sub has_method {
    my ($difference, $method) = @_;
    return scalar grep { $_ eq $method } @{ $difference->{methods} } if $difference->{methods};
    return !grep { $_ eq $method } @{ $difference->{except_methods} // [] };
}

my $lists = qr/\ACors(?:Policy|Allow(?:Origins|Credentials|NullOriginUnsafe))\z/;
# The directives whose change may change what a page of a kind can do.
my %concerns = (
    read => qr/$lists|\ACorsAllow(?:Methods|Headers)\z/,
    header => qr/$lists|\ACorsExposeHeaders\z/,
    websocket => qr/$lists|\ACors(?:WebSocket|Protect)/,
    form => qr/$lists|\ACors(?:Protect|RejectDisallowed)/,
    embed => qr/$lists|\ACors(?:Protect|RejectDisallowed)/,
    script => qr/\ACorsProtect\z/,
    time => qr/$lists|\ACorsTimingAllowOrigin\z/,
    resource => qr/\ACorsResourcePolicy\z/,
);
# How much CorsResourcePolicy allows.
my %embeds = (Off => 3, 'cross-origin' => 2, 'same-site' => 1, 'same-origin' => 0);
# Those whose settings are reported as such.
my %settings = (
    websocket => qr/\ACorsWebSocketRequireOrigin\z/,
    form => qr/\ACors(?:Protect|ProtectHost|RejectDisallowed)\z/,
    embed => qr/\ACorsProtect(?:|Embedding|Host)\z/,
    script => qr/\ACorsProtect\z/,
    time => qr/\ACorsTimingAllowOrigin\z/,
    resource => qr/\ACorsResourcePolicy\z/,
);
my %aspects = (read => qr/\Arequest\z/, header => qr/\A(?:request|response-headers)\z/, websocket => qr/\Awebsocket\z/, form => qr/\A(?:protect|request)\z/, embed => qr/\Aprotect\z/);

# Whether a difference is one of the rest of a request, shown by one origin of all that both
# sides allow.
sub is_of_rest { my ($difference) = @_; return $difference->{headers} || ($difference->{decided_by} // '') =~ /\ACorsAllowCredentials / }

# Whether a difference of a section covers a page whose outcome was $old and is now $now.
sub covers {
    my ($pair, $difference, $title, $page, $old, $now) = @_;
    my ($kind, $directive, $change) = ($page->{kind}, $difference->{directive}, $difference->{change});
    my $method = $kind eq 'websocket' ? 'GET' : $page->{method};
    return 0 if !applies($title, $page->{path}) || ($difference->{aspect} ne 'websocket' && !has_method($difference, $method));
    my $concerns = defined $directive ? $directive =~ $concerns{$kind} : 1;
    if ($change eq 'undecided') {
        return $concerns && ($difference->{obstacle} // '') !~ /CORS headers of/ if $difference->{aspect} eq 'setting';
        return $aspects{$kind} && $difference->{aspect} =~ $aspects{$kind};
    }
    my $wider = $kind eq 'resource' ? $embeds{$now} > $embeds{$old} : $now ne '0';
    if ($difference->{aspect} eq 'setting') {
        # a change that can only allow less
        return $concerns && !$wider if $change eq 'changed' && defined $difference->{obstacle};
        return 0 if !$settings{$kind} || $directive !~ $settings{$kind};
        # who may measure now may be others than before
        return 1 if $kind eq 'time' && $change eq 'weaker';
        return $kind eq 'resource' || $change eq ($now ? 'weaker' : 'changed');
    }
    return 0 if !$aspects{$kind} || $difference->{aspect} !~ $aspects{$kind} || $change ne ($now ? 'newly allowed' : 'no longer allowed');
    # another section that applies may have other credentials and headers
    return 1 if !is_strict($pair, $page->{path});
    if ($difference->{headers}) {
        my %names = map { lc $_ => 1 } @{ $difference->{headers} };
        return $names{ $page->{header} } || $names{'x-any-other'} if $kind eq 'header';
        return scalar grep { $names{$_} || ($names{'x-any-other'} && $_ ne 'authorization') } @{ $page->{names} };
    }
    return 0 if $page->{credentials} && !$difference->{credentials};
    return is_of_rest($difference) || $difference->{more_origins} || share_entry($pair, $page->{origin}, $difference->{origin});
}

# Whether one of the differences of a host covers a page.
sub is_covered {
    my ($pair, $found, $page, $old, $now) = @_;
    return scalar grep { covers($pair, @$_, $page, $old, $now) } @$found;
}

# --- what shows a difference

my %paths_of = ('<LocationMatch "^/match$">' => '/match', '<LocationMatch "m">' => '/match', '<Files "one.txt">' => '/one.txt', '<If "true">' => '/plain.txt');

# A page that shows a difference with an origin, at a path that CorsCompare has decided on;
# nothing if there is none.
sub witness_of {
    my ($pair, $difference, $title) = @_;
    return if !defined $difference->{origin};
    # a request that CorsProtect lets pass may still be refused
    return if $difference->{aspect} eq 'protect' && grep { /CorsRejectDisallowed On/ } @{ $pair->{texts} };
    my ($plain) = defined $title ? $title =~ /\A<Location "([^>]*)">\z/ : '/';
    my $path = !defined $title || ($plain // '') eq '/' ? '/plain.txt' : $plain // $paths_of{$title} // ($title =~ /\A<Directory [^>]*>\z/ ? '/directory/a' : return);
    return if !is_strict($pair, $path) || grep { applies($_, $path) && !applies_above($_, $title) } titles_of($pair);
    my %page = (origin => $difference->{origin}, path => $path, method => 'GET', names => [], credentials => $difference->{credentials} ? 1 : 0, witness => 1);
    my $aspect = $difference->{aspect};
    my ($method) = $difference->{methods} ? $difference->{methods}[0] : grep { has_method($difference, $_) } 'GET', 'LOCK';
    return { %page, kind => 'read', method => $method, names => [ map { lc } @{ $difference->{headers} // [] } ] } if $aspect eq 'request';
    return { %page, kind => 'header', method => $method, header => $difference->{headers}[0], credentials => 0 } if $aspect eq 'response-headers';
    return { %page, kind => 'websocket', credentials => 0 } if $aspect eq 'websocket';
    my ($unsafe) = grep { has_method($difference, $_) && !/\A(?:GET|HEAD)\z/ } 'POST', @{ $difference->{methods} // [] }, 'LOCK';
    return { %page, kind => $unsafe ? 'form' : 'embed', method => $unsafe // 'GET', credentials => 0 };
}

# Whether a section applies wherever another one does.
sub applies_above {
    my ($outer, $title) = @_;
    my ($path) = defined $title ? $title =~ /\A<Location "([^>]*)">\z/ : ();
    return 1 if ($title // '') eq $outer;
    return defined $path && $outer =~ /\A<Location "/ && applies($outer, $path);
}

# Whether the outcomes before and now are those of a difference.
sub changes_as_reported {
    my ($difference, $old, $now) = @_;
    return "$old $now" eq ($difference->{change} eq 'newly allowed' ? '0 1' : '1 0');
}

1;
