# Licensed under the Apache License, Version 2.0; see LICENSE.
# The mistakes of mistakes.txt: httpd -t reports each with its id, and most messages have a
# form to write instead. The form is written, and httpd -t has to accept it.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use CorsTest qw(config_check);
use Httpd ();

# the least share of the messages that can have a form and have one, in percent
my $least = 88;

my @mistakes;
for (split /\n/, Httpd::slurp("$ENV{CORS_WORK}/t/config/mistakes.txt")) {
    next if /\A#/;
    if (/\A=([=-]) ([a-z0-9-]+): (.+)\z/) { push @mistakes, { can => $1 eq '=', id => $2, name => $3, lines => [] } }
    elsif (/\S/) { push @{ $mistakes[-1]{lines} }, $_ }
}

# What httpd has escaped: backslashes and bytes outside ASCII.
sub plain { return $_[0] =~ s/\\(?:x([0-9a-f]{2})|(.))/defined $1 ? chr hex $1 : $2/ger }

# The first message with an id: the number of its line, the entry, and the form to write.
sub message_of {
    my ($check, $id) = @_;
    my $line;
    for (split /\n/, $check->{errors}) {
        $line = $1 if /Syntax error on line (\d+) of/;
        next if !/\[\Q$id\E\]/;
        my $text = plain($_);
        # the message itself, of several in one line
        my ($one) = grep { /\[\Q$id\E\]\z/ } split /(?<=\])\. Also /, $text;
        next if !defined $one;
        $line = $1 if $text =~ /\Q$check->{file}\E:(\d+)/;
        my ($entry) = $one =~ /'((?:(?!': ).)*)': /;
        my ($form) = $one =~ /; write ((?:(?!; write ).)+?) \[\Q$id\E\]\z/;
        # a reason may name the line itself
        ($form) = $one =~ /, or write (Cors\w+ (?:Off|None))\b/ if !defined $form || $form =~ /; \w+Unsafe On permits it/;
        return { line => $line - $check->{before}, entry => $entry, form => $form, text => $text };
    }
    return;
}

# The configuration with the form: in place of the entry, or as a line of its own in place of
# the line of the same directive.
sub corrected {
    my ($message, @lines) = @_;
    my ($form, $at) = ($message->{form}, $message->{line} - 1);
    if ($form =~ /\A(Cors\w+) (?:On|Off|None|[0-9]+\w*)\z/) {
        my ($same) = grep { $lines[$_] =~ /\A$1 / } 0 .. $#lines;
        if (defined $same) { $lines[$same] = $form }
        else { push @lines, $form }
        return @lines;
    }
    if ($form =~ /\ACors\w+ /) {
        # a name of another list moves there
        if (defined $message->{entry} && $lines[$at] =~ s/ \Q$message->{entry}\E(?= |\z)// && $lines[$at] =~ / /) { push @lines, $form }
        else { $lines[$at] = $form }
        return @lines;
    }
    if ($form =~ /\ARequire /) { splice @lines, $at + 1, 0, $form; return @lines }
    if (!defined $message->{entry}) {
        my ($directive) = $lines[$at] =~ /\A(\S+)/;
        $lines[$at] = "$directive $form";
        return @lines;
    }
    # a form with quotes replaces an entry with its quotes
    $lines[$at] =~ s/"\Q$message->{entry}\E"/$form/
        or $lines[$at] =~ s/(?<![^\s,])\Q$message->{entry}\E(?![^\s,>])/$form/
        or $lines[$at] = ($lines[$at] =~ /\A(\S+)/)[0] . " $form";
    return @lines;
}

plan tests => 2 * @mistakes + 2;
my ($can, $have) = (0, 0);
my @without;
for my $mistake (@mistakes) {
    my $check = config_check(join '', map { "$_\n" } @{ $mistake->{lines} });
    my $message = message_of($check, $mistake->{id});
    my $name = "$mistake->{id}: $mistake->{name}";

    ok($message, "$name: reported") or diag($check->{errors} || 'nothing');
    $can++ if $mistake->{can};
    if (!$message || !defined $message->{form}) {
        ok(!defined $message->{form}, "$name: no form");
        push @without, "$name: " . (($message // {})->{text} // "not reported") if $mistake->{can};
        next;
    }
    my @lines = corrected($message, @{ $mistake->{lines} });
    my $then = config_check(join '', map { "$_\n" } @lines);
    my $accepted = $then->{code} == 0 && !message_of($then, $mistake->{id});
    ok($accepted, "$name: the form is accepted") or diag(join "\n", $message->{text}, @lines, $then->{errors});
    $have++ if $accepted && $mistake->{can};
}
diag($_) for @without;
cmp_ok(100 * $have / $can, '>=', $least, "$have of $can messages have a form that is accepted");
cmp_ok(scalar @mistakes, '>=', 98, 'there are at least 98 mistakes');
