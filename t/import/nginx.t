# Licensed under the Apache License, Version 2.0; see LICENSE.
# The output of cors-policy-import for configurations of nginx never allows more than the
# original: nginx runs each configuration and httpd its output, both in front of the same
# application, and a browser sends the same requests to both.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use File::Copy ();
use IO::Socket::INET ();
use Httpd ();
use Imported qw(imported);
use Drawn qw(drawn_nginx drawn_origins);
use JSON::PP ();
use Reach qw(further exchanges remarks verified);

my $work = $ENV{CORS_WORK};
my $inputs = "$work/tools/cors-policy-import/t/nginx";
my $backend = Httpd::free_port();
Httpd::start_helper('../browser/backend.pl', $backend);

# The paths of the requests.
my %paths = (
    '01-everybody' => [qw(/open /open/x /opener /other)], '02-options' => [qw(/api/x)], '03-map' => [qw(/exact /exact/x)], '04-reflection' => [qw(/x)],
    '05-if-origin' => [qw(/x.json /x.txt)], '06-inheritance' => [qw(/inherits/x /loses/x)], '07-map-default' => [qw(/x /other)],
    '08-variable' => [qw(/x)], '09-set' => [qw(/api/x)], '10-include' => [qw(/api/x)], '12-flags' => [qw(/x)], '13-equal' => [qw(/equal/x /not/x)],
    '18-methods' => [qw(/preflights/x /stricter/x /some/x /around/x /around/within/x /around/options/x)],
    '19-sets' => [qw(/one/x /two/x /values/x /back/x /star/x /map/x)], '20-levels' => [qw(/x /inherits/x)],
    '15-best' => [qw(/api/x /api/public/x /api/public/one /api/public/onex /api/private/x /api/x.html /other/x)], '16-flag-map' => [qw(/x)], '17-some' => [qw(/x)],
    '22-chain' => [qw(/chain/x)], '23-built' => [qw(/built/x /constants/x)], '25-groups' => [qw(/named/x /hosts/x /part/x)], '26-hide' => [qw(/hide/x)], '29-but' => [qw(/but/x)],
);
my @origins = ('null', 'https://evil.example', 'https://a.example.evil', 'https://nota.example', 'http://a.example', 'https://a.example:444',
    'http://localhost:3000', (map { "https://$_.example" } qw(a b c x.b x.y.b www.c)), 'http://c.example:81', 'https://example.com',
    'https://x.example.com:444', 'https://notexample.com', 'https://example.com.evil', 'http://old.example');

