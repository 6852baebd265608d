#!/usr/bin/env bash
# Makes everything in this folder with Tweedie 0.1 (the code of version 0.1 only; later versions read what is here):
#   bash test/fixtures-0.1/make.sh            into this folder
#   bash test/fixtures-0.1/make.sh FOLDER     into another one, to compare: diff -r
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${1:-$here}
export TWEEDIE_THREADS=1
(cd "$root" && npm run -s build)
node "$here/make.mjs" "$root" "$out"
