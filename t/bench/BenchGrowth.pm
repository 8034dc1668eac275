# Licensed under the Apache License, Version 2.0; see LICENSE.
package BenchGrowth;

# The cost of a request and the memory of a server as a configuration grows in one
# direction, compared with an httpd that has the same sections and hosts but no
# directive of this module.
use strict;
use warnings FATAL => 'all';

use BenchHttpd;
use BenchTable;

my $app = 'https://app.example.com';
my $actual = BenchTable::actual($app);

sub policy { return "CorsPolicy On\nCorsAllowOrigins $app\n" . join('', @_) }

sub location { return "<Location \"$_[0]\">\n$_[1]</Location>\n" }

sub names { return join ' ', map { "x-name-$_" } 1 .. $_[0] }

# The file of a list, whose origins belong to a number of tenants, ten to each.
sub tenants {
    my ($count) = @_;
    my $name = "$ENV{BENCH_TMP}/tenants.$count";
    return $name if -e $name;
    open my $file, '>', $name or die "$name: $!";
    for my $tenant (0 .. $count - 1) {
        print $file $_ ? "https://app$_.t$tenant.example.org" : $app, "\tt$tenant\n" for 0 .. 9;
    }
    close $file or die $!;
    return $name;
}

# methods that no request has; httpd registers them as well
my $register = 'RegisterHttpMethod ' . join(' ', map { "M$_" } 1 .. 20) . "\n";

# name => [ sizes, configuration of a size with the module, without it, request; for all
# sizes: what both servers have outside of the hosts, what the one with the module has ]
my %curves = (
    'origins in a list' => [ [ 1, 100, 10_000, 1_000_000 ],
        sub { location('/api', BenchTable::policy($_[0])) }, sub { location('/api', '') }, $actual ],
    'sections that do not match' => [ [ 1, 10, 100, 1000 ],
        sub { location('/api', policy()) . join '', map { location("/s$_", policy()) } 1 .. $_[0] },
        sub { location('/api', '') . join '', map { location("/s$_", '') } 1 .. $_[0] }, $actual ],
    'sections that match' => [ [ 1, 2, 4, 8 ],
        sub { join '', map { location('/api', policy("CorsMaxAge $_\n")) } 1 .. $_[0] },
        sub { location('/api', '') x $_[0] }, $actual ],
    'layers of <Limit>' => [ [ 0, 1, 5, 20 ],
        sub { location('/api', policy(map { "<Limit M$_>\nCorsMaxAge $_\n</Limit>\n" } 1 .. $_[0])) },
        sub { location('/api', join '', map { "<Limit M$_>\n</Limit>\n" } 1 .. $_[0]) }, $actual, $register ],
    'header names in a list' => [ [ 1, 10, 100, 1000 ],
        sub { location('/api', policy('CorsAllowHeaders ' . names($_[0]) . "\n")) }, sub { location('/api', '') },
        BenchTable::preflight($app, 'PUT', 'x-name-1') ],
    'header names asked for' => [ [ 1, 10, 100 ],
        sub { location('/api', policy('CorsAllowHeaders ' . names(100) . "\n")) }, sub { location('/api', '') },
        sub { BenchTable::preflight($app, 'PUT', join ',', map { "x-name-$_" } 1 .. $_[0]) } ],
    'tenants of a list' => [ [ 1, 100, 10_000 ],
        sub { location('/api', qq{CorsPolicy On\nCorsAllowOriginsFrom n$_[0] "t%{tolower:%{req:X-Tenant}}"\n}) }, sub { location('/api', '') },
        $actual =~ s/\r\n\r\n/\r\nX-Tenant: 0\r\n\r\n/r, '', sub { map { "CorsOriginSource n$_ file:" . tenants($_) . "\n" } @_ } ],
    'lists of one policy' => [ [ 1, 2, 8 ],
        sub { location('/api', "CorsPolicy On\n" . join '', map { qq{CorsAllowOriginsFrom l$_ "t0"\n} } 1 .. $_[0]) }, sub { location('/api', '') },
        $actual, '', sub { map { "CorsOriginSource l$_ file:" . tenants(10 + $_) . "\n" } 1 .. 8 } ],
);

