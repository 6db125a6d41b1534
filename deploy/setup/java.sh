#!/bin/sh
# java.sh: Java 17 and Maven for the local Apache Kafka; installs them with apt-get where it may.
set -eu
have() { command -v "$1" >/dev/null 2>&1; }
java_17() { have java && java -version 2>&1 | awk -F'[".]' '/version/ { exit !($2 >= 17) }'; }

if java_17 && have mvn; then exit 0; fi
if [ "$(id -u)" = 0 ] && have apt-get; then
    echo "setup: installing Java 17 and Maven for the local Kafka" >&2
    apt-get update -qq && apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless maven >/dev/null && exit 0
fi
echo "setup: the local Kafka needs Java 17 or newer and Maven: apt-get install openjdk-17-jre-headless maven" >&2
echo "setup: or set CAUSELINE_KAFKA=host:port to use a broker of yours" >&2
exit 1
