# Licensed under the Apache License, Version 2.0; see LICENSE.
# shellcheck shell=sh disable=SC2034,SC2154 # variables of these scripts
#
# What demo/run and demo/fleet/run share. A script that reads this file sets $program, the
# name in its messages, $tree, the directory of the sources, and $dir, its temporary
# directory or nothing.

fail()
{
    echo "$program: $*" >&2
    exit 1
}

# --- requirements -----------------------------------------------------------

need_mojolicious()
{
    command -v perl >/dev/null || fail "perl is not installed"
    perl -MMojolicious::Lite -e 1 2>/dev/null \
        || fail "the Perl module Mojolicious is not installed"
}

# Set $httpd, and $modules to the directory of its modules.
find_httpd()
{
    if [ -z "${APXS:-}" ]; then
        APXS=apxs
        command -v apxs >/dev/null || APXS=apxs2
    fi
    command -v "$APXS" >/dev/null || fail "$APXS is not there; set APXS"
    sbindir=$("$APXS" -q SBINDIR)
    modules=$("$APXS" -q LIBEXECDIR)
    httpd=
    for name in "$("$APXS" -q progname 2>/dev/null || true)" httpd apache2; do
        if [ -n "$name" ] && [ -x "$sbindir/$name" ]; then
            httpd=$sbindir/$name
            break
        fi
    done
    [ -n "$httpd" ] || fail "no httpd in $sbindir; set APXS"
}

# httpd started by root opens the logs, and serves requests as another user. Set
# $DEMO_USER to it, and $user_lines to its directives.
choose_user()
{
    DEMO_USER=
    user_lines=
    if [ "$(id -u)" = 0 ]; then
        DEMO_USER=nobody
        id nobody >/dev/null 2>&1 || DEMO_USER=daemon
        user_lines="User $DEMO_USER
Group $(id -gn "$DEMO_USER")"
    fi
    export DEMO_USER
}

load() # name: LoadModule, unless it is built in
{
    [ -e "$modules/mod_$1.so" ] || return 0
    echo "<IfModule !mod_$1.c>"
    echo "    LoadModule $1_module \"$modules/mod_$1.so\""
    echo '</IfModule>'
}

load_all() # names of modules: an MPM, and these
{
    if ! "$httpd" -l | grep -Eq '^ *(event|worker|prefork)\.c$'; then
        for mpm in event worker prefork; do
            if [ -e "$modules/mod_mpm_$mpm.so" ]; then
                load mpm_$mpm
                break
            fi
        done
    fi
    for name in "$@"; do
        load "$name"
    done
}

# --- ports ------------------------------------------------------------------

# Whether a port is free; prints why not.
port_is_free()
{
    perl -MIO::Socket::INET -MErrno -e '
        exit 0 if IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1,
                                        LocalPort => shift, ReuseAddr => 1);
        print $!{EADDRINUSE} ? "is in use" : "cannot be opened ($!)";
        exit 1' "$1"
}

# Different free ports of loopback, except the given ports.
free_ports() # number, ports
{
    perl -MIO::Socket::INET -e '
        my ($number, %used) = (shift, map { $_ => 1 } @ARGV);
        my @held;
        while ($number > 0) {
            my $socket = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1)
                or die "no free port on loopback: $!\n";
            push @held, $socket;
            next if $used{ $socket->sockport };
            print $socket->sockport, "\n";
            $number--;
        }' "$@"
}

# --- processes --------------------------------------------------------------

# Runs a program in its own process group, so that neither Ctrl-C nor a resized
# terminal (a graceful stop for httpd) ends it; this script does. Call it only in the
# background: it replaces the shell, so that $! is the program.
detached()
{
    exec perl -MPOSIX=setsid -e 'setsid(); exec @ARGV or exit 127' -- "$@"
}

# Ends only processes started here, by id.
# shellcheck disable=SC2317 # called by the traps
end()
{
    [ -n "$1" ] || return 0
    kill -TERM "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

explain_failure() # log, what
{
    tail -n 20 "$dir/$1" >&2 2>/dev/null || true
    fail "$2 did not start"
}

wait_for_port() # port, process, log, what
{
    tries=0
    until perl -MIO::Socket::INET -e '
        exit !IO::Socket::INET->new(PeerAddr => "127.0.0.1",
                                    PeerPort => shift)' "$1"; do
        tries=$((tries + 1))
        if [ $tries -gt 100 ] || ! kill -0 "$2" 2>/dev/null; then
            explain_failure "$3" "$4"
        fi
        sleep 0.1
    done
}

# Copy scripts to $dir/check, beside the driver of Chromium and playwright-core of t/browser.
prepare_browser() # files
{
    command -v node >/dev/null || fail "--check and --pictures need node"
    mkdir "$dir/check" "$dir/home"
    for file in chromium.mjs package.json package-lock.json; do
        cp "$tree/t/browser/$file" "$dir/check/"
    done
    cp "$@" "$dir/check/"
    node_modules=$(sh "$tree/build/node-modules" browser) \
        || fail "playwright-core cannot be fetched"
    ln -s "$node_modules" "$dir/check/node_modules"
}

# Run a script of $dir/check. Call it only in the background, as detached().
run_browser() # script
{
    HOME="$dir/home" TMPDIR="$dir/home" \
        XDG_CONFIG_HOME="$dir/home" XDG_CACHE_HOME="$dir/home" \
        exec node "$dir/check/$1"
}
