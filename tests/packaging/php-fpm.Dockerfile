# What stands in for the php:fpm image of the Kubernetes example: Debian's PHP-FPM, with that image's folder of pools.
FROM localhost/debian:booting
RUN printf '[global]\nerror_log = /dev/stderr\ndaemonize = no\npid = /tmp/php-fpm.pid\ninclude = /usr/local/etc/php-fpm.d/*.conf\n' \
  >/etc/php/8.2/fpm/php-fpm.conf
CMD ["/usr/sbin/php-fpm8.2", "--nodaemonize"]
