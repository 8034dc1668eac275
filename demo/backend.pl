#!/usr/bin/perl
# Licensed under the Apache License, Version 2.0; see LICENSE.
#
# backend.pl PORT [PARENT]: the application behind the API of the demo. It says
# what it was asked, echoes WebSocket messages, and knows nothing of CORS.

use Mojolicious::Lite -signatures;
use Mojo::IOLoop;
use POSIX ();

my ($port, $parent) = @ARGV;
die "usage: backend.pl PORT [PARENT]\n" unless ($port // '') =~ /\A\d+\z/;

if ($> == 0 && $ENV{DEMO_USER}) {
    my ($uid, $gid) = (getpwnam $ENV{DEMO_USER})[2, 3];
    die "there is no user $ENV{DEMO_USER}\n" unless defined $uid;
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

get '/' => sub ($c) {
    answer($c, message => 'the API of the mod_cors_policy demo');
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

# Nobody left to end it: it ends itself.
Mojo::IOLoop->recurring(1 => sub { Mojo::IOLoop->stop if getppid() != $parent })
    if $parent;

app->start('daemon', '-l', "http://127.0.0.1:$port");
