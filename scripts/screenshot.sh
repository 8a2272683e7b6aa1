#!/usr/bin/env bash
# Takes the README's picture from the running sample infrastructure: docs/images/matrix.png
source "$(dirname "$0")/common.sh"
scripts/test.sh tools build browser
mkdir -p docs/images
cd end2end
SCREENSHOT=../docs/images/matrix.png npx playwright test --config screenshots/playwright.config.ts
