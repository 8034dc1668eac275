# Licensed under the Apache License, Version 2.0; see LICENSE.
# docs/getting-started.md: its files, its configuration, its responses, and the page in a
# browser. Only the ports and directories are those of the test.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use Client qw(send_request);
use Httpd ();

my $page = Httpd::slurp("$ENV{CORS_WORK}/docs/getting-started.md");
my $www = "$ENV{CORS_WORK}/t/run/getting-started-www";
my %block = map { my $kind = $_; $kind => $page =~ /^```$kind\n(.*?)^```$/ms ? $1 : die "no $kind on the page\n" } qw(json html apache http);
my ($chromium) = grep { -x } map { my $dir = $_; map { "$dir/$_" } qw(chromium chromium-browser) } split /:/, $ENV{PATH};

plan tests => 8;

mkdir "$ENV{CORS_WORK}/t/run";
mkdir $_ or die "$_: $!\n" for $www, "$www/api", "$www/page", "$www/home";
s{/srv/www}{$www}g for values %block;
(my $conf = $block{apache}) =~ s/:8080\b/:\@api\@/g;
$conf =~ s/:8081\b/:\@own\@/g;
my $httpd = Httpd->start(name => 'getting-started', text => $conf, ports => [qw(api own)]);
my ($api, $own) = @{ $httpd->{port} }{qw(api own)};
s/:8080\b/:$api/g, s/:8081\b/:$own/g for values %block;
Httpd::spew("$www/api/hello.json", $block{json});
Httpd::spew("$www/page/index.html", $block{html});
is($httpd->{output}, '', 'the configuration starts without a message');
$httpd->run('-t');
is($httpd->{output}, "Syntax OK\n", 'httpd -t has no warning about the configuration');

# the curl command exactly as printed
my ($curl) = $page =~ /^```\n(curl .*?)^```$/ms or die "no curl on the page\n";
s/\b8080\b/$api/g, s/\b8081\b/$own/g for $curl;
(my $answer = `$curl`) =~ s/^(?:Date|Server): .*\r?\n//mg;
$answer =~ s/\r//g;
is_deeply([ sort split /\n/, $answer ], [ sort split /\n/, $block{http} ], 'the preflight has the answer that the manual shows');

# what the page shows in a browser, and the error for a slash
for ([ 'localhost', qr/>http:\/\/localhost:$own may read: world</ ], [ '127.0.0.1', qr/>http:\/\/127\.0\.0\.1:$own may not read it</ ]) {
    my ($host, $pattern) = @$_;
    local $ENV{HOME} = "$www/home";
    my $shown = `'$chromium' --headless --no-sandbox --disable-gpu --no-first-run --user-data-dir=$www/home/$host --virtual-time-budget=8000 --dump-dom http://$host:$own/ 2>$www/home/err`;
    like($shown, $pattern, "a browser on $host shows whether it may read");
}
like($page, qr/^> http:\/\/localhost:8081 may read: world$/m, 'the manual has the text that the browser shows');
like(send_request([ h1 => $api ], GET => '/cors-policy')->body, qr/http:\/\/127\.0\.0\.1:$own/,
    'the status page shows the refusal');
Httpd::spew("$httpd->{dir}/httpd.conf", Httpd::slurp("$httpd->{dir}/httpd.conf") =~ s/(CorsAllowOrigins \S+)/$1\//r);
$httpd->run('-t');
like($httpd->{output}, qr/write http:\/\/localhost:$own \[origin-path\]/, 'a slash at the end is an error with a suggestion');
