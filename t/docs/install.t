# Licensed under the Apache License, Version 2.0; see LICENSE.
# make install and make uninstall, in the layouts of Debian, of Fedora and of httpd's own
# makefile, below a directory of the test. httpd loads the installed module, and make
# uninstall restores the previous state.
use strict;
use warnings FATAL => 'all';
use lib 't/lib';
use Apache::Test qw(-withtestmore);
use File::Find ();
use Httpd ();

my $root = "$ENV{CORS_WORK}/t/run/install";
my $alias = "LoadModule alias_module @{[ Httpd::modules_dir() ]}/mod_alias.so\n";
my $head = "ServerRoot /\nServerName localhost\nListen 127.0.0.1:1\n";

# A layout: the configuration directory that apxs reports, the existing files, and the lines
# that include the files of a module.
my @layouts = (
    [ Debian => '/etc/apache2', { '/etc/apache2/mods-available/alias.load' => $alias, '/etc/apache2/mods-enabled/alias.load' => $alias },
      "IncludeOptional \@root\@/etc/apache2/mods-enabled/*.load\nIncludeOptional \@root\@/etc/apache2/mods-enabled/*.conf\n" ],
    [ Fedora => '/etc/httpd/conf', { '/etc/httpd/conf/httpd.conf' => "# by hand\n", '/etc/httpd/conf.modules.d/00-base.conf' => $alias },
      "IncludeOptional \@root\@/etc/httpd/conf.modules.d/*.conf\n" ],
    [ 'httpd.conf' => '/opt/conf', { '/opt/conf/httpd.conf' => "# LoadModule cors_policy_module no.so\n$alias<IfModule x.c>\nLoadModule x x\n</IfModule>\nTimeout 9\n" },
      "Include \@root\@/opt/conf/httpd.conf\n" ],
    [ 'httpd.conf without modules' => '/opt/conf', { '/opt/conf/httpd.conf' => "Timeout 9\n" },
      "Include \@root\@/opt/conf/httpd.conf\n" ],
);

plan tests => 10 * @layouts + 2;

sub make_dirs {
    my ($path) = @_;
    my $so_far = '';
    for (split m{/}, $path =~ s{\A/|/[^/]*\z}{}gr) { mkdir($so_far .= "/$_") }
}

# every file below a directory, with its contents and mode, or the target of a link
sub tree {
    my ($dir) = @_;
    my %tree;
    File::Find::find({ no_chdir => 1, wanted => sub {
        return if -d && !-l;
        $tree{ substr $_, length $dir } = -l ? readlink : sprintf '%o %s', (stat)[2] & 07777, Httpd::slurp($_);
    } }, $dir);
    return \%tree;
}

