# What stands in for the images of deploy/compose.yaml: Debian's nginx and Prometheus beside its PHP-FPM. Their files are where
# those images have them.
FROM localhost/php-fpm
RUN apt-get -qq update && apt-get -qq install --yes --no-install-recommends nginx-light prometheus
