# Licensed under the Apache License, Version 2.0; see LICENSE.
# cors-policy-import --verify: the table for each input of the importer, as JSON, and for some
# of them the whole text. t/import/nginx.t, httpd.t and sails.t compare rows with the real
# servers, and others.t with httpd.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use JSON::PP ();
use JSON::Validator ();
use Test::More;
use Httpd ();

my $work = $ENV{CORS_WORK};
my $import = "$work/tools/cors-policy-import/bin/cors-policy-import";
chdir "$work/tools/cors-policy-import/t" or die "tools/cors-policy-import/t: $!\n";
mkdir "$work/t/run";
my $said = "$work/t/run/verify-said";

my @inputs = map { -e "$_/.htaccess" ? "$_/.htaccess" : $_ } grep { !/\.(?:out|verify)\z|\Anginx\/snippets\z/ } sort glob '*/*';
cmp_ok(scalar @inputs, '>', 150, scalar(@inputs) . ' inputs');

# Inputs without a row that is evaluated, and why: the whole input is not read, has nothing about
# CORS, or has something that decides for all requests and is not known.
my %is_unevaluated = map { $_ => 1 } qw(envoy/04-headers.yaml haproxy/05-hostile.cfg httpd/16-unset-variable.conf httpd/19-nothing.conf httpd/45-macro.conf iis/10-outbound.config iis/11-broken.config
    iis/17-elsewhere.config ingress/03-snippet.yaml nginx/16-flag-map.conf nginx/27-template.conf sails/02-routes sails/07-everybody-refused sails/09-hostile sails/10-broken sails/15-environment sails/16-functions
    sails/18-module sails/19-pattern sails/20-several sails/21-copied spring/06-headers.yml tomcat/04-broken.xml traefik/05-broken.yml);
my $schema = JSON::Validator->new->schema(JSON::PP->new->decode(Httpd::slurp("$work/docs/import-verify.schema.json")));
my (%table, @invalid, @more);
for my $input (@inputs) {
    my $printed = `$import --verify --json $input 2>$said`;
    my $table = $table{$input} = eval { JSON::PP->new->decode($printed) };
    if (!$table) { push @invalid, "$input: $?: " . Httpd::slurp($said); next }
    push @invalid, map { "$input: $_" } $schema->validate($table);
    push @more, map { "$input $_->{path} $_->{origin}: $_->{change}" } grep { $_->{change} =~ /more|different/ } @{ $table->{rows} };
}
is_deeply(\@invalid, [], 'the JSON of each input is valid by its schema');
# where Sails does not do what it documents, the importer follows the documentation
is_deeply(\@more, [ 'sails/12-app-all-routes /videos https://video.example: more', 'sails/12-app-all-routes /one https://one.example: more' ], 'no import allows more, but for what is documented of Sails');
is_deeply([ grep { my $input = $_; !$is_unevaluated{$input} == !grep { $_->{change} ne 'not evaluated' } @{ $table{$input}{rows} } } @inputs ], [], 'all inputs have rows that are evaluated, but for those that cannot be read');
is_deeply([ grep { !@{ $table{$_}{not_evaluated} } && !@{ $table{$_}{rows} } } sort keys %is_unevaluated ], ['httpd/19-nothing.conf'], 'what is not read at all is named');
is_deeply($table{'tomcat/03-any.xml'}{not_evaluated}, ['tomcat/03-any.xml:26: the filter org.eclipse.jetty.servlets.CrossOriginFilter is not read here'], 'so is a part that is not read');

# one row, with exactly the members of the schema
my ($row) = grep { $_->{path} eq '/start' && $_->{origin} eq 'http://localhost:3000' } @{ $table{'httpd/37-start.conf'}{rows} };
is_deeply($row, { server => undef, where => ['<IfDefine CorsDevelopment>'], path => '/start', origin => 'http://localhost:3000', before => [ 'GET', 'GET with cookies', 'POST', 'POST with cookies' ],
    after => [ 'GET', 'GET with cookies', 'POST', 'POST with cookies' ], change => 'same', reason => undef }, 'a row of what is decided when httpd starts');

