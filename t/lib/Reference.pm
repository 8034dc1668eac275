# Licensed under the Apache License, Version 2.0; see LICENSE.
package Reference;

# A second opinion: the manual implemented once more, in another language, from its text
# alone. It reads a configuration and returns the response that a request must get. The
# module uses tables; this file uses loops over all entries, which are slow but simple
# enough to compare with the manual by eye.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use List::Util qw(max min);

our @EXPORT_OK = qw(same_answer shown);

my %default = (
    CorsPolicy => 'Off', CorsAllowCredentials => 'Off', CorsMaxAge => 'None',
    CorsAllowAnyOriginWithCredentialsUnsafe => 'Off', CorsAllowNullOriginUnsafe => 'Off',
    CorsAllowPublicSuffixUnsafe => 'Off', CorsPreflight => 'Answer', CorsPreflightStatus => '204 403',
    CorsRejectDisallowed => 'Off', CorsBackendHeaders => 'Replace', CorsAllowPrivateNetwork => 'Off',
    CorsWebSocketRequireOrigin => 'Off', CorsProtect => 'Off', CorsProtectEmbedding => 'Off', CorsProtectHost => 'Off',
    CorsTimingAllowOrigin => 'Off', CorsResourcePolicy => 'Off',
);
my %default_list = (
    CorsAllowOrigins => [], CorsAllowMethods => [qw(GET HEAD PUT PATCH POST DELETE)],
    CorsAllowHeaders => ['content-type'], CorsExposeHeaders => [], CorsWebSocketAllowOrigins => undef,
    CorsProtectAllowOrigins => [],
);
my $token = qr/[!#\$%&'*+.^_`|~0-9A-Za-z-]+/;

# --- the configuration

# Reads the text of a configuration: VirtualHost with ServerName, sections, Limit and
# LimitExcept. root is the document root; htaccess has the texts of .htaccess files by the
# directories below it.
sub new {
    my ($class, $text, %more) = @_;
    my $self = bless { top => parsed($text), root => $more{root} // '/nowhere' }, $class;
    $self->{htaccess} = [ map { { name => 'Directory', args => [ $self->{root} . $_ ], items => parsed($more{htaccess}{$_})->{items} } }
        sort keys %{ $more{htaccess} // {} } ];
    return $self;
}

sub parsed {
    my ($text) = @_;
    my $top = { name => '', items => [] };
    my @open = ($top);
    for my $line (split /\n/, $text) {
        $line =~ s/\A\s+|\s+\z//g;
        next if $line eq '' || $line =~ /\A#/;
        if ($line =~ m{\A</(\w+)>\z}) {
            die "$line closes nothing\n" if (pop @open)->{name} ne $1;
        }
        elsif ($line =~ m{\A<(\w+)(?:\s+(.*?))?\s*>\z}) {
            my $section = { name => $1, args => [ words_of($2 // '') ], items => [] };
            push @{ $open[-1]{items} }, $section;
            push @open, $section;
        }
        else {
            my ($name, $rest) = split ' ', $line, 2;
            push @{ $open[-1]{items} }, { directive => $name, args => [ words_of($rest // '') ] };
        }
    }
    die "<$open[-1]{name}> stays open\n" if @open > 1;
    return $top;
}

sub words_of {
    my ($text) = @_;
    my @words;
    while ($text =~ /\G\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))/g) {
        push @words, defined $2 ? $2 : $1 =~ s/\\(["\\])/$1/gr =~ s/\\\\/\\/gr;
    }
    return @words;
}

# The sections that apply to a request, in the order in which httpd merges them: server and
# virtual host, Directory, Files, Location, If. Every If comes after all other sections, in
# the order of the sections around it. A request that ends early has no file, so no section
# for files applies.
sub sections {
    my ($self, $request) = @_;
    my $top = $self->{top};
    my ($host) = grep { $_->{name} && $_->{name} eq 'VirtualHost'
        && grep { ($_->{directive} // '') eq 'ServerName' && $_->{args}[0] eq $request->{host} } @{ $_->{items} } }
        @{ $top->{items} };
    my @outer = ($top, $host // ());
    my @inner = map { grep { $_->{name} } @{ $_->{items} } } @outer;
    my $file = $self->{root} . ($request->{file} // $request->{path});
    my @chosen = @outer;
    my $length = sub { scalar(() = $_[0]{args}[0] =~ m{/}g) };

    push @chosen, sort { $length->($a) <=> $length->($b) }
        grep { $_->{name} eq 'Directory' && !$request->{early} && index("$file/", ($_->{args}[0] =~ s{/*\z}{}r) . '/') == 0
            && $file ne $_->{args}[0] } @inner, @{ $self->{htaccess} };
    push @chosen, grep { $_->{name} eq 'Files' && !$request->{early} && $file =~ m{/\Q$_->{args}[0]\E\z} }
        map { grep { $_->{name} } @{ $_->{items} } } @chosen;
    push @chosen, grep { ($_->{name} eq 'Location' && is_below($request->{path}, $_->{args}[0]))
            || ($_->{name} eq 'LocationMatch' && $request->{path} =~ /$_->{args}[0]/) } @inner;
    my @waiting = map { conditional($request, $_) } @chosen;
    while (my $if = shift @waiting) {
        push @chosen, $if;
        push @waiting, conditional($request, $if);
    }
    return @chosen;
}

sub is_below {
    my ($path, $prefix) = @_;
    $prefix =~ s{/\z}{};
    return $path eq $prefix || index($path, "$prefix/") == 0;
}

# The If and Else sections in a section that apply to the request.
sub conditional {
    my ($request, $section) = @_;
    my (@holding, $before);
    for (grep { $_->{name} } @{ $section->{items} }) {
        if ($_->{name} eq 'If') {
            $before = holds($request, $_->{args}[0]);
            push @holding, $_ if $before;
        }
        elsif ($_->{name} eq 'Else') { push @holding, $_ if !$before }
    }
    return @holding;
}

sub holds {
    my ($request, $condition) = @_;
    return 1 if $condition eq 'true';
    return 0 if $condition eq 'false';
    my ($name, $value) = $condition =~ /\Areq_novary\('([\w-]+)'\) == '(\w*)'\z/ or die "cannot judge '$condition'\n";
    return (field($request, $name) // '') eq $value;
}

# The layers of a section for a method: its directives without a method first, then those
# of each set of methods, in the order in which the sets first occur.
sub layers {
    my ($section, $method) = @_;
    my $as = $method eq 'HEAD' ? 'GET' : $method;
    my (@layers, %layer);
    for my $item (@{ $section->{items} }) {
        if ($item->{directive}) {
            push @{ $layer{''} }, $item;
        }
        elsif ($item->{name} =~ /\ALimit(Except)?\z/) {
            my $except = $1 ? 1 : 0;
            my %set = map { ($_ eq 'HEAD' ? 'GET' : $_) => 1 } @{ $item->{args} };
            next if ($set{$as} ? 1 : 0) == $except;
            my $key = join ' ', $item->{name}, sort keys %set;
            push @layers, $key if !$layer{$key};
            push @{ $layer{$key} }, grep { $_->{directive} } @{ $item->{items} };
        }
    }
    return map { $layer{$_} // [] } '', @layers;
}

# The policy for a method: for each directive with one argument the argument, and for each
# directive with a list its layers, the outermost first.
sub policy {
    my ($self, $request, $method) = @_;
    return folded($method, $self->sections($request));
}

# The policy of some sections. {by} has the section of each argument, and of each layer of a
# list.
sub folded {
    my ($method, @sections) = @_;
    my %is = (%default, by => {}, map { $_ => $default_list{$_} && [ layer(map { { word => $_ } } @{ $default_list{$_} }) ] }
        keys %default_list);
    for my $part (map { my $section = $_; map { [ $section, $_ ] } layers($section, $method) } @sections) {
        my ($section, $layer) = @$part;
        my %list;
        for my $item (@$layer) {
            my $name = $item->{directive};
            my $regex = $name eq 'CorsAllowOriginsMatch';
            my $attribute = $regex ? 'CorsAllowOrigins' : $name;
            if (exists $default{$name}) {
                $is{$name} = join ' ', @{ $item->{args} };
                $is{by}{$name} = $section;
            }
            elsif (exists $default_list{$attribute}) {
                push @{ $list{$attribute} }, map { word_of($_, $regex) }
                    $regex ? @{ $item->{args} } : map { grep { length } split /,/ } @{ $item->{args} };
            }
        }
        for (keys %list) {
            my $new = layer(@{ $list{$_} });
            $new->{by} = $section;
            $is{$_} = $new->{edits} ? [ @{ $is{$_} // [] }, $new ] : [$new];
        }
    }
    return \%is;
}

sub word_of {
    my ($text, $regex) = @_;
    my ($mark) = $text =~ s/\A([!+-])// ? $1 : '';
    return { mark => $mark, word => $text, regex => $regex };
}

# The entries of one list: those that it allows (take) and those that it excludes (leave).
sub layer {
    my @words = grep { $_->{regex} || lc $_->{word} ne 'none' } @_;
    return {
        edits => scalar(grep { ($_->{mark} // '') =~ /[+-]/ } @words),
        take => [ grep { ($_->{mark} // '') !~ /[!-]/ } @words ],
        leave => [ grep { ($_->{mark} // '') =~ /[!-]/ } @words ],
    };
}

# --- lists

# Whether a list has an entry that matches. The innermost layer with a match decides; in one
# layer, exclusions take precedence.
sub listed {
    my ($list, $is) = @_;
    for my $layer (reverse @$list) {
        return 0 if grep { $is->($_) } @{ $layer->{leave} };
        return 1 if grep { $is->($_) } @{ $layer->{take} };
    }
    return 0;
}

sub has { my ($list, $what) = @_; return scalar grep { $what->($_) } map { @{ $_->{take} } } @$list }
sub leaves_out { return scalar map { @{ $_->{leave} } } @{ $_[0] } }

# Whether a list allows any origin, whatever bytes it sends.
sub lets_all {
    my ($list) = @_;
    return !leaves_out($list) && has($list, sub { !$_[0]{regex} && $_[0]{word} eq '*' });
}

# The names of a list as they are sent: without those that are removed, each once.
sub names {
    my ($list, $same) = @_;
    my @names;
    for my $layer (@$list) {
        for my $name (map { $_->{word} } @{ $layer->{leave} }) { @names = grep { !$same->($_, $name) } @names }
        for my $name (map { $_->{word} } @{ $layer->{take} }) {
            next if grep { $same->($name, $_->{word}) } @{ $layer->{leave} };
            push @names, $name if !grep { $same->($_, $name) } @names;
        }
    }
    return @names;
}

sub same_case { return $_[0] eq $_[1] }
sub any_case { return lc $_[0] eq lc $_[1] }

# --- origins

# Scheme, host and port of an Origin header, as browsers serialize them; nothing for any
# other bytes.
sub origin_parts {
    my ($origin) = @_;
    # some embedded browsers send it
    return ('file', '', '') if $origin eq 'file://';
    my ($scheme, $host, $port) = $origin
        =~ m{\A([a-z][a-z0-9+.-]{0,63})://(\[[0-9a-f:]+\]|[a-z0-9_.!"\$&'()*+;=`{}~-]+)(?::([1-9][0-9]{0,4}))?\z} or return;
    return if defined $port && $port > 65535;
    # No browser sends a default port, an address that is not in its shortest form, or an
    # empty label. Such bytes are not converted: they match an entry with the same bytes, or
    # a wildcard.
    return if $host !~ /\A\[/ && length $host > 253 + ($host =~ /\.\z/);
    return ($scheme, $host, $port // '');
}

sub is_well_formed {
    my ($origin) = @_;
    return $origin eq 'null' || scalar(() = origin_parts($origin));
}

# A function that returns whether an entry of a list matches a well-formed origin. own:
# whether it is the server's own origin.
sub is_about {
    my ($origin, $own) = @_;
    my ($scheme, $host, $port) = $origin eq 'null' ? () : origin_parts($origin);
    return sub {
        my ($word) = @_;
        my $text = $word->{word};
        # file:// has no host
        return defined $scheme && $host ne '' && $origin =~ /\A(?:$text)\z/ if $word->{regex};
        return 1 if $text eq '*';
        return $own if lc $text eq 'self';
        return $text eq 'null' if $origin eq 'null';
        return 0 if !defined $scheme;
        return 1 if $text eq $origin;
        my ($its_scheme, $star, $its_host, $its_port) = $text =~ m{\A([^:]+)://(\*\.)?(\[[^\]]*\]|[^:]*)(?::(.*))?\z}
            or return 0;
        return 0 if $its_scheme ne $scheme;
        # all ids of a scheme
        return $host =~ /\A[^\[]/ && $port eq '' && !defined $its_port if !$star && $its_host eq '*';
        return 0 if ($its_port // '') ne '*' && ($its_port // '') ne $port;
        return $its_host eq $host if !$star;
        return $host =~ /\A[^\[]/ && length $host > length(".$its_host") && substr($host, -length(".$its_host")) eq ".$its_host";
    };
}

sub matches_one_of {
    my ($word, @origins) = @_;
    return scalar grep { /\A(?:$word->{word})\z/ } @origins;
}

# Whether an entry allows origins of strangers: any origin, or a regular expression that
# matches whatever a stranger has. An unescaped dot does that.
sub is_everybody {
    my ($word) = @_;
    return $word->{word} eq '*' || $word->{word} =~ m{://\*\z} if !$word->{regex};
    # with a look-ahead, it cannot be decided whose origins match, so it counts as any
    return 1 if $word->{word} =~ /\(\?[!=<]/;
    return matches_one_of($word, 'https://stranger.example', 'https://stranger.test', 'https://ixexample');
}

my %public_suffix = map { $_ => 1 } qw(github.io co.uk com);

# Whether an entry allows names that anyone can register below a public suffix: with a
# wildcard, or by a regular expression that does not spell them out.
sub is_on_public_suffix {
    my ($word) = @_;
    return !is_everybody($word) && matches_one_of($word, 'https://f98765432.example') if $word->{regex};
    return $word->{word} =~ m{://\*\.([^:]*)} && $public_suffix{$1};
}

# Whether the settings of a policy contradict each other.
sub contradicts {
    my ($is) = @_;
    my $origins = $is->{CorsAllowOrigins};
    return 1 if $is->{CorsProtect} !~ /\AOff/ && trusts_strangers($is);
    return 1 if $is->{CorsAllowNullOriginUnsafe} ne 'On' && has($origins, sub { !$_[0]{regex} && $_[0]{word} eq 'null' });
    my $exposes_all = has($is->{CorsExposeHeaders}, sub { $_[0]{word} eq '*' });
    return 1 if $exposes_all && leaves_out($is->{CorsExposeHeaders});
    return 0 if $is->{CorsAllowCredentials} ne 'On';
    return 1 if $is->{CorsAllowAnyOriginWithCredentialsUnsafe} ne 'On' && has($origins, \&is_everybody);
    return 1 if $exposes_all;
    return $is->{CorsAllowPublicSuffixUnsafe} ne 'On' && has($origins, \&is_on_public_suffix) ? 1 : 0;
}

# Whether CorsProtectAllowOrigins has an entry that needs a flag which is not set.
sub trusts_strangers {
    my ($is) = @_;
    my $trusted = $is->{CorsProtectAllowOrigins};
    return 1 if $is->{CorsAllowNullOriginUnsafe} ne 'On' && has($trusted, sub { !$_[0]{regex} && $_[0]{word} eq 'null' });
    return 1 if $is->{CorsAllowAnyOriginWithCredentialsUnsafe} ne 'On' && has($trusted, \&is_everybody);
    return $is->{CorsAllowPublicSuffixUnsafe} ne 'On' && has($trusted, \&is_on_public_suffix);
}

# --- requests

# The value of a field as httpd passes it to modules: repeated fields are joined.
sub field {
    my ($request, $name) = @_;
    my @values = map { $_->[1] =~ s/\A[ \t]+|[ \t]+\z//gr } grep { lc $_->[0] eq lc $name } @{ $request->{headers} };
    return @values ? join(', ', @values) : undef;
}

sub is_websocket {
    my ($request) = @_;
    return scalar grep { m{\A\s*websocket\s*(?:/|\z)}i } split /,/, field($request, 'Upgrade') // '';
}

sub announced_method {
    my ($request) = @_;
    my $method = field($request, 'Access-Control-Request-Method') // return;
    return $request->{method} eq 'OPTIONS' && defined field($request, 'Origin') && $method =~ /\A$token\z/ ? $method : undef;
}

# --- the server's own origin

# How a virtual host is named: its names, the scheme and port of a ServerName with a scheme,
# and whether UseCanonicalName is On.
sub server {
    my ($self, $request) = @_;
    my %server = (names => []);
    my ($host) = grep { $_->{name} && $_->{name} eq 'VirtualHost'
        && grep { ($_->{directive} // '') eq 'ServerName' && $_->{args}[0] =~ m{(?:\A|//)\Q$request->{host}\E(?::|\z)} } @{ $_->{items} } }
        @{ $self->{top}{items} };
    for (grep { $_->{directive} } @{ $host->{items} // [] }) {
        my ($directive, @args) = ($_->{directive}, @{ $_->{args} });
        if ($directive eq 'ServerName') {
            my ($scheme, $name, $port) = $args[0] =~ m{\A(?:(\w+)://)?([^:]+)(?::(\d+))?\z};
            %server = (%server, scheme => $scheme, name => $name, port => $port);
            push @{ $server{names} }, $name;
        }
        push @{ $server{names} }, @args if $directive eq 'ServerAlias';
        $server{canonical} = lc $args[0] eq 'on' if $directive eq 'UseCanonicalName';
    }
    return \%server;
}

# Whether a host, in lower case and without a final dot, is one of the server's own. The
# owner of any other name can point it to the address of the server.
sub is_own_host {
    my ($server, $host) = @_;
    return 1 if $host =~ /\A\[[0-9a-f:.]+\]\z/ || $host =~ /\A(?:.*\.)?localhost\z/s;
    return 1 if $host =~ /\A\d{1,3}(?:\.\d{1,3}){3}\z/ && !grep { $_ > 255 || /\A0\d/ } split /\./, $host;
    for (@{ $server->{names} }) {
        my $name = join '', map { $_ eq '*' ? '.*' : $_ eq '?' ? '.' : quotemeta } split //;
        return 1 if $host =~ /\A$name\z/is;
    }
    return 0;
}

sub canonical {
    my ($scheme, $host, $port) = @_;
    return "$scheme://$host" . (!$port || $port == ({ http => 80, https => 443 }->{$scheme} // 0) ? '' : ":$port");
}

# How an origin relates to the server: own, foreign, or unknown-host (the browser considers
# it same-origin, but the host is not the server's own).
#   request  scheme, authority (the field Host) and headers
sub relation {
    my ($server, $request, $origin) = @_;
    # no browser sends such an Origin, whatever the other fields are
    return 'foreign' if !is_well_formed($origin);
    my $site = field($request, 'Sec-Fetch-Site');
    return 'foreign' if defined $site && $site ne 'same-origin';
    my ($o_scheme, $o_host, $o_port) = $origin eq 'null' ? ('', '', '') : origin_parts($origin);
    my $asked = canonical($o_scheme, $o_host, $o_port);
    my $scheme = $server->{scheme} // $request->{scheme} // 'http';
    return 'own' if $server->{canonical} && $asked eq canonical($scheme, lc $server->{name}, $server->{port});
    my ($host, $port) = lc($request->{authority} // '') =~ /\A(\[[^\]]*\]|[^:]*)(?::(\d*))?\z/ or return 'foreign';
    $port ||= defined $server->{scheme} ? $server->{port} : 0;
    return 'foreign' if !defined $site && ($host eq '' || $asked ne canonical($scheme, $host, $port));
    return is_own_host($server, $host =~ s/\.\z//r) ? 'own' : 'unknown-host';
}

# The response that a request must get.
#   request  scheme, host, port, path, method and headers (a list of pairs)
#   handler  the response without a policy: status and fields, which has vary and
#            access-control-* in lower case, and the two fields that do not depend on the
#            request
# Returns status and fields.
sub answer {
    my ($self, $request, $handler) = @_;
    my $is = $self->policy($request, (is_websocket($request) ? undef : announced_method($request)) // $request->{method});
    my $answer = $self->cors_answer($request, $is, $handler);
    my $fields = $answer->{fields};
    delete @$fields{qw(timing-allow-origin cross-origin-resource-policy)};
    %$fields = (%$fields, fixed_fields($is, $handler, $answer->{of_module}));
    $fields->{vary} = with_comma(split(/\s*,\s*/, $fields->{vary} // ''), 'Sec-Fetch-Site', 'Sec-Fetch-Mode', 'Sec-Fetch-Dest')
        if $is->{CorsProtect} =~ /\AOn/ && $is->{CorsProtectEmbedding} eq 'On' && $request->{method} =~ /\A(?:GET|HEAD)\z/;
    return { status => $answer->{status}, fields => $fields };
}

# Timing-Allow-Origin and Cross-Origin-Resource-Policy: that of the policy or of the handler.
sub fixed_fields {
    my ($is, $handler, $of_module) = @_;
    my %fields = map { defined $handler->{fields}{$_} ? ($_ => $handler->{fields}{$_}) : () } qw(timing-allow-origin cross-origin-resource-policy);
    # a preflight that the module answers has only what other modules add to it
    return %fields if $of_module;
    my $timing = $is->{CorsTimingAllowOrigin};
    $fields{'timing-allow-origin'} = '*' if $timing eq '*';
    $fields{'timing-allow-origin'} = timed($is) if $timing eq 'Policy' && $is->{CorsPolicy} eq 'On';
    $fields{'cross-origin-resource-policy'} = $is->{CorsResourcePolicy} if $is->{CorsResourcePolicy} ne 'Off';
    return %fields;
}

# The origins of a policy that Timing-Allow-Origin has: entries that are one origin.
sub timed {
    my ($is) = @_;
    my $list = $is->{CorsAllowOrigins};
    return if contradicts($is);
    return '*' if !leaves_out($list) && has($list, sub { !$_[0]{regex} && $_[0]{word} eq '*' });
    my %exact = map { $_->{word} => 1 } grep { !$_->{regex} && $_->{word} !~ /\*/ } map { @{ $_->{take} } } @$list;
    my @origins = grep { listed($list, is_about($_)) } sort keys %exact;
    return @origins ? join ', ', @origins : undef;
}

# The same without the two fields and the Vary of CorsProtectEmbedding. of_module: the
# module itself answers a preflight.
sub cors_answer {
    my ($self, $request, $is, $handler) = @_;
    my $websocket = is_websocket($request);
    my $announced = $websocket ? undef : announced_method($request);
    my $origin = field($request, 'Origin');
    my $well_formed = defined $origin && is_well_formed($origin);
    # a handler may respond to a handshake like to any other request
    my $plain = { status => $handler->{status}, fields => { %{ $handler->{fields} } } };

    my $own = $well_formed && relation($self->server($request), $request, $origin) eq 'own';
    my $refused = protection($is, $request, $self->server($request));
    $plain->{status} = $refused || (refuses_handshake($is, $request, $self->server($request)) ? 403 : $plain->{status});
    return $plain if $is->{CorsPolicy} ne 'On';

    my $list = contradicts($is) ? [] : $is->{CorsAllowOrigins};
    my $credentials = $is->{CorsAllowCredentials} eq 'On';
    my $constant = !$credentials && lets_all($list);
    my $allowed = $constant || ($well_formed && listed($list, is_about($origin)));
    my $reject = $is->{CorsRejectDisallowed} eq 'On';
    my %sent = %{ $handler->{fields} };
    my @vary = split /\s*,\s*/, delete $sent{vary} // '';
    my $depends = !$constant && (has($is->{CorsAllowOrigins}, sub { 1 }) || $reject);

    push @vary, 'Origin' if $depends || defined $announced;
    if (defined $announced) {
        push @vary, 'Access-Control-Request-Method', 'Access-Control-Request-Headers',
            $is->{CorsAllowPrivateNetwork} eq 'On' ? 'Access-Control-Request-Private-Network' : ();
    }
    my %own;
    my $by_handler = 1;
    my $status = $plain->{status};
    if (defined $announced && !$refused) {
        ($status, $by_handler, %own) = $self->preflight($request, $is, $announced, $allowed, $constant, $handler);
    }
    elsif ($allowed && defined $origin || $constant) {
        %own = allowance($is, $origin, $constant);
        my @names = names($is->{CorsExposeHeaders}, \&any_case);
        $own{'access-control-expose-headers'} = join ', ', @names if @names;
    }
    elsif ($reject && !$websocket && defined $origin && !$handler->{early} && !$own && !$refused) { $status = 403 }
    # an answer of the module itself has no backend
    $plain->{status} = $status;
    return $plain if $is->{CorsBackendHeaders} eq 'Keep' && defined $sent{'access-control-allow-origin'} && $by_handler;
    $own{vary} = with_comma(@vary);
    keep_part($is, \%own, \%sent, defined $announced) if $by_handler;
    return { status => $status, fields => \%own, of_module => !$by_handler };
}

# What a policy keeps of the fields that a handler has sent: the names that it
# exposes, and whether it has credentials.
sub keep_part {
    my ($is, $own, $sent, $preflight) = @_;
    my $keeps = $is->{CorsBackendHeaders};
    return if !defined $own->{'access-control-allow-origin'};
    delete $own->{'access-control-allow-credentials'}
        if $keeps =~ /\A(?:KeepCredentials|KeepBoth)\z/ && ($sent->{'access-control-allow-credentials'} // '') ne 'true';
    return if $keeps !~ /\A(?:KeepExposed|KeepBoth)\z/ || $preflight;
    my @names = map { split /\s*[,|]\s*/ } grep { defined } map { $_->{'access-control-expose-headers'} } $own, $sent;
    my %seen;
    $own->{'access-control-expose-headers'} = join ', ', grep { !$seen{ lc $_ }++ } @names if @names;
}

# Whether a policy refuses a handshake, if the request is one.
sub refuses_handshake {
    my ($is, $request, $server) = @_;
    my ($list, $origin) = ($is->{CorsWebSocketAllowOrigins}, field($request, 'Origin'));
    return 0 if !is_websocket($request) || !$list || $is->{CorsPolicy} eq 'ReportOnly';
    return $is->{CorsWebSocketRequireOrigin} eq 'On' if !defined $origin;
    return 0 if @$list == 1 && lets_all($list);
    return !is_well_formed($origin) || !listed($list, is_about($origin, relation($server, $request, $origin) eq 'own'));
}

# --- CorsProtect

# Whether CorsProtect refuses a request that is not a preflight, as a handler may do as well.
sub forbids {
    my ($self, $request) = @_;
    return protection($self->policy($request, $request->{method}), $request, $self->server($request));
}

# The status of a refusal by CorsProtect and the directives that add to it; 0 if there is none.
sub protection {
    my ($is, $request, $server) = @_;
    return 0 if $is->{CorsProtect} !~ /\AOn/;
    return 421 if $is->{CorsProtectHost} eq 'On' && is_foreign_host($server, $request);
    return is_forged($is, $request, $server) || ($is->{CorsProtectEmbedding} eq 'On' && is_embedded($is, $request)) ? 403 : 0;
}

sub is_foreign_host {
    my ($server, $request) = @_;
    my ($host) = lc($request->{authority} // '') =~ /\A(\[[^\]]*\]|[^:]*)/;
    return $host ne '' && !is_own_host($server, $host =~ s/\.\z//r);
}

# Whether a page of another site embeds the resource.
sub is_embedded {
    my ($is, $request) = @_;
    my ($site, $mode, $dest, $origin) = map { field($request, $_) // '' } 'Sec-Fetch-Site', 'Sec-Fetch-Mode', 'Sec-Fetch-Dest', 'Origin';
    return 0 if is_websocket($request) || defined announced_method($request) || $site ne 'cross-site';
    return 0 if $mode =~ /\A(?:cors|websocket|)\z/ || ($mode eq 'navigate' && $dest !~ /\A(?:iframe|frame|fencedframe|embed|object)\z/);
    return !(is_well_formed($origin) && is_trusted($is, $request, $origin, 1));
}

# Whether CorsProtect refuses a request: the rules of the manual in their order.
sub is_forged {
    my ($is, $request, $server) = @_;
    my ($mode, $strict) = split ' ', $is->{CorsProtect};
    my $websocket = is_websocket($request);
    return 0 if $mode ne 'On';
    return 0 if $websocket ? $is->{CorsWebSocketAllowOrigins} && $is->{CorsPolicy} ne 'ReportOnly' : $request->{method} =~ /\A(?:GET|HEAD|OPTIONS|TRACE|QUERY)\z/;
    my $origin = field($request, 'Origin');
    my $site = field($request, 'Sec-Fetch-Site') // '';
    return !$websocket && is_relayed($request, $origin // '') if $site eq 'same-origin';
    return 0 if $site eq 'none' && !$websocket;
    return 0 if defined $origin && is_well_formed($origin) && is_trusted($is, $request, $origin);
    return 1 if $site ne '';
    return $websocket ? $is->{CorsWebSocketRequireOrigin} eq 'On' : defined $strict if !defined $origin;
    return !is_own($server, $request, $origin);
}

# Whether a service worker may have relayed a form: it has another referrer than origin.
sub is_relayed {
    my ($request, $origin) = @_;
    return 0 if (field($request, 'Sec-Fetch-Mode') // '') ne 'same-origin' || !may_be_posted_form($request);
    my $referer = field($request, 'Referer') // '';
    return 1 if $origin eq 'null';
    return $referer ne '' && !(is_well_formed($origin) && $referer =~ m{\A\Q$origin\E(?:[/?#]|\z)});
}

# Rules 2 and 3; or rule 2 alone.
sub is_trusted {
    my ($is, $request, $origin, $alone) = @_;
    my $about = is_about($origin);
    return 0 if $is->{CorsPolicy} ne 'Off' && contradicts($is);
    return 1 if listed($is->{CorsProtectAllowOrigins}, $about);
    my $list = $is->{CorsAllowOrigins};
    return 0 if $is->{CorsPolicy} ne 'On' || !listed($list, $about);
    return 1 if $is->{CorsAllowCredentials} eq 'On' && !has($list, \&is_everybody) && !has($list, \&is_on_public_suffix);
    return !$alone && !is_websocket($request) && asks_cors($request) && !has_credentials($request);
}

# Whether a request is one that CORS decides on, and not a form.
sub asks_cors {
    my ($request) = @_;
    my $mode = field($request, 'Sec-Fetch-Mode') // '';
    return $mode eq 'cors' if $mode ne '';
    return !may_be_posted_form($request);
}

# Whether a request may be a form sent with POST.
sub may_be_posted_form {
    my ($request) = @_;
    return 0 if $request->{method} ne 'POST';
    my ($type) = (field($request, 'Content-Type') // '') =~ /\A([^;, \t]*)/;
    my @simple = qw(application/x-www-form-urlencoded multipart/form-data text/plain text/ping application/csp-report application/reports+json);
    return $type !~ m{\A$token/$token\z} || !!grep { lc $type eq $_ } @simple;
}

sub has_credentials {
    my ($request) = @_;
    return defined field($request, 'Cookie')
        || scalar grep { /\A\s*(?:Basic|Digest|NTLM|Negotiate)(?:\s|\z)/i } split /,/, field($request, 'Authorization') // '';
}

# Whether an origin is that of the server, or its https twin if the request came by http.
# The default port is never written in an origin.
sub is_own {
    my ($server, $request, $origin) = @_;
    my ($scheme, $host, $port) = $origin eq 'null' ? () : origin_parts($origin) or return 0;
    return 0 if $port ne '' && canonical($scheme, $host, $port) ne "$scheme://$host:$port";
    my ($its_host, $its_port) = lc($request->{authority} // '') =~ /\A(\[[^\]]*\]|[^:]*)(?::(\d*))?\z/ or return 0;
    $its_port = '' if ($its_port // '') eq '80';
    my $its_scheme = $server->{scheme} // $request->{scheme} // 'http';
    my $same = grep { $origin eq canonical($_, $its_host, $its_port) } $its_scheme, defined $server->{scheme} || $its_scheme eq 'https' ? () : 'https';
    return $same && is_own_host($server, $its_host =~ s/\.\z//r);
}

# Whether a policy refuses a request of any kind.
sub refuses {
    my ($is, $request, $server) = @_;
    my $origin = field($request, 'Origin');
    return refuses_handshake($is, $request, $server) if is_websocket($request);
    return 0 if $is->{CorsPolicy} ne 'On' || $is->{CorsRejectDisallowed} ne 'On' || !defined $origin;
    # a preflight that reaches a handler, because it was not answered before
    return !grants($is, $origin) if defined announced_method($request);
    return !grants($is, $origin) && relation($server, $request, $origin) ne 'own';
}

# Whether a policy that is on allows any origin, with the same response for each.
sub is_constant {
    my ($is) = @_;
    return !contradicts($is) && $is->{CorsAllowCredentials} ne 'On' && lets_all($is->{CorsAllowOrigins});
}

sub grants {
    my ($is, $origin) = @_;
    return is_constant($is) || !contradicts($is) && is_well_formed($origin) && listed($is->{CorsAllowOrigins}, is_about($origin));
}

# --- requests for which httpd serves another URL

# The policy of the requested URL with the settings of the sections that match only the
# served resource. If they edit a list, they edit that of the requested URL. Nothing if no
# such section has a setting in force.
sub narrowed {
    my ($asked, $served, $asked_sections) = @_;
    my %shared = map { $_ => 1 } @$asked_sections;
    my $alone = sub { $_[0] && !$shared{ $_[0] } };
    my (%is, $any);
    for (keys %default) {
        my $theirs = $alone->($served->{by}{$_});
        $any ||= $theirs;
        $is{$_} = $theirs ? $served->{$_} : $asked->{$_};
    }
    for (keys %default_list) {
        my @layers = @{ $served->{$_} // [] };
        shift @layers while @layers && !$alone->($layers[0]{by});
        $any ||= @layers;
        $is{$_} = !@layers ? $asked->{$_} : $layers[0]{edits} ? [ @{ $asked->{$_} // [] }, @layers ] : \@layers;
    }
    return $any && $is{CorsPolicy} ne 'ReportOnly' ? \%is : undef;
}

# The fields of a response to an actual request that all given policies must allow. The first
# policy is on.
sub sent_by {
    my ($request, @policies) = @_;
    my $origin = field($request, 'Origin');
    my $constant = !grep { $_->{CorsPolicy} ne 'On' || !is_constant($_) } @policies;
    my $depends = !$constant && grep { $_->{CorsPolicy} eq 'On' && !is_constant($_)
        && (has($_->{CorsAllowOrigins}, sub { 1 }) || $_->{CorsRejectDisallowed} eq 'On') } @policies;
    my %own = $depends ? (vary => 'Origin') : ();
    return \%own if !$constant && (!defined $origin || grep { $_->{CorsPolicy} ne 'On' || !grants($_, $origin) } @policies);
    $own{'access-control-allow-origin'} = $constant ? '*' : $origin;
    $own{'access-control-allow-credentials'} = 'true' if !grep { $_->{CorsAllowCredentials} ne 'On' } @policies;
    my @lists = map { $_->{CorsExposeHeaders} } @policies;
    my ($first, @others) = grep { !has($_, sub { $_[0]{word} eq '*' }) } @lists;
    my @names = names($first // $lists[0], \&any_case);
    for my $list (@others) {
        @names = grep { my $name = $_; grep { lc $_ eq lc $name } names($list, \&any_case) } @names;
    }
    $own{'access-control-expose-headers'} = join ', ', @names if @names;
    return \%own;
}

# The outcome of a journey: one policy can refuse the request, and a grant needs both. A
# journey is
#   steps     the URLs on the way, the requested one first: path; fast => 1 if httpd
#             replaces the previous file by that of this URL; early => 1 if the request ends
#             before httpd looks for a file; get => 1 if httpd changes the method to GET
#   error     if httpd ends the request: its status, and what was checked before that:
#             judged => 0 nothing, 1 handshakes, 2 all
#   pages     for each status the steps of its ErrorDocument
#   includes  for the path of a page the URLs that it includes
# Returns the status if it is not that of the served resource, the CORS fields with the Vary
# of this module, whether the served resource withdrew a grant, and what runs: the path of
# the page, then the path of each include, with "-" if it is refused; nothing if httpd sends
# its own page.
sub arrive {
    my ($self, $request, $journey) = @_;
    my $announced = is_websocket($request) ? undef : announced_method($request);
    my $method = $announced // $request->{method};
    my $server = $self->server($request);
    my $sections = sub { my ($step) = @_; $self->sections({ %$request, map { $_ => $step->{$_} } qw(path file early) }) };
    my @way = map { my @its = $sections->($_); +{ %$_, sections => \@its, policy => folded($method, @its) } } @{ $journey->{steps} };
    my ($error, $refused, $last) = ($journey->{error}, 0, 0);
    my $answer = defined $announced && $self->answered($request, $announced, @way);
    return $answer if $answer;

    for my $i (0 .. $#way) {
        if ($i && $i < $#way && $way[ $i + 1 ]{fast}) {
            # a directory on the way is checked with its index; but the first URL with a
            # policy, or the last without one, refuses a handshake before the look-up of an index
            next if (grep { $_->{policy}{by}{CorsPolicy} } @way[ 0 .. $i - 1 ]) || !refuses_handshake($way[$i]{policy}, $request, $server);
            ($refused, $last) = (1, $i);
            last;
        }
        $last = $i;
        my $judged = $error && $i == $#way ? $error->{judged} : 2;
        $refused = grep { $judged == 2 ? refuses($_, $request, $server) : $judged && refuses_handshake($_, $request, $server) }
            map { $_->{policy} } $way[$i], $way[$i]{fast} ? $way[ $i - 1 ] : ();
        last if $refused;
    }
    my ($granting) = grep { $_->{policy}{by}{CorsPolicy} } @way[ 0 .. $last ];
    my $mode = $granting ? $granting->{policy}{CorsPolicy} : 'Off';
    my @policies = ($granting ? $granting->{policy} : (), $granting && $mode eq 'On'
        ? grep { $_ } narrowed($granting->{policy}, $way[$last]{policy}, $granting->{sections}) : ());

    my $status = $refused ? 403 : $error ? $error->{status} : undef;
    my $may_have_page = $request->{method} =~ /\A(?:GET|HEAD)\z/ && !length($request->{body} // '') && !defined field($request, 'Upgrade');
    my @shown = $status ? @{ $journey->{pages}{$status} // [] } : @way;
    my $runs = @shown && (!$status || ($refused ? $may_have_page
        : !grep { refuses($_, $request, $server) } (map { folded($method, $sections->($_)) } @shown), map { $_->{policy} } @way));
    # the handler of files has no body for OPTIONS
    $runs = 0 if $runs && !$status && $request->{method} eq 'OPTIONS' && $shown[-1]{path} !~ /\.cgi/ && !grep { $_->{get} } @way;
    my @includes = map { $refused || !refuses(folded($method, $sections->({ path => $_ })), $request, $server) ? $_ : "-$_" }
        $runs ? @{ $journey->{includes}{ $shown[-1]{path} } // [] } : ();
    my $fields = $mode eq 'On' ? sent_by($request, @policies) : {};
    if ($mode eq 'On' && defined $announced) {
        $fields = $self->continued($request, $announced, $granting->{policy}) // $fields if $granting->{fast};
        $fields->{vary} = preflight_vary();
    }
    return { status => $status, fields => $fields,
        narrowed => @policies > 1 && $mode eq 'On' && sent_by($request, $policies[0])->{'access-control-allow-origin'}
            && !sent_by($request, @policies)->{'access-control-allow-origin'},
        runs => [ $runs ? ($shown[-1]{path}, @includes) : () ] };
}

# The answer to a preflight by the first URL on the way that has a policy. Nothing if that
# policy is off, only reports, or is not known yet when preflights are answered.
sub answered {
    my ($self, $request, $announced, @way) = @_;
    my ($first) = grep { !$_->{fast} && $_->{policy}{by}{CorsPolicy} } @way;
    return if !$first || $first->{early} || $first->{policy}{CorsPolicy} ne 'On';
    my $is = $first->{policy};
    my ($status, undef, %own) = $self->preflight($request, $is, $announced, grants($is, field($request, 'Origin')), is_constant($is), { status => 200 });
    return { answered => 1, status => $status, fields => { %own, vary => preflight_vary() }, runs => [] };
}

# The fields that are added to a handler's answer to an allowed preflight; nothing if the
# preflight is not allowed.
sub continued {
    my ($self, $request, $announced, $is) = @_;
    my ($headers) = announced_headers($is->{CorsAllowHeaders}, field($request, 'Access-Control-Request-Headers') // '');
    return if !grants($is, field($request, 'Origin')) || !allows_method($is, $announced) || !$headers;
    my (undef, undef, %own) = $self->preflight($request, $is, $announced, 1, is_constant($is), { status => 200 });
    return \%own;
}

sub preflight_vary { return 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' }

sub with_comma {
    my %seen;
    return '*' if grep { $_ eq '*' } @_;
    return @_ ? join(', ', grep { !$seen{ lc $_ }++ } @_) : undef;
}

sub allowance {
    my ($is, $origin, $constant) = @_;
    return ('access-control-allow-origin' => $constant ? '*' : $origin,
        $is->{CorsAllowCredentials} eq 'On' ? ('access-control-allow-credentials' => 'true') : ());
}

# A list as it is sent in the answer to a preflight: the list itself or, if a browser would
# give a wildcard no meaning or too wide a meaning, the requested names that are allowed.
sub sent_list {
    my ($is, $list, $same, $asked, $allowed) = @_;
    my $wildcard = has($list, sub { $_[0]{word} eq '*' });
    # Chromium takes * for Authorization too, so a denial does not send it
    return $asked if $wildcard && (!$allowed || $is->{CorsAllowCredentials} eq 'On' || leaves_out($list));
    return join ', ', names($list, $same);
}

sub allows_method {
    my ($is, $method) = @_;
    # Fetch, "forbidden method" and "CORS-safelisted method"
    return 0 if $method =~ /\A(?:CONNECT|TRACE|TRACK)\z/i;
    return 1 if $method =~ /\A(?:GET|HEAD|POST)\z/;
    return listed($is->{CorsAllowMethods}, sub { $_[0]{word} eq $method || $_[0]{word} eq '*' });
}

# Whether all headers that a preflight announces are allowed, and which ones may be sent
# back: all of them, or those before the first one that is not allowed. If the list is
# malformed before that, none may be sent back.
sub announced_headers {
    my ($list, $asked) = @_;
    my $most = has($list, sub { $_[0]{word} eq '*' }) ? 128 : max(32, min(128, has($list, sub { 1 })));
    my @names;
    return 0 if length $asked > 4096;
    while ($asked =~ s/\A([ \t,]*)([^ \t,]+)//) {
        my ($gap, $name) = ($1, $2);
        return 0 if length $gap > 32 || (@names && $gap !~ /,/) || $name !~ /\A$token\z/;
        return 0, @names if !listed($list,
            sub { lc $_[0]{word} eq lc $name || ($_[0]{word} eq '*' && lc $name ne 'authorization') });
        push @names, $name;
        return 0 if @names > $most;
    }
    return length $asked > 32 ? 0 : (1, @names);
}

sub preflight {
    my ($self, $request, $is, $method, $allowed, $constant, $handler) = @_;
    my ($good, $bad) = split ' ', $is->{CorsPreflightStatus};
    $bad //= 403;
    # a backend that keeps its headers has a policy of its own
    my $passes = $is->{CorsPreflight} eq 'Continue' && $is->{CorsBackendHeaders} eq 'Keep'
        && ($allowed || $is->{CorsRejectDisallowed} ne 'On');
    return $passes ? ($handler->{status}, 1) : ($bad, 0) if !$allowed;

    my $method_allowed = allows_method($is, $method);
    my ($headers_allowed, @sent) = announced_headers($is->{CorsAllowHeaders},
        field($request, 'Access-Control-Request-Headers') // '');
    my $methods = sent_list($is, $is->{CorsAllowMethods}, \&same_case, $method_allowed ? $method : '', $method_allowed);
    # without a list, a browser treats the announced method as listed
    $methods = 'GET, HEAD, POST' if $methods eq '' && !$method_allowed;

    my %own = allowance($is, field($request, 'Origin'), $constant);
    my $names = sent_list($is, $is->{CorsAllowHeaders}, \&any_case, join(', ', @sent), $headers_allowed || !$method_allowed);
    $own{'access-control-allow-methods'} = $methods if $methods ne '';
    $own{'access-control-allow-headers'} = $names if $names ne '';
    return $passes ? ($handler->{status}, 1, %own) : ($good, 0, %own) if !$method_allowed || !$headers_allowed;
    $own{'access-control-max-age'} = seconds($is->{CorsMaxAge}) if lc $is->{CorsMaxAge} ne 'none';
    $own{'access-control-allow-private-network'} = 'true' if $is->{CorsAllowPrivateNetwork} eq 'On'
        && lc(field($request, 'Access-Control-Request-Private-Network') // '') eq 'true';
    return $is->{CorsPreflight} eq 'Continue' ? ($handler->{status}, 1, %own) : ($good, 0, %own);
}

sub seconds {
    my ($number, $unit) = $_[0] =~ /\A(\d+)([a-z]*)\z/ or die "no time: $_[0]\n";
    return $number * ({ '' => 1, s => 1, m => 60, mi => 60, h => 3600 }->{$unit} // die "no unit: $unit\n");
}

# Whether a page may make a request and read the response, directly by the policy and not by
# headers.
#   page  origin, method, names (the requested header names), preflighted,
#         credentials (whether the request's mode is include),
#         handler_credentials (whether the handler sends Access-Control-Allow-Credentials)
sub permits {
    my ($self, $request, $page) = @_;
    my $is = $self->policy($request, $page->{method});
    return 0 if $is->{CorsPolicy} ne 'On' || contradicts($is);
    my ($origin, $with) = ($page->{origin}, $is->{CorsAllowCredentials} eq 'On');
    $with &&= $page->{handler_credentials} if $is->{CorsBackendHeaders} =~ /\A(?:KeepCredentials|KeepBoth)\z/;
    return 0 if !listed($is->{CorsAllowOrigins}, is_about($origin));
    return 0 if $page->{credentials} && !$with;
    return 1 if !$page->{preflighted};
    return 0 if !allows_method($is, $page->{method});
    for my $name (map { lc } @{ $page->{names} }) {
        return 0 if !listed($is->{CorsAllowHeaders},
            sub { lc $_[0]{word} eq $name || ($_[0]{word} eq '*' && $name ne 'authorization') });
    }
    return 1;
}

# --- comparing

# A response in a form that does not depend on the order of a list or the case of names.
sub shown {
    my ($answer) = @_;
    my %fields = map { $_ => $answer->{fields}{$_} } grep { defined $answer->{fields}{$_} } keys %{ $answer->{fields} };
    for (grep { /vary|-methods|-headers|timing/ } keys %fields) {
        my $value = /-methods/ ? $fields{$_} : lc $fields{$_};
        $fields{$_} = join ', ', sort grep { length } split /\s*,\s*/, $value;
        # the requested list may be empty
        delete $fields{$_} if $fields{$_} eq '';
    }
    return join "\n", $answer->{status}, map { "$_: $fields{$_}" } sort keys %fields;
}

sub same_answer { return shown($_[0]) eq shown($_[1]) }

1;
