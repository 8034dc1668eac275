# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Httpd;

# Reads configurations of httpd, .htaccess files too. It finds the lines that make
# CORS headers, the sections around them, which lines apply in a section
# (those around it, and perhaps those of others), and in which order; HttpdRun.pm
# runs them. An <If> on the origin is a condition of its lines, which come last;
# any other section is kept. What is decided when httpd starts, as <IfDefine>, is
# read both ways, and kept around what differs.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Assemble qw(policies);
use CorsImport::Classes qw(assume try_all);
use CorsImport::HttpdRun qw(run_lines is_readable);
use CorsImport::HttpdVerify qw(verify_httpd);
use CorsImport::Regex qw(quotemeta_path);
use CorsImport::Policy qw(note unique names methods age %attribute $with_every_status apart section slurp report %defined_origin @sections);
our @EXPORT_OK = qw(import_httpd);

my %header_of = map { $attribute{$_} => s/(?:^|-)\K(\w)/\U$1/gr } keys %attribute;
my %least = (methods => [qw(GET HEAD POST)], headers => [], expose => [], credentials => 0, age => 'None', network => 0);

# --- lines

sub httpd_words {
    my ($text) = @_;
    my @words;
    while ($text =~ /\G\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\S+))/gc) {
        my $word = $1 // $2 // $3;
        $word =~ s/\\(["'])/$1/g if !defined $3;
        push @words, $word;
    }
    return @words;
}

# A place is a section that has lines: the number of its virtual host, 0 for
# none, and the chain of containers that decide whether it applies.

# The kind and the path of a container without wildcards; nothing for another.
sub plain_path {
    my ($container) = @_;
    my ($kind, $path) = $container =~ /\A<(Location|Directory|Files)\s+(?|"([^"]*)"|'([^']*)'|([^"'~\s]\S*))\s*>\z/i or return;
    $kind = lc $kind;
    return if $path =~ /[*?\[]/;
    $path =~ s{(?<=.)/+\z}{} if $kind eq 'directory';
    return ($kind, $path);
}

sub is_container_within {
    my ($inner, $outer) = @_;
    return 1 if $inner eq $outer;
    my ($kind, $path) = plain_path($inner) or return 0;
    my ($outer_kind, $outer_path) = plain_path($outer) or return 0;
    return 0 if $kind ne $outer_kind;
    return 1 if $path eq $outer_path;
    return $kind ne 'files' && index($path, $outer_path =~ s{/?\z}{/}r) == 0;
}

# Whether the outer place applies to every request of the inner one.
sub covers {
    my ($outer, $inner) = @_;
    return 0 if $outer->{host} && $outer->{host} != $inner->{host};
    for my $container (@{ $outer->{chain} }) {
        return 0 if !grep { is_container_within($_, $container) } @{ $inner->{chain} };
    }
    return 1;
}

# Whether two places can apply to one request.
sub overlap {
    my ($one, $other) = @_;
    return 0 if $one->{host} && $other->{host} && $one->{host} != $other->{host};
    for my $left (@{ $one->{chain} }) {
        my ($kind) = plain_path($left) or next;
        for my $right (@{ $other->{chain} }) {
            my ($same) = plain_path($right) or next;
            return 0 if $same eq $kind && !is_container_within($left, $right) && !is_container_within($right, $left);
        }
    }
    return 1;
}

# What sorts containers as httpd merges them.
sub merge_order {
    my ($place, @chain) = @_;
    my %rank = (directory => 1, proxy => 1, directorymatch => 2, proxymatch => 2, files => 3, filesmatch => 3,
        location => 4, locationmatch => 4, if => 5, elseif => 5, else => 5);
    my ($rank, $depth) = (0, 0);
    for my $container (@chain) {
        my $is = $rank{ $container =~ /\A<(\w+)/ ? lc $1 : '' } // 0;
        my ($kind, $path) = plain_path($container);
        $depth = $path =~ tr{/}{} if ($kind // '') eq 'directory';
        $is = 2 if $is == 1 && !defined $kind;
        $rank = $is if $is > $rank;
    }
    return sprintf '%d %03d %d %06d', $rank, $rank == 1 ? $depth : 0, $place->{host} ? 1 : 0, $place->{number};
}

# --- reading

my $is_kept = qr/(?:Location|Directory|Files|Proxy)(?:Match)?|If/i;
my $is_decided_at_start = qr/If(?:Define|Version|Module|File|Directive|Section)/i;
my $is_passed_over = qr/(?:VirtualHost|Limit|LimitExcept|Require(?:All|Any|None)|AuthnProviderAlias|AuthzProviderAlias)/i;
# without these modules, the lines had no effect
my $is_needed = qr/\A(?:mod_)?(?:headers|setenvif|env|rewrite|version|so|core|expires|mime|proxy|proxy_http|dir|alias)(?:\.c|_module)\z/i;

# The lines of a text, continued ones joined: words, number, the text itself.
sub logical_lines {
    my ($text) = @_;
    my @raw = split /\n/, $text, -1;
    my (@lines, $at);
    for (my $i = 0; $i < @raw;) {
        $at = $i + 1;
        my $line = $raw[ $i++ ] =~ s/\r\z//r;
        while ($line =~ s/\\\z// && $i < @raw) { $line .= $raw[ $i++ ] =~ s/\r\z//r }
        $line =~ s/\A\s+|\s+\z//g;
        push @lines, { line => $at, text => $line } if $line ne '' && $line !~ /\A#/;
    }
    return @lines;
}

# The file and number of a line.
sub at { my ($file, $line) = @_; return $line->{line} =~ s/\A(?=\d+\z)/$file:/r }

# The lines of a file, with those that it includes in their place. A line of
# another file has that in front of its number.
sub lines_of {
    my ($self, $file, $depth) = @_;
    my $prefix = $file eq $self->{file} ? '' : "$file:";
    my @lines = logical_lines(slurp($file));
    $_->{line} = "$prefix$_->{line}" for @lines;
    for my $line (@lines) { $self->{root} //= $1 if $line->{text} =~ /\AServerRoot\s+"?([^"]+?)"?\z/i }
    return map { $_->{text} =~ /\AInclude(?:Optional)?\s/i ? included($self, $_, $depth) : $_ } @lines;
}

# The lines that an Include brings in; the line itself if there is no such file.
sub included {
    my ($self, $line, $depth) = @_;
    my (undef, $name) = httpd_words($line->{text});
    return $line if !length($name // '') || $depth > 15;
    my $root = $self->{root} // ($self->{file} =~ m{\A(.*)/} ? $1 : '.');
    my @found = glob(($name =~ m{\A/} ? $name : "$root/$name") =~ s/([ \\{}~'"])/\\$1/gr);
    my @files = grep { -f } map { -d $_ ? sort glob(s/([ \\{}~'"*?\[])/\\$1/gr . '/*') : $_ } @found;
    return @files ? map({ lines_of($self, $_, $depth + 1) } @files) : $line;
}

# The lines with each Use in place of its macro, and without the macros.
sub expanded {
    my ($file, @lines) = @_;
    my (%macro, %is_used, @all, $open);
    for my $line (@lines) {
        if ($line->{text} =~ /\A<Macro\s+(\S+)\s*([^>]*)>\z/i) { $open = $macro{ lc $1 } = { name => $1, line => $line->{line}, words => [ httpd_words($2) ], lines => [] } }
        elsif ($line->{text} =~ m{\A</Macro>}i) { undef $open }
        elsif ($open) { push @{ $open->{lines} }, $line }
        else { push @all, $line }
    }
    for my $depth (1 .. 8) {
        @all = map {
            my $line = $_;
            my ($name, @words) = $line->{text} =~ /\AUse\s/i ? @{ [ httpd_words($line->{text}) ] }[ 1 .. 20 ] : ();
            my $macro = defined $name ? $macro{ lc $name } : undef;
            $is_used{ lc $name } = 1 if $macro;
            $macro ? map { { line => $_->{line}, at => $_->{at}, text => with_arguments($_->{text}, $macro, @words) } } @{ $macro->{lines} } : $line;
        } @all;
    }
    for my $name (sort grep { !$is_used{$_} } keys %macro) {
        my $macro = $macro{$name};
        my ($at) = grep { $_->{text} =~ /Access-Control-/i } @{ $macro->{lines} };
        report(at($file, $at) . ": the macro $macro->{name} is not used in this file, so its headers are omitted", 1) if $at;
    }
    return @all;
}

sub with_arguments {
    my ($text, $macro, @words) = @_;
    my %value;
    @value{ @{ $macro->{words} } } = @words;
    my ($names) = map { qr/$_/ } join '|', map { quotemeta } sort { length $b <=> length $a } grep { defined $value{$_} } keys %value;
    return grep({ defined } values %value) ? $text =~ s/($names)/$value{$1}/gr : $text;
}

# What is decided when httpd starts, of a section: its text without the "!", and
# whether there was a "!". Nothing if the result is certain, or for another section.
sub start_condition {
    my ($container) = @_;
    my ($kind, $not, $what) = $container =~ /\A<($is_decided_at_start)\s+"?(!?)\s*([^">]*|[<>=~]+\s*[^">]*)"?\s*>\z/i or return;
    return if lc $kind eq 'ifmodule' && $what =~ $is_needed || lc $kind eq 'ifversion' && defined version_holds($what);
    return ("<$kind %s$what>", $not ? 0 : 1);
}

# Whether a test of the version holds for every httpd that the module runs in;
# undef if that depends.
sub version_holds {
    my ($what) = @_;
    my ($operator, $version) = $what =~ /\A([<>=]*)\s*(\d+(?:\.\d+){0,2})\s*\z/ or return;
    my @number = (split(/\./, $version), 0, 0);
    my $is_older = $number[0] < 2 || $number[0] == 2 && ($number[1] < 4 || $number[1] == 4 && $number[2] < 41);
    return if !$is_older;
    return $operator =~ />/ ? 1 : 0;
}

# Whether a section that is decided for sure is passed over.
sub is_off {
    my ($container) = @_;
    my ($kind, $not, $what) = $container =~ /\A<(\w+)\s+"?(!?)\s*([^">]*|[<>=~]+\s*[^">]*)"?\s*>\z/;
    my $holds = lc $kind eq 'ifversion' ? version_holds($what) : 1;
    return $not ? $holds : !$holds;
}

# What a section is: passed over, kept, a condition on lines, of the start, or not
# known.
sub sort_of {
    my ($container) = @_;
    my ($name) = $container =~ /\A<(\w+)/;
    return 'start' if $name =~ /\A$is_decided_at_start\z/i;
    return 'passed' if $name =~ /\A$is_passed_over\z/;
    return 'branch' if $name =~ /\AElse(?:If)?\z/i;
    return 'kept' if $name =~ /\A$is_kept\z/;
    return 'unknown';
}

# The expression of an <If>.
sub condition_of {
    my ($container) = @_;
    return $container =~ /\A<(?:Else)?If\s+(?|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(.*?))\s*>\z/is ? $1 =~ s/\\(["'])/$1/gr : undef;
}

# Reads the lines, with what is decided at the start taken as $decided has it, as
# places: the lines of one section, in order.
sub read_places {
    my ($self, $decided, @lines) = @_;
    my %state = (stack => [], host => 0, hosts => 0, found => {}, order => [], conditions => [], previous => []);
    my $skipped = 0;
    for my $line (@lines) {
        if ($line->{text} =~ m{\A</(\w+)\s*>}) {
            if ($skipped) { $skipped--; next }
            my $left = pop @{ $state{stack} };
            $state{host} = 0 if lc $1 eq 'virtualhost';
            next;
        }
        if ($line->{text} =~ /\A<(\w+).*>\z/s) {
            if ($skipped || !enter($self, \%state, $decided, $line)) { $skipped++ }
            next;
        }
        next if $skipped;
        my ($name, @args) = httpd_words($line->{text});
        read_line($self, \%state, { %$line, name => lc $name, args => \@args });
    }
    return @{ $state{order} };
}

# Enters a section; false if it is skipped with all its contents.
sub enter {
    my ($self, $state, $decided, $line) = @_;
    my $container = $line->{text};
    my $sort = sort_of($container);
    if ($sort eq 'start') {
        my ($what, $is) = start_condition($container);
        if (!defined $what) { return 0 if is_off($container); push @{ $state->{stack} }, { passed => 1 }; return 1 }
        $self->{undecided}{$what} = 1;
        return 0 if ($decided->{$what} // 1) != $is;
        push @{ $state->{stack} }, { passed => 1 };
        return 1;
    }
    my $depth = @{ $state->{stack} };
    my %entry = (text => $container);
    if ($sort eq 'passed') { %entry = (passed => 1); if ($container =~ /\A<VirtualHost/i) { $state->{host} = ++$state->{hosts}; $state->{host_text} = $container } }
    elsif ($sort eq 'unknown') { %entry = (unknown => $container) }
    elsif ($sort eq 'branch' || $container =~ /\A<If\b/i) {
        my $condition = condition_of($container);
        my $is_read = defined $condition ? is_readable($condition) : 1;
        my $before = $sort eq 'branch' ? $state->{previous}[$depth] // [] : [];
        my @own = defined $condition ? [ 0, $condition ] : ();
        %entry = (if => [ @$before, @own ]) if $is_read && !grep { !$_->[2] } @$before or $sort eq 'branch';
        $state->{previous}[$depth] = [ @$before, defined $condition ? [ 1, $condition, $is_read ] : () ];
    }
    push @{ $state->{stack} }, \%entry;
    return 1;
}

# The place of the sections that are open.
sub place {
    my ($self, $state, $line) = @_;
    my @chain = map { $_->{text} // () } @{ $state->{stack} };
    my $key = join "\n", $state->{host}, @chain;
    if (!$state->{found}{$key}) {
        my $place = $state->{found}{$key} = { host => $state->{host}, chain => \@chain, lines => [], number => scalar @{ $state->{order} }, line => $line->{line} };
        $place->{host_text} = $state->{host_text} if $state->{host};
        $place->{names} = $self->{server_name};
        push @{ $state->{order} }, $place;
    }
    return $state->{found}{$key};
}

my %is_read = map { $_ => 1 } qw(header setenvif setenvifnocase setenvifexpr setenv unsetenv passenv rewriterule);

# One directive.
sub read_line {
    my ($self, $state, $line) = @_;
    my ($name, @args) = ($line->{name}, @{ $line->{args} });
    if ($name eq 'servername') { $self->{server_name}{ $state->{hosts} } = $args[0] if $state->{host} }
    elsif ($name eq 'documentroot') { $self->{document_root}{ $state->{host} } = $args[0] =~ s{(?<=.)/+\z}{}r if ($args[0] // '') =~ m{\A/} }
    elsif ($name eq 'rewritecond') { push @{ $state->{conditions} }, $line }
    elsif ($name =~ /\Ainclude(?:optional)?\z/) { report(at($self->{file}, $line) . ": $args[0] is not followed; give its files as arguments", $name eq 'include') if $self->{is_cors} || $name eq 'include' }
    return if !$is_read{$name};
    if ($name eq 'rewriterule') { $line->{conditions} = $state->{conditions}; $state->{conditions} = [] }
    return if $name eq 'header' && !read_header($line);
    return if $name ne 'header' && @args < ($name eq 'unsetenv' || $name eq 'passenv' ? 1 : 2);
    $line->{is_variable} = $self->{is_variable};
    my @set = $name eq 'rewriterule' ? ($args[2] // '') =~ /\b(?:E|env)=!?([^:\],]+)/gi : $name =~ /\Asetenvif/ ? map { /\A!?([^=]+)/ ? $1 : () } @args[ 1 .. $#args ] : $name eq 'setenv' ? $args[0] : ();
    $self->{is_variable}{ lc $_ } = 1 for @set;
    if (my ($unknown) = map { $_->{unknown} // () } @{ $state->{stack} }) {
        report(at($self->{file}, $line) . ": the contents of $unknown are omitted: they cannot be read here", 1) if $name eq 'header' && $attribute{ lc $line->{header} };
        return;
    }
    $line->{if} = [ map { @{ $_->{if} // [] } } @{ $state->{stack} } ];
    push @{ place($self, $state, $line)->{lines} }, $line;
}

# The words of a Header line, into the line; whether it is about CORS.
sub read_header {
    my ($line) = @_;
    my @args = @{ $line->{args} };
    $line->{table} = @args && $args[0] =~ /\A(?:always|onsuccess)\z/i ? lc shift @args : 'onsuccess';
    my ($action, $header, $value, @rest) = @args;
    return 0 if !defined $header;
    $header =~ s/:\z//;
    return 0 if !$attribute{ lc $header } && lc $header ne 'vary' || $action =~ /\A(?:note|echo)\z/i;
    if (lc $action eq 'unset') { @rest = ($value // (), @rest); $value = '' }
    return 0 if !defined $value;
    if ($action =~ /\Aedit/i) { shift @rest }
    @$line{qw(action header value when)} = (lc $action, $header, $value, [ grep { /\A(?:env|expr)=/i } @rest ]);
    return 1;
}

# --- sections

# The lines that apply at a place, in httpd's order: those of sections around it
# and, where that is assumed, of others that can apply with it. What an <If> has
# comes last.
sub lines_at {
    my ($request, $place, @before) = @_;
    my @places = grep { covers($_, $place) || assume($request, 'whether ' . ($_->{chain}[-1] // 'the server') . ' also applies') } @before;
    my (@lines, @late);
    for my $one (@places, $place) {
        my $is_if = grep { /\A<If\b/i } @{ $one->{chain} };
        push @{ $is_if || @{ $_->{if} } ? \@late : \@lines }, $_ for @{ $one->{lines} };
    }
    return (@lines, sort { $a->{at} <=> $b->{at} } @late);
}

sub is_about_cors { my ($line) = @_; return $line->{name} eq 'header' && $attribute{ lc $line->{header} } }
sub is_about_origin { my ($line) = @_; return is_about_cors($line) && $attribute{ lc $line->{header} } eq 'origin' }

# The lines of a place that the policy replaces.
sub replaced_lines {
    my ($place) = @_;
    return grep { is_about_cors($_) || $_->{name} =~ /\A(?:un)?setenv/ || $_->{name} eq 'rewriterule' && ($_->{args}[2] // '') =~ /\b(?:E|env|R)=?/i } @{ $place->{lines} };
}

# A section for a place, without attributes.
sub new_section {
    my ($self, $place) = @_;
    my @own = replaced_lines($place);
    my @at = unique(map { $_->{line} } sort { $a->{at} <=> $b->{at} } @own);
    my $section = { from => at($self->{file}, { line => $at[0] // $place->{line} }), attr => {}, notes => [], place => $place, where => [ @{ $place->{chain} } ] };
    note($section, "belongs in $place->{host_text}" . (defined $place->{names}{ $place->{host} } ? " of $place->{names}{ $place->{host} }" : '')) if $place->{host};
    note($section, 'replaces line' . (@at > 1 ? 's ' : ' ') . join ', ', @at) if @at;
    note($section, $with_every_status) if grep { is_about_cors($_) && $_->{table} eq 'onsuccess' && $_->{action} ne 'unset' } @own;
    return $section;
}

# Whether a place has no origin for sure, and others that can apply with it have.
sub is_partial {
    my ($place, @all) = @_;
    my @before = grep { $_ != $place && $_->{order} lt $place->{order} && overlap($_, $place) && grep { is_about_origin($_) } @{ $_->{lines} } } @all;
    return !grep({ is_about_origin($_) } @{ $place->{lines} }) && @before && !grep { covers($_, $place) } @before;
}

# What an <If> within a place has to add to its condition, so that it does not hold
# in later sections, since httpd merges it last; undef if that is impossible.
sub if_excluding {
    my ($place, @all) = @_;
    my @paths;
    for my $later (grep { $_ != $place && $_->{order} gt $place->{order} && overlap($_, $place) } @all) {
        my ($kind, $path) = plain_path($later->{chain}[-1] // '');
        return if @{ $later->{chain} } != 1 || ($kind // '') ne 'location' || $path !~ m{\A(?:/[\w.-]+)+/?\z};
        push @paths, quotemeta_path($path =~ s{/\z}{}r);
    }
    return @paths ? ' && !(%{REQUEST_URI} =~ m#^(?:' . join('|', @paths) . ')(?:/|$)#)' : '';
}

# The sections of a place.
sub policies_at {
    my ($self, $place, @all) = @_;
    my @before = grep { $_ != $place && $_->{order} lt $place->{order} && overlap($_, $place) } @all;
    my @perhaps = grep { !covers($_, $place) } @before;
    my @sure = map { @{ $_->{lines} } } grep({ covers($_, $place) } @before), $place;
    my @headers = unique(grep { is_about_cors($_) } @sure, map { @{ $_->{lines} } } @perhaps);
    my $new = sub { return new_section($self, $place) };
    my $tried = try_all(sub { my ($request) = @_; return run_lines($request, lines_at($request, $place, @before)) });
    if (!$tried) {
        my $section = $new->();
        note($section, 'there are too many conditions to evaluate; CorsAllowOrigins None allows no origin');
        $section->{attr} = { policy => 'On', nobody => 1 };
        return $section;
    }
    my @policies = policies($new, $tried, if_excluding($place, @all));
    if (!@policies && grep { is_about_origin($_) } @headers) {
        @policies = $new->();
        $policies[0]{attr} = { policy => 'On', nobody => 1 };
        note($policies[0], 'Access-Control-Allow-Origin is not sent here; CorsAllowOrigins None has the same effect');
    }
    remark_on_backend($_, @headers) for @policies;
    remark_on_rules($_, @{ $place->{lines} }) for @policies;
    return @policies;
}

# A header that was set only where the backend had set none leaves what the
# backend sends.
sub remark_on_backend {
    my ($section, @headers) = @_;
    my @empty = grep { $_->{action} eq 'setifempty' } @headers;
    if (@empty) {
        $section->{attr}{keep} = 1;
        note($section, 'setifempty of line ' . join(', ', unique(map { $_->{line} } @empty)) . ' kept the headers of a backend; CorsBackendHeaders Keep does the same');
    }
    note($section, "'Header unset $_->{header}' of line $_->{line} is not needed: the policy replaces the CORS headers of a backend") for grep { $_->{action} eq 'unset' } @headers;
}

sub remark_on_rules {
    my ($section, @lines) = @_;
    return if !grep { $_->{name} eq 'rewriterule' && ($_->{args}[2] // '') =~ /R=2\d\d/i } @lines;
    note($section, 'the rewrite rule that answers OPTIONS is not needed: the policy answers preflights, with 204 and no body; other OPTIONS requests, such as those of WebDAV, reach their handler');
}

# A section without an origin of its own, which others that can apply with it
# have: what it changes, if that is certain.
sub partial {
    my ($self, $place, $whole, $all) = @_;
    my $section = new_section($self, $place);
    my ($perhaps, %own) = [ grep { $_ != $place && overlap($_, $place) } @$all ];
    push @{ $own{ $attribute{ lc $_->{header} } } }, $_ for grep { is_about_cors($_) } @{ $place->{lines} };
    return if !%own;
    my $attr = $section->{attr};
    for my $name (sort keys %own) {
        my ($line, @others) = @{ $own{$name} };
        my $value = $line->{value};
        my $is_plain = !@others && !@{ $line->{when} // [] } && !@{ $line->{if} } && $line->{action} =~ /\A(?:set|unset)\z/ && $value !~ /%|\Aexpr=|\*/
            && !grep { is_about_cors($_) && $attribute{ lc $_->{header} } eq $name && $_->{table} ne $line->{table} } map { @{ $_->{lines} } } @$perhaps;
        my @names = $line->{action} eq 'unset' ? () : split /\s*,\s*/, $value;
        $is_plain = 0 if $name eq 'credentials' && $value eq 'true' && grep({ overlap($_->{place}, $place) && ($_->{attr}{everybody} || $_->{attr}{open}) } @$whole) || grep { /\s/ } @names;
        note($section, "$header_of{$name} of line $line->{line} is omitted: the origins come from sections that do not always apply together with this one") if !$is_plain;
        if (!$is_plain || $line->{action} eq 'unset') { $attr->{$name} = $least{$name} }
        elsif ($name eq 'methods') { $attr->{methods} = methods($section, @names) }
        elsif (ref $least{$name}) { $attr->{$name} = names($section, $name, @names) }
        elsif ($name eq 'age') { $attr->{age} = age($section, $value) // 'None' }
        else { $attr->{$name} = $value eq 'true' ? 1 : 0 }
    }
    $section->{outer} = {};
    return $section;
}

# The sections of the whole of a file, with what is decided at the start taken so.
sub read_file {
    my ($self, $decided, @lines) = @_;
    my @places = read_places($self, $decided, @lines);
    $self->{places} = \@places;
    my %is_tested = map { $_ => 1 } map { (map { /\Aenv=!?(.+)/i ? lc $1 : () } @{ $_->{when} }), map { lc } $_->{value} =~ /%\{(\w+)\}e/g } grep { $_->{name} eq 'header' } map { @{ $_->{lines} } } @places;
    $_->{order} = merge_order($_, @{ $_->{chain} }) for @places;
    my @lines_of_all = map { @{ $_->{lines} } } @places;
    return if !grep { is_about_cors($_) } @lines_of_all;
    my @all;
    for my $place (@places) {
        my $matters = grep { is_about_cors($_) || $_->{name} =~ /\A(?:un)?setenv/ && grep { defined && $is_tested{lc} } map { /\A!?([^=]+)/ ? $1 : () } @{ $_->{args} } } @{ $place->{lines} };
        push @all, $place if $matters || !@{ $place->{chain} };
    }
    my @with = grep { my $place = $_; grep { is_about_cors($_) || @{ $place->{chain} } } @{ $place->{lines} } } @all;
    my %found = map { $_ => [ policies_at($self, $_, @all) ] } grep { !is_partial($_, @all) } @with;
    my @whole = map { @$_ } values %found;
    my @found = map { $found{$_} ? @{ $found{$_} } : partial($self, $_, \@whole, \@all) } @with;
    $_->{outer} //= {} for @found;
    apart(@found);
    return @found;
}

# What is substituted before lines are read. A name that is an origin is kept in the
# output; only httpd knows the value of one that has several, as within <IfDefine>.
sub with_defines {
    my (@lines) = @_;
    my (%value, %is_used);
    my $depth = 0;
    for (@lines) {
        $depth++ if $_->{text} =~ /\A<If(?:Define|Version|Module|File|Directive|Section)\b/i;
        $depth-- if $_->{text} =~ /\A<\/If(?:Define|Version|Module|File|Directive|Section)\b/i;
        push @{ $value{$1} }, $2, $depth ? undef : () if $_->{text} =~ /\ADefine\s+(\w+)\s+(?|"([^"]*)"|(\S+))/i;
    }
    for my $name (keys %value) {
        my @all = unique(map { $_ // "\n" } @{ $value{$name} });
        if (@all == 1) { $value{$name} = $all[0] }
        else { delete $value{$name} }
    }
    # a value can have names in it, too
    for (1 .. 3) { s/\$\{(\w+)\}/$value{$1} \/\/ "\${$1}"/ge for values %value }
    for (grep { $_->{text} !~ /\ADefine\s/i } @lines) {
        $is_used{$1} = 1 while $_->{text} =~ /\$\{(\w+)\}/g;
        $_->{text} =~ s/\$\{(\w+)\}/$value{$1} \/\/ "\${$1}"/ge;
    }
    for my $name (sort grep { defined $value{$_} } keys %is_used) { $defined_origin{ $value{$name} } //= $name }
    return @lines;
}

sub text_of { return join "\n\n", map { my $section = $_; join "\n", @{ $section->{where} }, @{ $section->{limit} // [] }, map { my $value = $section->{attr}{$_}; "$_ " . (ref $value ? "@$value" : $value // '') } sort keys %{ $section->{attr} } } @_ }

sub import_httpd {
    my ($file) = @_;
    local $CorsImport::Policy::has_defines = 1;
    my $self = { file => $file, undecided => {}, is_variable => {}, server_name => {} };
    my @read = lines_of($self, $file, 0);
    $read[$_]{at} = $_ for 0 .. $#read;
    $self->{is_cors} = grep { $_->{text} =~ /Access-Control-/i } @read;
    my @lines = with_defines(expanded($file, @read));
    my @found = read_file($self, {}, @lines);
    my @names = sort grep { %{ $self->{undecided} } } keys %{ $self->{undecided} };
    my $put = sub {
        my ($around, $places, @all) = @_;
        push @sections, @all;
        verify_httpd($self, $around, \@lines, $places, @all);
        return scalar @all;
    };
    return $put->([], $self->{places}, @found) if !@names;
    if (@names > 4) { report("$file: there are too many start conditions to evaluate: " . join(', ', map { sprintf $_, '' } @names), 1); return 1 }
    my @ways = ({});
    for my $name (@names) { @ways = map { ({ %$_, $name => 1 }, { %$_, $name => 0 }) } @ways }
    my $places = $self->{places};
    my @each = map { my @all = read_file($self, $_, @lines); [ $_, $self->{places}, @all ] } @ways;
    return $put->([], $places, @found) if 1 == unique(map { my (undef, undef, @all) = @$_; text_of(@all) } @each);
    for (@each) {
        my ($way, $own, @all) = @$_;
        my @around = map { sprintf $_, $way->{$_} ? '' : '!' } @names;
        $_->{where} = [ @around, @{ $_->{where} } ] for @all;
        $put->(\@around, $own, @all);
    }
    return 1;
}

1;