sub measure {
    my @result;
    for my $name (sort keys %curves) {
        my ($sizes, $with, $without, $request, $global, $sources) = @{ $curves{$name} };
        $global //= '';
        my (%with, %without);
        for (@$sizes) {
            $with{"n$_"} = $with->($_);
            $without{"n$_"} = $without->($_);
        }
        my $one = BenchHttpd->start(dir => "$ENV{BENCH_TMP}/g-bare", valgrind => 1, hosts => \%without,
            global => $global);
        my $two = BenchHttpd->start(dir => "$ENV{BENCH_TMP}/g-with", valgrind => 1, hosts => \%with,
            module => $ENV{BENCH_SO}, global => join('', $global, $sources ? $sources->(@$sizes) : ()));
        for (@$sizes) {
            my $bytes = ref $request ? $request->($_) : $request;
            push @result, { name => $name, size => $_, %{ BenchTable::median($one, "n$_", $two, "n$_", $bytes) } };
        }
        $_->stop for $one, $two;
    }
    push @result, hosts();
    return { instructions => \@result, memory => memory() };
}

# Name-based virtual hosts of one address.
sub hosts {
    my @result;
    # with a thousand hosts, the comparison of their names hides everything else
    for my $count (1, 10, 100) {
        my %httpd = map { my $module = $_;
            my $port = BenchHttpd::free_port();
            ($module => BenchHttpd->start(dir => "$ENV{BENCH_TMP}/h$module", valgrind => 1,
                module => $module ? $ENV{BENCH_SO} : undef, hosts => { other => '' },
                global => "Listen 127.0.0.1:$port\n" . join('', map {
                    "<VirtualHost 127.0.0.1:$port>\nServerName h$_\n"
                        . ($module ? policy() : '') . "</VirtualHost>\n" } 1 .. $count),
                ));
        } 0, 1;
        for (0, 1) {
            my ($port) = BenchHttpd::slurp("$httpd{$_}{dir}/httpd.conf") =~ /^Listen 127.0.0.1:(\d+)\n<VirtualHost/m;
            $httpd{$_}{port}{named} = $port;
        }
        my $request = $actual =~ s/Host: localhost/Host: h$count/r;
        push @result, { name => 'virtual hosts with a policy', size => $count,
            %{ BenchTable::median($httpd{0}, 'named', $httpd{1}, 'named', $request) } };
        $_->stop for values %httpd;
    }
    return @result;
}

# The memory of the server's processes in kilobytes, private and shared; shared memory
# is counted once.
sub used {
    my ($httpd) = @_;
    my $sum = 0;
    for my $pid ($httpd->{pid}, split ' ', `pgrep -P $httpd->{pid}`) {
        my ($pss) = BenchHttpd::slurp("/proc/$pid/smaps_rollup") =~ /^Pss:\s+(\d+)/m or return;
        $sum += $pss;
    }
    return $sum;
}

sub shared {
    my ($kb) = BenchHttpd::slurp('/proc/meminfo') =~ /^Shmem:\s+(\d+)/m;
    return $kb;
}

sub memory {
    my @result;
    return \@result if !-e "/proc/$$/smaps_rollup";
    my %what = (
        'sections with a policy' => [ 1000, sub { join '', map { location("/s$_", policy()) } 1 .. 1000 },
            sub { join '', map { location("/s$_", '') } 1 .. 1000 } ],
        'origins in CorsAllowOrigins' => [ 100_000, sub { policy(map { "CorsAllowOrigins https://h$_.example.com\n" } 1 .. 99_999) },
            sub { '' } ],
    );
    for my $name (sort keys %what) {
        my ($count, $with, $without) = @{ $what{$name} };
        my @used;
        for my $module (undef, $ENV{BENCH_SO}) {
            my $httpd = BenchHttpd->start(dir => "$ENV{BENCH_TMP}/m-$#used", module => $module,
                hosts => { x => $module ? $with->() : $without->() });
            select undef, undef, undef, 1;
            push @used, used($httpd);
            $httpd->stop;
        }
        push @result, { name => $name, count => $count, bytes_each => int(1024 * ($used[1] - $used[0]) / $count) };
    }
    # shared memory is counted in the process that wrote it
    for my $size (10_000, 1_000_000) {
        my $before = shared();
        my $httpd = BenchHttpd->start(dir => "$ENV{BENCH_TMP}/m-file$size", module => $ENV{BENCH_SO},
            hosts => { x => BenchTable::policy($size) });
        push @result, { name => 'origins in a file, for all children', count => $size,
            bytes_each => int(1024 * (shared() - $before) / $size) };
        $httpd->stop;
    }
    return \@result;
}

sub show {
    my ($growth) = @_;
    printf "\n%-50s %9s %8s %8s\n", 'instructions per request', 'size', 'httpd', 'added';
    printf "%-50s %9d %8d %+8d\n", @$_{qw(name size httpd added)} for @{ $growth->{instructions} };
    printf "\n%-50s %9s %8s\n", 'memory', 'number', 'bytes each';
    printf "%-50s %9d %8d\n", @$_{qw(name count bytes_each)} for @{ $growth->{memory} };
}

1;