# Random configurations: the same ones each time unless CORS_SEED is set, and as many
# as CORS_DRAWN has. Their backend is nginx, too.
my $count = $ENV{CORS_DRAWN} // 40;
srand($ENV{CORS_SEED} // 12);
my %drawn = map { ($_ => [ drawn_nginx($_) ]) } 1 .. $count;
srand;
my $fast = Httpd::free_port();
my $drawn_port = Httpd::free_port();

plan tests => 4 * keys(%paths) + 2 * keys(%drawn) + 3;

my $dir = "$work/t/run/nginx";
mkdir $_ or die "$_: $!\n" for grep { !-d } "$work/t/run", $dir, "$dir/snippets", "$dir/tmp";
# nginx does not accept a file that includes itself
Httpd::spew("$dir/snippets/" . s{.*/}{}r, Httpd::slurp($_) =~ s/^include snippets\/cors\.inc;\n//mr) for glob "$inputs/snippets/*";

my (%port, %said, $servers, $text);
for my $name (sort keys %paths) {
    my $printed = `$work/tools/cors-policy-import/bin/cors-policy-import $inputs/$name.conf 2>import-nginx-said`;
    die "cors-policy-import $name.conf: $?\n" if $? >> 8 > 1;
    $said{$name} = Httpd::slurp('import-nginx-said');
    $port{$name} = "here$name" =~ tr/-//dr;
    $text .= "Listen 127.0.0.1:\@$port{$name}\@\n<VirtualHost 127.0.0.1:\@$port{$name}\@>\nProxyPass / http://127.0.0.1:$backend/\n$printed\n</VirtualHost>\n";

    # every location in front of the application, the server on a port of its own
    my $conf = Httpd::slurp("$inputs/$name.conf");
    $conf =~ s/\Ahttp \{\n(.*)\}\n\z/$1/s;
    $conf =~ s/^\s*include (?:mime\.types|missing\.conf);\n|\b(?:root|proxy_pass|listen) [^;]*;//mg;
    $conf = $conf =~ /\bserver \{/ ? $conf : "server {\n$conf}\n";
    $conf =~ s/(\blocation [^;]*? \{)(?=\s)/$1 proxy_pass http:\/\/127.0.0.1:$backend; /g;
    my $port = $port{"$name before"} = Httpd::free_port();
    my $rest = $conf =~ /location \/ \{/ ? '' : "location / { proxy_pass http://127.0.0.1:$backend; }";
    # the lines of one of them in http do not apply to the others
    $conf =~ s/\bserver \{/server { listen 127.0.0.1:$port; add_header X-Own yes; $rest /;
    # a variable is global in nginx
    $conf =~ s/\$(\{?)(cors|who|trusted|from|kind|ok|allowed|asked_methods|answers|named|by_host|part|allowed_methods|allowed_origin)\b/"\$$1$2_" . $name =~ tr{-}{_}r/ge;
    $servers .= $conf;
}
$text .= "Listen 127.0.0.1:\@drawn\@\n";
$servers .= "server { listen 127.0.0.1:$fast; location / { add_header ETag one; add_header X-Total 1; add_header X-C 1; return 200 text; } }\n" if $count;
for my $number (sort keys %drawn) {
    my ($maps, $server) = @{ $drawn{$number} };
    Httpd::spew('drawn.conf', "${maps}server {\n$server}\n");
    (my $printed, $said{$number}) = imported(nginx => 'drawn.conf');
    $text .= "<VirtualHost 127.0.0.1:\@drawn\@>\nServerName here-$number.example\nProxyPass / http://127.0.0.1:$fast/\n$printed</VirtualHost>\n";
    $server .= "location / { }\n" if $server !~ /^location \/ \{/m;
    $servers .= $maps . "server { listen 127.0.0.1:$drawn_port; server_name before-$number.example;\nadd_header X-Own yes;\n" . $server =~ s/^(location .* \{)/$1 proxy_pass http:\/\/127.0.0.1:$fast;/gmr . "}\n";
}
Httpd::spew("$dir/nginx.conf", <<"CONF");
daemon off;
worker_processes 1;
pid $dir/pid;
error_log $dir/error_log;
events { worker_connections 256; }
http {
    access_log off;
    map_hash_bucket_size 128;
    variables_hash_max_size 65536;
    server_names_hash_bucket_size 128;
    server_names_hash_max_size 8192;
    keepalive_requests 1000000;
    client_body_temp_path $dir/tmp/1;
    proxy_temp_path $dir/tmp/2;
    fastcgi_temp_path $dir/tmp/3;
    uwsgi_temp_path $dir/tmp/4;
    scgi_temp_path $dir/tmp/5;
$servers}
CONF
my $owner = $$;
my $pid = fork // die "fork: $!\n";
if (!$pid) {
    open STDERR, '>', "$dir/said";
    exec "$work/nginx", '-p', $dir, '-c', "$dir/nginx.conf" or POSIX::_exit(127);
}
END {
    my $code = $?;
    if ($pid && $$ == $owner) { kill TERM => $pid; waitpid $pid, 0 }
    $? = $code;
}
my ($some) = map { $port{$_} } grep { / before/ } sort keys %port;
for (1 .. 400) {
    last if IO::Socket::INET->new("127.0.0.1:$some");
    die 'nginx does not start: ', Httpd::slurp("$dir/said") if waitpid($pid, 1) == $pid;
    select undef, undef, undef, 0.025;
}
my $httpd = Httpd->start(name => 'import-nginx', text => $text, ports => [ 'drawn', map { $port{$_} } sort keys %paths ], expected => qr/Warning: /);

my $rows = 0;
for my $name (sort keys %paths) {
    my ($more, $same, $all, $less) = further($port{"$name before"}, $httpd->{port}{ $port{$name} }, $paths{$name}, \@origins);
    is_deeply($more, [], "$name: no request gets further than before");
    ok(!@$less || remarks($said{$name}), "$name: a narrower result has a remark") or diag(join "\n", @$less);
    cmp_ok($same, '>', $all / 2, "$name: most requests get as far as before ($same of $all)");
    my $table = JSON::PP->new->decode(scalar `$work/tools/cors-policy-import/bin/cors-policy-import --verify --json $inputs/$name.conf 2>import-nginx-verified`);
    my ($wrong, $right) = verified($table, $port{"$name before"}, $httpd->{port}{ $port{$name} });
    is_deeply($wrong, [], "$name: each row of --verify is what nginx and httpd do") or diag(scalar(@$wrong), " wrong, $right right");
    $rows += $right;
}
cmp_ok($rows, '>', 500, "$rows rows of --verify are true before and after");
my ($as_far, $asked) = (0, 0);
for my $number (sort keys %drawn) {
    my ($more, $same, $all, $less) = further([ $drawn_port, "before-$number.example" ], [ $httpd->{port}{drawn}, "here-$number.example" ],
        [qw(/o /a/y /a/b /ax /a/y.json /other/x)], [ drawn_origins() ]);
    my $what = join '', @{ $drawn{$number} };
    is_deeply($more, [], "drawn $number: no request gets further than before") or diag($what);
    ok(!@$less || remarks($said{$number}), "drawn $number: a narrower result has a remark") or diag(join "\n", $what, @$less);
    $as_far += $same;
    $asked += $all;
}
cmp_ok($as_far, '>', 0.9 * $asked, "of what was drawn, most requests get as far as before ($as_far of $asked)");
cmp_ok(exchanges(), '>', 1000, exchanges() . ' exchanges');
