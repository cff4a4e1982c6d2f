#!/bin/bash
# What the image needs beside Python: certificates, what lays out text from right to left, and somebody who is not root.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends ca-certificates libfribidi0
rm -rf /var/lib/apt/lists/*
useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin labelhub
install -d -o labelhub -g labelhub -m 0700 /data
