# Licensed under the Apache License, Version 2.0; see LICENSE.
# The table of sections and origins on the status page: each cell is what httpd does.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(send_request);
use Httpd ();

my $app = 'https://app.example.com';
my $partner = 'https://*.partner.example';
my $pattern = '~https://pr-[0-9]+\.preview\.example';
my $admin = 'https://admin.example.com';

my $config = <<'CONF';
Listen 127.0.0.1:@port@
ServerName www.example.com
<Location "/cors-policy">
    SetHandler cors-policy
</Location>
<Location "/api">
    CorsPolicy On
    CorsAllowOrigins https://app.example.com https://*.partner.example
    CorsAllowOriginsMatch "https://pr-[0-9]+\.preview\.example"
    CorsAllowMethods GET PUT DELETE
    CorsAllowCredentials On
</Location>
<Location "/api/public">
    CorsAllowOrigins *
    CorsAllowCredentials Off
</Location>
<Location "/api/internal">
    CorsAllowOrigins -https://*.partner.example
</Location>
<Location "/api/one">
    CorsAllowOrigins -https://old.partner.example
</Location>
<Location "/old">
    CorsPolicy Off
</Location>
<Location "/new">
    CorsPolicy ReportOnly
    CorsAllowOrigins https://app.example.com https://admin.example.com
</Location>
<Location "/split">
    CorsPolicy On
    CorsAllowOrigins *
    <Limit PUT>
        CorsAllowOrigins https://admin.example.com
    </Limit>
</Location>
<Files "<b>&.txt">
    CorsAllowOrigins https://admin.example.com
</Files>
<VirtualHost *:@port@>
    ServerName plain.example.com
</VirtualHost>
<VirtualHost *:@port@>
    ServerName api.example.com
    ServerAlias *.api.example.com
    <Location "/v2">
        CorsPolicy On
        CorsAllowOrigins https://admin.example.com
    </Location>
</VirtualHost>
<VirtualHost *:@port@>
    ServerName own.example.com
    CorsMaxAge 60
    <Location "/v3">
        CorsPolicy On
        CorsAllowOrigins https://admin.example.com
    </Location>
</VirtualHost>
CONF

my $httpd = Httpd->start(name => 'overview', expected => qr/\[[a-z-]+\]$/m, text => $config);
my @conf = split /\n/, Httpd::slurp("$httpd->{dir}/httpd.conf");
sub line {
    my ($text, $after) = @_;
    my $from = 0;
    if (defined $after) { $from++ until $conf[$from] =~ /\Q$after\E/ }
    my ($line) = grep { $conf[$_ - 1] =~ /\Q$text\E/ } $from + 1 .. @conf;
    return "httpd.conf:$line";
}
sub page { return send_request([ h1 => $httpd->{port}{port} ], GET => "/cors-policy?view=policies$_[0]", host => 'www.example.com')->body }