my $number = 0;
for my $layout (@layouts) {
    my ($name, $conf, $files, $includes) = @$layout;
    my $dir = "$root/" . ++$number;
    for my $file (sort keys %$files) {
        make_dirs("$dir$file");
        Httpd::spew("$dir$file", $files->{$file});
    }
    # an apxs that reports these directories
    Httpd::spew("$root/apxs-$number", <<"APXS");
#!/bin/sh
case \$2 in
LIBEXECDIR) echo /modules ;;
INCLUDEDIR) echo /include ;;
SYSCONFDIR) echo $conf ;;
*) exit 1 ;;
esac
APXS
    chmod 0755, "$root/apxs-$number";
    my $before = tree($dir);
    my $run = "cd $ENV{CORS_WORK} && APXS=$root/apxs-$number DESTDIR=$dir OUT=$ENV{CORS_WORK} sh build/install";

    is(system("$run >/dev/null"), 0, "$name: make install succeeds");
    my $installed = tree($dir);
    ok($installed->{'/modules/mod_cors_policy.so'} && $installed->{'/modules/mod_cors_sources.so'} && $installed->{'/include/mod_cors_policy.h'} 
        && !grep({ !$installed->{"/usr/local/bin/$_"} || !$installed->{"/usr/local/share/man/man1/$_.1"} } qw(cors-policy-import cors-origins-postgresql cors-origins-redis)), "$name: modules, header, programs and manual pages are installed");
    is(scalar `$dir/usr/local/bin/cors-origins-postgresql --version; $dir/usr/local/bin/cors-origins-redis --version`, "cors-origins-postgresql 1.0.0\ncors-origins-redis 1.0.0\n", "$name: the programs for databases find their module");
    like(scalar `$dir/usr/local/bin/cors-policy-import $ENV{CORS_WORK}/tools/cors-policy-import/t/httpd/01-everybody.conf 2>/dev/null`,
        qr/^CorsAllowOrigins +\*$/m, "$name: the installed program finds its modules");

    # adapt absolute paths of the configuration to the directory of the test
    my $check = "$root/check-$number.conf";
    Httpd::spew("$dir$_", Httpd::slurp("$dir$_") =~ s{(cors_(?:policy|sources)_module) /modules}{$1 $dir/modules}r)
        for grep { !-l "$dir$_" && /\.(?:conf|load)\z/ } keys %$installed;
    my ($mpm) = Httpd::slurp("$ENV{CORS_WORK}/t/conf/base.conf") =~ /(<IfModule !\w+\.c>\n *LoadModule mpm_.*?<\/IfModule>\n)/s;
    my ($unixd) = Httpd::slurp("$ENV{CORS_WORK}/t/conf/base.conf") =~ /(<IfModule !mod_unixd.c>\n.*?<\/IfModule>\n)/s;
    my ($core) = Httpd::slurp("$ENV{CORS_WORK}/t/conf/base.conf") =~ /(<IfModule !mod_authz_core.c>\n.*?<\/IfModule>\n)/s;
    # without a list, httpd -t would warn
    Httpd::spew("$root/list", "begin 1\nhttps://a.example\nend 1\n");
    Httpd::spew($check, $head, "ErrorLog $root/log\n", $mpm // '', $unixd // '', $core // '', $includes =~ s/\@root\@/$dir/gr,
        "CorsPolicy On\nCorsAllowOrigins https://a.example\n",
        # the second module is not enabled
        "LoadModule cors_sources_module $dir/modules/mod_cors_sources.so\nCorsOriginSource list prg:/bin/true state=$root/list\n");
    local $ENV{LD_PRELOAD} = $ENV{SANITIZER} if $ENV{SANITIZER};
    is(scalar `@{[ Httpd::binary() ]} -t -f $check 2>&1`, "Syntax OK\n", "$name: httpd loads the installed module");
    Httpd::spew("$dir$_", $installed->{$_} =~ s/\A\d+ //r) for grep { !-l "$dir$_" && /\.(?:conf|load)\z/ } keys %$installed;

    is(system("$run >/dev/null"), 0, "$name: make install succeeds a second time");
    is_deeply(tree($dir), $installed, "$name: a second make install changes nothing");
    is(system("$run remove >/dev/null"), 0, "$name: make uninstall succeeds");
    is_deeply(tree($dir), $before, "$name: make uninstall restores the previous state");
    is(system("$run remove >/dev/null"), 0, "$name: make uninstall succeeds a second time");
}

# make uninstall keeps a modified file
my $dir = "$root/1";
my $run = "cd $ENV{CORS_WORK} && APXS=$root/apxs-1 DESTDIR=$dir OUT=$ENV{CORS_WORK} sh build/install";
my $own = '/etc/apache2/mods-available/cors_policy.conf';
my $before = tree($dir);
system "$run >/dev/null";
Httpd::spew("$dir$own", "CorsPolicy On\n");
like(scalar `$run remove`, qr/^kept \Q$dir$own\E, which was changed$/m, 'make uninstall keeps a modified configuration');
is_deeply(tree($dir), { %$before, $own => '644 ' . "CorsPolicy On\n" }, 'make uninstall removes everything else, and nothing loads the modified configuration');
