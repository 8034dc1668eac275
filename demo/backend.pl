#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# backend.pl PORT PARENT API ALLOWED DENIED
#
# The application behind the API of the demo. It returns the method and path of each
# request, echoes WebSocket messages, and has no code for CORS. Its start page describes
# the routes. API, ALLOWED and DENIED are the ports that it links to.

use Mojolicious::Lite -signatures;
use Mojo::IOLoop;
use POSIX ();

my ($port, $parent, @links) = @ARGV;
die "usage: backend.pl PORT PARENT API ALLOWED DENIED\n"
    if @links != 3 || grep { !/\A\d+\z/ } @ARGV;

if ($> == 0 && $ENV{DEMO_USER}) {
    my ($uid, $gid) = (getpwnam $ENV{DEMO_USER})[2, 3];
    die "user $ENV{DEMO_USER} does not exist\n" unless defined $uid;
    $( = $gid;
    $) = "$gid $gid";
    POSIX::setuid($uid);
    die "cannot become $ENV{DEMO_USER}\n" if $> != $uid || $< != $uid;
}

app->mode('production');
app->log->level('warn');

sub answer ($c, %more) {
    state $count = 0;
    $c->res->headers->header('X-Demo-Id' => ++$count);
    $c->res->headers->cache_control('no-store');
    $c->render(
        json => {
            method => $c->req->method,
            path   => $c->req->url->path->to_string,
            %more
        }
    );
}

# A browser gets a page; a client that does not accept HTML gets JSON as elsewhere.
get '/' => sub ($c) {
    my $html = ($c->req->headers->accept // '') =~ m{\btext/html\b};
    $c->res->headers->append(Vary => 'Accept');
    return answer($c, message => 'the API of the mod_cors_policy demo')
        if !$html;
    my %address;
    @address{qw(api allowed denied)} = map {"http://localhost:$_"} @links;
    $c->res->headers->cache_control('no-store');
    $c->render('api', %address);
};

get '/simple' => sub ($c) { answer($c, message => 'hello') };

put '/put' => sub ($c) {
    answer(
        $c,
        message => 'stored',
        x_demo  => $c->req->headers->header('X-Demo')
    );
};

get '/cookies' => sub ($c) {
    my $visits = ($c->cookie('demo_visits') // '') =~ /\A(\d{1,6})\z/ ? $1 : 0;
    $c->cookie(
        demo_visits => $visits + 1,
        { path => '/cookies', samesite => 'Lax', httponly => 1 }
    );
    answer($c, message => 'cookies work', visits_before => $visits);
};

get '/off'      => sub ($c) { answer($c, message => 'no policy here') };
get '/override' => sub ($c) { answer($c, message => 'a policy of its own') };

any [qw(GET POST)] => '/signup' =>
    sub ($c) { answer($c, message => 'signed up') };

get '/private' => sub ($c) { answer($c, message => 'the password was right') };

websocket '/socket' => sub ($c) {
    $c->on(message => sub ($c, $text) { $c->send("echo: $text") });
};

any '/*rest' => { rest => '' } => sub ($c) {
    $c->render(json => { error => 'nothing here' }, status => 404);
};

# Ends when its parent has ended.
Mojo::IOLoop->recurring(1 => sub { Mojo::IOLoop->stop if getppid() != $parent })
    if $parent;

app->start('daemon', '-l', "http://127.0.0.1:$port");

__DATA__

@@ api.html.ep
<!DOCTYPE html>
<!-- Licensed under the Apache License, Version 2.0; see LICENSE. -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>The API of the demo: mod_cors_policy</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="<%= $allowed %>/demo.css">
</head>
<body class="narrow">
<header>
  <h1>The API of the demo</h1>
  <p>This server stands for your API. <code>mod_cors_policy</code> decides which pages of other origins may use it. Pages
  of this server itself need no permission, so open one of the two pages that ask from elsewhere:</p>
  <ul>
    <li><a href="<%= $allowed %>/"><%= $allowed %></a>, which the policy allows</li>
    <li><a href="<%= $denied %>/"><%= $denied %></a>, which it does not allow</li>
  </ul>
  <p>Then see <a href="<%= $api %>/cors-policy">why each request was allowed or denied</a>.</p>
</header>
<main>
  <section class="card">
    <h2>What it answers</h2>
    <dl class="routes">
% for (
%     [ 'GET /simple', 'the policy of the whole API' ],
%     [ 'PUT /put', 'the same, after a preflight' ],
%     [ 'GET /cookies', 'the same, with cookies: counts your visits' ],
%     [ 'GET /off', 'CorsPolicy Off: no policy' ],
%     [ 'GET /override', 'a policy of its own, for the other page' ],
%     [ 'POST /signup', 'exempted for POST alone' ],
%     [ 'GET /private', 'behind a password: demo, demo' ],
%     [ 'GET /socket', 'a WebSocket with a list of its own' ],
% ) {
      <dt><code><%= $_->[0] %></code></dt><dd><%= $_->[1] %></dd>
% }
    </dl>
  </section>
  <section class="card">
    <h2>From the command line</h2>
    <pre tabindex="0">curl -i -H 'Origin: <%= $allowed %>' <%= $api %>/simple
curl -i -H 'Origin: <%= $denied %>' <%= $api %>/simple</pre>
    <p class="about">Both get the answer, and only the first gets <code>Access-Control-Allow-Origin</code>: CORS decides what a page may
    read, not who may ask.</p>
  </section>
</main>
</body>
</html>
