# What stands in for the php:fpm image: Debian's PHP-FPM, with that image's folder of pools and the pool that is in it.
FROM localhost/debian:booting
RUN printf '[global]\nerror_log = /dev/stderr\ndaemonize = no\npid = /tmp/php-fpm.pid\ninclude = /usr/local/etc/php-fpm.d/*.conf\n' \
  >/etc/php/8.2/fpm/php-fpm.conf && mkdir -p /usr/local/etc/php-fpm.d && \
  printf '[www]\nuser = www-data\ngroup = www-data\nlisten = 127.0.0.1:9000\npm = dynamic\npm.max_children = 5\n\
pm.start_servers = 2\npm.min_spare_servers = 1\npm.max_spare_servers = 3\n' >/usr/local/etc/php-fpm.d/www.conf
CMD ["/usr/sbin/php-fpm8.2", "--nodaemonize"]
