# Licensed under the Apache License, Version 2.0; see LICENSE.
package CorsImport::Sails;

# Reads the CORS settings of a Sails app. sails.js, beside this file, runs the
# configuration in node and prints it as JSON; this file makes sections of that,
# one for allRoutes and one for each route, in reverse order, since the first
# route that fits counts in Sails and the last section in httpd.
use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use CorsImport::Policy qw(fail section note origin unique words names methods apart @sections);
use CorsImport::Regex qw(quoted quotemeta_path);
our @EXPORT_OK = qw(import_sails);

sub truth { return $_[0] ? 1 : 0 }

# The settings of a cors dictionary; the old names too.
sub sails_settings {
    my ($section, $cors) = @_;
    my $attr = $section->{attr};
    my %old = (origin => 'allowOrigins', credentials => 'allowCredentials', methods => 'allowRequestMethods',
        headers => 'allowRequestHeaders', exposeHeaders => 'allowResponseHeaders');
    my %is = %$cors;
    for my $name (sort keys %old) {
        next if !exists $is{$name};
        my $value = delete $is{$name};
        $is{ $old{$name} } = $value if !exists $is{ $old{$name} };
    }
    if (defined $is{allowOrigins}) {
        my @origins = words($is{allowOrigins});
        if (grep { $_ eq '*' } @origins) { $attr->{everybody} = 1 }
        else { $attr->{origins} = [ unique(map { origin($section, $_) // () } @origins) ] }
    }
    $attr->{credentials} = truth($is{allowCredentials}) if defined $is{allowCredentials};
    $attr->{unsafe} = 1 if truth($is{allowAnyOriginWithCredentialsUnsafe});
    $attr->{methods} = methods($section, words($is{allowRequestMethods})) if defined $is{allowRequestMethods};
    $attr->{headers} = names($section, 'headers', words($is{allowRequestHeaders})) if defined $is{allowRequestHeaders};
    $attr->{expose} = names($section, 'expose', words($is{allowResponseHeaders})) if length($is{allowResponseHeaders} // '');
    if ($is{securityLevel}) {
        $attr->{reject} = 1;
        note($section, "securityLevel $is{securityLevel} is CorsRejectDisallowed On; what it refused beyond other origins cannot be said")
            if $is{securityLevel} ne '1';
    }
    note($section, "the setting '$_' is not known here") for grep { !/\A(?:allow(?:Origins|Credentials|RequestMethods|RequestHeaders|ResponseHeaders|AnyOriginWithCredentialsUnsafe)|allRoutes|securityLevel)\z/ } sort keys %is;
}

# The path of a route as an expression: :name is one segment, * anything; the
# router minds neither case nor a slash at the end.
sub sails_path {
    my ($section, $path) = @_;
    if ($path =~ /\Ar\|(.*)\|[^|]*\z/s) {
        note($section, "'$path' is an expression of JavaScript and used as it is; PCRE reads most of them alike");
        return quoted($1);
    }
    my $regex = '';
    while ($path =~ m{\G(?:(/?):(\w+)(?:\(((?:[^()\\]|\\.)*)\))?(\?)?|(\*)|(.))}gs) {
        if (defined $2) {
            my $one = "$1" . (defined $3 ? "(?:$3)" : '[^/]+');
            $regex .= $4 ? "(?:$one)?" : $one;
        }
        elsif ($5) { $regex .= '.*' }
        else { $regex .= quotemeta_path($6) }
    }
    $regex =~ s{/\z}{} if $regex ne '/';
    return quoted($regex eq '/' ? '(?i)^/$' : "(?i)^$regex/?\$");
}

sub import_sails {
    my ($root) = @_;
    require JSON::PP;
    fail("$root: there is no config directory, so this is no Sails app") if !-d "$root/config";
    no warnings 'exec';
    open my $from, '-|', 'node', __FILE__ =~ s{Sails\.pm\z}{sails.js}r, $root
        or fail("a Sails app is read by node, which cannot be run: $!");
    my $json = do { local $/; <$from> };
    close $from or fail("$root: node cannot read the app; see above");
    my $app = JSON::PP->new->utf8->decode($json);
    my $cors = $app->{cors} // {};
    my $old = $app->{old};
    my $global = section(from => $app->{file});
    note($global, $_) for @{ $app->{notes} };
    # what Sails takes for what is not set
    my %default = (allowOrigins => '*', allowCredentials => $old ? 1 : 0,
        allowRequestMethods => $old ? 'GET, POST, PUT, DELETE, OPTIONS, HEAD' : 'GET, HEAD, PUT, PATCH, POST, DELETE',
        allowRequestHeaders => 'content-type');
    my %alias = (allowOrigins => 'origin', allowCredentials => 'credentials', allowRequestMethods => 'methods', allowRequestHeaders => 'headers');
    my %set = (%default, %$cors);
    delete @set{ grep { exists $cors->{ $alias{$_} } && !exists $cors->{$_} } keys %alias };
    sails_settings($global, \%set);
    $global->{attr}{reflected} = 1 if $old;
    $global->{attr}{policy} = 'On' if truth($cors->{allRoutes});

    my (@routes, $uses, %addresses);
    for my $route (@{ $app->{routes} }) {
        my ($address, $value) = @$route;
        my ($verb, $path) = $address =~ m{\A\s*(?:([a-z]+)\s+)?(r\|.*|/.*?)\s*\z}is;
        my $section = { from => "$app->{routes_file}: '$address'", where => [], attr => {}, notes => [] };
        if (!defined $path) {
            note($section, 'the route is left out: its address is not read here');
            push @sections, $section;
            next;
        }
        my $is_pattern = $path =~ /[:*]|\Ar\|/;
        # more than one section can be for a request; one for GET is for HEAD, too
        my $for = !$verb || lc $verb eq 'all' ? 'all' : lc $verb eq 'head' ? 'get' : lc $verb;
        my $others = $addresses{ lc $path =~ s{(?<=.)/\z}{}r } ||= {};
        $uses ||= $is_pattern || $others->{all} || $others->{$for} || $for eq 'all' && %$others;
        $others->{$for} = 1;
        my $match = sails_path($section, $path);
        if (!defined $match) {
            note($section, 'the route is left out: its address is not read here');
            push @sections, $section;
            next;
        }
        $section->{where} = ["<LocationMatch $match>"];
        if ($verb && lc $verb ne 'all') {
            if ($verb =~ /\A(?:get|head|post|put|patch|delete|options)\z/i) { $section->{limit} = [ uc $verb ] }
            else { note($section, "the verb '$verb' is not known; the section is for all") }
        }
        if (ref $value eq 'HASH') { sails_settings($section, $value); $section->{attr}{policy} = 'On' }
        elsif (JSON::PP::is_bool($value)) {
            $section->{attr}{policy} = $value ? 'On' : 'Off';
            note($section, 'Off leaves to the app what it sends, and Sails sends the headers of allRoutes here all the same; turn CORS off in the app')
                if !$value && truth($cors->{allRoutes});
        }
        elsif (!ref $value && defined $value) {
            sails_settings($section, { allowOrigins => $value });
            $section->{attr}{policy} = 'On';
            note($section, "'$value': Sails 1 takes this for one origin, which matches none; here each of them is allowed") if !$old && words($value) > 1;
        }
        else { note($section, 'the route is left out: its cors is neither a truth value, a string nor a dictionary') }
        note($section, 'Sails answers preflights of this route by the settings of allRoutes and lets their origins read; here the route overrides them, as documented')
            if !$old && truth($cors->{allRoutes}) && defined $value && !JSON::PP::is_bool($value);
        push @routes, $section;
    }
    # the first route that fits is the one in Sails, the last section in httpd
    for my $section (reverse @routes) {
        my $attr = $section->{attr};
        if ($uses && ($attr->{policy} // '') eq 'On') {
            my $own = $attr->{everybody} || $attr->{origins};
            for my $name (qw(everybody origins methods headers expose credentials unsafe reject)) {
                next if exists $attr->{$name} || $own && $name =~ /\A(?:everybody|origins)\z/;
                $attr->{$name} = $global->{attr}{$name} if exists $global->{attr}{$name};
            }
        }
        push @sections, $section;
    }
    apart(@routes) if $uses;
    if (!$global->{attr}{policy} && !grep { ($_->{attr}{policy} // '') eq 'On' } @routes) {
        $global->{attr} = {};
        $global->{attr}{policy} = 'Off';
        note($global, 'CORS is off: allRoutes is not set and no route turns it on');
    }
    if ($app->{sockets} && defined $app->{sockets}{onlyAllowOrigins}) {
        my $sockets = section(from => $app->{sockets_file}, where => ['<Location "/socket.io">']);
        $sockets->{attr}{sockets} = [ unique(map { origin($sockets, $_) // () } words($app->{sockets}{onlyAllowOrigins})) ];
        $sockets->{attr}{sockets_origin} = 1;
        note($sockets, 'this is for WebSocket handshakes; the long polling of socket.io is an ordinary request that Sails goes on checking');
    }
}


1;
