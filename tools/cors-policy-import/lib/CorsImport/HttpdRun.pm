# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::HttpdRun;

# Runs lines of httpd for one request: SetEnvIf, SetEnv, RewriteRule and Header,
# in httpd's order, and the expressions in them. The origin may be a mark
# (Classes.pm); what cannot be read is tried both ways. Which lines apply is for
# Httpd.pm to decide, and lines are data here: a line is a hash with its name, its
# words, its number and the conditions around it.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Classes qw(ORIGIN assume is_marked matches origin_value same unknown_value);
use CorsImport::Policy qw(unique %attribute);
use CorsImport::Regex qw(strip_anchors quotemeta_path);
our @EXPORT_OK = qw(run_lines expression_holds is_readable);

# --- expressions

# The value of one %{...} or function of an expression.
sub looked_up {
    my ($request, $kind, $name) = @_;
    return origin_value($request) if $kind =~ /\A(?:http|req|req_novary)\z/i && lc $name eq 'origin' || $kind eq '' && $name eq 'HTTP_ORIGIN';
    return $request->{variables}{ lc $name } // '' if $kind =~ /\A(?:reqenv|env|note)\z/i;
    return $request->{method} if $kind eq '' && $name =~ /\A(?:REQUEST_METHOD)\z/i;
    # only --verify asks for a path
    return $request->{url} if $kind eq '' && $name =~ /\AREQUEST_URI\z/i && defined $request->{url};
    if ($kind =~ /\A(?:http|req|req_novary)\z/i && $name =~ /\Aaccess-control-request-/i) { return $request->{kind} eq 'preflight' ? unknown_value($name) : '' }
    return unknown_value(length $kind ? "$kind:$name" : $name);
}

sub string_value {
    my ($request, $text) = @_;
    return $text =~ s/%\{(?:(\w+):)?([\w-]+)\}/looked_up($request, $1 \/\/ '', $2)/ger;
}

# Whether an expression matches. It cannot be evaluated if it has a name of Define
# whose value is not known.
sub matches_defined {
    my ($request, $value, $regex, $nocase) = @_;
    return matches($request, $value, $regex, $nocase) if $regex !~ /(?<!\\)\$\{\w+\}/;
    $request->{captures} = { map { $_ => unknown_value("a group of $regex") } 0 .. 9 };
    return assume($request, "the expression '$regex'");
}

