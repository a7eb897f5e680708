<?php
/*
 * The opcache of this PHP-FPM pool as metrics in Prometheus' text format, for fastcgi_exporter's script check.
 *
 * Put it on the pool's machine (in its container, or inside its chroot), outside every folder that a web server serves:
 * it must not be reachable from the web. Only the exporter asks for it, straight through the pool's socket. The pool's
 * user must be able to read it, and open_basedir and opcache.restrict_api, where set, must allow its path.
 *
 *     install -D -m 644 opcache.php /usr/share/fastcgi_exporter/opcache.php
 *
 * Then name it in the module of the pool's target, as PHP-FPM sees the path:
 *
 *     modules:
 *       php_fpm:
 *         ping: {path: /fpm-ping}
 *         script: {path: /usr/share/fastcgi_exporter/opcache.php, interval: 60s}
 *
 * One opcache serves all pools of one PHP-FPM master: asking one of them is enough. No script names and no paths are
 * shown. phpfpm_opcache_up is 0 when there are no figures: phpfpm_opcache_enabled then says whether the opcache is
 * merely switched off (0), or does not work or may not be asked (1). Works on PHP 7.4 and later.
 */

declare(strict_types=1);

namespace fastcgi_exporter;

if (($_SERVER['REQUEST_METHOD'] ?? '') !== 'GET') {
    http_response_code(405);
    header('Allow: GET');
    exit;
}

/** @param array<string, mixed> $valuesByLabels the labels as they stand between the braces; '' for none */
function print_metric(string $name, string $type, string $help, array $valuesByLabels): void
{
    echo "# HELP phpfpm_opcache_$name $help\n# TYPE phpfpm_opcache_$name $type\n";
    foreach ($valuesByLabels as $labels => $value) {
        // var_export: echo would write a decimal comma in some locales before PHP 8.
        $number = var_export(is_bool($value) ? (int) $value : $value, true);
        echo "phpfpm_opcache_$name", $labels === '' ? '' : '{' . $labels . '}', " $number\n";
    }
}

/** What the configuration says; the opcache may still not work. */
function is_switched_on(): bool
{
    $setting = strtolower((string) ini_get('opcache.enable'));
    return extension_loaded('Zend OPcache') && in_array($setting, ['1', 'on', 'yes', 'true'], true);
}

/** @param array<string, array<string, mixed>> $status */
function print_memory(array $status): void
{
    $rows = [
        ['memory_usage', 'used_memory', 'used_memory_bytes', 'Shared memory in use.'],
        ['memory_usage', 'free_memory', 'free_memory_bytes', 'Shared memory that is free.'],
        ['memory_usage', 'wasted_memory', 'wasted_memory_bytes',
            'Shared memory lost to scripts that have changed since, until the next restart of the opcache.'],
        ['interned_strings_usage', 'used_memory', 'interned_strings_used_memory_bytes',
            'Memory of the interned strings in use.'],
        ['interned_strings_usage', 'free_memory', 'interned_strings_free_memory_bytes',
            'Memory of the interned strings that is free.'],
        ['interned_strings_usage', 'number_of_strings', 'interned_strings', 'Interned strings.'],
        ['jit', 'buffer_size', 'jit_buffer_bytes', 'Size of the JIT compiler\'s buffer; 0 while it is off.'],
        ['jit', 'buffer_free', 'jit_buffer_free_bytes', 'Bytes of the JIT compiler\'s buffer that are free.'],
        ['opcache_statistics', 'num_cached_scripts', 'cached_scripts', 'Scripts in the cache.'],
        ['opcache_statistics', 'num_cached_keys', 'cached_keys', 'Keys in use: a script may take up several.'],
        ['opcache_statistics', 'max_cached_keys', 'max_cached_keys', 'Keys that the cache has room for.'],
    ];
    foreach ($rows as [$part, $key, $name, $help]) {
        if (isset($status[$part][$key])) {
            print_metric($name, 'gauge', $help, ['' => $status[$part][$key]]);
        }
    }
    if (isset($status['memory_usage']['current_wasted_percentage'])) {
        print_metric('wasted_memory_ratio', 'gauge', 'Wasted part of the shared memory, 0 to 1.',
            ['' => $status['memory_usage']['current_wasted_percentage'] / 100]);
    }
}

/** @param array<string, mixed> $statistics */
function print_use(array $statistics): void
{
    print_metric('hits_total', 'counter', 'Scripts taken from the cache since its last restart.',
        ['' => $statistics['hits']]);
    print_metric('misses_total', 'counter', 'Scripts that had to be compiled since the last restart of the cache.',
        ['' => $statistics['misses']]);
    print_metric('blacklist_misses_total', 'counter',
        'Scripts that had to be compiled because the blacklist keeps them out.',
        ['' => $statistics['blacklist_misses']]);
    print_metric('hit_ratio', 'gauge', 'Hits as a part of hits and misses since the last restart, 0 to 1.',
        ['' => $statistics['opcache_hit_rate'] / 100]);
    print_metric('restarts_total', 'counter',
        'Restarts of the cache: oom (no memory left), hash (no key left), manual (opcache_reset).', [
            'reason="oom"' => $statistics['oom_restarts'],
            'reason="hash"' => $statistics['hash_restarts'],
            'reason="manual"' => $statistics['manual_restarts'],
        ]);
    print_metric('start_time_seconds', 'gauge', 'Unix time of the start of the cache.',
        ['' => $statistics['start_time']]);
    print_metric('last_restart_time_seconds', 'gauge', 'Unix time of the last restart of the cache; 0: none yet.',
        ['' => $statistics['last_restart_time']]);
}

// Where opcache.restrict_api forbids to ask, PHP warns and says false, as when the opcache is off.
$status = function_exists('opcache_get_status') ? @opcache_get_status(false) : false;
$isUp = is_array($status) && $status['opcache_enabled'];

header('Content-Type: text/plain; version=0.0.4; charset=utf-8');
header('Cache-Control: no-store');
print_metric('up', 'gauge', 'Whether the opcache works and its figures could be read.',
    ['' => $isUp]);
print_metric('enabled', 'gauge', 'Whether the opcache is switched on (opcache.enable).', ['' => is_switched_on()]);
if ($isUp) {
    if (isset($status['cache_full'])) {
        print_metric('full', 'gauge', 'Whether the cache is full, so that nothing more is cached.',
            ['' => $status['cache_full']]);
    }
    print_memory($status);
    if (isset($status['opcache_statistics'])) {
        print_use($status['opcache_statistics']);
    }
}
