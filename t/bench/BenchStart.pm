# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchStart;

# The cost of start-up as a configuration grows. Each kind of directive or section is
# measured at a size and at twice that size: the instructions of this module alone in
# httpd -t, under callgrind, and the peak memory of httpd -t compared with an httpd
# with the same configuration but no directive of this module. The time for one large
# configuration is compared with that of httpd alone. The status page is measured as a
# request. The memory of httpd's parent must be the same after one graceful restart
# and after eleven.
use strict;
use warnings FATAL => 'all';

use BenchHttpd;
use JSON::PP ();
use POSIX ();

my $on = "CorsPolicy On\nCorsAllowOrigins https://app.example.com\n";
my $root = '/srv/www';

sub section { return "<$_[0] \"$_[1]\">\n$_[2]</$_[0]>\n" }

sub many { my ($count, $one) = @_; return join '', map { $one->($_) } 1 .. $count }

# A virtual host with a number and its content.
sub host { return "<VirtualHost *:1>\nServerName h$_[0].example\n$_[1]</VirtualHost>\n" }

# A number of sections of one kind, each with its own policy.
sub sections {
    my ($name, $argument) = @_;
    return sub { many($_[0], sub { section($name, $argument->($_[0]), $on) }) };
}

# A number of directives beside a policy of the whole server.
sub lines {
    my ($one, $policy) = @_;
    return sub { ($policy // $on) . many($_[0], $one) };
}

# Nested sections of a depth, repeated up to the size.
sub nested {
    my ($depth, $name, $argument) = @_;
    return sub {
        many($_[0] / $depth, sub {
            my ($number) = @_;
            my $text = '';
            $text = section($name, $argument, "CorsMaxAge $_\n$text") for reverse 1 .. $depth - 1;
            section('Location', "/n$number", "$on$text");
        })
    };
}

my $headers = 'set Access-Control-Allow-Origin https://app.example.com';

# name => configuration of a size
our %kinds = (
    'virtual hosts' => sub { many($_[0], sub { host($_[0], $on) }) },
    'virtual hosts that inherit' => sub { $on . many($_[0], sub { host($_[0], '') }) },
    'virtual hosts with ProxyPass' => sub {
        many($_[0], sub { host($_[0], "${on}ProxyPass /api http://127.0.0.1:9/\n") }) },
    'virtual hosts with ProxyPass and Directory' => sub {
        many($_[0], sub { host($_[0], "DocumentRoot $root/h$_[0]\nProxyPass /api http://127.0.0.1:9/\n"
            . section('Directory', "$root/h$_[0]", $on)) }) },
    'virtual hosts with Location' => sub {
        many($_[0], sub { host($_[0], section('Location', "/api/v$_[0]", $on)) }) },
    'virtual hosts of one line' => sub {
        "<Macro Host \$name>\n<VirtualHost *:1>\nServerName \$name\n$on</VirtualHost>\n</Macro>\n"
            . many($_[0], sub { "Use Host h$_[0].example\n" }) },
    'Location' => sections('Location', sub { "/l$_[0]" }),
    'Location, of one prefix' => sections('Location', sub { "/api/v1/things/t$_[0]" }),
    'Location, one path' => sections('Location', sub { '/api' }),
    'Location without policy' => sub { many($_[0], sub { section('Location', "/l$_[0]", "CorsMaxAge 60\n") }) },
    'Location that allows no origin' => sub { many($_[0], sub { section('Location', "/l$_[0]", "CorsPolicy On\n") }) },
    'LocationMatch' => sections('LocationMatch', sub { "^/l$_[0]\$" }),
    'Directory' => sections('Directory', sub { "$root/d$_[0]" }),
    'DirectoryMatch' => sections('DirectoryMatch', sub { "^/srv/d$_[0]\$" }),
    'Files' => sections('Files', sub { "f$_[0].txt" }),
    'FilesMatch' => sections('FilesMatch', sub { "^f$_[0]\$" }),
    'Files that serve other URLs' => sub { "${on}DirectoryIndex" . many($_[0] / 2, sub { " f$_[0].php" }) . "\n"
        . many($_[0] / 2, sub { section('Files', "f$_[0].php", "CorsPolicy Off\n") }) },
    'Files that serve other URLs, in Directory' => sub { $on . many($_[0] / 2, sub {
        section('Directory', "$root/d$_[0]", "DirectoryIndex i$_[0].php\n"
            . section('FilesMatch', "^i$_[0]", "CorsAllowOrigins https://b.example\n")) }) },
    'Files that serve a Location' => sub { many($_[0] / 2, sub {
        section('Location', "/l$_[0]", "${on}FallbackResource /f$_[0].php\n")
            . section('FilesMatch', "^f$_[0]", "CorsAllowOrigins https://b.example\n") }) },
    'If' => sections('If', sub { "%{HTTP_HOST} == 'h$_[0]'" }),
    'Proxy' => sections('Proxy', sub { "http://127.0.0.1:9/p$_[0]" }),
    'ProxyMatch' => sections('ProxyMatch', sub { "^http://p$_[0]" }),
    'If in If in Location' => nested(3, 'If', 'true'),
    'sections in sections, ten deep' => nested(10, 'If', 'true'),
    'Limit, one in each Location' => sub {
        many($_[0], sub { section('Location', "/l$_[0]", "$on<Limit PUT>\nCorsMaxAge 60\n</Limit>\n") }) },
    'ProxyPass' => lines(sub { "ProxyPass /p$_[0] http://127.0.0.1:9/\n" }, section('Directory', $root, $on)),
    'ProxyPass and Directory' => sub {
        "DocumentRoot $root\n" . many($_[0] / 2, sub { "ProxyPass /p$_[0] http://127.0.0.1:9/\n"
            . section('Directory', "$root/p$_[0]", $on) }) },
    'ProxyPass in Location' => sub { $on
        . many($_[0], sub { section('Location', "/p$_[0]", "ProxyPass http://127.0.0.1:9/\nCorsMaxAge 60\n") }) },
    'ProxyPassMatch' => lines(sub { "ProxyPassMatch ^/p$_[0]\$ http://127.0.0.1:9/\n" }),
    'RewriteRule' => lines(sub { "RewriteCond %{REQUEST_METHOD} OPTIONS\nRewriteRule ^/r$_[0] - [R=204]\n" }),
    'Header' => lines(sub { "Header $headers\n" }),
    'Header in Location' => sub { many($_[0], sub { section('Location', "/l$_[0]", "${on}Header $headers\n") }) },
    'RequestHeader' => lines(sub { "RequestHeader set Origin https://h$_[0].example early\n" }),
    'SetEnvIf' => lines(sub { "SetEnvIf Origin ^h$_[0]\$ ours\n" }),
    'Alias' => lines(sub { "Alias /a$_[0] $root/a$_[0]\n" }),
    'AuthType' => sub { "${on}CorsAllowHeaders *\n"
        . many($_[0], sub { section('Location', "/l$_[0]", "AuthType Basic\n") }) },
    'AuthType with each CorsAllowHeaders *' => sub { $on
        . many($_[0], sub { section('Location', "/l$_[0]", "CorsAllowHeaders *\nAuthType Basic\n") }) },
    'origins of one directive' => sub {
        "CorsPolicy On\nCorsAllowOrigins" . many($_[0], sub { " https://h$_[0].example.com" }) . "\n" },
    'CorsAllowOrigins' => sub {
        "CorsPolicy On\n" . many($_[0], sub { "CorsAllowOrigins https://h$_[0].example.com\n" }) },
    'wildcards' => sub {
        "CorsPolicy On\n" . many($_[0], sub { "CorsAllowOrigins https://*.h$_[0].example.com\n" }) },
    'exclusions' => sub { "CorsPolicy On\nCorsAllowOrigins https://*.example.com\n"
        . many($_[0], sub { "CorsAllowOrigins !https://h$_[0].example.com\n" }) },
    'CorsAllowOriginsMatch' => sub { "CorsPolicy On\n"
        . many($_[0], sub { "CorsAllowOriginsMatch https://h$_[0]\\.[a-z]\\.example\\.com\n" }) },
    'CorsAllowHeaders' => sub { $on . many($_[0], sub { "CorsAllowHeaders x-h$_[0]\n" }) },
    'CorsExposeHeaders' => sub { $on . many($_[0], sub { "CorsExposeHeaders x-h$_[0]\n" }) },
);

# httpd -t with other options
our %dumps = (
    'DUMP_CORS' => [ '-D DUMP_CORS', $kinds{'Location'} ],
    'DUMP_CORS_JSON' => [ '-D DUMP_CORS_JSON', $kinds{'Location'} ],
    'DUMP_CORS of virtual hosts' => [ '-D DUMP_CORS', $kinds{'virtual hosts'} ],
);

# no directive of this module
our %without = (
    'no directive, virtual hosts with ProxyPass' => sub {
        many($_[0], sub { host($_[0], "ProxyPass /api http://127.0.0.1:9/\n") }) },
    'no directive, Location with ProxyPass' => sub {
        many($_[0], sub { section('Location', "/l$_[0]", "ProxyPass http://127.0.0.1:9/\n") }) },
);

# The module's own part of reading a configuration: callgrind counts from the entry of
# each of these functions to its return.
my @entries = qw(cors_set_choice cors_set_origins cors_set_origins_match cors_set_origins_file cors_set_names
    cors_set_max_age cors_set_preflight_status cors_create_dir_config cors_merge_dir_configs cors_check_config
    cors_dump);

my @modules = qw(mpm_event unixd authz_core authn_core alias dir headers rewrite setenvif proxy proxy_http macro);

# Write a configuration; with $bare, without this module and its directives.
sub configure {
    my ($name, $text, $bare) = @_;
    my $dir = $ENV{BENCH_TMP};
    my $conf = "ServerRoot $dir\nServerName localhost\nPidFile $dir/start.pid\nErrorLog $dir/start_log\n"
        . "DocumentRoot $dir\nListen 127.0.0.1:1\n";
    for (@modules) {
        my $c = $_ eq 'mpm_event' ? 'event.c' : "mod_$_.c";
        $conf .= "<IfModule !$c>\nLoadModule ${_}_module $ENV{BENCH_MODULES}/mod_$_.so\n</IfModule>\n"
            if -e "$ENV{BENCH_MODULES}/mod_$_.so";
    }
    $conf .= "LoadModule bench_control_module $ENV{BENCH_CONTROL}\n";
    $conf .= "LoadModule cors_policy_module $ENV{BENCH_SO}\n" if !$bare;
    $text =~ s/^\s*Cors\w+ .*\n//mg if $bare;
    # the DocumentRoot must exist
    $text =~ s/\Q$root\E/$dir/g;
    open my $file, '>', "$dir/$name.conf" or die "$dir/$name.conf: $!";
    print $file $conf, $text;
    close $file or die $!;
    return "$dir/$name.conf";
}

sub reading {
    my ($name, $file, $options, @before) = @_;
    my $output = `@before $ENV{BENCH_HTTPD} -t -f $file $options 2>&1 >$file.out`;
    die "$name: httpd -t fails:\n" . substr($output, 0, 1000) if $? || $output !~ /Syntax OK/;
}

# The module's instructions while httpd -t reads a configuration.
sub instructions {
    my ($name, $key, $text, @options) = @_;
    my $file = configure($key, $text);
    my $out = "$file.callgrind";
    reading($name, $file, "@options", qw(valgrind --tool=callgrind -q --collect-atstart=no), "--callgrind-out-file=$out",
        map { "--toggle-collect=$_" } @entries);
    my $total = BenchHttpd::total_of($out);
    unlink $out, $file, "$file.out";
    return $total;
}

# The processor time in seconds and the peak memory in kilobytes of httpd -t; the
# minimum of some runs.
sub usage {
    my ($name, $key, $text, $bare, $times) = @_;
    my $file = configure($key, $text, $bare);
    my %least;
    for (1 .. $times // 1) {
        local $ENV{BENCH_USAGE} = "$file.usage";
        reading($name, $file, '');
        my $usage = BenchHttpd::slurp("$file.usage");
        my ($cpu) = $usage =~ /^cpu: (\d+)/m or die "$name: no usage\n";
        my ($memory) = $usage =~ /^VmHWM:\s+(\d+)/m or die "$name: no memory\n";
        $least{cpu} = $cpu / 1e6 if !$least{cpu} || $cpu / 1e6 < $least{cpu};
        $least{memory} = $memory if !$least{memory} || $memory < $least{memory};
    }
    unlink $file, "$file.usage", "$file.out";
    return \%least;
}

sub exponent { my ($one, $two) = @_; return $one > 0 && $two > 0 ? log($two / $one) / log 2 : 0 }

# Sizes for instructions (callgrind is slow), for memory (which grows by pages) and for
# the status page (a hundred thousand instructions for a section).
our ($counted, $weighed, $shown) = (300, 2000, 100);

# Measure one kind at a size and at twice the size.
sub grow {
    my ($dir, $name, $text, @options) = @_;
    my $row = { name => $name, size => $counted,
        count => [ map { instructions($name, $dir, $text->($_), @options) } $counted, 2 * $counted ] };
    return $row if @options || $without{$name};
    $row->{weighed} = $weighed;
    $row->{memory} = [ map {
        my $size = $_;
        my ($with, $alone) = map { usage($name, $dir, $text->($size), $_)->{memory} } 0, 1;
        $with - $alone;
    } $weighed, 2 * $weighed ];
    return $row;
}

# Measure the status page.
sub page {
    my ($dir, $name, $query) = @_;
    local ($BenchHttpd::warm, $BenchHttpd::counts, $BenchHttpd::times) = (1, 1, 2);
    my @count;
    for my $size ($shown, 2 * $shown) {
        my $httpd = BenchHttpd->start(dir => "$ENV{BENCH_TMP}/$dir-page$size", valgrind => 1, module => $ENV{BENCH_SO},
            hosts => { page => section('Location', '/cors-policy', "SetHandler cors-policy\n")
                . $kinds{'Location'}->($size) });
        my ($count, $answer) = $httpd->count(page => "GET /cors-policy$query HTTP/1.1\r\nHost: localhost\r\n\r\n");
        $httpd->stop;
        die "$name: " . substr($answer, 0, 500) if $answer !~ m{\AHTTP/1\.\d 200 } || $answer !~ m{/l$size\b};
        push @count, $count;
    }
    return { name => $name, size => $shown, count => \@count };
}

# Restart a server gracefully. Returns whether it succeeded.
sub restart {
    my ($httpd) = @_;
    my $runs = sub { my @all = BenchHttpd::slurp("$httpd->{dir}/error_log") =~ /resuming normal operations/g; scalar @all };
    my $await = sub {
        my ($most) = @_;
        for (1 .. 600) {
            return 1 if $runs->() > $most;
            select undef, undef, undef, 0.1;
        }
        return 0;
    };
    # before it is ready, the signal would end it
    $await->(0) or return 0;
    my $before = $runs->();
    kill USR1 => $httpd->{pid} or return 0;
    return $await->($before);
}

# The memory of httpd's parent after one graceful restart and after ten more.
sub restarts {
    my ($dir, $name) = @_;
    my $httpd = BenchHttpd->start(dir => "$ENV{BENCH_TMP}/$dir-restarts", module => $ENV{BENCH_SO},
        hosts => { page => section('Location', '/cors-policy', "SetHandler cors-policy\n")
            . $kinds{'Location'}->($weighed) });
    my @memory;
    for my $restart (1 .. 11) {
        restart($httpd) or die "$name: no restart\n";
        next if $restart > 1 && $restart < 11;
        my ($kb) = BenchHttpd::slurp("/proc/$httpd->{pid}/status") =~ /^VmRSS:\s+(\d+)/m or die "$name: no memory\n";
        push @memory, $kb;
    }
    $httpd->stop;
    return { name => $name, flat => 1, weighed => $weighed, memory => \@memory };
}

# All measurements: a name, and a function that gets its own directory.
sub tasks {
    my @tasks;
    my $add = sub { my ($name, $measure, @more) = @_; push @tasks, [ $name, sub { $measure->($_[0], $name, @more) } ] };
    # the slowest come first
    $add->('graceful restarts, one and eleven', \&restarts);
    $add->('status page, all policies', \&page, '?view=policies');
    $add->('status page, all policies, JSON', \&page, '?view=policies&format=json');
    $add->($_, \&grow, $kinds{$_}) for sort keys %kinds;
    $add->($_, \&grow, @{ $dumps{$_} }[1, 0]) for sort keys %dumps;
    $add->($_, \&grow, $without{$_}) for sort keys %without;
    return @tasks;
}

# A worker process: run tasks from the queue until it is empty.
sub work {
    my ($dir, $queue, $tasks, $write) = @_;
    while (sysread $queue, my $number, 1) {
        my $row = $tasks->[ ord $number ][1]->($dir);
        print $write JSON::PP->new->canonical->encode($row), "\n";
    }
    close $write;
}

# Measure everything, with one process for each processor.
sub growth {
    my @tasks = tasks();
    my %row;
    my @children;
    pipe my $queue, my $fill or die "pipe: $!";
    syswrite $fill, join '', map { chr } 0 .. $#tasks;
    close $fill;
    my $cores = (`getconf _NPROCESSORS_ONLN` || 2) + 0;
    for my $process (1 .. $cores) {
        pipe my $read, my $write or die "pipe: $!";
        defined(my $pid = fork) or die "fork: $!";
        if (!$pid) {
            close $read;
            ($BenchHttpd::lane, $BenchHttpd::lanes) = ($process - 1, $cores);
            eval { work("start$process", $queue, \@tasks, $write); 1 } or print STDERR $@;
            POSIX::_exit($@ ? 1 : 0);
        }
        close $write;
        push @children, [ $pid, $read ];
    }
    for (@children) {
        my ($pid, $read) = @$_;
        while (<$read>) {
            my $one = JSON::PP->new->decode($_);
            $row{ $one->{name} } = $one;
        }
        waitpid $pid, 0;
        die "a kind could not be measured\n" if $?;
    }
    return [ map { $row{ $_->[0] } } @tasks ];
}

# The equal of a section's policy without the module.
my $recipe = "SetEnvIf Origin ^https://app\\.example\\.com\$ cors=\$0\n"
    . "Header set Access-Control-Allow-Origin %{cors}e env=cors\n";

# httpd -t for large configurations, with the module and without it, and the limit for
# the ratio of their processor times. The limits are wide, because the time depends on
# the load of the machine; the instructions are counted above.
sub large {
    my @result;
    for (
        [ '10,000 virtual hosts', 3, 10_000, $kinds{'virtual hosts'} ],
        [ '10,000 virtual hosts with a ProxyPass', 3, 10_000, $kinds{'virtual hosts with ProxyPass'} ],
        # httpd alone does almost nothing here
        [ '20,000 sections', 6, 20_000, $kinds{'Location'} ],
        [ '20,000 sections, beside SetEnvIf and Header', 3, 20_000, $kinds{'Location'},
            sub { many($_[0], sub { section('Location', "/l$_[0]", $recipe) }) } ],
    ) {
        my ($name, $most, $size, $with, $alone) = @$_;
        my $one = usage($name, 'large', $with->($size), 0, 3);
        my $two = usage($name, 'large', ($alone // $with)->($size), 1, 3);
        push @result, { name => $name, most => $most, with => $one, httpd => $two };
    }
    return \@result;
}

sub measure { return { growth => growth(), large => large() } }

sub show {
    my ($result) = @_;
    printf "\n%-45s %6s %10s %10s %5s %7s %7s %5s\n", 'httpd -t, added by this module', 'size', 'n', '2n', 'exp.',
        'KB, n', '2n', 'exp.';
    for (@{ $result->{growth} }) {
        printf '%-45s', $_->{name};
        printf ' %6s %10s %10s %5s', ('') x 4 if !$_->{count};
        printf ' %6d %10d %10d %5.2f', $_->{size}, @{ $_->{count} }, exponent(@{ $_->{count} }) if $_->{count};
        printf " %7d %7d %5.2f", @{ $_->{memory} }, exponent(@{ $_->{memory} }) if $_->{memory};
        print "\n";
    }
    printf "\n%-45s %8s %8s %9s %9s\n", 'httpd -t', 'seconds', 'httpd', 'MB', 'httpd';
    printf "%-45s %8.2f %8.2f %9.1f %9.1f\n", $_->{name}, $_->{with}{cpu}, $_->{httpd}{cpu},
        $_->{with}{memory} / 1024, $_->{httpd}{memory} / 1024 for @{ $result->{large} };
}

# The highest exponents that count as linear growth, for instructions and for memory. A
# loop over all pairs, at five instructions for a pair, has an exponent of 1.1 at the
# sizes 300 and 600, and 1.2 at 600 and 1,200. The third number limits the instructions
# for a server without a directive of this module, of any size.
my ($most, $most_memory, $nothing) = (1.1, 1.2, 2000);
# Differences of memory, in kilobytes, that are ignored.
my $same = 1024;

sub broken {
    my ($result) = @_;
    my @broken;
    for (grep { $_->{flat} } @{ $result->{growth} }) {
        my ($one, $two) = @{ $_->{memory} };
        push @broken, "$_->{name}: $one KB, then $two" if $two > 1.05 * $one + $same;
    }
    for (grep { $_->{count} } @{ $result->{growth} }) {
        my ($one, $two) = @{ $_->{count} };
        push @broken, "$_->{name}: $two instructions, limit $nothing" if $without{ $_->{name} } && $two > $nothing;
        push @broken, sprintf '%s: instructions grow with the power of %.2f', $_->{name}, exponent($one, $two)
            if exponent($one, $two) > $most;
        # half a megabyte depends on pages and pools by chance
        push @broken, sprintf '%s: memory grows with the power of %.2f', $_->{name}, exponent(@{ $_->{memory} })
            if $_->{memory} && exponent($_->{memory}[0] + 512, $_->{memory}[1]) > $most_memory;
    }
    for (@{ $result->{large} }) {
        push @broken, "$_->{name}: $_->{with}{memory} KB, httpd alone $_->{httpd}{memory}"
            if $_->{with}{memory} > 2 * $_->{httpd}{memory};
        push @broken, "$_->{name}: $_->{with}{cpu} seconds, httpd alone $_->{httpd}{cpu}"
            if $_->{with}{cpu} > $_->{most} * $_->{httpd}{cpu};
    }
    print "over the limit: $_\n" for @broken;
    return @broken;
}

1;