# The next term of an expression, from pos() on; nothing if there is
# none.
sub term {
    my ($request, $text) = @_;
    my $value;
    if ($$text =~ /\G\s*%\{(?:(\w+):)?([\w-]+)\}/gc) { $value = looked_up($request, $1 // '', $2) }
    elsif ($$text =~ /\G\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/gcs) { $value = string_value($request, ($1 // $2) =~ s/\\(.)/$1/gsr) }
    elsif ($$text =~ /\G\s*(\w+)\(\s*['"]([\w-]+)['"]\s*\)/gc) { $value = looked_up($request, $1, $2) }
    elsif ($$text =~ /\G\s*tolower\(/gci) {
        $value = term($request, $text) // return;
        $$text =~ /\G\s*\)/gc or return;
        $value = lc $value;
    }
    elsif ($$text =~ /\G\s*([0-9]+)/gc) { $value = $1 }
    else { return }
    while ($$text =~ /\G\s*\.(?=\s*['"%\w])/gc) { $value .= term($request, $text) // return }
    return $value;
}

# A glob as an expression.
sub glob_regex {
    my ($glob) = @_;
    return '^' . join('', map { $_ eq '*' ? '.*' : $_ eq '?' ? '.' : quotemeta_path($_) } split //, $glob) . '$';
}

# A comparison; undef if it cannot be parsed.
sub comparison {
    my ($request, $text) = @_;
    return lc $1 eq 'true' ? 1 : 0 if $$text =~ /\G\s*(true|false)\b/gci;
    if ($$text =~ /\G\s*-([nzT])\s/gc) {
        my $kind = $1;
        my $value = term($request, $text) // return;
        my $is = $value =~ /[\x01\x04]/ ? 1 : is_marked($value) ? assume($request, 'what is tested by -' . $kind) : $kind eq 'T' ? $value !~ /\A(?:|0|off|false|no)\z/i : length $value > 0;
        return $kind eq 'z' ? !$is : $is;
    }
    my $left = term($request, $text) // return;
    my $whole = $$text;
    $request->{seen}{methods}{$_} = 1 for $whole =~ /REQUEST_METHOD/ ? grep { /\A(?:GET|HEAD|POST|PUT|PATCH|DELETE)\z/ } $whole =~ /([A-Z]{3,})/g : ();
    if ($$text =~ /\G\s*(=~|!~)\s*(?:m([^\s\w])|(\/))/gc) {
        my ($operator, $end) = ($1, $2 // $3);
        $$text =~ /\G((?:\\.|(?!\Q$end\E).)*)\Q$end\E([ismg]*)/gcs or return;
        my ($regex, $flags) = ($1, $2);
        $regex =~ s/\\\Q$end\E/$end/g if $end =~ m{[/#!,]};
        my $is = matches_defined($request, $left, $regex, $flags =~ /i/);
        return $operator eq '=~' ? $is : !$is;
    }
    if ($$text =~ /\G\s*-?in\s*\{/gc) {
        my @words;
        while ($$text !~ /\G\s*\}/gc) { push @words, term($request, $text) // return; $$text =~ /\G\s*,/gc }
        return scalar grep { $_ } map { same($request, $left, $_) } @words;
    }
    my ($operator) = $$text =~ /\G\s*(==|!=|=|-strmatch|-strcmatch|-fnmatch)(?=[\s'"%])/gc or return;
    my $right = term($request, $text) // return;
    return if is_marked($right) && !($right =~ /\A[\x01\x04]\z/ && !is_marked($left));
    ($left, $right) = ($right, $left) if is_marked($right);
    return matches($request, $left, glob_regex($right), $operator eq '-strcmatch') if $operator =~ /match/;
    my $is = same($request, $left, $right);
    return $operator eq '!=' ? !$is : $is;
}

sub negation {
    my ($request, $text) = @_;
    if ($$text =~ /\G\s*!(?![=~])/gc) { my $is = negation($request, $text) // return; return !$is }
    if ($$text =~ /\G\s*\(/gc) {
        my $is = disjunction($request, $text) // return;
        return $$text =~ /\G\s*\)/gc ? $is : undef;
    }
    return comparison($request, $text);
}

sub conjunction {
    my ($request, $text) = @_;
    my $all = negation($request, $text) // return;
    while ($$text =~ /\G\s*&&/gc) { my $is = negation($request, $text) // return; $all &&= $is }
    return $all;
}

sub disjunction {
    my ($request, $text) = @_;
    my $any = conjunction($request, $text) // return;
    while ($$text =~ /\G\s*\|\|/gc) { my $is = conjunction($request, $text) // return; $any ||= $is }
    return $any;
}

# Whether an expression holds; the parts that cannot be parsed are assumed.
sub expression_holds {
    my ($request, $expression) = @_;
    my $text = $expression;
    pos($text) = 0;
    my $is = disjunction($request, \$text);
    return $is ? 1 : 0 if defined $is && $text =~ /\G\s*\z/;
    return assume($request, "the condition $expression");
}

# Whether an expression depends on nothing but the origin and the method.
sub is_readable {
    my ($expression) = @_;
    my $seen = {};
    expression_holds({ origin => { true => {} }, kind => 'actual', method => 'GET', assumed => {}, seen => $seen, captures => {}, variables => {} }, $expression);
    return !$seen->{unknown} && $expression =~ /\borigin\b/i && $expression !~ /\benv\b/i;
}

# --- lines

# A value of SetEnvIf, with what the expression matched.
sub with_captures { my ($request, $text) = @_; return $text =~ s/\$(\d)/$request->{captures}{$1} \/\/ ''/ger }

sub set_variables {
    my ($request, @words) = @_;
    for my $word (@words) {
        if ($word =~ /\A!(.+)/s) { delete $request->{variables}{ lc $1 } }
        elsif ($word =~ /\A([^=]+)(?:=(.*))?\z/s) { $request->{variables}{ lc $1 } = defined $2 ? with_captures($request, $2) : 1 }
    }
}

sub run_setenvif {
    my ($request, $line) = @_;
    my ($attribute, $regex, @words) = @{ $line->{args} };
    my $nocase = $line->{name} =~ /nocase/;
    my $value = lc $attribute eq 'origin' ? ORIGIN : '';
    if (lc $attribute eq 'origin') { $value = origin_value($request) }
    elsif (lc $attribute eq 'request_method') { $value = $request->{method} }
    elsif (lc $attribute eq 'request_uri' && defined $request->{url}) { $value = $request->{url} }
    elsif ($attribute =~ /\Aaccess-control-request-(?:method|headers)\z/i) {
        return if $request->{kind} ne 'preflight';
        my ($inner) = strip_anchors($regex);
        $request->{captures} = { map { $_ => unknown_value($attribute) } 0, 1 };
        return set_variables($request, @words) if $inner eq '' || $inner eq '.+';
        $value = unknown_value($attribute);
    }
    elsif (defined $request->{variables}{ lc $attribute }) { $value = $request->{variables}{ lc $attribute } }
    elsif ($line->{is_variable}{ lc $attribute }) { $value = '' }
    else { $value = unknown_value($attribute) }
    my $holds = $value =~ /\A\x02/ ? assume($request, "line $line->{line}: $attribute") : matches_defined($request, $value, $regex, $nocase);
    set_variables($request, @words) if $holds;
}

# A group of an expression that has none ends the request with status 500.
sub run_expression {
    my ($request, $line) = @_;
    my ($expression, @words) = @{ $line->{args} };
    $request->{captures} = {};
    return if !expression_holds($request, $expression);
    if (!%{ $request->{captures} } && grep { /=.*\$\d/ } @words) { $request->{status} = 500; return }
    set_variables($request, @words);
}

# Whether the conditions above a rewrite rule hold.
sub conditions_hold {
    my ($request, @conditions) = @_;
    my ($group, $all) = (0, 1);
    for my $condition (@conditions) {
        my ($test, $pattern, $flags) = @{ $condition->{args} };
        my $value = rewrite_value($request, $test);
        my $not = $pattern =~ s/\A!//;
        my $nocase = ($flags // '') =~ /\bNC\b/i;
        my $is = $value =~ /\A\x02[^\x02]*\x02\z/ || $pattern =~ /\A(?:[<>]|-[a-zA-Z])/ ? assume($request, "line $condition->{line}: RewriteCond $test")
            : $pattern =~ /\A==?(.*)/s ? same($request, $value, $1, $nocase) : matches_defined($request, $value, $pattern, $nocase);
        $request->{conditions} = { %{ $request->{captures} } } if $is && !$not;
        $group ||= $not ? !$is : $is;
        next if ($flags // '') =~ /\bOR\b|\bornext\b/i;
        $all &&= $group;
        $group = 0;
    }
    return $all;
}

sub rewrite_value {
    my ($request, $text) = @_;
    return $text =~ s/%\{(?:(\w+):)?([\w-]+)\}|%(\d)/defined $3 ? $request->{conditions}{$3} \/\/ '' : ($1 \/\/ '') eq '' && uc $2 eq 'HTTP_ORIGIN' ? '' : looked_up($request, $1 \/\/ '', $2)/ger;
}

# A rewrite rule; returns whether others follow.
sub run_rule {
    my ($request, $line) = @_;
    my ($pattern, $to, $flags) = @{ $line->{args} };
    $flags //= '';
    return 1 if $flags !~ /E=|env=|\bR\b|redirect|\bF\b|forbidden|\bL\b|\bEND\b/i;
    return 1 if !conditions_hold($request, @{ $line->{conditions} });
    return 1 if $pattern !~ m{\A(?:\^?/?\(?\.[*?]\)?\$?|\^|\^/\?|)\z} && !assume($request, "line $line->{line}: RewriteRule $pattern");
    while ($flags =~ /(?:\A|[\[,])\s*(?:E|env)=(!?)([^:\],]+)(?::([^,\]]*))?/gi) {
        my ($not, $name, $value) = ($1, $2, $3 // '');
        if ($not) { delete $request->{variables}{ lc $name } }
        else { $request->{variables}{ lc $name } = rewrite_value($request, $value =~ s/\$\d/\x02a part of the URL\x02/gr) }
    }
    if ($flags =~ /\b(?:R|redirect)(?:=(\w+))?\b/i) { $request->{status} = ($1 // '') =~ /\A(\d\d\d)\z/ ? $1 : 302; return 0 }
    if ($flags =~ /\b(?:F|forbidden)\b/) { $request->{status} = 403; return 0 }
    return $flags !~ /\b(?:L|END|last)\b/i;
}

sub variable {
    my ($request, $line, $name) = @_;
    return $request->{variables}{ lc $name } // ($line->{is_variable}{ lc $name } ? '(null)' : unknown_value("variable $name"));
}

# The value of a Header line.
sub header_value {
    my ($request, $line) = @_;
    my $text = $line->{value} // '';
    return string_value($request, $1) if $text =~ /\Aexpr=(.*)\z/s;
    return $text =~ s/%(?:%|\{([^}]*)\}([a-zA-Z])|([a-zA-Z]))/!defined($2 \/\/ $3) ? '%' : ($2 \/\/ '') eq 'e' ? variable($request, $line, $1) : unknown_value('%' . ($2 \/\/ $3))/ger;
}

# Whether a variable is there; one that nothing in the file sets can be set
# elsewhere.
sub is_defined {
    my ($request, $line, $name) = @_;
    return 1 if defined $request->{variables}{ lc $name };
    return 0 if $line->{is_variable}{ lc $name };
    return assume($request, "the variable $name, which nothing in this file sets,");
}

# Whether a Header line applies.
sub is_meant {
    my ($request, $line) = @_;
    for my $condition (@{ $line->{if} }) {
        my ($not, $expression) = @$condition;
        my $is = expression_holds($request, $expression);
        return 0 if $not ? $is : !$is;
    }
    for my $word (@{ $line->{when} // [] }) {
        if ($word =~ /\Aenv=(!?)(.+)/is) { return 0 if ($1 ? 1 : 0) == (is_defined($request, $line, $2) ? 1 : 0) }
        elsif ($word =~ /\Aexpr=(.*)/is) { return 0 if !expression_holds($request, $1) }
    }
    return 1;
}

sub run_header {
    my ($request, $line, $tables) = @_;
    my $name = lc $line->{header};
    my $attribute = $attribute{$name};
    my $value = header_value($request, $line);
    $request->{seen}{vary} = 1 if $name eq 'vary' && $value =~ /origin/i;
    return if !$attribute;
    my $slot = $tables->{ $line->{table} }{$attribute} ||= [];
    my $action = $line->{action};
    if ($action eq 'unset') { @$slot = () }
    elsif ($action eq 'set') { @$slot = ($value) }
    elsif ($action eq 'setifempty') { @$slot = ($value) if !@$slot }
    elsif ($action eq 'add') { push @$slot, $value }
    elsif ($action =~ /\A(?:append|merge)\z/) {
        return if $action eq 'merge' && @$slot && grep { $_ eq $value } split /\s*,\s*/, $slot->[0];
        @$slot = @$slot ? ("$slot->[0], $value") : ($value);
    }
    else { @$slot = (unknown_value("$action")) if @$slot }
}

# The headers for a request to which these lines apply, in this order.
sub run_lines {
    my ($request, @lines) = @_;
    my $goes_on = 1;
    for my $line (@lines) {
        next if $line->{name} eq 'header' || !is_meant($request, $line);
        if ($line->{name} =~ /\Asetenvif(?:nocase)?\z/) { run_setenvif($request, $line) }
        elsif ($line->{name} eq 'setenvifexpr') { run_expression($request, $line) }
        elsif ($line->{name} eq 'rewriterule' && $goes_on) { $goes_on = run_rule($request, $line) }
    }
    for my $line (grep { $_->{name} =~ /\A(?:un)?setenv\z/ } @lines) {
        my ($name, $value) = @{ $line->{args} };
        if ($line->{name} eq 'setenv') { $request->{variables}{ lc $name } = $value // '' }
        else { delete $request->{variables}{ lc $name } }
    }
    my %tables = (onsuccess => {}, always => {});
    for my $line (grep { $_->{name} eq 'header' && is_meant($request, $_) } @lines) { run_header($request, $line, \%tables) }
    # what a rule answers by itself has the headers of errors
    %{ $tables{onsuccess} } = () if defined $request->{status};
    my %sent;
    for my $table (qw(onsuccess always)) {
        push @{ $sent{$_} }, @{ $tables{$table}{$_} } for grep { @{ $tables{$table}{$_} } } keys %{ $tables{$table} };
    }
    return { sent => \%sent, status => $request->{status} };
}

1;
