# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Tomcat;

# Reads the CorsFilter of Tomcat in a web.xml, with the paths of its
# <filter-mapping>, and answers requests as it does: any request with an origin or a
# method that is not listed is rejected with 403, GET and POST too. A * among methods
# or headers is a name like another there. Parameters that are not set have the
# defaults of Tomcat 9; those of older versions allowed more. Filters of other names
# for CORS are reported, not read.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Classes qw(origin_value same);
use CorsImport::Policy qw(report slurp);
use CorsImport::Places qw(put_places path_container);
use CorsImport::Xml qw(parse_xml element_text child_elements);
our @EXPORT_OK = qw(import_tomcat);

my %default = ('cors.allowed.origins' => '', 'cors.allowed.methods' => 'GET,POST,HEAD,OPTIONS', 'cors.support.credentials' => 'false', 'cors.preflight.maxage' => '1800',
    'cors.allowed.headers' => 'Origin,Accept,X-Requested-With,Content-Type,Access-Control-Request-Method,Access-Control-Request-Headers', 'cors.exposed.headers' => '');

sub list { my ($text) = @_; return grep { length } map { s/\A\s+|\s+\z//gr } split /,/, $text }

# The settings of a <filter>: from, the lists, credentials, age, notes, nobody.
sub filter_of {
    my ($file, $element) = @_;
    my (%is, %line);
    for my $parameter (child_elements($element, 'init-param')) {
        my $name = element_text($parameter, 'param-name') // '';
        # the first one counts
        next if defined $is{$name};
        $is{$name} = element_text($parameter, 'param-value') // '';
        $line{$name} = $parameter->{line};
    }
    my $cors = { from => "$file:" . ($line{'cors.allowed.origins'} // $element->{line}), notes => [] };
    push @{ $cors->{notes} }, 'cors.allowed.origins is not set, which means no origin (before Tomcat 9.0.9, 8.5.32 and 7.0.89, any origin)' if !defined $is{'cors.allowed.origins'};
    my %set = (%default, %is);
    for my $name (sort grep { $set{$_} =~ /\$\{|\@\w+\@/ } keys %default) {
        $cors->{nobody} = "the value '$set{$name}' of $name in line $line{$name} is not known here";
        $cors->{is_unread} = 1;
    }
    $cors->{origins} = [ list($set{'cors.allowed.origins'}) ];
    $cors->{star} = grep { $_ eq '*' } @{ $cors->{origins} };
    $cors->{credentials} = lc $set{'cors.support.credentials'} eq 'true';
    $cors->{nobody} //= "any origin with credentials: Tomcat does not start with the two together; list the origins, or turn cors.support.credentials of line $line{'cors.support.credentials'} off"
        if $cors->{star} && $cors->{credentials};
    for (qw(methods headers)) {
        my @names = list($set{"cors.allowed.$_"});
        push @{ $cors->{notes} }, "* in cors.allowed.$_ of line " . $line{"cors.allowed.$_"} . ' is omitted: Tomcat treats it as a name, not as a wildcard' if grep { $_ eq '*' } @names;
        $cors->{$_} = [ grep { $_ ne '*' } @names ];
    }
    $cors->{expose} = $set{'cors.exposed.headers'};
    $cors->{age} = $set{'cors.preflight.maxage'} if $set{'cors.preflight.maxage'} =~ /\A\d+\z/;
    return $cors;
}

sub respond {
    my ($cors, $request) = @_;
    my $origin = origin_value($request);
    # what is not listed is rejected, for every method
    $request->{seen}{methods}{$_} = 1 for grep { $_ ne 'OPTIONS' } 'GET', @{ $cors->{methods} };
    my $is_allowed = $cors->{star};
    for my $text (@{ $cors->{origins} }) { $is_allowed = 1 if same($request, $origin, $text) }
    my $is_preflight = $request->{kind} eq 'preflight';
    return { sent => {}, status => 403 } if !$is_allowed || !$is_preflight && !grep { $_ eq $request->{method} } @{ $cors->{methods} };
    my %sent = (origin => [ $cors->{star} ? '*' : $origin ]);
    $sent{credentials} = ['true'] if $cors->{credentials};
    $sent{expose} = [ $cors->{expose} ] if length $cors->{expose} && !$is_preflight;
    if ($is_preflight) {
        $sent{$_} = [ join ',', @{ $cors->{$_} } ] for qw(methods headers);
        $sent{age} = [ $cors->{age} ] if defined $cors->{age};
    }
    return { sent => \%sent, status => 200 };
}

# Where the filter is: url-pattern, as servlets have it.
sub places_of {
    my ($file, $cors, $mapping) = @_;
    my @places;
    my @dispatchers = map { uc $_->{text} =~ s/\s+//gr } child_elements($mapping, 'dispatcher');
    if (@dispatchers && !grep { $_ eq 'REQUEST' } @dispatchers) {
        report("$file:$mapping->{line}: the mapping is omitted: its filter does not run for requests of clients");
        return;
    }
    report("$file:$mapping->{line}: the mapping to the servlet $_->{text} is omitted: it has no path", 1) for child_elements($mapping, 'servlet-name');
    for my $pattern (child_elements($mapping, 'url-pattern')) {
        my $text = $pattern->{text} =~ s/\A\s+|\s+\z//gr;
        my ($kind, $path) = $text eq '/*' ? ('prefix', '/') : $text =~ m{\A(/.*)/\*\z} ? ('prefix', $1) : $text =~ /\A\*(\..+)\z/ ? ('regex', "\Q$1\E\$") : ('exact', $text);
        my @where = path_container($kind, $path);
        if (grep { !defined } @where) { report("$file:$pattern->{line}: the pattern $text is omitted: it cannot be read here", 1); next }
        my @notes = (@{ $cors->{notes} }, @where ? 'the path is relative to the app; put the context path of the app before it' : ());
        push @places, { filter => $cors, from => $cors->{from}, where => \@where, notes => \@notes, is_unread => $cors->{is_unread}, kind => $kind, prefix => $kind eq 'regex' ? '' : $path, nobody => $cors->{nobody}, closed => 1, rejects => 1, respond => sub { respond($cors, $_[0]) } };
    }
    return @places;
}

sub import_tomcat {
    my ($file) = @_;
    my $root = eval { parse_xml(slurp($file)) };
    if (!$root) { report("$file: " . ($@ =~ s/\n\z//r) . ', so the file is not read', 1); return 1 }
    my (%filter, $found);
    for my $element (child_elements($root, 'filter')) {
        my $class = element_text($element, 'filter-class') // '';
        my $name = element_text($element, 'filter-name') // '';
        if ($class eq 'org.apache.catalina.filters.CorsFilter') { $filter{$name} = filter_of($file, $element); $found = 1 }
        elsif ($class =~ /cors|CrossOrigin/i) { report("$file:$element->{line}: the filter $class is not read here", 1); $found = 1 }
    }
    my @places = map { my $mapping = $_; my $cors = $filter{ element_text($mapping, 'filter-name') // '' }; $cors ? do { $cors->{is_used} = 1; places_of($file, $cors, $mapping) } : () } child_elements($root, 'filter-mapping');
    report("$_->{from}: the filter has no <filter-mapping>, so it did nothing") for grep { !$_->{is_used} } map { $filter{$_} } sort keys %filter;
    for my $place (@places) {
        # an extension can be that of any path; its section wins
        my ($other) = grep { $_->{filter} ne $place->{filter} && ($place->{kind} eq 'regex' || $_->{kind} ne 'regex' && index($place->{prefix}, $_->{prefix} eq '/' ? '' : $_->{prefix}) == 0) } @places;
        $place->{nobody} //= "the filter of $other->{from} applies here, too, and browsers reject the headers of two filters" if $other;
    }
    put_places(sort { ($b->{kind} eq 'regex') <=> ($a->{kind} eq 'regex') || length $b->{prefix} <=> length $a->{prefix} } @places);
    return $found;
}

1;