# the whole text
my @texts = grep { -e "$_.verify" } @inputs;
cmp_ok(scalar @texts, '>', 14, scalar(@texts) . ' texts');
my %kind = map { s{/.*}{}r => 1 } @texts;
is(scalar keys %kind, 12, 'of every kind');
for my $input (@texts) {
    is(scalar `$import --verify $input 2>$said`, Httpd::slurp("$input.verify"), "$input: the table as text");
    my %count;
    $count{ $_->{change} }++ for @{ $table{$input}{rows} };
    my ($last) = Httpd::slurp("$input.verify") =~ /^(.*)\n\z/m;
    is($last, join(', ', map { ($count{$_} // 0) . " $_" } 'same', 'less', 'more', 'different', 'not evaluated'), "$input: its last line counts the rows");
}

# Configurations that are written here: name, kind, text, and all rows that are not "nothing" on
# both sides, as "path origin: before | after".
sub rows_of {
    my ($kind, $text, @names) = @_;
    my $file = "$work/t/run/verify-input";
    Httpd::spew($file, $text);
    my $table = JSON::PP->new->decode(scalar `$import --verify --json --from $kind $file 2>$said`);
    my $list = sub { my ($reached) = @_; return $reached ? join ', ', grep { /\A(?:GET|PUT)(?: with cookies)?\z/ } @$reached : 'not evaluated' };
    return [ map { join(' ', $_->{server} // (), @{ $_->{where} }, $_->{path}, $_->{origin}) . ': ' . join ' | ', map { $list->($_) } @$_{qw(before after)} } grep { my $row = $_; grep { !$row->{$_} || @{ $row->{$_} } } qw(before after) } @{ $table->{rows} } ];
}
my $lines = 'SetEnvIf Origin "^https://a\.example$" A=$0' . "\nHeader always set Access-Control-Allow-Origin %{A}e env=A\n";
is_deeply(rows_of(httpd => "DocumentRoot /srv/www\n<Directory /srv/www/api>\n$lines</Directory>\n"),
    [ map { "$_ https://a.example: GET | GET" } qw(/api/ /api/x) ], 'a <Directory> is found by DocumentRoot');
is_deeply(rows_of(httpd => "<Directory /srv/www/api>\n$lines</Directory>\n"),
    ['<Directory /srv/www/api> / https://a.example: GET | GET'], 'without that, it is taken to apply and not to apply');
is_deeply(rows_of(httpd => "DocumentRoot /srv/www\nAlias /icons /srv/icons\n<Directory /srv/www/api>\n$lines</Directory>\n"),
    ['<Directory /srv/www/api> / https://a.example: GET | GET'], 'so it is with an Alias');
my $with = "Header always set Access-Control-Allow-Credentials true\n";
is_deeply(rows_of(httpd => "<Directory /a>\n$lines</Directory>\n<Directory /a/b>\n$with</Directory>\n<Directory /c>\n$with</Directory>\n"),
    [ '<Directory /a> / https://a.example: GET | GET', '<Directory /a> <Directory /a/b> / https://a.example: GET, GET with cookies | GET, GET with cookies' ], 'one within another applies together with it only');
is_deeply(rows_of(httpd => "<VirtualHost *:80>\nServerName one.example\n<Location /a>\n$lines</Location>\n</VirtualHost>\n<VirtualHost *:80>\nServerName two.example\n$lines</VirtualHost>\n"),
    [ (map { "one.example $_ https://a.example: GET | GET" } qw(/a /a/x)), 'two.example / https://a.example: GET | GET' ], 'each virtual host has rows of its own');
is_deeply(rows_of(httpd => "SetEnvIf Request_URI ^/open IS_OPEN\nHeader always set Access-Control-Allow-Origin * env=IS_OPEN\n"),
    [ map { my $path = $_; map { "$path $_: GET | " } qw(null https://any-other.example) } qw(/open /open/x /openx) ], 'the source is run for each path, also where the import gives up');
is_deeply(rows_of(nginx => "location /a { add_header Access-Control-Allow-Origin \$unknown; }\n"),
    [ map { my $path = $_; map { "$path $_: not evaluated | " } qw(null https://any-other.example) } qw(/a /a/x /ax) ], 'a value that is not known is not evaluated');
my $near = rows_of(haproxy => "frontend f\nhttp-response set-header Access-Control-Allow-Origin \"%[capture.req.hdr(0)]\" if { capture.req.hdr(0) -m end .a.example }\ncapture request header origin len 99\n");
is_deeply([ grep { / \| GET/ } @$near ], [ grep { /evil/ && !/: GET \| GET/ ? 0 : / \| GET/ } @$near ], 'near misses of a pattern are no wider after');
my @paths = map { "<Location /p$_>\n$lines</Location>\n" } 1 .. 60;
Httpd::spew("$work/t/run/verify-input", join '', @paths);
my $long = JSON::PP->new->decode(scalar `$import --verify --json --from httpd $work/t/run/verify-input 2>$said`);
is_deeply($long->{omitted}, [ { server => undef, paths => 141, origins => 0, names => 0 } ], 'what is omitted is counted');
like(scalar `$import --verify --from httpd $work/t/run/verify-input 2>$said`, qr/^141 paths, 0 origins, and 0 methods and headers are omitted$/m, 'in the text, too');
is(`$import --json httpd/01-everybody.conf 2>&1`, "cors-policy-import: --json is for --verify; see --help\n", '--json without --verify is an error');
done_testing();
