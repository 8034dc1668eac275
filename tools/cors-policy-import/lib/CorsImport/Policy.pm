# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Policy;

# What a policy is, whatever it was read from: sections with their attributes and
# remarks, the checks of origins, methods and header names, and the printing. The
# readers fill sections, and know nothing of the form of the output; this file
# knows nothing of other servers. Every byte that a reader hands over is
# untrusted: what goes into the output passes printable() or one of the checks.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Lists qw(%fetch %default_port);
our @EXPORT_OK = qw(fail section note origin canonical_origin sent_origin literal_origin unique words names methods age %attribute $with_every_status header complete apart
    no_star_credentials print_all printed_of is_forbidden_header printable slurp report $unread %defined_origin @sections @report);

# the module's
our $VERSION = '1.0.0';

our (@sections, @report);

# Origins that Define of httpd names, and the names; whether ${NAME} is one for httpd.
our %defined_origin;
our $has_defines = 0;

# Ends with status 1: a path cannot be read.
sub fail { print STDERR 'cors-policy-import: ', @_, "\n"; exit 1 }

# A section: where (the opening lines of its containers), from (file:line), attr
# (origins, match, excluded, methods, headers, expose: lists; credentials,
# reject: true or false; age, policy, sockets), limit (methods), notes.
sub section {
    my (%self) = @_;
    my $section = { where => [], attr => {}, notes => [], %self };
    push @sections, $section;
    return $section;
}

# A byte that could end or continue a line of the output never gets there.
sub printable {
    my ($text) = @_;
    # at the end of a line, a backslash would take the next one with it
    $text =~ s/([^\x20-\x7e]|\\\z)/sprintf '\\x%02x', ord $1/ge;
    return $text;
}

# A remark that belongs to no section; with $is_unread, something was omitted
# that should have been read, and the exit status is 1.
our $unread = 0;
our @omitted;
sub report {
    my ($text, $is_unread) = @_;
    push @omitted, $text if defined $text && $is_unread && !grep { $_ eq $text } @omitted;
    push @report, $text if defined $text && !grep { $_ eq $text } @report;
    $unread = 1 if $is_unread;
}

# A remark on a section; with $is_unread, as for report().
sub note {
    my ($section, $text, $is_unread) = @_;
    $text = printable($text);
    $section->{is_unread} = 1 if $is_unread;
    return if grep { $_ eq $text } @{ $section->{notes} };
    push @{ $section->{notes} }, $text;
}


# One origin in the form in which browsers send it, or a pattern of them; nothing
# if it is invalid, and then the reason.
sub no_origin { my ($why) = @_; return wantarray ? (undef, $why) : undef }