# The cells of the table as text; a line for each row.
sub table {
    my ($html) = @_;
    my ($table) = $html =~ /<table class="overview">(.*?)<\/table>/s or return [];
    return [ map {
        my @cells = /<t[hd][^>]*>(.*?)<\/t[hd]>/gs;
        [ map { s/<br>/ /gr =~ s/<[^>]*>//gr =~ s/&lt;/</gr =~ s/&gt;/>/gr =~ s/&quot;/"/gr =~ s/&amp;/&/gr } @cells ]
    } $table =~ /<tr>(.*?)<\/tr>/gs ];
}

my $html = page('');
my $table = table($html);
my @header = ('Section', 'Other methods', $app, $partner, $pattern, 'https://old.partner.example', $admin, 'Any other');
is_deeply([ sort @{ $table->[0] } ], [ sort @header ], 'the columns are the origins and patterns that sections name');
my %column = map { $table->[0][$_] => $_ } 0 .. $#{ $table->[0] };
is_deeply([ @{ $table->[0] }[ 0, 1, -1 ] ], [ 'Section', 'Other methods', 'Any other' ], 'the section comes first, all other origins last');
my %row = map { $_->[0] => $_ } @$table;
sub row { my ($name) = @_; return [ map { $row{$name}[ $column{$_} ] // 'absent' } @header[ 1 .. $#header ] ] }
sub all { my ($answer, $count) = @_; return ($answer) x $count }

my $list = line('CorsAllowOrigins https://app', '"/api"');
my $match = line('CorsAllowOriginsMatch');
my $with = 'yes, with credentials';
is_deeply(row('<Location "/api">'), [ 'PUT DELETE', "$with $list", "$with $list", "$with $match", "$with $list", "no $list", "no $list" ],
    'each cell has the line that decides');
my $public = line('CorsAllowOrigins *', '"/api/public"');
is_deeply(row('<Location "/api/public">'), [ 'PUT DELETE', all("yes $public", 6) ], 'a nested section has the policy that its requests get');
my $internal = line('CorsAllowOrigins -', '"/api/internal"');
is_deeply(row('<Location "/api/internal">'), [ 'PUT DELETE', "$with $list", "no $internal", "$with $match", "no $internal", "no $internal", "no $internal" ],
    'an entry that is removed is denied by the line that removes it');
my $one = line('CorsAllowOrigins -', '"/api/one"');
is_deeply(row('<Location "/api/one">'), [ 'PUT DELETE', "$with $list", "some, with credentials $list not https://old.partner.example $one", "$with $match",
    "no $one", "no $one", "no $one" ], 'an exclusion leaves some origins of a wildcard');
my $off = line('CorsPolicy Off');
is_deeply(row('<Location "/old">'), [ '', all("no $off", 6) ], 'Off denies everybody');
my $new = line('CorsAllowOrigins https://app', '"/new"');
is_deeply(row('<Location "/new"> ReportOnly'), [ 'PUT PATCH DELETE', "yes $new", "no $new", "no $new", "no $new", "yes $new", "no $new" ], 'ReportOnly is shown as what On would do');
my $any = line('CorsAllowOrigins *', '"/split"');
my $put = line('CorsAllowOrigins https://admin', '<Limit PUT>');
my ($split) = grep { /\A<Location "\/split"> for PUT\z/ } keys %row;
is_deeply(row($split // 'absent'), [ 'PUT PATCH DELETE', ("no $put") x 4, "yes $put", "no $put" ], 'methods with a policy of their own have a row');
($split) = grep { /\A<Location "\/split"> for GET/ } keys %row;
is_deeply(row($split // 'absent'), [ 'PUT PATCH DELETE', all("yes $any", 6) ], 'the other methods have another row');
is_deeply([ @{ $row{'<Files "<b>&.txt">'} // [] }[ 1 .. 2 ] ], [ 'Off, unless another section that applies sets CorsPolicy', undef ],
    'a section without CorsPolicy depends on the others that apply, and its title is escaped');
ok($row{"api.example.com *:$httpd->{port}{port}"}, 'a virtual host has a row of its own with its address');
ok(!grep({ /plain/ } keys %row), 'a virtual host without CORS directives has no row');

# --- what httpd does
my %path = map { $_ => $_ } qw(/api /api/public /api/internal /api/one /old);
for my $path (sort keys %path) {
    my $cells = $row{"<Location \"$path\">"};
    my %asked = ($app => $app, 'https://old.partner.example' => 'https://old.partner.example', $admin => $admin, 'Any other' => 'https://other.example',
        $pattern => 'https://pr-7.preview.example', $partner => 'https://new.partner.example');
    my (%is, %shown);
    for my $column (keys %asked) {
        my $headers = send_request([ h1 => $httpd->{port}{port} ], GET => "$path/x", origin => $asked{$column}, host => 'www.example.com')->cors;
        $is{$column} = !defined $headers->{'access-control-allow-origin'} ? 'no'
            : defined $headers->{'access-control-allow-credentials'} ? 'yes, with credentials' : 'yes';
        # the origin that is asked for is one of the allowed ones
        $shown{$column} = $cells->[ $column{$column} ] =~ s/\Asome/yes/r =~ s/ httpd\.conf.*//r;
    }
    is_deeply(\%shown, \%is, "$path: the cells are what httpd does");
}

# --- one host
my $host = page('&host=x.API.example.com');
my %shown = map { $_->[0] => 1 } @{ table($host) };
is_deeply([ grep { $shown{$_} } "api.example.com *:$httpd->{port}{port}", '<Location "/v2">', '<Location "/api">', '<Location "/v3">' ],
    [ "api.example.com *:$httpd->{port}{port}", '<Location "/v2">', '<Location "/api">' ],
    'the view can be limited to a host, by each of its names, with the sections that it inherits');
like($host, qr{<input type="text" name="host" value="x\.API\.example\.com">}, 'the form keeps the name');
unlike($host, qr/Location &quot;\/v3&quot;/, 'the sections of other hosts are not shown');
my $own = page('&host=own.example.com');
my ($first) = grep { $_->[0] eq '<Location "/api">' } @{ table($own) };
is(scalar @$first, @header, 'sections that a host changes are shown for it');
is_deeply([ grep { /\.example\.com/ } map { $_->[0] } @{ table($own) } ], ["own.example.com *:$httpd->{port}{port}"], 'sections that a host changes are not shown for the server outside');
like(page('&host=%3Cb%3E'), qr{<p>No virtual host has the name &lt;b&gt;\.</p>}, 'an unknown host is reported and escaped');
like(page('&host=plain.example.com'), qr{<h2>plain\.example\.com}, 'a host without CORS directives has its sections');

# --- many
my $many = Httpd->start(name => 'overview-many', text => "Listen 127.0.0.1:\@port\@\nServerName localhost\n"
    . "<Location \"/cors-policy\">\nSetHandler cors-policy\n</Location>\n"
    . join '', map { "<Location \"/p$_/\">\nCorsPolicy On\nCorsAllowOrigins https://common.example https://o$_.example\n</Location>\n" } 1 .. 230);
my $body = send_request([ h1 => $many->{port}{port} ], GET => '/cors-policy?view=policies')->body;
my $rows = table($body);
is_deeply([ map { scalar @$_ } @{$rows}[ 0, 2 ] ], [ 11, 11 ], 'there are at most eight columns of origins');
is($rows->[0][2], 'https://common.example', 'the origin that most sections name comes first');
is(scalar @$rows, 202, 'there are at most 200 rows, with the header and the name of the host');
like($body, qr{193 more origins and patterns are in the sections below.*30 more policies are in the sections below}s, 'the page says what is left out');
unlike($body, qr/name="host"/, 'a server without virtual hosts needs no filter');

done_testing;
