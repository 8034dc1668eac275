# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::IisRewrite;

# The rules of IIS's rewrite module that set headers of CORS: reads <rewrite> and runs
# it for one request, inbound rules for the variables that they set and for what they
# answer by themselves, then outbound rules for headers. A pattern that cannot be read
# is tried both ways. Headers that <customHeaders> sends, too, are Iis.pm's matter.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Classes qw(assume is_marked matches origin_value same unknown_value);
use CorsImport::Policy qw(%attribute);
our @EXPORT_OK = qw(read_rewrite run_rewrite);

sub find { my ($element, $name) = @_; return grep { lc $_->{name} eq lc $name } @{ $element->{children} } }
sub is_true { my ($text, $default) = @_; return defined $text ? lc $text eq 'true' : $default }

# One rule: line, match, conditions, variables that it sets, action.
sub rule_of {
    my ($element) = @_;
    my ($match) = find($element, 'match');
    my ($conditions) = find($element, 'conditions');
    my ($action) = find($element, 'action');
    my ($variables) = find($element, 'serverVariables');
    return { line => $element->{line}, match => $match ? $match->{is} : {}, any => $conditions && lc($conditions->{is}{logicalGrouping} // '') eq 'matchany',
        conditions => [ $conditions ? map { { %{ $_->{is} }, line => $_->{line} } } find($conditions, 'add') : () ], action => $action ? $action->{is} : {},
        set => [ $variables ? map { $_->{is} } find($variables, 'set') : () ], pre => $element->{is}{preCondition}, stops => is_true($element->{is}{stopProcessing}, 0) };
}

# What a <rewrite> has: maps by name, inbound and outbound rules.
sub read_rewrite {
    my ($element) = @_;
    my $self = { maps => {}, inbound => [], outbound => [] };
    for my $map (map { find($_, 'rewriteMap') } find($element, 'rewriteMaps')) {
        $self->{maps}{ lc($map->{is}{name} // '') } = { default => $map->{is}{defaultValue} // '', entries => [ map { [ $_->{is}{key} // '', $_->{is}{value} // '' ] } find($map, 'add') ] };
    }
    $self->{inbound} = [ map { rule_of($_) } map { find($_, 'rule') } find($element, 'rules') ];
    $self->{outbound} = [ map { rule_of($_) } map { find($_, 'rule') } find($element, 'outboundRules') ];
    return $self;
}

# A text with its references in braces expanded, the inner ones first.
sub expanded {
    my ($self, $state, $text) = @_;
    1 while $text =~ s/\{([^{}]*)\}/value_of($self, $state, $1)/e;
    return $text;
}

sub value_of {
    my ($self, $state, $name) = @_;
    my $request = $state->{request};
    return $state->{captures}{ uc $1 }{$2} // '' if $name =~ /\A([CR]):(\d+)\z/i;
    if (my ($map, $key) = $name =~ /\A([^:]+):(.*)\z/s) {
        my $is = $self->{maps}{ lc $map } // return unknown_value($name);
        return unknown_value("the map $map") if $key =~ /\x02/;
        for my $entry (@{ $is->{entries} }) { return $entry->[1] if same($request, $key, $entry->[0], 1) }
        return $is->{default};
    }
    return origin_value($request) if uc $name eq 'HTTP_ORIGIN';
    return $request->{method} if uc $name eq 'REQUEST_METHOD';
    if (uc($name) =~ /\AHTTP_ACCESS_CONTROL_REQUEST_(METHOD|HEADERS)\z/) { return $request->{kind} eq 'preflight' ? unknown_value("access_control_request_\L$1") : '' }
    return $state->{variables}{ uc $name } // unknown_value($name);
}

# Whether a value has a pattern, and the groups.
sub fits {
    my ($state, $what, $value, $is) = @_;
    my $request = $state->{request};
    my $pattern = $is->{pattern} // '.*';
    my $nocase = is_true($is->{ignoreCase}, 1);
    my $text = "line $is->{line}: $what";
    my $found;
    my $all = { 0 => $value };
    # any text, or one that is not empty
    if ($pattern =~ /\A\^?\(?\.([*+])\)?\$?\z/ && $value !~ /\x02/) { $found = $1 eq '*' || length $value; $all->{1} = $value }
    elsif ($value =~ /\x02/ || lc($is->{matchType} // 'pattern') ne 'pattern' || lc($is->{patternSyntax} // '') eq 'wildcard') { $found = assume($request, $text) }
    elsif (lc($is->{patternSyntax} // '') eq 'exactmatch') { $found = same($request, $value, $pattern, $nocase) }
    else { $found = matches($request, $value, $pattern, $nocase); $all = { %{ $request->{captures} } } }
    $state->{found} = $found ? $all : {};
    return is_true($is->{negate}, 0) ? !$found : $found;
}

sub conditions_hold {
    my ($self, $state, $rule) = @_;
    return 1 if !@{ $rule->{conditions} };
    my ($all, $any) = (1, 0);
    for my $condition (@{ $rule->{conditions} }) {
        my $value = expanded($self, $state, $condition->{input} // '');
        if (($condition->{input} // '') =~ /REQUEST_METHOD/i) { $state->{request}{seen}{methods}{$_} = 1 for grep { $_ ne 'OPTIONS' } ($condition->{pattern} // '') =~ /([A-Z]{3,})/g }
        if (fits($state, "the condition on $condition->{input}", $value, $condition)) { $any = 1; $state->{captures}{C} = $state->{found} }
        else { $all = 0 }
    }
    return $rule->{any} ? $any : $all;
}

# What a request gets, beside headers that are sent anyway; returns its status.
sub run_rewrite {
    my ($self, $request, $sent) = @_;
    my $state = { request => $request, captures => {}, variables => {} };
    my $status;
    for my $rule (@{ $self->{inbound} }) {
        my $url = $rule->{match}{url} // '.*';
        my $is = $url =~ /\A\^?\(?\.[*+]\)?\$?\z/ ? 1 : assume($request, "line $rule->{line}: the url $url");
        next if !$is || !conditions_hold($self, $state, $rule);
        $state->{variables}{ uc($_->{name} // '') } = expanded($self, $state, $_->{value} // '') for @{ $rule->{set} };
        if (lc($rule->{action}{type} // '') eq 'customresponse') { $status = $rule->{action}{statusCode} // 200; last }
        if (lc($rule->{action}{type} // '') =~ /\A(?:redirect|abortrequest)\z/) { $status = 302; last }
        last if $rule->{stops};
    }
    for my $rule (@{ $self->{outbound} }) {
        my ($name) = ($rule->{match}{serverVariable} // '') =~ /\ARESPONSE_(.+)\z/i or next;
        my $attribute = $attribute{ lc $name =~ tr/_/-/r } // next;
        $request->{seen}{lines}{ $rule->{line} } = 1;
        next if defined $rule->{pre} && !assume($request, "line $rule->{line}: the precondition $rule->{pre}");
        my $before = $sent->{$attribute}[0] // '';
        next if !fits($state, "the match of $name", $before, { %{ $rule->{match} }, line => $rule->{line} });
        $state->{captures}{R} = $state->{found};
        next if !conditions_hold($self, $state, $rule);
        my $value = expanded($self, $state, $rule->{action}{value} // '');
        $sent->{$attribute} = length $value ? [$value] : [];
        last if $rule->{stops};
    }
    return $status;
}

1;