sub canonical_origin {
    my ($word) = @_;
    return ($word) if $has_defines && $word =~ /\A\$\{\w+\}\z/;
    return no_origin('an origin starts with its scheme, as in https://example.com') if $word !~ m{\A([a-z][a-z0-9+.-]*)://([^/?#]*)(.*)\z}is;
    my ($scheme, $rest) = (lc $1, $2);
    $rest =~ s/.*@//s;
    my ($host, $port) = $rest =~ /\A(.*?)(?::(\d+|\*))?\z/s;
    $host = lc $host;
    $port = undef if defined $port && $port eq ($default_port{$scheme} // '');
    return no_origin('no page has an origin with this scheme') if $scheme =~ /\A(?:wss?|file)\z/;
    return no_origin('browsers never send it as an origin')
        if $host !~ /\A(?:(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:]+\])\z/
        || $host =~ /\A\*\.\d+\.\d+\.\d+\.\d+\z/;
    return ("$scheme://$host" . (defined $port ? ":$port" : ''));
}

# One origin as it was written, as an argument of CorsAllowOrigins; undef if it is
# invalid.
sub origin {
    my ($section, $text) = @_;
    (my $was = $text) =~ s/\A\s+|\s+\z//g;
    if ($was eq 'null') {
        note($section, "'null' is omitted: any sandboxed frame can send it; CorsAllowNullOriginUnsafe On would allow it");
        return;
    }
    my ($word, $why) = canonical_origin($was);
    # a value of the environment or of a template is not known
    my $is_unknown = $was =~ /[\$#]\{\w|\{\$\w|\{\{|<%/;
    if (!defined $word) { note($section, "'$was' is omitted: " . ($is_unknown ? 'its value is not known here' : $why), $is_unknown); return }
    note($section, "'$was' is written $word, as browsers send it") if $word ne $was;
    return $word;
}

# The same for an entry of a list that the original uses literally.
sub literal_origin {
    my ($section, $text) = @_;
    return sent_origin($section, $text) if $text !~ /\*/ || $text !~ m{\A[a-z][a-z0-9+.-]*://}i;
    note($section, "'$text' was used literally, and browsers never send it; to allow what was intended, write CorsAllowOrigins $text");
    return;
}

# The same for a text that was compared with what browsers send: one that they
# never send never let anyone in.
sub sent_origin {
    my ($section, $was) = @_;
    my ($word) = $was eq 'null' ? () : canonical_origin($was);
    note($section, "httpd replaces $was when it starts; keep its Define before this section") if $has_defines && $was =~ /\A\$\{/;
    return origin($section, $was) if !defined $word || $word eq $was;
    note($section, "'$was' is omitted: browsers never send it; to allow what was intended, write CorsAllowOrigins $word");
    return;
}

sub unique {
    my %seen;
    return grep { !$seen{$_}++ } @_;
}

sub words { return grep { length } split /[\s,]+/, join ',', map { ref ? @$_ : $_ // () } @_ }

# Whether scripts cannot send a header.
sub is_forbidden_header {
    my ($key) = @_;
    return $fetch{forbidden_request_headers}{$key}
        || grep { index($key, $_) == 0 } keys %{ $fetch{forbidden_request_prefixes} };
}

sub names {
    my ($section, $kind, @names) = @_;
    return [ '*', $kind eq 'headers' ? grep { lc $_ eq 'authorization' } @names : () ] if grep { $_ eq '*' } @names;
    my @kept;
    for my $name (@names) {
        my $key = lc $name;
        if ($name !~ /\A[!#\$%&'*+.^_`|~0-9A-Za-z-]+\z/) { note($section, "'$name' is omitted: it is not a valid header name") }
        elsif ($kind eq 'headers' && is_forbidden_header($key)) { note($section, "'$name' is omitted from CorsAllowHeaders: scripts cannot set it") }
        elsif ($kind eq 'expose' && $fetch{request_only_headers}{$key} || $fetch{forbidden_response_headers}{$key}) { note($section, "'$name' is omitted from CorsExposeHeaders: scripts can never read it, or it is a request header") }
        elsif ($kind eq 'expose' && $fetch{safelisted_response_headers}{$key}) { note($section, "'$name' is omitted from CorsExposeHeaders: scripts can always read it") }
        else {
            note($section, "'$name' in CorsAllowHeaders is a response header: remove it from the script that sends it, then from this list") if $kind eq 'headers' && $fetch{response_only_headers}{$key};
            push @kept, $name;
        }
    }
    my %seen;
    return [ grep { !$seen{ lc $_ }++ } @kept ];
}

sub methods {
    my ($section, @methods) = @_;
    return ['*'] if grep { $_ eq '*' } @methods;
    my @kept;
    for my $name (@methods) {
        if ($name !~ /\A[A-Za-z-]+\z/) { note($section, "'$name' is omitted: it is not a valid method") }
        elsif ($fetch{forbidden_methods}{ lc $name }) { note($section, "'$name' is omitted: browsers never send it") }
        else {
            note($section, "'$name' is written \U$name\E: methods are case-sensitive") if $name ne uc $name;
            push @kept, uc $name;
        }
    }
    @kept = unique(@kept);
    return \@kept;
}

sub age {
    my ($section, $text) = @_;
    return if !defined $text || $text !~ /\A\s*(-?\d{1,18})\s*\z/;
    return 0 if $1 < 0;
    return $1 if $1 <= 31536000;
    note($section, "a max-age of $1 is written as one year, the maximum");
    return 31536000;
}

# --- from response headers to a policy

our %attribute = (
    'access-control-allow-methods' => 'methods', 'access-control-allow-headers' => 'headers',
    'access-control-expose-headers' => 'expose', 'access-control-allow-credentials' => 'credentials',
    'access-control-max-age' => 'age', 'access-control-allow-origin' => 'origin',
    'access-control-allow-private-network' => 'network',
);

our $with_every_status = 'without always, the headers were not sent with errors; the policy sends them with every status';

# One header that a recipe sets, other than the origin.
sub header {
    my ($section, $name, $value) = @_;
    my $what = $attribute{ lc $name } // return;
    my $attr = $section->{attr};
    if ($value =~ /[\$%]\{?\w*access_control_request_(method|headers)|\$http_access_control_request_(\w+)|req:Access-Control-Request-(\w+)/i) {
        $attr->{$what} = $what eq 'headers' ? [ '*', 'Authorization' ] : ['*'];
        note($section, "$name repeated what the preflight asked for; it is written as *");
        return;
    }
    if ($value =~ /[\$%]/ && $what ne 'origin') {
        note($section, "$name is omitted: its value '$value' is not known here", 1);
        return;
    }
    if ($what eq 'methods') { $attr->{methods} = methods($section, words($value)) }
    elsif ($what eq 'headers' || $what eq 'expose') { $attr->{$what} = names($section, $what, words($value)) }
    elsif ($what eq 'age') { $attr->{age} = age($section, $value) }
    elsif ($what eq 'network') { $attr->{network} = lc $value eq 'true' }
    elsif ($what eq 'credentials') {
        $attr->{credentials} = $value eq 'true';
        note($section, "Access-Control-Allow-Credentials was '$value', which browsers treat as false; only true turns credentials on") if $value ne 'true';
    }
}

# Completes a section: for a header that the original did not send, browsers assume the minimum.
sub complete {
    my ($section, %more) = @_;
    my $attr = $section->{attr};
    return if $attr->{edit};
    if (!$attr->{origins} && !$attr->{match} && !$attr->{everybody} && !$attr->{nobody}) {
        $attr->{nobody} = 1;
        note($section, 'no origin could be read; CorsAllowOrigins None allows no origin');
    }
    $attr->{policy} = 'On';
    $attr->{methods} = [qw(GET HEAD POST)] if !@{ $attr->{methods} // [] };
    $attr->{headers} = [] if !$attr->{headers};
    note($section, 'the original sent no Vary: Origin; the policy sends it where the response depends on the origin')
        if $more{vary} && !$attr->{everybody} && !$attr->{vary};
}

# Where servers do not let a section inherit from one around it, but httpd does,
# each has the value that it would otherwise inherit.
sub apart {
    my (@all) = @_;
    my %default = (credentials => 0, expose => [], age => 'None', network => 0, reject => 0);
    for my $name (sort keys %default) {
        next if !grep { defined $_->{attr}{$name} } @all;
        my $first = (grep { !@{ $_->{where} } } @all)[0] // 0;
        for my $section (@all) {
            next if ($section->{attr}{policy} // '') ne 'On' || $section == $first;
            $section->{attr}{$name} //= $default{$name};
        }
    }
}

my $how_credentials = 'replace the * in CorsAllowOrigins with the origins, and write CorsAllowCredentials On';

# Turns credentials off for any origin, unless the original allows that explicitly.
sub settle {
    my ($section, $outer) = @_;
    my $attr = $section->{attr};
    my $of = sub { my ($name) = @_; return exists $attr->{$name} ? $attr->{$name} : $outer->{$name} };
    my $everybody = exists $attr->{origins} || exists $attr->{match} || $attr->{nobody} ? $attr->{everybody} : $of->('everybody');
    return if !$of->('credentials') || $of->('unsafe');
    if ($everybody || $attr->{open}) {
        $attr->{credentials} = 0;
        note($section, $attr->{reflected}
            ? 'every origin was sent back with credentials, so any page could act as a logged-in user; credentials are off here:'
                . ' list the origins and write CorsAllowCredentials On, or write CorsAllowAnyOriginWithCredentialsUnsafe On'
            : 'credentials with any origin: browsers reject this combination, and so does the module; credentials are off here:'
                . " to allow them, $how_credentials");
        return;
    }
    my @match = @{ $attr->{match} // (grep({ exists $attr->{$_} } qw(origins everybody nobody)) ? undef : $outer->{match}) // [] };
    if (grep { /\(\?!/ } @match) {
        $attr->{credentials} = 0;
        note($section, 'a regular expression that only excludes origins allows any other origin, which the module rejects with credentials; credentials are off here:'
            . ' to allow them, list the origins and write CorsAllowCredentials On');
        return;
    }
    if (grep { $_ eq '*' } @{ $of->('expose') // [] }) {
        $attr->{expose} = [];
        note($section, 'CorsExposeHeaders * is omitted: with credentials, browsers do not treat it as a wildcard; list the headers');
    }
}

# Where an origin was tested, but sent the star, it has no credentials; whether
# that is so.
sub no_star_credentials {
    my ($section) = @_;
    my $attr = $section->{attr};
    return 0 if !$section->{star} || !$attr->{credentials} || $attr->{everybody};
    $attr->{credentials} = 0;
    note($section, 'these origins were sent *, and browsers reject * with credentials; credentials are off here:'
        . ' to allow them, write CorsAllowCredentials On');
    return 1;
}

# The names of origins that the output has, with the origins.
my %used;

sub directives {
    my ($section) = @_;
    my $attr = $section->{attr};
    my @lines;
    my $say = sub { push @lines, sprintf '%-24s %s', shift, join ' ', @_ };
    $say->(CorsPolicy => $attr->{policy}) if $attr->{policy};
    my $named = sub { my ($origin) = @_; my $name = $defined_origin{$origin} // return $origin; $used{$name} = $origin; return "\${$name}" };
    my @origins = unique(map({ $named->($_) } @{ $attr->{origins} // [] }), map { '!' . $named->($_) } @{ $attr->{excluded} // [] });
    if ($attr->{edit}) { $say->(CorsAllowOrigins => map { "-$_" } @{ $attr->{edit} }) }
    elsif ($attr->{everybody}) { $say->(CorsAllowOrigins => '*') }
    elsif (@{ $attr->{origins} // [] }) { $say->(CorsAllowOrigins => splice @origins, 0, 6) while @origins }
    elsif ($attr->{nobody} || exists $attr->{origins} && !$attr->{match}) { $say->(CorsAllowOrigins => 'None') }
    $say->(CorsAllowOriginsMatch => unique(@{ $attr->{match} })) if $attr->{match};
    $say->(CorsAllowMethods => @{ $attr->{methods} }) if @{ $attr->{methods} // [] };
    $say->(CorsAllowHeaders => @{ $attr->{headers} } ? @{ $attr->{headers} } : 'None') if $attr->{headers};
    $say->(CorsExposeHeaders => @{ $attr->{expose} } ? @{ $attr->{expose} } : 'None') if $attr->{expose};
    $say->(CorsAllowCredentials => $attr->{credentials} ? 'On' : 'Off') if exists $attr->{credentials};
    $say->(CorsAllowAnyOriginWithCredentialsUnsafe => 'On') if $attr->{unsafe};
    $say->(CorsMaxAge => $attr->{age}) if defined $attr->{age};
    $say->(CorsAllowPrivateNetwork => $attr->{network} ? 'On' : 'Off') if exists $attr->{network};
    $say->(CorsRejectDisallowed => $attr->{reject} ? 'On' : 'Off') if exists $attr->{reject};
    $say->(CorsBackendHeaders => 'Keep') if $attr->{keep};
    $say->(CorsWebSocketAllowOrigins => @{ $attr->{sockets} } ? @{ $attr->{sockets} } : 'None') if $attr->{sockets};
    $say->(CorsWebSocketRequireOrigin => 'On') if $attr->{sockets_origin};
    return @lines;
}

sub print_all {
    my %outer;
    for my $section (@sections) {
        settle($section, $section->{outer} // \%outer);
        %outer = %{ $section->{attr} } if !@{ $section->{where} } && !$section->{limit};
    }
    %used = ();
    my @printed = map { [ $_, directives($_) ] } @sections;
    $unread = 1 if grep { $_->{is_unread} } @sections;
    # the lines of Define can stay where they are, or go
    print "<IfDefine !$_>\n    Define $_ $used{$_}\n</IfDefine>\n\n" for sort keys %used;
    print_section(@$_) for @printed;
    print STDERR printable($_), "\n" for @report, map { my $from = $_->{from} // 'cors-policy-import'; map { "$from: $_" } @{ $_->{notes} } } @sections;
}

# The text that is printed for some sections, after print_all().
sub printed_of {
    my (@some) = @_;
    my $text = '';
    open my $out, '>', \$text or die "$!\n";
    my $before = select $out;
    print_section($_, directives($_)) for @some;
    select $before;
    return $text;
}

sub print_section {
    my ($section, @lines) = @_;
    return if !@lines && !@{ $section->{notes} };
    my @where = @{ $section->{where} };
    push @where, '<Location "/">' if $section->{limit} && !@where;
    push @where, "<Limit @{ $section->{limit} }>" if $section->{limit};
    print "# ", printable($section->{from}), "\n" if $section->{from};
    print "#   $_\n" for @{ $section->{notes} };
    my $indent = '';
    @where = () if !@lines;
    for my $open (@where) {
        print $indent, printable($open), "\n";
        $indent .= '    ';
    }
    print "$indent$_\n" for @lines;
    for my $open (reverse @where) {
        substr $indent, 0, 4, '';
        print "$indent</", $open =~ /\A<(\w+)/, ">\n";
    }
    print "\n";
}

# A text of UTF-16 as UTF-8, without the mark at its start. One that has no mark is
# recognized by the zero bytes of its first characters.
sub as_bytes {
    my ($text) = @_;
    require Encode;
    my $encoding = $text =~ /\A(?:\xff\xfe|\xfe\xff)/ ? 'UTF-16' : $text =~ /\A(?:[\x09-\x7e]\0){4}/ ? 'UTF-16LE' : $text =~ /\A(?:\0[\x09-\x7e]){4}/ ? 'UTF-16BE' : undef;
    $text = Encode::encode('UTF-8', Encode::decode($encoding, $text)) if defined $encoding;
    return $text =~ s/\A\xef\xbb\xbf//r;
}

sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or fail("$file: $!");
    local $/;
    $! = 0;
    my $text = <$in>;
    fail("$file: $!") if !defined $text && $!;
    return as_bytes($text // '');
}


1;
